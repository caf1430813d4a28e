"""Processing jobs as the API shows them: create, describe, list and stop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, listing, members, quotas, tags
from twoclouds.aws.errors import ResourceInUse, ValidationException
from twoclouds.aws.identity import iam
from twoclouds.aws.images import images
from twoclouds.aws.images.images import Pulled
from twoclouds.aws.notebooks import volumes
from twoclouds.aws.operations import CREATION, Operation, Operations, Parameters
from twoclouds.aws.processing import processing_run
from twoclouds.aws.training import channels
from twoclouds.aws.training.requisition import Requisition
from twoclouds.wire.errors import NotSimulated

if TYPE_CHECKING:
    from twoclouds.aws.state import State

SIMULATED: members.Simulated = {
    "ProcessingJobName": {},
    "RoleArn": {},
    "ProcessingInputs": {
        "InputName": {},
        "AppManaged": {},
        "S3Input": {
            "S3Uri": {},
            "LocalPath": {},
            "S3DataType": {},
            "S3InputMode": {},
            "S3DataDistributionType": {},
            "S3CompressionType": {},
        },
    },
    "ProcessingOutputConfig": {
        "Outputs": {"OutputName": {}, "AppManaged": {}, "S3Output": {}},
        "KmsKeyId": {},
    },
    "ProcessingResources": {
        "ClusterConfig": {"InstanceType": {}, "InstanceCount": {}, "VolumeSizeInGB": {}, "VolumeKmsKeyId": {}},
    },
    "AppSpecification": {},
    "Environment": {},
    "StoppingCondition": {},
    "NetworkConfig": {
        "EnableInterContainerTrafficEncryption": {},
        "EnableNetworkIsolation": (False,),
        "VpcConfig": {},
    },
    "Tags": {},
}
"""The members of CreateProcessingJob that are simulated; of VpcConfig nothing is to be seen."""

MAX_RUNTIME = 86_400
"""Seconds: MaxRuntimeInSeconds where a request names none (as in the developer guide's example)."""

RESERVED = "/opt/ml/processing/"


@dataclass
class ProcessingJob:
    """A processing job. Times are in ms since the lab opened; `request` is CreateProcessingJob's, with its defaults."""

    name: str
    arn: str
    request: dict[str, Any]
    image: Pulled
    requisition: Requisition
    created: int
    modified: int
    status: str = "InProgress"
    started: int | None = None
    ended: int | None = None
    failure: str = ""
    message: str = ""
    process: Any = None
    begun: bool = False
    ending: bool = False
    stop_asked: bool = False

    @property
    def cluster(self) -> dict[str, Any]:
        """Its instances: ClusterConfig."""
        config: dict[str, Any] = self.request["ProcessingResources"]["ClusterConfig"]
        return config

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """Its outputs to S3 that SageMaker uploads."""
        outputs = self.request.get("ProcessingOutputConfig", {}).get("Outputs", [])
        return [output["S3Output"] for output in outputs if "S3Output" in output and not output["AppManaged"]]


def create_processing_job(state: State, parameters: Parameters) -> dict[str, Any]:
    """Accept a job: it starts at once, or is refused at once.

    Raises ValidationException, ResourceInUse and ResourceLimitExceeded; then nothing of it stays behind.
    """
    members.check("sagemaker:CreateProcessingJob", parameters, SIMULATED)
    request = _with_defaults(parameters)
    for problem in _problems(request):
        raise ValidationException(problem)
    tags.check(request.get("Tags", []))
    name, role = request["ProcessingJobName"], request["RoleArn"]
    arn = account.arn("processing-job", name)
    if name in state.processing_jobs:
        raise ResourceInUse(
            "Processing job names must be unique within an AWS account and region, "
            f"and a processing job with this name already exists ({arn})"
        )
    iam.check_trust(state, role)
    image = images.find(state, request["AppSpecification"]["ImageUri"], request["RoleArn"])
    if image.kind != "own" and not request["AppSpecification"].get("ContainerEntrypoint"):
        raise NotSimulated(f"the entrypoint of {image.uri}", "Name a ContainerEntrypoint, as ScriptProcessor does.")
    cluster = request["ProcessingResources"]["ClusterConfig"]
    volumes.check_key(state, role, cluster.get("VolumeKmsKeyId"))
    for given in request["ProcessingInputs"]:
        if not given["AppManaged"]:
            channels.check(state, role, given["S3Input"])
    types = [cluster["InstanceType"]] * cluster["InstanceCount"]
    size = cluster["VolumeSizeInGB"]
    requisition = Requisition(state, job=name, types=types, gigabytes=size, use=quotas.PROCESSING)
    now = state.world.clock.now
    job = state.processing_jobs[name] = ProcessingJob(name, arn, request, image, requisition, now, now)
    state.tags.begin(arn, request.get("Tags", []))
    processing_run.start(state, job)
    return {"ProcessingJobArn": arn}


def describe_processing_job(state: State, parameters: Parameters) -> dict[str, Any]:
    """The job as it is now. Raises ValidationException for an unknown one."""
    return _described(state, _find(state, parameters))


def list_processing_jobs(state: State, parameters: Parameters) -> dict[str, Any]:
    """The jobs of the account, newest first where no order is asked for."""
    jobs = state.processing_jobs.values()
    return listing.page(
        state, parameters, jobs, member="ProcessingJobSummaries", summary=lambda job: _summary(state, job)
    )


def stop_processing_job(state: State, parameters: Parameters) -> dict[str, Any]:
    """Ask a job to stop: SIGTERM to its script, 120 seconds of grace. Raises ValidationException if it runs no more."""
    job = _find(state, parameters)
    if job.status != "InProgress":
        raise ValidationException(f"The request was rejected because the processing job is in status {job.status}.")
    processing_run.stop(state, job)
    return {}


def _find(state: State, parameters: Parameters) -> ProcessingJob:
    job = state.processing_jobs.get(parameters["ProcessingJobName"])
    if job is None:
        raise ValidationException(f"Could not find requested job with name: {parameters['ProcessingJobName']}")
    return job


def _described(state: State, job: ProcessingJob) -> dict[str, Any]:
    request = {member: value for member, value in job.request.items() if member != "Tags"}
    return {**request, **_times(state, job), **({"ExitMessage": job.message} if job.message else {})}


def _summary(state: State, job: ProcessingJob) -> dict[str, Any]:
    summary = {
        "ProcessingJobName": job.name,
        **_times(state, job),
        **({"ExitMessage": job.message} if job.message else {}),
    }
    summary.pop("ProcessingStartTime", None)
    return summary


def _times(state: State, job: ProcessingJob) -> dict[str, Any]:
    """What describe and list both show."""
    shown: dict[str, Any] = {
        "ProcessingJobArn": job.arn,
        "ProcessingJobStatus": job.status,
        "CreationTime": state.epoch(job.created),
        "LastModifiedTime": state.epoch(job.modified),
    }
    if job.started is not None:
        shown["ProcessingStartTime"] = state.epoch(job.started)
    if job.ended is not None:
        shown["ProcessingEndTime"] = state.epoch(job.ended)
    if job.failure:
        shown["FailureReason"] = job.failure
    return shown


def _with_defaults(parameters: Parameters) -> dict[str, Any]:
    for needed in ("InstanceType", "InstanceCount"):
        if needed not in parameters["ProcessingResources"]["ClusterConfig"]:
            raise NotSimulated(f"sagemaker:CreateProcessingJob without ClusterConfig.{needed}")
    inputs = []
    for given in parameters.get("ProcessingInputs", []):
        of_s3 = {"S3InputMode": "File", "S3DataDistributionType": "FullyReplicated", "S3CompressionType": "None"}
        s3_input = {"S3Input": {**of_s3, **given["S3Input"]}} if "S3Input" in given else {}
        inputs.append({"AppManaged": False, **given, **s3_input})
    request = {**parameters, "ProcessingInputs": inputs}
    if "ProcessingOutputConfig" in parameters:
        config = parameters["ProcessingOutputConfig"]
        outputs = [{"AppManaged": False, **output} for output in config["Outputs"]]
        request["ProcessingOutputConfig"] = {**config, "Outputs": outputs}
    return {"StoppingCondition": {"MaxRuntimeInSeconds": MAX_RUNTIME}, **request}


def _problems(request: dict[str, Any]) -> Iterator[str]:
    """What the service refuses; the words are assumed."""
    outputs = request.get("ProcessingOutputConfig", {}).get("Outputs", [])
    for kind, entries in (("Input", request["ProcessingInputs"]), ("Output", outputs)):
        names = [entry[f"{kind}Name"] for entry in entries]
        if len(set(names)) != len(names):
            yield f"{kind} names must be unique."
        for entry in entries:
            held = entry.get(f"S3{kind}")
            if held is None:
                yield f"S3{kind} of {entry[f'{kind}Name']} must be specified."
            elif not entry["AppManaged"] and not held.get("LocalPath", "").startswith(RESERVED):
                yield f"LocalPath of {entry[f'{kind}Name']} must begin with {RESERVED}"
    for given in request["ProcessingInputs"]:
        held = given.get("S3Input", {})
        if held.get("S3CompressionType") == "Gzip" and held["S3InputMode"] != "Pipe":
            yield f"S3CompressionType Gzip of {given['InputName']} is only supported in Pipe input mode."


OPERATIONS: Operations = {
    ("sagemaker", "CreateProcessingJob"): Operation(create_processing_job, "v3-processing-job-sklearn", took=CREATION),
    ("sagemaker", "DescribeProcessingJob"): Operation(describe_processing_job, "v3-processing-job-sklearn"),
    ("sagemaker", "ListProcessingJobs"): Operation(list_processing_jobs, "sagemaker.core: ProcessingJob.get_all"),
    ("sagemaker", "StopProcessingJob"): Operation(stop_processing_job, "sagemaker.core: ProcessingJob.stop"),
}
