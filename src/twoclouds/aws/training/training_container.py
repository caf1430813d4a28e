"""What a training container finds, and where it leaves things: the contract of `/opt/ml`.

As "How Amazon SageMaker provides training information" and the training toolkit's documentation tell it.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, catalog
from twoclouds.aws.identity import job_credentials
from twoclouds.aws.training import channels, warm_pool
from twoclouds.aws.training.channels import DownloadFailed
from twoclouds.aws.training.training_request import input_mode
from twoclouds.world.clock import SECOND
from twoclouds.world.container import Container
from twoclouds.world.images import Image

if TYPE_CHECKING:
    from twoclouds.aws.state import State
    from twoclouds.aws.training.training import TrainingJob

CONFIG, DATA = "/opt/ml/input/config", "/opt/ml/input/data"
MODEL, OUTPUT, CHECKPOINTS = "/opt/ml/model", "/opt/ml/output/data", "/opt/ml/checkpoints"
TENSORBOARD = "/opt/ml/output/tensorboard"
FAILURE = "/opt/ml/output/failure"


@dataclass(frozen=True)
class Inputs:
    """The objects of each channel, and earlier checkpoints by path; `size` is what has to be downloaded, in bytes."""

    channels: Mapping[str, Mapping[str, bytes]]
    checkpoints: Mapping[str, bytes]
    size: int


def download(state: State, job: TrainingJob) -> Inputs:
    """Fetch all channels and earlier checkpoints with the rights of the job's role. Raises DownloadFailed."""
    role, found, size = job.request["RoleArn"], {}, 0
    for channel in job.request["InputDataConfig"]:
        objects = channels.fetch(state, role, channel["DataSource"]["S3DataSource"])
        if channel["CompressionType"] == "Gzip":
            _check_packed(objects)
        if input_mode(job.request, channel) == "File":
            size += sum(map(len, objects.values()))
        found[channel["ChannelName"]] = objects
    checkpoints: dict[str, bytes] = {}
    if "CheckpointConfig" in job.request:
        source = {"S3DataType": "S3Prefix", "S3Uri": job.request["CheckpointConfig"]["S3Uri"]}
        folder = checkpoint_path(job)
        checkpoints = {f"{folder}/{name}": data for name, data in channels.fetch(state, role, source).items()}
    return Inputs(found, checkpoints, size + sum(map(len, checkpoints.values())))


def container(state: State, job: TrainingJob, inputs: Inputs, image: Image, *, host: int) -> Container:
    """The container of one host, `algo-<host>`, as it starts now."""
    name, instance_type = f"algo-{host}", job.hosts[host - 1][0]
    files, streams, folders = _data(job, inputs, host)
    kept = job.requisition.machines[host - 1].disk
    return Container(
        name=f"{job.name}/{name}",
        image=image,
        command=command(job, image),
        workdir=image.definition.workdir or "/opt/ml/code",
        started=state.world.clock.timestamp,
        environment=_environment(state, job, name),
        files={**files, **inputs.checkpoints, **kept, **_configuration(job, host)},
        streams=streams,
        neighbours=tuple(other for other in _names(job) if other != name),
        directories=("/opt/ml/input", "/opt/ml/output", MODEL, OUTPUT, checkpoint_path(job), *folders, *_cache(job)),
        processors=catalog.machine_type(instance_type).vcpus,
        install_seconds=catalog.duration(state.world, "pip_install") / SECOND,
        collect=(MODEL, "/opt/ml/output", checkpoint_path(job), tensorboard_path(job), *_cache(job)),
    )


def scripts(job: TrainingJob, inputs: Inputs) -> Iterable[str]:
    """The scripts that the job's command names, ModelTrainer's `entry_script` or `command` included, and script mode's
    `sagemaker_program`."""
    source = inputs.channels.get("sm_drivers", {}).get("sourcecode.json", b"").decode()
    given, environment = job.request.get("HyperParameters", {}), job.request.get("Environment", {})
    programs = given.get("sagemaker_program", ""), environment.get("SAGEMAKER_PROGRAM", "")
    words = [" ".join(command(job, None)), source, *programs]
    return re.findall(r"[\w./-]+\.(?:py|sh)\b", " ".join(words))


def checkpoint_path(job: TrainingJob) -> str:
    """Where the script keeps its checkpoints."""
    return str(job.request.get("CheckpointConfig", {}).get("LocalPath", CHECKPOINTS)).rstrip("/")


def tensorboard_path(job: TrainingJob) -> str:
    """Where the script writes its events for TensorBoard."""
    return str(job.request.get("TensorBoardOutputConfig", {}).get("LocalPath", TENSORBOARD)).rstrip("/")


def command(job: TrainingJob, image: Image | None) -> tuple[str, ...]:
    """ENTRYPOINT and arguments of the request; without them the image is run as `docker run IMAGE train`."""
    algorithm = job.request["AlgorithmSpecification"]
    if entrypoint := algorithm.get("ContainerEntrypoint"):
        return (*entrypoint, *algorithm.get("ContainerArguments", []))
    of_image = image.definition.entrypoint if image else ()
    return (*of_image, *algorithm.get("ContainerArguments", ["train"]))


def _data(job: TrainingJob, inputs: Inputs, host: int) -> tuple[dict[str, bytes], dict[str, Any], list[str]]:
    """The channels of one host: files by path, streams by path, and the folders of its channels."""
    files: dict[str, bytes] = {}
    streams: dict[str, Any] = {}
    folders = []
    for channel in job.request["InputDataConfig"]:
        source, name = channel["DataSource"]["S3DataSource"], channel["ChannelName"]
        groups = source.get("InstanceGroupNames")
        sharing = [n for n, (_, group) in enumerate(job.hosts, 1) if not groups or group in groups]
        if host not in sharing:
            continue
        distribution = source.get("S3DataDistributionType", "FullyReplicated")
        objects = channels.share(inputs.channels[name], distribution, host=sharing.index(host), hosts=len(sharing))
        if input_mode(job.request, channel) == "Pipe":
            streams[f"{DATA}/{name}"] = channels.stream(objects, channel)
        else:
            folders.append(f"{DATA}/{name}")
            files |= {f"{DATA}/{name}/{path}": data for path, data in objects.items()}
    return files, streams, folders


def _cache(job: TrainingJob) -> tuple[str, ...]:
    """The folder that the next job on the same machines finds again, for jobs that have to do with warm pools."""
    kept = job.request["ResourceConfig"].get("KeepAlivePeriodInSeconds")
    return (warm_pool.CACHE,) if kept or job.requisition.pool else ()


def _check_packed(objects: Mapping[str, bytes]) -> None:
    for name, data in objects.items():
        try:
            gzip.decompress(data)
        except (OSError, EOFError) as error:
            raise DownloadFailed(f"Unable to decompress {name} ({error})") from None


def _environment(state: State, job: TrainingJob, host: str) -> dict[str, str]:
    return {
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": job_credentials.path_for(state, job.request["RoleArn"]),
        "AWS_REGION": account.REGION,
        "AWS_DEFAULT_REGION": account.REGION,
        "HOSTNAME": host,
        "TRAINING_JOB_NAME": job.name,
        "TRAINING_JOB_ARN": job.arn,
        **job.request.get("Environment", {}),
    }


def _configuration(job: TrainingJob, host: int) -> dict[str, bytes]:
    resources = {
        "current_host": f"algo-{host}",
        "current_instance_type": job.hosts[host - 1][0],
        "current_group_name": job.hosts[host - 1][1],
        "hosts": sorted(_names(job)),
        "instance_groups": _groups(job),
        "network_interface_name": "eth0",
    }
    given = {channel["ChannelName"]: _channel(job, channel) for channel in job.request["InputDataConfig"]}
    return {
        f"{CONFIG}/hyperparameters.json": _json(job.request.get("HyperParameters", {})),
        f"{CONFIG}/inputdataconfig.json": _json(given),
        f"{CONFIG}/resourceconfig.json": _json(resources),
    }


def _names(job: TrainingJob) -> list[str]:
    return [f"algo-{number}" for number in range(1, len(job.hosts) + 1)]


def _groups(job: TrainingJob) -> list[dict[str, Any]]:
    groups: dict[str, dict[str, Any]] = {}
    for name, (instance_type, group) in zip(_names(job), job.hosts, strict=True):
        made = {"instance_group_name": group, "instance_type": instance_type, "hosts": []}
        groups.setdefault(group, made)["hosts"].append(name)
    return list(groups.values())


def _channel(job: TrainingJob, channel: Mapping[str, Any]) -> dict[str, str]:
    source = channel["DataSource"]["S3DataSource"]
    return {
        **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
        "TrainingInputMode": input_mode(job.request, dict(channel)),
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel["RecordWrapperType"],
    }


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
