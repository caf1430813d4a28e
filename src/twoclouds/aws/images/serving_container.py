"""What a serving container finds: its model's artefacts in `/opt/ml/model`, its environment, its role's credentials.

As "Use Your Own Inference Code with Hosting Services" tells it.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twoclouds.aws import account, s3
from twoclouds.aws.identity import job_credentials
from twoclouds.aws.images import container_files, images
from twoclouds.aws.images.images import Pulled
from twoclouds.wire.errors import NotSimulated
from twoclouds.world.container import Container

if TYPE_CHECKING:
    from twoclouds.aws.inference.models import Model, ModelContainer
    from twoclouds.aws.state import State

MODEL = "/opt/ml/model"
PORT = 8080


class NotFetched(Exception):
    """A container cannot be laid out: its image or its artefacts are not there, or not to be read. FailureReason."""


@dataclass(frozen=True)
class Fetched:
    """One container of a model with all that it needs; `size` is what had to be fetched besides the image, in bytes."""

    hostname: str
    pulled: Pulled
    files: Mapping[str, bytes]
    environment: Mapping[str, str]
    size: int


def fetch(state: State, model: Model, extra: Mapping[str, str]) -> list[Fetched]:
    """Fetch the artefacts of all containers with the rights of the model's role. Raises NotFetched."""
    return [_fetch(state, model, container, extra) for container in model.containers]


def container(state: State, fetched: Fetched, *, name: str, processors: int) -> tuple[Container, int]:
    """The container as it starts now, and the port on which it serves (0: a WSGI application). Not under the lock."""
    image = state.world.images.build(fetched.pulled.definition)
    command, port = program(fetched.pulled)
    return (
        Container(
            name=f"{name}/{fetched.hostname}",
            image=image,
            command=command,
            workdir=fetched.pulled.definition.workdir or "/opt/ml",
            started=state.world.clock.timestamp,
            environment=fetched.environment,
            files=fetched.files,
            directories=(MODEL, "/opt/ml/input", "/opt/ml/output"),
            processors=processors,
        ),
        port,
    )


def program(pulled: Pulled) -> tuple[tuple[str, ...], int]:
    """What serves in an image, and on which port (0: a WSGI application). An image of AWS's starts its web server, and
    so does one that stands on it; any other of the account's own is run with `serve`. Raises NotSimulated for an image
    of AWS's that serves nothing."""
    definition = pulled.definition
    if container_files.SERVER in definition.files and not definition.entrypoint:
        return ("python3", container_files.SERVER), 0
    if pulled.kind == "own":
        return pulled.command("serve"), PORT
    raise NotSimulated(f"a web server in {pulled.uri}", "The image has none of its own that SageMaker would start.")


def _fetch(state: State, model: Model, container: ModelContainer, extra: Mapping[str, str]) -> Fetched:
    pulled = images.find(state, container.image, model.role)
    packed: list[tuple[s3.Location, bytes]] = []
    if container.data is not None:
        try:
            places = [container.data] if container.packed else s3.objects(state, model.role, container.data)
            packed = [(place, s3.read(state, model.role, place)) for place in places]
        except s3.S3Error:
            raise NotFetched(
                f'Failed to download model data for container "{container.hostname}" from URL: "{container.data}". '
                "Please ensure that there is an object located at the URL and that the role passed to CreateModel has "
                "permissions to download the object."
            ) from None
    files: dict[str, bytes] = {}
    for place, data in packed:
        if container.packed:
            files |= {f"{MODEL}/{name}": held for name, held in _unpacked(container, data).items()}
        else:
            files[f"{MODEL}/{s3.name_below(place if container.data is None else container.data, place)}"] = data
    environment = {
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": job_credentials.path_for(state, model.role),
        "AWS_REGION": account.REGION,
        "AWS_DEFAULT_REGION": account.REGION,
        **container.environment,
        **extra,
    }
    return Fetched(container.hostname, pulled, files, environment, sum(len(data) for _, data in packed))


def _unpacked(container: ModelContainer, data: bytes) -> dict[str, bytes]:
    try:
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as archive:
            members = [member for member in archive.getmembers() if member.isfile()]
            return {_inside(member.name): archive.extractfile(member).read() for member in members}  # type: ignore[union-attr]
    except (tarfile.TarError, OSError, EOFError, zlib.error):
        raise NotFetched(
            f'Failed to extract model data archive for container "{container.hostname}" from URL "{container.data}". '
            "Please ensure that the object located at the URL is a valid tar.gz archive."
        ) from None


def _inside(name: str) -> str:
    """A member's path below the folder, wherever its archive says it lies."""
    return "/".join(part for part in name.split("/") if part not in ("", ".", ".."))
