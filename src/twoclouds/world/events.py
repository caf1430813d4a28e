"""The record of what happened, in order: the timeline, the bill's words and the checks read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from twoclouds.world.clock import Clock


@dataclass(frozen=True)
class Event:
    """Something happened to `subject` at `time` (ms since the lab opened)."""

    time: int
    kind: str
    subject: str
    detail: Mapping[str, Any] = field(default_factory=dict)


class Events:
    """What happened, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._events: list[Event] = []

    def record(self, kind: str, subject: str, **detail: Any) -> Event:
        """Note that `kind` (e.g. "machine.released") happened to `subject` now."""
        event = Event(self._clock.now, kind, subject, detail)
        self._events.append(event)
        return event

    def of(self, kind: str = "", subject: str = "") -> list[Event]:
        """The events whose kind and subject begin with these."""
        return [e for e in self._events if e.kind.startswith(kind) and e.subject.startswith(subject)]

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)
