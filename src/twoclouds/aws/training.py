"""Training jobs as the API shows them: create, describe, list and stop."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, iam, images, listing, s3, tags, training_run
from twoclouds.aws.errors import ResourceInUse, ValidationException
from twoclouds.aws.images import Pulled
from twoclouds.aws.operations import CREATION, Operation, Operations, Parameters
from twoclouds.aws.requisition import Requisition
from twoclouds.aws.s3 import Location
from twoclouds.wire.errors import NotSimulated

if TYPE_CHECKING:
    from twoclouds.aws.state import State

SIMULATED = {
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
    },
    "InputDataConfig": {
        "ChannelName": {},
        "ContentType": {},
        "InputMode": {},
        "RecordWrapperType": {},
        "CompressionType": {},
        "DataSource": {"S3DataSource": {"S3DataType": {}, "S3Uri": {}, "S3DataDistributionType": {}}},
    },
    "OutputDataConfig": {"S3OutputPath": {}, "CompressionType": {}},
    "ResourceConfig": {"InstanceType": {}, "InstanceCount": {}, "VolumeSizeInGB": {}},
    "StoppingCondition": {"MaxRuntimeInSeconds": {}},
    "CheckpointConfig": {"S3Uri": {}, "LocalPath": {}},
    "Tags": {"Key": {}, "Value": {}},
    "EnableNetworkIsolation": {},
    "EnableInterContainerTrafficEncryption": {},
    "EnableManagedSpotTraining": {},
}
"""The members of CreateTrainingJob that are simulated; any other one raises NotSimulated."""

ONLY = {
    "TrainingInputMode": ("File",),
    "InputMode": ("File",),
    "S3DataType": ("S3Prefix",),
    "S3DataDistributionType": ("FullyReplicated",),
    "CompressionType": ("None", "GZIP"),
    "RecordWrapperType": ("None",),
    "EnableNetworkIsolation": (False,),
    "EnableInterContainerTrafficEncryption": (False,),
    "EnableManagedSpotTraining": (False,),
}
"""Of some of them, only these values."""

MAX_RUNTIME = 86_400
"""Seconds: MaxRuntimeInSeconds where a request names none."""


@dataclass(frozen=True)
class Transition:
    """One secondary status, from `start` until the next begins (ms)."""

    status: str
    message: str
    start: int


@dataclass
class TrainingJob:
    """A training job. Times are in ms since the lab opened; `request` is CreateTrainingJob's, defaults filled in."""

    name: str
    arn: str
    request: dict[str, Any]
    image: Pulled
    requisition: Requisition
    created: int
    status: str = "InProgress"
    transitions: list[Transition] = field(default_factory=list)
    started: int | None = None
    ended: int | None = None
    failure: str = ""
    metrics: list[dict[str, Any]] = field(default_factory=list)
    process: Any = None
    stop_asked: bool = False

    @property
    def secondary(self) -> str:
        """The secondary status now."""
        return self.transitions[-1].status

    @property
    def modified(self) -> int:
        """When its secondary status last changed."""
        return self.transitions[-1].start

    @cached_property
    def output(self) -> Location:
        """Where model.tar.gz and output.tar.gz go."""
        return Location.of(self.request["OutputDataConfig"]["S3OutputPath"]).below(self.name, "output")

    @cached_property
    def artifact(self) -> str:
        """The URI of the model that it leaves."""
        return str(self.output.below("model.tar.gz"))

    @property
    def billable_seconds(self) -> int:
        """From TrainingStartTime to TrainingEndTime."""
        return 0 if self.started is None or self.ended is None else (self.ended - self.started) // 1000


def create_training_job(state: State, parameters: Parameters) -> dict[str, Any]:
    """Accept a job: it starts at once, or is refused at once.

    Raises ValidationException, ResourceInUse and ResourceLimitExceeded; then nothing of it stays behind.
    """
    _check_simulated(parameters, SIMULATED, "")
    request = _with_defaults(parameters)
    name, resources = request["TrainingJobName"], request["ResourceConfig"]
    arn = f"arn:aws:sagemaker:{account.REGION}:{account.ACCOUNT}:training-job/{name}"
    if name in state.training_jobs:
        raise ResourceInUse(
            "Training job names must be unique within an AWS account and region, "
            f"and a training job with this name already exists ({arn})"
        )
    iam.check_trust(state, request["RoleArn"])
    tags.check(request.get("Tags", []))
    image = images.find(state, request["AlgorithmSpecification"]["TrainingImage"])
    if image.framework and not request["AlgorithmSpecification"].get("ContainerEntrypoint"):
        raise NotSimulated(
            f"the training toolkit of {image.uri}",
            "Name a ContainerEntrypoint, or let ModelTrainer's SourceCode bring its own driver.",
        )
    for channel in request["InputDataConfig"]:
        _check_data(state, request["RoleArn"], channel["DataSource"]["S3DataSource"]["S3Uri"])
    requisition = Requisition(
        state, job=name, instance_type=resources["InstanceType"], count=resources["InstanceCount"]
    )
    job = TrainingJob(name, arn, request, image, requisition, state.world.clock.now)
    state.training_jobs[name] = job
    state.tags.begin(arn, request.get("Tags", []))
    training_run.start(state, job)
    return {"TrainingJobArn": arn}


def describe_training_job(state: State, parameters: Parameters) -> dict[str, Any]:
    """The job as it is now. Raises ValidationException for an unknown one."""
    job = _find(state, parameters)
    epoch, now = state.epoch, state.world.clock.now
    answer = {
        **{member: value for member, value in job.request.items() if member != "Tags"},
        "TrainingJobArn": job.arn,
        "ModelArtifacts": {"S3ModelArtifacts": job.artifact},
        "TrainingJobStatus": job.status,
        "SecondaryStatus": job.secondary,
        "CreationTime": epoch(job.created),
        "LastModifiedTime": epoch(job.modified),
        "SecondaryStatusTransitions": _transitions(state, job),
    }
    if job.started is not None:
        answer["TrainingStartTime"] = epoch(job.started)
        until = now if job.ended is None else job.ended
        answer["TrainingTimeInSeconds"] = (until - job.started) // 1000
    if job.ended is not None:
        answer["TrainingEndTime"] = epoch(job.ended)
        answer["BillableTimeInSeconds"] = job.billable_seconds
    if job.failure:
        answer["FailureReason"] = job.failure
    if job.metrics:
        answer["FinalMetricDataList"] = job.metrics
    return answer


def list_training_jobs(state: State, parameters: Parameters) -> dict[str, Any]:
    """The jobs of the account, newest first where no order is asked for. Of a page, StatusEquals leaves out some."""
    if "TrainingPlanArnEquals" in parameters:
        raise NotSimulated("sagemaker:ListTrainingJobs with TrainingPlanArnEquals")
    return listing.page(
        state,
        parameters,
        state.training_jobs.values(),
        member="TrainingJobSummaries",
        summary=lambda job: _summary(state, job),
        status_after_page=True,
    )


def _summary(state: State, job: TrainingJob) -> dict[str, Any]:
    epoch = state.epoch
    summary: dict[str, Any] = {
        "TrainingJobName": job.name,
        "TrainingJobArn": job.arn,
        "CreationTime": epoch(job.created),
        "LastModifiedTime": epoch(job.modified),
        "TrainingJobStatus": job.status,
        "SecondaryStatus": job.secondary,
    }
    if job.ended is not None:
        summary["TrainingEndTime"] = epoch(job.ended)
    return summary


def stop_training_job(state: State, parameters: Parameters) -> dict[str, Any]:
    """Ask a job to stop: SIGTERM to its script, 120 seconds of grace. Raises ValidationException if it runs no more."""
    job = _find(state, parameters)
    if job.status != "InProgress":
        raise ValidationException(f"The request was rejected because the training job is in status {job.status}.")
    training_run.stop(state, job)
    return {}


def _find(state: State, parameters: Parameters) -> TrainingJob:
    job = state.training_jobs.get(parameters["TrainingJobName"])
    if job is None:
        raise ValidationException("Requested resource not found.")
    return job


def _transitions(state: State, job: TrainingJob) -> list[dict[str, Any]]:
    shown = []
    ends = [transition.start for transition in job.transitions[1:]]
    if job.ended is not None:
        ends.append(job.ended)
    for position, transition in enumerate(job.transitions):
        entry: dict[str, Any] = {"Status": transition.status, "StartTime": state.epoch(transition.start)}
        if position < len(ends):
            entry["EndTime"] = state.epoch(ends[position])
        shown.append({**entry, "StatusMessage": transition.message})
    return shown


def _check_simulated(given: Any, simulated: dict[str, Any], path: str) -> None:
    for entry in given if isinstance(given, list) else [given]:
        for member, value in entry.items():
            where = f"{path}{member}"
            if member not in simulated or value not in ONLY.get(member, (value,)):
                shown = where if member not in simulated else f"{where}={value}"
                raise NotSimulated(f"sagemaker:CreateTrainingJob with {shown}")
            if simulated[member]:
                _check_simulated(value, simulated[member], f"{where}.")


def _with_defaults(parameters: Parameters) -> dict[str, Any]:
    for member, needed in (("AlgorithmSpecification", "TrainingImage"), ("ResourceConfig", "InstanceType")):
        if needed not in parameters.get(member, {}):
            raise NotSimulated(f"sagemaker:CreateTrainingJob without {member}.{needed}")
    channels = [
        {"CompressionType": "None", "RecordWrapperType": "None", **channel}
        for channel in parameters.get("InputDataConfig", [])
    ]
    return {
        **parameters,
        "AlgorithmSpecification": {
            **parameters["AlgorithmSpecification"],
            "EnableSageMakerMetricsTimeSeries": False,
        },
        "InputDataConfig": channels,
        "OutputDataConfig": {"KmsKeyId": "", "CompressionType": "GZIP", **parameters["OutputDataConfig"]},
        "ResourceConfig": {"InstanceCount": 1, "VolumeSizeInGB": 30, **parameters["ResourceConfig"]},
        "StoppingCondition": {"MaxRuntimeInSeconds": MAX_RUNTIME, **parameters.get("StoppingCondition", {})},
        "EnableNetworkIsolation": False,
        "EnableInterContainerTrafficEncryption": False,
        "EnableManagedSpotTraining": False,
    }


def _check_data(state: State, role_arn: str, uri: str) -> None:
    prefix = Location.of(uri)
    try:
        found, cause = s3.objects(state, role_arn, prefix), ""
    except s3.S3Error as error:
        found, cause = [], f" Error message from S3: {error}"
    if not found:
        raise ValidationException(
            f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
            f"exists in the selected region ({account.REGION}), that objects exist under that S3 prefix, and that the "
            f'role "{role_arn}" has "s3:ListBucket" permissions on bucket "{prefix.bucket}".{cause}'
        )


OPERATIONS: Operations = {
    ("sagemaker", "CreateTrainingJob"): Operation(create_training_job, "lesson 1", took=CREATION),
    ("sagemaker", "DescribeTrainingJob"): Operation(describe_training_job, "lesson 1"),
    ("sagemaker", "ListTrainingJobs"): Operation(list_training_jobs, "lesson 1"),
    ("sagemaker", "StopTrainingJob"): Operation(stop_training_job, "lesson 1: what is left behind"),
}
