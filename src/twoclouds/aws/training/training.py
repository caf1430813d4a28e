"""Training jobs as the API shows them: create, describe, list, change, stop and delete."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, listing, members, quotas, tags
from twoclouds.aws.errors import ResourceInUse, ValidationException
from twoclouds.aws.identity import iam
from twoclouds.aws.images import images
from twoclouds.aws.images.images import Pulled
from twoclouds.aws.notebooks import volumes
from twoclouds.aws.operations import CREATION, Operation, Operations, Parameters
from twoclouds.aws.s3 import Location
from twoclouds.aws.training import channels, training_request, training_run, warm_pool
from twoclouds.aws.training.requisition import Requisition
from twoclouds.aws.training.warm_pool import WarmPool
from twoclouds.wire.errors import NotSimulated
from twoclouds.world.clock import SECOND

if TYPE_CHECKING:
    from twoclouds.aws.state import State

CHANGEABLE: members.Simulated = {
    "TrainingJobName": {},
    "ResourceConfig": {},
    "ProfilerConfig": {"DisableProfiler": {}},
    "RemoteDebugConfig": {"EnableRemoteDebug": (False,)},
}
"""The members of UpdateTrainingJob that are simulated."""


@dataclass(frozen=True)
class Transition:
    """One secondary status, from `start` until the next begins (ms)."""

    status: str
    message: str
    start: int


@dataclass
class TrainingJob:
    """A training job. Times are in ms since the lab opened; `request` is CreateTrainingJob's, defaults filled in.

    `hosts` are the type and the group of algo-1, algo-2, …; `pool` is what it has left of its machines.
    """

    name: str
    arn: str
    request: dict[str, Any]
    image: Pulled
    requisition: Requisition
    hosts: list[tuple[str, str]]
    created: int
    status: str = "InProgress"
    transitions: list[Transition] = field(default_factory=list)
    started: int | None = None
    ended: int | None = None
    failure: str = ""
    metrics: list[dict[str, Any]] = field(default_factory=list)
    pool: WarmPool | None = None
    reused: bool = False
    process: Any = None
    begun: bool = False
    ending: bool = False
    stop_asked: bool = False

    @property
    def secondary(self) -> str:
        """The secondary status now."""
        return self.transitions[-1].status

    @property
    def modified(self) -> int:
        """When its secondary status last changed."""
        return self.transitions[-1].start

    @property
    def billable_seconds(self) -> int:
        """How many seconds at the price on demand come to what it costs on each of its machines."""
        return ceil(self.requisition.paying.seconds() * self.requisition.share)

    @cached_property
    def output(self) -> Location:
        """Where model.tar.gz and output.tar.gz go."""
        return Location.of(self.request["OutputDataConfig"]["S3OutputPath"]).below(self.name, "output")

    @cached_property
    def artifact(self) -> str:
        """The URI of the model that it leaves."""
        packed = self.request["OutputDataConfig"]["CompressionType"] == "GZIP"
        return str(self.output.below("model.tar.gz")) if packed else f"{self.output.below('model')}/"


def create_training_job(state: State, parameters: Parameters) -> dict[str, Any]:
    """Accept a job: it starts at once, or is refused at once.

    Raises ValidationException, ResourceInUse and ResourceLimitExceeded; then nothing of it stays behind.
    """
    request = training_request.complete(parameters)
    tags.check(request.get("Tags", []))
    name = request["TrainingJobName"]
    arn = account.arn("training-job", name)
    if name in state.training_jobs:
        raise ResourceInUse(
            "Training job names must be unique within an AWS account and region, "
            f"and a training job with this name already exists ({arn})"
        )
    iam.check_trust(state, request["RoleArn"])
    image = images.find(state, request["AlgorithmSpecification"]["TrainingImage"], request["RoleArn"])
    _add_metrics(request["AlgorithmSpecification"], image)
    volumes.check_key(state, request["RoleArn"], request["ResourceConfig"].get("VolumeKmsKeyId"))
    for channel in request["InputDataConfig"]:
        channels.check(state, request["RoleArn"], channel["DataSource"]["S3DataSource"])
    hosts, pool = training_request.hosts(request), warm_pool.match(state, request)
    use = quotas.SPOT if request["EnableManagedSpotTraining"] else quotas.TRAINING
    label = f"{name} ({state.launches[name] + 1})" if state.launches[name] else name
    size = request["ResourceConfig"]["VolumeSizeInGB"]
    requisition = Requisition(state, job=label, types=[host[0] for host in hosts], gigabytes=size, use=use, pool=pool)
    state.launches[name] += 1
    job = TrainingJob(name, arn, request, image, requisition, hosts, state.world.clock.now, reused=pool is not None)
    state.training_jobs[name] = job
    state.tags.begin(arn, request.get("Tags", []))
    training_run.start(state, job)
    return {"TrainingJobArn": arn}


def describe_training_job(state: State, parameters: Parameters) -> dict[str, Any]:
    """The job as it is now. Raises ValidationException for an unknown one."""
    return described(state, find(state, parameters))


def described(state: State, job: TrainingJob) -> dict[str, Any]:
    """A job as DescribeTrainingJob and Search show it."""
    epoch = state.epoch
    answer = {
        **{member: value for member, value in job.request.items() if member != "Tags"},
        "TrainingJobArn": job.arn,
        "ModelArtifacts": {"S3ModelArtifacts": job.artifact},
        "TrainingJobStatus": job.status,
        "SecondaryStatus": job.secondary,
        "CreationTime": epoch(job.created),
        "LastModifiedTime": epoch(job.modified),
        "SecondaryStatusTransitions": _transitions(state, job),
        **_warm_pool_status(job),
    }
    if job.started is not None:
        answer["TrainingStartTime"] = epoch(job.started)
        answer |= {"TrainingTimeInSeconds": seconds} if (seconds := job.requisition.paying.seconds()) else {}
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
    pool = parameters.get("WarmPoolStatusEquals")
    jobs = [job for job in state.training_jobs.values() if pool in (None, _pool_status(job))]
    return listing.page(
        state,
        parameters,
        jobs,
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
        **_warm_pool_status(job),
    }
    if job.ended is not None:
        summary["TrainingEndTime"] = epoch(job.ended)
    return summary


def stop_training_job(state: State, parameters: Parameters) -> dict[str, Any]:
    """Ask a job to stop: SIGTERM to its script, 120 seconds of grace. Raises ValidationException if it runs no more."""
    job = find(state, parameters)
    if job.status != "InProgress":
        raise ValidationException(f"The request was rejected because the training job is in status {job.status}.")
    training_run.stop(state, job)
    return {}


def update_training_job(state: State, parameters: Parameters) -> dict[str, Any]:
    """Keep the machines that a job has left for longer or shorter, counted from its end; 0 lets them go. Raises
    ValidationException if it has none."""
    members.check("sagemaker:UpdateTrainingJob", parameters, CHANGEABLE)
    job = find(state, parameters)
    if "ResourceConfig" in parameters:
        if job.pool is None or job.pool.status != "Available":
            raise ValidationException(f"Training job {job.name} does not retain an Available warm pool.")
        keep_alive = parameters["ResourceConfig"]["KeepAlivePeriodInSeconds"]
        resources = {**job.request["ResourceConfig"], "KeepAlivePeriodInSeconds": keep_alive}
        job.request = {**job.request, "ResourceConfig": resources}
        job.pool.keep(keep_alive * SECOND)
    return {"TrainingJobArn": job.arn}


def delete_training_job(state: State, parameters: Parameters) -> dict[str, Any]:
    """Forget a job that is over; what it wrote to S3 and to its log stays. Raises ValidationException for an unknown
    one, ResourceInUse for one that runs or whose machines wait in a warm pool."""
    job = find(state, parameters)
    if job.ended is None or (job.pool is not None and job.pool.status == "Available"):
        what = "retains an Available warm pool" if job.ended is not None else f"is in status {job.status}"
        raise ResourceInUse(f"Training job {job.arn} cannot be deleted: it {what}.")
    del state.training_jobs[job.name]
    state.tags.end(job.arn)
    return {}


def find(state: State, parameters: Parameters) -> TrainingJob:
    """The job of that name. Raises ValidationException."""
    job = state.training_jobs.get(parameters["TrainingJobName"])
    if job is None:
        raise ValidationException("Requested resource not found.")
    return job


def _pool_status(job: TrainingJob) -> str | None:
    if job.pool is not None:
        return job.pool.status
    asked = job.reused or job.request["ResourceConfig"].get("KeepAlivePeriodInSeconds", 0)
    return ("InUse" if job.ended is None else "Terminated") if asked else None


def _warm_pool_status(job: TrainingJob) -> dict[str, Any]:
    status = _pool_status(job)
    if status is None:
        return {}
    shown: dict[str, Any] = {"Status": status}
    if status != "InUse":
        shown["ResourceRetainedBillableTimeInSeconds"] = job.pool.seconds if job.pool else 0
    if job.pool is not None and job.pool.reused_by:
        shown["ReusedByJob"] = job.pool.reused_by
    return {"WarmPoolStatus": shown}


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


def _add_metrics(algorithm: dict[str, Any], image: Pulled) -> None:
    """An algorithm of AWS's comes with its metrics."""
    if image.metrics and algorithm.get("MetricDefinitions"):
        raise ValidationException(
            "You can't override the metric definitions for Amazon SageMaker algorithms. "
            "Please retry the request without specifying metric definitions."
        )
    if image.metrics:
        algorithm["MetricDefinitions"] = image.metrics


OPERATIONS: Operations = {
    ("sagemaker", "CreateTrainingJob"): Operation(create_training_job, "lesson 1", took=CREATION),
    ("sagemaker", "DescribeTrainingJob"): Operation(describe_training_job, "lesson 1"),
    ("sagemaker", "ListTrainingJobs"): Operation(list_training_jobs, "lesson 1"),
    ("sagemaker", "StopTrainingJob"): Operation(stop_training_job, "lesson 1: what is left behind"),
    ("sagemaker", "UpdateTrainingJob"): Operation(update_training_job, "lesson 3: a warm pool that is let go"),
    ("sagemaker", "DeleteTrainingJob"): Operation(delete_training_job, "sagemaker.core: TrainingJob.delete"),
}
