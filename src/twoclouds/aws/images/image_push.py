"""`docker build` and `docker push`, where there is no Docker: a folder becomes an image in the account's registry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account
from twoclouds.aws.errors import AwsError
from twoclouds.aws.images import images, published
from twoclouds.wire.errors import NotSimulated
from twoclouds.world import dockerfile
from twoclouds.world.images import BuildFailed, ImageDefinition, definition_digest

if TYPE_CHECKING:
    from twoclouds.aws.state import State

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"


class PushFailed(Exception):
    """The registry takes no such image; the text is what `docker push` ends with."""


@dataclass(frozen=True)
class PushedImage:
    """An image in the account's registry. `uri` goes with the tag, which can move; `pinned` is this image for ever."""

    uri: str
    pinned: str
    log: tuple[str, ...]

    def __str__(self) -> str:
        return self.uri


def push(state: State, folder: str | Path, name: str) -> PushedImage:
    """Build a folder that holds a Dockerfile and its files, and push it as `repository:tag`.

    Its digest is that of all that it holds: the same folder is the same image, unless the index has come to offer it a
    newer package. Raises BuildFailed and PushFailed.
    """
    repository, _, tag = name.partition(":")
    tag = tag or "latest"
    held = state.others.ecr.repositories.get(repository)
    if held is None:
        raise PushFailed(
            f"name unknown: The repository with name '{repository}' does not exist in the registry with id "
            f"'{account.ACCOUNT}'"
        )
    built = dockerfile.read(context(Path(folder)), name=repository, base=lambda image: _base(state, image))
    try:
        log = built.log + state.world.images.build(built.definition).log
    except BuildFailed as failed:
        raise BuildFailed(built.log + failed.log) from None
    digest = _put(state, held, state.world.images.settled(built.definition), tag)
    host = f"{account.ACCOUNT}.dkr.ecr.{account.REGION}.amazonaws.com/{repository}"
    end = (f"Successfully tagged {host}:{tag}", f"{tag}: digest: {digest}")
    return PushedImage(f"{host}:{tag}", f"{host}@{digest}", log + end)


def context(folder: Path) -> Mapping[str, bytes]:
    """The files below a folder, by path; what .dockerignore names by its full name or first part is left out."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    files = {path.relative_to(folder).as_posix(): path for path in paths}
    ignored = [line.strip().rstrip("/") for line in _lines(folder / ".dockerignore")]
    kept = {
        name: path for name, path in files.items() if not any(name == i or name.startswith(f"{i}/") for i in ignored)
    }
    return {name: path.read_bytes() for name, path in kept.items()}


def _lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return [line for line in lines if line.strip() and not line.startswith("#")]


def _base(state: State, image: str) -> ImageDefinition | None:
    """What an image of FROM holds, if it lies in an ECR registry."""
    if images.URI.fullmatch(image) is None:
        return None
    try:
        return images.find(state, image).definition
    except (AwsError, NotSimulated):
        return None


def _put(state: State, repository: object, definition: ImageDefinition, tag: str) -> str:
    """Put the image into moto's registry: a manifest whose one layer is the definition. Returns its digest."""
    content = definition_digest(definition)
    size = _size(definition)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "size": 1000, "digest": f"sha256:{content}"},
        "layers": [{"mediaType": LAYER, "size": size, "digest": f"sha256:{content}"}],
    }
    registry, name, digest = state.others.ecr, str(repository.name), f"sha256:{content}"  # type: ignore[attr-defined]
    for image in repository.images:  # type: ignore[attr-defined]
        if tag in image.image_tags and image.get_image_digest() == digest:
            return digest
    try:
        for image in registry._resolve_image_tag_mutability(repository, tag):
            _take_off(image, tag)
        registry.put_image(name, json.dumps(manifest), tag, MANIFEST, digest)
    except Exception as error:
        if type(error).__name__ != "ImageAlreadyExistsException":
            raise
        raise PushFailed(
            f"tag invalid: The image tag '{tag}' already exists in the '{name}' repository and cannot be overwritten "
            "because the repository is immutable."
        ) from None
    state.images[digest] = definition
    return digest


def _take_off(image: Any, tag: str) -> None:
    """A tag that moves leaves an image behind, untagged, where moto would throw it away."""
    image.image_tags.remove(tag)
    image.image_tag = image.image_tags[-1] if image.image_tags else None


def _size(definition: ImageDefinition) -> int:
    """Compressed bytes: those of the image it stands on, and its own files."""
    match = images.URI.fullmatch(definition.base)
    facts = (
        published.row(match["name"], (match["tag"] or ":latest")[1:])
        if match
        else published.row(f"docker/{definition.base.partition(':')[0]}", definition.base.partition(":")[2] or "latest")
    )
    base = round(float(facts["compressed_gb"]) * 1e9) if facts else 0
    return base + sum(map(len, definition.files.values()))
