"""What the Azure ML workspace of a lab holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twoclouds.lab import Lab
from twoclouds.practice.evidence.noun import aside, noun

if TYPE_CHECKING:
    from twoclouds.azure.assets.assets import Assets, Version


@dataclass(frozen=True, kw_only=True)
class CommandJob:
    """A command job. `inputs` maps a name to its path, `artefacts` the path of each stored file to its bytes.

    `environment` is an id as Azure writes it: what was made in passing is in there with a name of the SDK's. `compute`
    is "" and `size` set for a serverless job. `packages` are the requirements that its image was made from. Times are
    in ms; None for what has not been.
    """

    name: str = aside()
    status: str
    command: str = ""
    environment: str = ""
    packages: tuple[str, ...] = ()
    compute: str = ""
    size: str = ""
    experiment: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    artefacts: Mapping[str, bytes] = field(default_factory=dict)
    created: int = aside(default=0)
    started: int | None = aside(default=None)
    ended: int | None = aside(default=None)
    error: str = aside(default="")
    log: str = aside(default="")


def find_command_jobs(lab: Lab) -> Iterator[CommandJob]:
    for job in lab.azure.state.jobs.values():
        run, asked = job.run, job.properties
        stored = _stored(lab, job)
        yield CommandJob(
            name=job.name,
            status=job.status,
            command=str(asked.get("command") or ""),
            environment=str(asked.get("environmentId") or ""),
            packages=_packages(lab, asked.get("environmentId")),
            compute=job.compute,
            size=str((asked.get("resources") or {}).get("instanceType") or ""),
            experiment=run.experiment.name,
            inputs={name: _path(given) for name, given in (asked.get("inputs") or {}).items()},
            artefacts=stored,
            created=run.created,
            started=run.started,
            ended=run.ended,
            error=job.error,
            log=_log(lab, job),
        )


def _path(given: Mapping[str, Any]) -> str:
    return str(given.get("uri", given.get("value")))


def _packages(lab: Lab, environment: str | None) -> tuple[str, ...]:
    """What the image of an environment was made from; nothing as long as it is not there."""
    from twoclouds.azure.assets import recipes

    if not environment:
        return ()
    recipe = recipes.find(lab.azure.state, environment)
    image = lab.azure.state.images.get(recipe.hash or recipe.image)
    return image.definition.packages if image else ()


def _stored(lab: Lab, job: Any) -> dict[str, bytes]:
    """What is kept of a job: its ./outputs, and below its name each output that it declared."""
    from twoclouds.azure.storage import data_paths

    artefacts = {path: data for path, data in _files(lab, job).items() if path.startswith("outputs/")}
    for name, output in (job.properties.get("outputs") or {}).items():
        if name != "default" and "uri" in output:
            held = data_paths.read(lab.azure.state, output["uri"])
            artefacts |= {f"{name}/{path}": data for path, data in held.items()}
    return artefacts


def _files(lab: Lab, job: Any) -> dict[str, bytes]:
    from twoclouds.azure.account import ARTIFACT_CONTAINER

    stored = lab.azure.state.blobs.list(ARTIFACT_CONTAINER, f"{job.folder}/")
    return {key.removeprefix(f"{job.folder}/"): blob.data for key, blob in stored.items()}


def _log(lab: Lab, job: Any) -> str:
    from twoclouds.azure.jobs.job_run import LOG

    return _files(lab, job).get(LOG, b"").decode(errors="replace")


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A compute cluster, and how many nodes it holds now. `idle_seconds` is its idle time before scale-down."""

    name: str = aside()
    size: str
    minimum: int
    maximum: int
    idle_seconds: int = 120
    nodes: int = aside(default=0)


def find_clusters(lab: Lab) -> Iterator[Cluster]:
    for each in lab.azure.state.clusters.values():
        pool = each.pool
        yield Cluster(
            name=each.name,
            size=pool.type.name,
            minimum=pool.minimum,
            maximum=pool.maximum,
            idle_seconds=pool.idle_time // 1000,
            nodes=len(pool.nodes),
        )


@dataclass(frozen=True, kw_only=True)
class ComputeInstance:
    """A compute instance. `idle_seconds` is after how long without work it stops by itself; 0: never."""

    name: str = aside()
    size: str
    state: str
    idle_seconds: int = 0
    schedules: int = 0


def find_compute_instances(lab: Lab) -> Iterator[ComputeInstance]:
    from twoclouds.azure.compute import instance_schedules

    for each in lab.azure.state.computes.values():
        if each.kind == "ComputeInstance":
            yield ComputeInstance(
                name=each.name,
                size=each.asked.size.name,
                state=str(each.properties(lab.azure.state)["state"]),
                idle_seconds=instance_schedules.idle_shutdown(each.asked.settings) // 1000,
                schedules=len((each.asked.settings.get("schedules") or {}).get("computeStartStop") or ()),
            )


@dataclass(frozen=True, kw_only=True)
class DataAsset:
    """One version of a data asset."""

    name: str
    version: str
    type: str
    path: str
    archived: bool = False


def find_data_assets(lab: Lab) -> Iterator[DataAsset]:
    for each in _named(lab.azure.state.data):
        yield DataAsset(
            name=each.name,
            version=each.version,
            type=each.properties["dataType"],
            path=each.properties["dataUri"],
            archived=each.properties["isArchived"],
        )


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One version of an environment of the learner's own: from `image`, with a `conda` file, or built from a folder."""

    name: str
    version: str
    image: str = ""
    conda: str = ""
    context: str = ""
    archived: bool = False


def find_environments(lab: Lab) -> Iterator[Environment]:
    from twoclouds.azure.assets.recipes import CURATED

    for each in _named(lab.azure.state.environments):
        if not each.name.startswith(CURATED):
            yield Environment(
                name=each.name,
                version=each.version,
                image=str(each.properties.get("image") or ""),
                conda=str(each.properties.get("condaFile") or ""),
                context=str((each.properties.get("build") or {}).get("contextUri") or ""),
                archived=each.properties["isArchived"],
            )


@dataclass(frozen=True, kw_only=True)
class Model:
    """One version of a registered model."""

    name: str
    version: str
    type: str
    path: str
    tags: Mapping[str, str] = field(default_factory=dict)
    archived: bool = False


def find_models(lab: Lab) -> Iterator[Model]:
    for each in _named(lab.azure.state.models):
        yield Model(
            name=each.name,
            version=each.version,
            type=each.properties["modelType"],
            path=each.properties["modelUri"],
            tags=each.properties.get("tags") or {},
            archived=each.properties["isArchived"],
        )


def _named(assets: Assets) -> Iterator[Version]:
    """The versions of what has a name that somebody chose, in the order in which they were made."""
    for version in sorted(assets.every(), key=lambda version: version.number):
        if not version.properties.get("isAnonymous"):
            yield version


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A deployment of a managed online endpoint. `traffic` and `mirror` are the percent of requests it gets; `packages`
    maps what its container has installed to versions (nothing if none ever ran), `log` is what containers printed."""

    name: str = aside()
    endpoint: str = aside()
    state: str
    model: str
    environment: str
    code: bool
    size: str
    instances: int
    traffic: int = 0
    mirror: int = 0
    packages: Mapping[str, str] = field(default_factory=dict)
    log: str = aside(default="")


def find_deployments(lab: Lab) -> Iterator[Deployment]:
    for endpoint in lab.azure.state.endpoints.values():
        traffic, mirror = _by_name(endpoint.traffic), _by_name(endpoint.mirror)
        for each in endpoint.deployments.values():
            yield Deployment(
                name=each.name,
                endpoint=endpoint.name,
                state=each.provisioning,
                model=str(each.properties.get("model") or ""),
                environment=str(each.properties.get("environmentId") or ""),
                code=bool(each.properties.get("codeConfiguration")),
                size=each.size.name,
                instances=each.count,
                traffic=traffic.get(each.name.lower(), 0),
                mirror=mirror.get(each.name.lower(), 0),
                packages=each.served.container.image.packages if each.served else {},
                log="".join(f"{line.text}\n" for line in each.history),
            )


def _by_name(rules: Mapping[str, int]) -> dict[str, int]:
    return {name.lower(): percent for name, percent in rules.items()}


@dataclass(frozen=True, kw_only=True)
class OnlineEndpoint:
    """A managed online endpoint; what answers behind it are its deployments."""

    name: str = aside()
    auth_mode: str
    state: str
    deployments: int


def find_online_endpoints(lab: Lab) -> Iterator[OnlineEndpoint]:
    for each in lab.azure.state.endpoints.values():
        yield OnlineEndpoint(
            name=each.name, auth_mode=each.auth_mode, state=each.provisioning, deployments=len(each.deployments)
        )


@dataclass(frozen=True, kw_only=True)
class Blob:
    """What lies in the workspace's default container now, by its path there."""

    path: str = aside()
    content: bytes = aside()


def find_blobs(lab: Lab) -> Iterator[Blob]:
    from twoclouds.azure.account import BLOB_CONTAINER

    for path, blob in lab.azure.state.blobs.list(BLOB_CONTAINER).items():
        yield Blob(path=path, content=blob.data)


@dataclass(frozen=True)
class Azure:
    """The workspace at one moment: every noun, and the function that finds those there are."""

    jobs: tuple[CommandJob, ...] = noun(find_command_jobs)
    clusters: tuple[Cluster, ...] = noun(find_clusters)
    compute_instances: tuple[ComputeInstance, ...] = noun(find_compute_instances)
    data_assets: tuple[DataAsset, ...] = noun(find_data_assets)
    environments: tuple[Environment, ...] = noun(find_environments)
    models: tuple[Model, ...] = noun(find_models)
    online_endpoints: tuple[OnlineEndpoint, ...] = noun(find_online_endpoints)
    deployments: tuple[Deployment, ...] = noun(find_deployments)
    blobs: tuple[Blob, ...] = noun(find_blobs)
