"""Objects in named containers, as every object storage has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from twoclouds.world.clock import Clock


class ObjectNotFound(KeyError):
    """No such container, or no such object in it."""


@dataclass(frozen=True)
class Blob:
    """An object: its bytes, what its owner noted about it, and when it was written (ms)."""

    data: bytes
    modified: int
    metadata: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/octet-stream"


class ObjectStore:
    """Containers of objects, listed in order of their keys."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._containers: dict[str, dict[str, Blob]] = {}

    def make(self, container: str) -> None:
        """Make a container; it may exist already."""
        self._containers.setdefault(container, {})

    def exists(self, container: str, key: str | None = None) -> bool:
        """Whether the container, or the object in it, exists."""
        return container in self._containers and (key is None or key in self._containers[container])

    def put(
        self,
        container: str,
        key: str,
        data: bytes,
        *,
        metadata: Mapping[str, str] | None = None,
        content_type: str = "application/octet-stream",
    ) -> Blob:
        """Write an object, in place of the one that was there. Raises ObjectNotFound without the container."""
        blob = Blob(data, self._clock.now, dict(metadata or {}), content_type)
        self._container(container)[key] = blob
        return blob

    def describe(self, container: str, key: str, metadata: Mapping[str, str]) -> Blob:
        """Replace an object's metadata."""
        blob = replace(self.get(container, key), metadata=dict(metadata), modified=self._clock.now)
        self._container(container)[key] = blob
        return blob

    def get(self, container: str, key: str) -> Blob:
        """An object. Raises ObjectNotFound."""
        try:
            return self._container(container)[key]
        except KeyError:
            raise ObjectNotFound(f"{container}/{key}") from None

    def list(self, container: str, prefix: str = "") -> dict[str, Blob]:
        """The objects whose key begins with `prefix`, by key."""
        blobs = self._container(container)
        return {key: blobs[key] for key in sorted(blobs) if key.startswith(prefix)}

    def delete(self, container: str, key: str) -> None:
        """Remove an object. Raises ObjectNotFound."""
        self.get(container, key)
        del self._containers[container][key]

    def _container(self, name: str) -> dict[str, Blob]:
        try:
            return self._containers[name]
        except KeyError:
            raise ObjectNotFound(name) from None
