"""What the AWS account of a lab holds."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from twoclouds.lab import Lab
from twoclouds.practice.evidence.noun import aside, noun

if TYPE_CHECKING:
    from twoclouds.aws.training.training import TrainingJob as Job


@dataclass(frozen=True, kw_only=True)
class TrainingJob:
    """A training job. `channels` maps a name to its S3 URI; `artefacts` is what its model.tar.gz in S3 holds.

    `packages` are the requirements that its image was made from, `command` is the entry point and its arguments ("" for
    the image's own). `reused` says that it took over the
    machines of a warm pool, `pool` what became of the ones it left ("" if it left none), for which `kept` seconds were
    paid. Times are in ms; None for what has not been.
    """

    name: str = aside()
    status: str
    reason: str = aside(default="")
    role: str
    image: str = ""
    packages: tuple[str, ...] = ()
    command: str = ""
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    type: str = ""
    instances: int = 1
    keep_alive: int = 0
    limit: int = 0
    spot: bool = False
    reused: bool = False
    pool: str = ""
    kept: int = aside(default=0)
    billable: int = aside(default=0)
    artefacts: Mapping[str, bytes] = field(default_factory=dict)
    created: int = aside(default=0)
    started: int | None = aside(default=None)
    ended: int | None = aside(default=None)
    log: str = aside(default="")


def find_training_jobs(lab: Lab) -> Iterator[TrainingJob]:
    for job in lab.aws.state.training_jobs.values():
        request, resources = job.request, job.request["ResourceConfig"]
        algorithm = request["AlgorithmSpecification"]
        yield TrainingJob(
            name=job.name,
            status=job.status,
            reason=job.failure,
            role=request["RoleArn"],
            image=str(algorithm.get("TrainingImage") or ""),
            packages=job.image.definition.packages,
            command=" ".join((*algorithm.get("ContainerEntrypoint", ()), *algorithm.get("ContainerArguments", ()))),
            hyperparameters=request.get("HyperParameters") or {},
            environment=request.get("Environment") or {},
            channels={channel["ChannelName"]: _uri(channel) for channel in request.get("InputDataConfig") or ()},
            type=job.hosts[0][0],
            instances=len(job.hosts),
            keep_alive=resources.get("KeepAlivePeriodInSeconds") or 0,
            limit=request["StoppingCondition"]["MaxRuntimeInSeconds"],
            spot=request["EnableManagedSpotTraining"],
            reused=job.reused,
            pool=job.pool.status if job.pool else "",
            kept=job.pool.seconds if job.pool else 0,
            billable=job.billable_seconds,
            artefacts=_model(lab, job),
            created=job.created,
            started=job.started,
            ended=job.ended,
            log=_log(lab, job),
        )


def _uri(channel: Mapping[str, Any]) -> str:
    """Where a channel's data lies; "" if that is not S3."""
    return str(channel["DataSource"].get("S3DataSource", {}).get("S3Uri", ""))


def _model(lab: Lab, job: Job) -> dict[str, bytes]:
    """What is in a job's model.tar.gz; empty if its bucket does not hold one."""
    archive = _object(lab, str(job.output.below("model.tar.gz")))
    if archive is None:
        return {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as held:
        return {member.name: held.extractfile(member).read() for member in held if member.isfile()}  # type: ignore[union-attr]


def _object(lab: Lab, uri: str) -> bytes | None:
    """What lies in S3 at a URI; None if nothing does."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    buckets = lab.aws.state.others.s3.buckets
    if bucket not in buckets or key not in buckets[bucket].keys:
        return None
    found = lab.aws.state.others.s3.get_object(bucket, key)
    return bytes(found.value) if found else None


def _log(lab: Lab, job: Job) -> str:
    from twoclouds.aws.errors import ResourceNotFoundException
    from twoclouds.aws.training.training_run import LOG_GROUP

    try:
        streams = lab.aws.state.logs.streams(LOG_GROUP, f"{job.name}/")
    except ResourceNotFoundException:
        return ""
    return "".join(f"{text}\n" for stream in streams for _, text in stream.seen(lab.world.clock.now))


@dataclass(frozen=True, kw_only=True)
class Role:
    """An IAM role that a training job or a model names: its policies as they are written, and what IAM makes of them
    (`may(action, resource)`)."""

    name: str
    policies: tuple[str, ...]
    may: Callable[[str, str], bool] = field(repr=False, compare=False)


def find_roles(lab: Lab) -> Iterator[Role]:
    from twoclouds.aws.identity import iam, principals

    state = lab.aws.state
    jobs = (job.request["RoleArn"] for job in state.training_jobs.values())
    served = (model.request.get("ExecutionRoleArn") for model in state.models.values())
    for arn in dict.fromkeys(filter(None, (*jobs, *served))):
        role = principals.role_of(state, arn)
        documents = tuple(sorted(principals.documents(role))) if role is not None else ()
        yield Role(name=arn.rpartition("/")[2], policies=documents, may=partial(iam.permits, state, arn))


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model: the image that serves it, where its artefact is, and the role that may fetch it."""

    name: str = aside()
    image: str
    data: str
    role: str
    environment: Mapping[str, str] = field(default_factory=dict)


def find_models(lab: Lab) -> Iterator[Model]:
    for each in lab.aws.state.models.values():
        container = each.containers[0]
        yield Model(
            name=each.name,
            image=container.image,
            data=str(container.data or ""),
            role=str(each.request.get("ExecutionRoleArn") or ""),
            environment=container.environment,
        )


@dataclass(frozen=True, kw_only=True)
class EndpointConfig:
    """An endpoint configuration: the names of the models that it puts behind an endpoint."""

    name: str = aside()
    models: tuple[str, ...] = aside()
    types: tuple[str, ...]


def find_endpoint_configs(lab: Lab) -> Iterator[EndpointConfig]:
    for each in lab.aws.state.endpoint_configs.values():
        yield EndpointConfig(
            name=each.name,
            models=tuple(variant["ModelName"] for variant in each.variants),
            types=tuple(str(variant.get("InstanceType", "serverless")) for variant in each.variants),
        )


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A production variant of an endpoint. `share` is its part of the requests, in percent; `memory` (MB) is of a
    serverless one, which has no `type`. `instances` are those asked for."""

    endpoint: str = aside()
    name: str = aside()
    model: str = aside()
    image: str
    data: str
    type: str
    instances: int
    memory: int
    share: float


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An endpoint. `config` is the configuration that it is at; `reason` why it failed."""

    name: str = aside()
    config: str = aside(default="")
    status: str
    reason: str = aside(default="")
    variants: tuple[Variant, ...] = ()


def find_endpoints(lab: Lab) -> Iterator[Endpoint]:
    for each in lab.aws.state.endpoints.values():
        running = each.fleet.variants if each.fleet else []
        weights = sum(variant.weight for variant in running)
        yield Endpoint(
            name=each.name,
            config=each.fleet.config.name if each.fleet else "",
            status=each.status,
            reason=each.failure,
            variants=tuple(
                Variant(
                    endpoint=each.name,
                    name=variant.name,
                    model=variant.model.name,
                    image=variant.model.containers[0].image,
                    data=str(variant.model.containers[0].data or ""),
                    type=variant.instance_type,
                    instances=variant.desired if variant.instance_type else 0,
                    memory=(variant.serverless or {}).get("MemorySizeInMB", 0),
                    share=100 * variant.weight / weights if weights else 0,
                )
                for variant in running
            ),
        )


@dataclass(frozen=True, kw_only=True)
class ScalableTarget:
    """What Application Auto Scaling may do with a variant: between how many instances, by how many policies."""

    resource: str = aside()
    least: int
    most: int
    policies: int


def find_scalable_targets(lab: Lab) -> Iterator[ScalableTarget]:
    for each in lab.aws.state.scalable_targets.values():
        yield ScalableTarget(resource=each.resource, least=each.least, most=each.most, policies=len(each.policies))


@dataclass(frozen=True, kw_only=True)
class TransformJob:
    """A batch transform job: the model it asked, by name, and what that named then; the objects below its output."""

    name: str = aside()
    status: str
    reason: str = aside(default="")
    model: str
    image: str
    data: str
    source: str
    outputs: Mapping[str, bytes] = field(default_factory=dict)


def find_transform_jobs(lab: Lab) -> Iterator[TransformJob]:
    for each in lab.aws.state.transform_jobs.values():
        container = each.model.containers[0]
        yield TransformJob(
            name=each.name,
            status=each.status,
            reason=each.failure,
            model=each.model.name,
            image=container.image,
            data=str(container.data or ""),
            source=each.request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"],
            outputs=_below(lab, each.request["TransformOutput"]["S3OutputPath"]),
        )


def _below(lab: Lab, uri: str) -> dict[str, bytes]:
    """What lies in S3 below a URI, by the rest of its key."""
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    prefix = f"{prefix.rstrip('/')}/"
    held = lab.aws.state.others.s3.buckets.get(bucket)
    keys = [key for key in held.keys if key.startswith(prefix)] if held else []
    return {key.removeprefix(prefix): _object(lab, f"s3://{bucket}/{key}") or b"" for key in sorted(keys)}


@dataclass(frozen=True, kw_only=True)
class ModelPackage:
    """A model package; `version` is 0 for one that is in no group. `images` and `data` are of its containers."""

    group: str
    version: int
    approval: str
    images: tuple[str, ...] = ()
    data: tuple[str, ...] = ()


def find_model_packages(lab: Lab) -> Iterator[ModelPackage]:
    for each in lab.aws.state.model_packages.values():
        containers = each.details.get("InferenceSpecification", {}).get("Containers", [])
        yield ModelPackage(
            group=each.group,
            version=each.version,
            approval=each.approval,
            images=tuple(str(one.get("Image", "")) for one in containers),
            data=tuple(str(one.get("ModelDataUrl", "")) for one in containers),
        )


@dataclass(frozen=True, kw_only=True)
class EcrImage:
    """An image in the account's own registry: its tags now, its digest, and the requirements that it was made from.
    `immutable`: in its repository no tag can be moved."""

    repository: str
    immutable: bool = False
    tags: tuple[str, ...]
    digest: str
    packages: tuple[str, ...] = ()


def find_ecr_images(lab: Lab) -> Iterator[EcrImage]:
    for repository in lab.aws.state.others.ecr.repositories.values():
        for image in repository.images:
            digest = image.get_image_digest()
            held = lab.aws.state.images.get(digest)
            yield EcrImage(
                repository=repository.name,
                immutable=str(repository.image_tag_mutability).rpartition(".")[2] == "IMMUTABLE",
                tags=tuple(sorted(tag for tag in image.image_tags if tag)),
                digest=digest,
                packages=held.packages if held else (),
            )


@dataclass(frozen=True, kw_only=True)
class S3Object:
    """What lies at an S3 URI now; of a bucket that keeps versions, the current one."""

    uri: str = aside()
    content: bytes = aside()


def find_s3_objects(lab: Lab) -> Iterator[S3Object]:
    for bucket in lab.aws.state.others.s3.buckets.values():
        for key in bucket.keys:
            uri = f"s3://{bucket.name}/{key}"
            content = _object(lab, uri)
            if content is not None:
                yield S3Object(uri=uri, content=content)


@dataclass(frozen=True, kw_only=True)
class QuotaRequest:
    """What was asked of Service Quotas: more of a quota, by its name there."""

    quota: str
    desired: int
    status: str


def find_quota_requests(lab: Lab) -> Iterator[QuotaRequest]:
    for each in lab.aws.state.increases.values():
        yield QuotaRequest(quota=each.quota, desired=each.desired, status=each.status)


@dataclass(frozen=True)
class Aws:
    """The account at one moment: every noun, and the function that finds those there are."""

    training_jobs: tuple[TrainingJob, ...] = noun(find_training_jobs)
    roles: tuple[Role, ...] = noun(find_roles)
    models: tuple[Model, ...] = noun(find_models)
    endpoint_configs: tuple[EndpointConfig, ...] = noun(find_endpoint_configs)
    endpoints: tuple[Endpoint, ...] = noun(find_endpoints)
    scalable_targets: tuple[ScalableTarget, ...] = noun(find_scalable_targets)
    transform_jobs: tuple[TransformJob, ...] = noun(find_transform_jobs)
    model_packages: tuple[ModelPackage, ...] = noun(find_model_packages)
    ecr_images: tuple[EcrImage, ...] = noun(find_ecr_images)
    s3_objects: tuple[S3Object, ...] = noun(find_s3_objects)
    quota_requests: tuple[QuotaRequest, ...] = noun(find_quota_requests)
