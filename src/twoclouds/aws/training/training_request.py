"""What CreateTrainingJob may say: what is simulated of it, its defaults, and the rules that no service model holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from twoclouds.aws import members, quotas
from twoclouds.aws.errors import ValidationException
from twoclouds.aws.operations import Parameters
from twoclouds.wire.errors import NotSimulated

SOURCE: members.Simulated = {
    "S3DataType": ("S3Prefix", "ManifestFile"),
    "S3Uri": {},
    "S3DataDistributionType": {},
    "InstanceGroupNames": {},
}
SIMULATED: members.Simulated = {
    "TrainingJobName": {},
    "RoleArn": {},
    "HyperParameters": {},
    "Environment": {},
    "AlgorithmSpecification": {
        "TrainingImage": {},
        "TrainingInputMode": {},
        "ContainerEntrypoint": {},
        "ContainerArguments": {},
        "MetricDefinitions": {},
        "EnableSageMakerMetricsTimeSeries": {},
        "TrainingImageConfig": {"TrainingRepositoryAccessMode": ("Platform",)},
    },
    "InputDataConfig": {
        "ChannelName": {},
        "ContentType": {},
        "InputMode": {},
        "RecordWrapperType": {},
        "CompressionType": {},
        "ShuffleConfig": {},
        "DataSource": {"S3DataSource": SOURCE},
    },
    "OutputDataConfig": {"S3OutputPath": {}, "CompressionType": {}, "KmsKeyId": {}},
    "ResourceConfig": {
        "InstanceType": {},
        "InstanceCount": {},
        "InstanceGroups": {},
        "VolumeSizeInGB": {},
        "VolumeKmsKeyId": {},
        "KeepAlivePeriodInSeconds": {},
    },
    "StoppingCondition": {},
    "CheckpointConfig": {"S3Uri": {}, "LocalPath": {}},
    "TensorBoardOutputConfig": {"S3OutputPath": {}, "LocalPath": {}},
    "Tags": {},
    "VpcConfig": {},
    "EnableNetworkIsolation": (False,),
    "EnableInterContainerTrafficEncryption": {},
    "EnableManagedSpotTraining": {},
    "RetryStrategy": {},
    "DebugHookConfig": {},
    "ProfilerConfig": {"DisableProfiler": {}},
    "RemoteDebugConfig": {"EnableRemoteDebug": (False,)},
    "InfraCheckConfig": {},
    "SessionChainingConfig": {"EnableSessionTagChaining": (False,)},
}
"""The members of CreateTrainingJob that are simulated. Of VpcConfig, RetryStrategy (for errors of the service, which
do not occur here), DebugHookConfig (for a library that no image here has) and InfraCheckConfig nothing is to be seen.
"""

MAX_RUNTIME = 86_400
"""Seconds: MaxRuntimeInSeconds where a request names none."""

GROUP = "homogeneousCluster"
"""The instance group of a job that names none."""


def complete(parameters: Parameters) -> dict[str, Any]:
    """The request with its defaults filled in. Raises ValidationException, and NotSimulated."""
    members.check("sagemaker:CreateTrainingJob", parameters, SIMULATED)
    if "TrainingImage" not in parameters.get("AlgorithmSpecification", {}):
        raise NotSimulated("sagemaker:CreateTrainingJob without AlgorithmSpecification.TrainingImage")
    if "ResourceConfig" not in parameters:
        raise NotSimulated("sagemaker:CreateTrainingJob without ResourceConfig")
    request = _with_defaults(parameters)
    for problem in _problems(request):
        raise ValidationException(problem)
    return request


def hosts(request: dict[str, Any]) -> list[tuple[str, str]]:
    """(instance type, group) of algo-1, algo-2, …"""
    resources = request["ResourceConfig"]
    groups = resources.get("InstanceGroups")
    if groups:
        return [(g["InstanceType"], g["InstanceGroupName"]) for g in groups for _ in range(g["InstanceCount"])]
    return [(resources["InstanceType"], GROUP)] * int(resources["InstanceCount"])


def _with_defaults(parameters: Parameters) -> dict[str, Any]:
    resources = {"VolumeSizeInGB": 30, **parameters["ResourceConfig"]}
    if "InstanceGroups" not in resources:
        resources = {"InstanceCount": 1, **resources}
    channels = [
        {"CompressionType": "None", "RecordWrapperType": "None", **channel}
        for channel in parameters.get("InputDataConfig", [])
    ]
    return {
        **parameters,
        "AlgorithmSpecification": {
            "EnableSageMakerMetricsTimeSeries": False,
            **parameters["AlgorithmSpecification"],
        },
        "InputDataConfig": channels,
        "OutputDataConfig": {"KmsKeyId": "", "CompressionType": "GZIP", **parameters["OutputDataConfig"]},
        "ResourceConfig": resources,
        "StoppingCondition": {"MaxRuntimeInSeconds": MAX_RUNTIME, **parameters.get("StoppingCondition", {})},
        "EnableNetworkIsolation": False,
        "EnableInterContainerTrafficEncryption": parameters.get("EnableInterContainerTrafficEncryption", False),
        "EnableManagedSpotTraining": parameters.get("EnableManagedSpotTraining", False),
    }


def _problems(request: dict[str, Any]) -> Iterator[str]:
    """What the service refuses; the words are assumed where no public report has them."""
    resources = list(_problems_of_resources(request["ResourceConfig"], spot=request["EnableManagedSpotTraining"]))
    if resources:
        yield from resources
        return
    limits = request["StoppingCondition"]
    spot, wait = request["EnableManagedSpotTraining"], limits.get("MaxWaitTimeInSeconds", 0)
    if spot and wait < limits["MaxRuntimeInSeconds"]:
        yield "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"
    if wait and not spot:
        yield "Invalid MaxWaitTimeInSeconds. It can only be specified when EnableManagedSpotTraining is true"
    names = [channel["ChannelName"] for channel in request["InputDataConfig"]]
    if len(set(names)) != len(names):
        yield "Channel names must be unique."
    for channel in request["InputDataConfig"]:
        yield from _problems_of_channel(request, channel)
    for metric in request["AlgorithmSpecification"].get("MetricDefinitions", []):
        try:
            re.compile(metric["Regex"])
        except re.error:
            yield f"Invalid regular expression for metric {metric['Name']}: {metric['Regex']}"


def _problems_of_resources(resources: dict[str, Any], *, spot: bool) -> Iterator[str]:
    kept = resources.get("KeepAlivePeriodInSeconds", 0)
    if "InstanceGroups" in resources:
        if "InstanceType" in resources or "InstanceCount" in resources:
            yield "InstanceType and InstanceCount cannot be specified together with InstanceGroups."
        if kept:
            yield "KeepAlivePeriodInSeconds is not supported with InstanceGroups."
        names = [group["InstanceGroupName"] for group in resources["InstanceGroups"]]
        if len(set(names)) != len(names):
            yield "Instance group names must be unique."
    elif "InstanceType" not in resources:
        yield "Either InstanceType or InstanceGroups must be specified in ResourceConfig."
    if kept and spot:
        yield "KeepAlivePeriodInSeconds is not supported with managed spot training."


def _problems_of_channel(request: dict[str, Any], channel: dict[str, Any]) -> Iterator[str]:
    mode, name = input_mode(request, channel), channel["ChannelName"]
    source = channel["DataSource"].get("S3DataSource")
    if source is None:
        yield f"DataSource of channel {name} must be specified."
        return
    if mode != "Pipe":
        for member in ("CompressionType", "RecordWrapperType"):
            if channel[member] != "None":
                yield f"{member} {channel[member]} of channel {name} is only supported in Pipe input mode."
    if mode == "FastFile" and source["S3DataType"] != "S3Prefix":
        yield f"Channel {name}: FastFile input mode requires S3DataType S3Prefix."
    known = {group for _, group in hosts(request)}
    for group in source.get("InstanceGroupNames", []):
        if group not in known:
            yield f"Channel {name}: there is no instance group {group} in ResourceConfig."


def input_mode(request: dict[str, Any], channel: dict[str, Any]) -> str:
    """A channel's own input mode, or the job's."""
    return str(channel.get("InputMode") or request["AlgorithmSpecification"]["TrainingInputMode"])


def pending_limit(request: dict[str, Any]) -> int | None:
    """Seconds: how long a job may wait for capacity, as far as it says so itself; CPU types alone do not count."""
    accelerated = any(quotas.is_accelerated(instance_type) for instance_type, _ in hosts(request))
    return request["StoppingCondition"].get("MaxPendingTimeInSeconds") if accelerated else None
