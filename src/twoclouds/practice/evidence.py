"""What the two clouds hold, as plain data: all that a check looks at, and nothing else."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from twoclouds.lab import Lab

if TYPE_CHECKING:
    from twoclouds.aws.training.training import TrainingJob as AwsJob
    from twoclouds.azure.jobs.jobs import Job


@dataclass(frozen=True)
class AzureJob:
    """A command job. `inputs` maps a name to its path, `artefacts` the path of each stored file to its bytes."""

    name: str
    status: str
    command: str
    environment: str
    compute: str
    inputs: Mapping[str, str]
    artefacts: Mapping[str, bytes]
    log: str


@dataclass(frozen=True)
class Cluster:
    """A compute cluster and how many nodes it holds now."""

    name: str
    size: str
    minimum: int
    maximum: int
    nodes: int


@dataclass(frozen=True)
class TrainingJob:
    """A training job. `channels` maps a name to its S3 URI; `artefacts` is what its model.tar.gz in S3 holds."""

    name: str
    status: str
    reason: str
    role: str
    channels: Mapping[str, str]
    billable: int
    artefacts: Mapping[str, bytes]
    log: str


@dataclass(frozen=True)
class Role:
    """An IAM role that a training job ran as: its policies as they are written, and what IAM makes of them."""

    name: str
    policies: tuple[str, ...]
    may: Callable[[str, str], bool] = field(repr=False, compare=False)


@dataclass(frozen=True)
class Billing:
    """Something that costs money at this moment."""

    account: str
    resource: str
    phase: str


@dataclass(frozen=True)
class Evidence:
    """A lab at one moment."""

    azure_jobs: tuple[AzureJob, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    training_jobs: tuple[TrainingJob, ...] = ()
    roles: tuple[Role, ...] = ()
    billing: tuple[Billing, ...] = ()
    cost: Mapping[str, Fraction] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """What was attempted, whatever it was called and however often: the same again gives the same."""
        tried = {
            *((job.status, job.command, job.environment, job.compute, str(job.inputs)) for job in self.azure_jobs),
            *((job.status, job.role, str(job.channels), *sorted(job.artefacts)) for job in self.training_jobs),
            *((cluster.size, str(cluster.minimum), str(cluster.maximum)) for cluster in self.clusters),
            *((role.name, *role.policies) for role in self.roles),
            *((each.account, each.phase) for each in self.billing),
        }
        return hashlib.sha256(repr(sorted(tried)).encode()).hexdigest()


def gather(lab: Lab) -> Evidence:
    """Look at both clouds now. Changes nothing, and takes no virtual time."""
    return Evidence(
        azure_jobs=tuple(_azure_job(lab, job) for job in lab.azure.state.jobs.values()),
        clusters=tuple(
            Cluster(each.name, each.pool.type.name, each.pool.minimum, each.pool.maximum, len(each.pool.nodes))
            for each in lab.azure.state.clusters.values()
        ),
        training_jobs=tuple(_training_job(lab, job) for job in lab.aws.state.training_jobs.values()),
        roles=tuple(
            _role(lab, arn)
            for arn in dict.fromkeys(job.request["RoleArn"] for job in lab.aws.state.training_jobs.values())
        ),
        billing=tuple(
            Billing(line.account, line.resource, line.phase) for line in lab.world.bill.running() if line.hourly
        ),
        cost=lab.world.bill.by("account"),
    )


def _azure_job(lab: Lab, job: Job) -> AzureJob:
    from twoclouds.azure.account import ARTIFACT_CONTAINER
    from twoclouds.azure.jobs.job_run import LOG
    from twoclouds.azure.storage import data_paths

    stored = lab.azure.state.blobs.list(ARTIFACT_CONTAINER, f"{job.folder}/")
    files = {key.removeprefix(f"{job.folder}/"): blob.data for key, blob in stored.items()}
    artefacts = {path: data for path, data in files.items() if path.startswith("outputs/")}
    for name, output in job.properties["outputs"].items():
        if name != "default":
            held = data_paths.read(lab.azure.state, output["uri"])
            artefacts |= {f"{name}/{path}": data for path, data in held.items()}
    return AzureJob(
        name=job.name,
        status=job.status,
        command=str(job.properties["command"]),
        environment=str(job.properties["environmentId"]),
        compute=job.compute,
        inputs={name: str(value.get("uri", value.get("value"))) for name, value in job.properties["inputs"].items()},
        artefacts=artefacts,
        log=files.get(LOG, b"").decode(errors="replace"),
    )


def _training_job(lab: Lab, job: AwsJob) -> TrainingJob:
    return TrainingJob(
        name=job.name,
        status=job.status,
        reason=job.failure,
        role=job.request["RoleArn"],
        channels={
            channel["ChannelName"]: channel["DataSource"]["S3DataSource"]["S3Uri"]
            for channel in job.request["InputDataConfig"]
        },
        billable=job.billable_seconds,
        artefacts=_model(lab, job),
        log=_log(lab, job),
    )


def _model(lab: Lab, job: AwsJob) -> dict[str, bytes]:
    """What is in a job's model.tar.gz; empty if its bucket does not hold one."""
    place = job.output.below("model.tar.gz")
    buckets = lab.aws.state.others.s3.buckets
    if place.bucket not in buckets or place.key not in buckets[place.bucket].keys:
        return {}
    archive = lab.aws.state.others.s3.get_object(place.bucket, place.key).value
    with tarfile.open(fileobj=io.BytesIO(archive)) as held:
        return {member.name: held.extractfile(member).read() for member in held if member.isfile()}  # type: ignore[union-attr]


def _log(lab: Lab, job: AwsJob) -> str:
    from twoclouds.aws.errors import ResourceNotFoundException
    from twoclouds.aws.training.training_run import LOG_GROUP

    try:
        streams = lab.aws.state.logs.streams(LOG_GROUP, f"{job.name}/")
    except ResourceNotFoundException:
        return ""
    return "".join(f"{text}\n" for stream in streams for _, text in stream.seen(lab.world.clock.now))


def _role(lab: Lab, arn: str) -> Role:
    from twoclouds.aws.identity import iam, principals

    role = principals.role_of(lab.aws.state, arn)
    documents = tuple(sorted(principals.documents(role))) if role is not None else ()
    return Role(arn.rpartition("/")[2], documents, partial(iam.permits, lab.aws.state, arn))
