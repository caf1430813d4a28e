"""Objects in named containers, as every object storage has them."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Mapping
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


@dataclass
class _Container:
    made: int
    blobs: dict[str, Blob] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)


class ObjectStore:
    """Containers of objects, listed in order of their keys. Everyone in `watchers` is told when its `size` changes.

    `missing` makes the exception for what there is not: an ObjectNotFound.
    """

    def __init__(self, clock: Clock, missing: Callable[[str], ObjectNotFound] = ObjectNotFound) -> None:
        self._clock = clock
        self._missing = missing
        self._containers: dict[str, _Container] = {}
        self.size = 0
        """Bytes of all objects."""
        self.watchers: list[Callable[[int], None]] = []

    def make(self, container: str) -> None:
        """Make a container; it may exist already."""
        self._containers.setdefault(container, _Container(self._clock.now))

    def containers(self) -> dict[str, int]:
        """The containers by name, and when each was made (ms)."""
        return {name: self._containers[name].made for name in sorted(self._containers)}

    def remove(self, container: str) -> None:
        """Remove a container and all that is in it. Raises ObjectNotFound."""
        held = self._container(container)
        self._grow(-sum(len(blob.data) for blob in held.blobs.values()))
        del self._containers[container]

    def exists(self, container: str, key: str | None = None) -> bool:
        """Whether the container, or the object in it, exists."""
        return container in self._containers and (key is None or key in self._containers[container].blobs)

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
        held = self._container(container)
        before = held.blobs.get(key)
        if before is None:
            insort(held.keys, key)
        blob = held.blobs[key] = Blob(data, self._clock.now, dict(metadata or {}), content_type)
        self._grow(len(data) - (len(before.data) if before else 0))
        return blob

    def describe(
        self, container: str, key: str, metadata: Mapping[str, str] | None = None, content_type: str | None = None
    ) -> Blob:
        """Replace what is noted about an object: its metadata, its content type, or both. Raises ObjectNotFound."""
        blob = replace(self.get(container, key), modified=self._clock.now)
        if metadata is not None:
            blob = replace(blob, metadata=dict(metadata))
        if content_type is not None:
            blob = replace(blob, content_type=content_type)
        self._container(container).blobs[key] = blob
        return blob

    def get(self, container: str, key: str) -> Blob:
        """An object. Raises ObjectNotFound."""
        try:
            return self._container(container).blobs[key]
        except KeyError:
            raise self._missing(f"{container}/{key}") from None

    def list(self, container: str, prefix: str = "") -> dict[str, Blob]:
        """The objects whose key begins with `prefix`, by key."""
        held = self._container(container)
        found: dict[str, Blob] = {}
        for position in range(bisect_left(held.keys, prefix), len(held.keys)):
            key = held.keys[position]
            if not key.startswith(prefix):
                break
            found[key] = held.blobs[key]
        return found

    def delete(self, container: str, key: str) -> None:
        """Remove an object. Raises ObjectNotFound."""
        held, blob = self._container(container), self.get(container, key)
        del held.blobs[key]
        del held.keys[bisect_left(held.keys, key)]
        self._grow(-len(blob.data))

    def _grow(self, by: int) -> None:
        if by:
            self.size += by
            for watcher in self.watchers:
                watcher(self.size)

    def _container(self, name: str) -> _Container:
        try:
            return self._containers[name]
        except KeyError:
            raise self._missing(name) from None
