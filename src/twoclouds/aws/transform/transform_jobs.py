"""Batch transform jobs as the API shows them: create, describe, list and stop. Their life: `transform_run.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, catalog, listing, members, quotas, tags
from twoclouds.aws.errors import ResourceInUse, ResourceNotFound, ValidationException
from twoclouds.aws.inference import models
from twoclouds.aws.inference.models import Model
from twoclouds.aws.operations import CREATION, Operation, Operations, Parameters
from twoclouds.aws.transform import json_paths, transform_run
from twoclouds.aws.transform.transform_records import KINDS

if TYPE_CHECKING:
    from twoclouds.aws.state import State

SIMULATED: members.Simulated = {
    "TransformJobName": {},
    "ModelName": {},
    "MaxConcurrentTransforms": {},
    "ModelClientConfig": {},
    "MaxPayloadInMB": {},
    "BatchStrategy": {},
    "Environment": {},
    "TransformInput": {
        "DataSource": {"S3DataSource": {"S3DataType": ("S3Prefix",), "S3Uri": {}}},
        "ContentType": {},
        "CompressionType": {},
        "SplitType": ("None", "Line"),
    },
    "TransformOutput": {"S3OutputPath": {}, "Accept": {}, "AssembleWith": {}, "KmsKeyId": ("",)},
    "TransformResources": {"InstanceType": {}, "InstanceCount": {}, "VolumeKmsKeyId": ("",)},
    "DataProcessing": {},
    "Tags": {},
}


@dataclass
class TransformJob:
    """A transform job. Times are in ms since the lab opened; `request` is CreateTransformJob's."""

    name: str
    arn: str
    request: dict[str, Any]
    model: Model
    created: int
    modified: int
    status: str = "InProgress"
    started: int | None = None
    ended: int | None = None
    failure: str = ""
    process: Any = None


def create_transform_job(state: State, parameters: Parameters) -> dict[str, Any]:
    """Accept a job: it starts at once, or is refused at once.

    Raises ValidationException, ResourceInUse and ResourceLimitExceeded; then nothing of it stays behind.
    """
    members.check("sagemaker:CreateTransformJob", parameters, SIMULATED)
    tags.check(parameters.get("Tags", []))
    name, resources = parameters["TransformJobName"], parameters["TransformResources"]
    arn = account.arn("transform-job", name)
    if name in state.transform_jobs:
        raise ResourceInUse(
            "Job name must be unique within an AWS account and region, "
            f"and a transform job with this name already exists ({arn})"
        )
    model = models.find(state, parameters["ModelName"])
    _check_sizes(parameters)
    _check_processing(parameters)
    quotas.take(state, resources["InstanceType"], quotas.TRANSFORM, resources["InstanceCount"])
    now = state.world.clock.now
    request = {member: value for member, value in parameters.items() if member != "Tags"}
    job = TransformJob(name, arn, request, model, now, now)
    state.transform_jobs[name] = job
    state.tags.begin(arn, parameters.get("Tags", []))
    transform_run.start(state, job)
    return {"TransformJobArn": arn}


def describe_transform_job(state: State, parameters: Parameters) -> dict[str, Any]:
    """The job as it is now. Raises ResourceNotFound for an unknown one."""
    job, epoch = _find(state, parameters), state.epoch
    answer = {
        **job.request,
        "TransformInput": {"CompressionType": "None", "SplitType": "None", **job.request["TransformInput"]},
        "TransformOutput": {"AssembleWith": "None", "KmsKeyId": "", **job.request["TransformOutput"]},
        "DataProcessing": {
            "InputFilter": "$",
            "OutputFilter": "$",
            "JoinSource": "None",
            **job.request.get("DataProcessing", {}),
        },
        "TransformJobArn": job.arn,
        "TransformJobStatus": job.status,
        "CreationTime": epoch(job.created),
    }
    if job.started is not None:
        answer["TransformStartTime"] = epoch(job.started)
    if job.ended is not None:
        answer["TransformEndTime"] = epoch(job.ended)
    if job.failure:
        answer["FailureReason"] = job.failure
    return answer


def list_transform_jobs(state: State, parameters: Parameters) -> dict[str, Any]:
    """The jobs of the account, newest first."""
    return listing.page(
        state,
        parameters,
        state.transform_jobs.values(),
        member="TransformJobSummaries",
        summary=lambda job: _summary(state, job),
    )


def _summary(state: State, job: TransformJob) -> dict[str, Any]:
    return {
        "TransformJobName": job.name,
        "TransformJobArn": job.arn,
        "CreationTime": state.epoch(job.created),
        "LastModifiedTime": state.epoch(job.modified),
        "TransformJobStatus": job.status,
        **({"TransformEndTime": state.epoch(job.ended)} if job.ended is not None else {}),
        **({"FailureReason": job.failure} if job.failure else {}),
    }


def stop_transform_job(state: State, parameters: Parameters) -> dict[str, Any]:
    """Stop a job: nothing of its output is stored. Raises ResourceNotFound, and ValidationException if it runs no
    more."""
    job = _find(state, parameters)
    if job.status != "InProgress":
        raise ValidationException(f"The request was rejected because the transform job is in status {job.status}.")
    transform_run.stop(state, job)
    return {}


def _find(state: State, parameters: Parameters) -> TransformJob:
    job = state.transform_jobs.get(parameters["TransformJobName"])
    if job is None:
        arn = account.arn("transform-job", parameters["TransformJobName"])
        raise ResourceNotFound(f"Could not find requested job with name: {arn.rpartition('/')[2]}")
    return job


def _check_sizes(parameters: Parameters) -> None:
    payload = parameters.get("MaxPayloadInMB", int(catalog.figure("transform_payload")))
    most, concurrent = int(catalog.figure("transform_payload_limit")), parameters.get("MaxConcurrentTransforms", 0)
    if payload > most or payload * concurrent > most:
        raise ValidationException(
            f"The value of MaxConcurrentTransforms * MaxPayloadInMB must not exceed {most} MB."
            if concurrent
            else f"MaxPayloadInMB must not exceed {most}."
        )
    whole = parameters["TransformInput"].get("SplitType", "None") == "None"
    if whole and parameters.get("BatchStrategy") == "SingleRecord":
        raise ValidationException("BatchStrategy SingleRecord requires SplitType Line, RecordIO or TFRecord.")


def _check_processing(parameters: Parameters) -> None:
    """DataProcessing needs a format that records can be told apart in, and paths that are some."""
    processing = parameters.get("DataProcessing", {})
    for member in ("InputFilter", "OutputFilter"):
        try:
            json_paths.check(processing.get(member, "$"))
        except json_paths.PathError:
            raise ValidationException(f"{member} is not a valid JSONPath: {processing[member]}") from None
    changed = processing.get("JoinSource", "None") != "None" or any(
        processing.get(member, "$") != "$" for member in ("InputFilter", "OutputFilter")
    )
    kind = parameters["TransformInput"].get("ContentType", "").partition(";")[0].strip().lower()
    if changed and kind not in KINDS:
        raise ValidationException(f"DataProcessing supports the ContentTypes {', '.join(KINDS)}; not '{kind}'.")
    given, wanted = parameters["TransformInput"], parameters["TransformOutput"]
    if processing.get("JoinSource") == "Input" and given.get("SplitType", "None") != wanted.get("AssembleWith", "None"):
        raise ValidationException("SplitType and AssembleWith must be the same when JoinSource is Input.")


OPERATIONS: Operations = {
    ("sagemaker", "CreateTransformJob"): Operation(
        create_transform_job, "v3-transform-job-example: Transformer.transform()", took=CREATION
    ),
    ("sagemaker", "DescribeTransformJob"): Operation(describe_transform_job, "Transformer.wait()"),
    ("sagemaker", "ListTransformJobs"): Operation(list_transform_jobs, "TransformJob.get_all()"),
    ("sagemaker", "StopTransformJob"): Operation(stop_transform_job, "TransformJob.stop()"),
}
