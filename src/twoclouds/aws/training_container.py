"""What a training container finds, and where it leaves things: the contract of `/opt/ml`.

As "How Amazon SageMaker provides training information" and the training toolkit's documentation tell it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, catalog, job_credentials, s3
from twoclouds.aws.s3 import Location
from twoclouds.world.container import Container
from twoclouds.world.images import Image

if TYPE_CHECKING:
    from twoclouds.aws.state import State
    from twoclouds.aws.training import TrainingJob

CONFIG, DATA = "/opt/ml/input/config", "/opt/ml/input/data"
MODEL, OUTPUT, CHECKPOINTS = "/opt/ml/model", "/opt/ml/output/data", "/opt/ml/checkpoints"
FAILURE = "/opt/ml/output/failure"


class DownloadFailed(Exception):
    """An object that the job's role cannot read, and why."""


@dataclass(frozen=True)
class Inputs:
    """Channels, checkpoints and configuration as files; `size` is what had to be downloaded, in bytes."""

    files: dict[str, bytes]
    size: int


def download(state: State, job: TrainingJob) -> Inputs:
    """Fetch all channels and earlier checkpoints with the rights of the job's role. Raises DownloadFailed."""
    files: dict[str, bytes] = {}
    for channel in job.request["InputDataConfig"]:
        uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
        files |= _fetch(state, job, Location.of(uri), f"{DATA}/{channel['ChannelName']}")
    if "CheckpointConfig" in job.request:
        files |= _fetch(state, job, Location.of(job.request["CheckpointConfig"]["S3Uri"]), checkpoint_path(job))
    return Inputs(files, sum(map(len, files.values())))


def container(state: State, job: TrainingJob, inputs: Inputs, image: Image, *, host: int) -> Container:
    """The container of one host, `algo-<host>`, as it starts now."""
    name = f"algo-{host}"
    return Container(
        name=f"{job.name}/{name}",
        image=image,
        command=_command(job),
        workdir="/opt/ml/code",
        started=state.world.clock.timestamp,
        environment=_environment(state, job, name),
        files={**inputs.files, **_configuration(job, name)},
        directories=("/opt/ml/input", "/opt/ml/output", MODEL, OUTPUT, checkpoint_path(job)),
        processors=catalog.machine_type(job.requisition.instance_type).vcpus,
        collect=(MODEL, "/opt/ml/output", checkpoint_path(job)),
    )


def scripts(job: TrainingJob, inputs: Inputs) -> Iterable[str]:
    """The scripts that the job's command names, ModelTrainer's `entry_script` or `command` included."""
    words = [" ".join(_command(job)), inputs.files.get(f"{DATA}/sm_drivers/sourcecode.json", b"").decode()]
    return re.findall(r"[\w./-]+\.(?:py|sh)\b", " ".join(words))


def checkpoint_path(job: TrainingJob) -> str:
    """Where the script keeps its checkpoints."""
    return str(job.request.get("CheckpointConfig", {}).get("LocalPath", CHECKPOINTS)).rstrip("/")


def _fetch(state: State, job: TrainingJob, prefix: Location, folder: str) -> dict[str, bytes]:
    role, files = job.request["RoleArn"], {}
    for location in s3.objects(state, role, prefix):
        try:
            data = s3.read(state, role, location)
        except s3.S3Error as error:
            raise DownloadFailed(f"Unable to download object {location} ({error.code}: {error})") from None
        files[f"{folder}/{s3.name_below(prefix, location)}"] = data
    return files


def _command(job: TrainingJob) -> tuple[str, ...]:
    """ENTRYPOINT and arguments of the request; without them the image is run with `train`."""
    algorithm = job.request["AlgorithmSpecification"]
    entrypoint = algorithm.get("ContainerEntrypoint", [])
    return (*entrypoint, *algorithm.get("ContainerArguments", [] if entrypoint else ["train"]))


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


def _configuration(job: TrainingJob, host: str) -> dict[str, bytes]:
    resources = job.request["ResourceConfig"]
    hosts = [f"algo-{number}" for number in range(1, resources["InstanceCount"] + 1)]
    return {
        f"{CONFIG}/hyperparameters.json": _json(job.request.get("HyperParameters", {})),
        f"{CONFIG}/inputdataconfig.json": _json(
            {
                channel["ChannelName"]: {
                    "TrainingInputMode": channel.get("InputMode", "File"),
                    "S3DistributionType": "FullyReplicated",
                    "RecordWrapperType": channel["RecordWrapperType"],
                }
                for channel in job.request["InputDataConfig"]
            }
        ),
        f"{CONFIG}/resourceconfig.json": _json(
            {
                "current_host": host,
                "current_instance_type": resources["InstanceType"],
                "current_group_name": "homogeneousCluster",
                "hosts": hosts,
                "network_interface_name": "eth0",
            }
        ),
    }


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
