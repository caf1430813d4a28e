"""How many machines of a kind a cloud has to give: as many as anybody asks for, unless they were made scarce."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from twoclouds.world.clock import Clock, Lifecycle


class NoSuchMachines(ValueError):
    """Something was to be scarce that no cloud gives out."""


@dataclass(eq=False)
class Claim:
    """Machines that somebody asked for, number by kind. `ready` happens when all of them can be had."""

    machines: Mapping[str, int]
    ready: Any
    on_loss: Callable[[], None] | None = None
    granted: bool = False
    lost: bool = False


class Capacity:
    """Who asks first is served first. A kind is a name such as "aws/ml.m5.xlarge" or "aws/ml.m5.xlarge spot"."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kinds: set[str] = set()
        self._limits: dict[str, int] = {}
        self._changes: Counter[str] = Counter()
        self._held: list[Claim] = []
        self._waiting: list[Claim] = []

    def declare(self, kinds: Iterable[str]) -> None:
        """Name the kinds of machines that a cloud asks this for."""
        self._kinds.update(kinds)

    def make_scarce(self, kind: str, left: int, *, after: int = 0, lasting: int | None = None) -> None:
        """From `after` ms on there are no more than `left` machines of a kind, those in use included, for `lasting` ms
        (None: from then on). A later call for the same kind takes the place of an earlier one. Raises
        NoSuchMachines."""
        if kind not in self._kinds:
            alike = ", ".join(get_close_matches(kind, sorted(self._kinds), n=4, cutoff=0.6))
            raise NoSuchMachines(f"There are no machines {kind!r} that could be scarce. These come near: {alike}.")
        self._changes[kind] += 1
        change = self._changes[kind]
        if after == 0:
            self._limit(kind, left)
        if after or lasting is not None:
            self._clock.start(self._later(kind, left, change, after, lasting), name=f"capacity of {kind}")

    def request(self, machines: Mapping[str, int], *, on_loss: Callable[[], None] | None = None) -> Claim:
        """Ask for machines, number by kind. With `on_loss` they can be taken back when they become scarce: it is called
        then, once, and who holds them has to release them."""
        claim = Claim(dict(machines), self._clock.event(), on_loss)
        self._waiting.append(claim)
        self._serve()
        return claim

    def release(self, claim: Claim) -> None:
        """Give machines back, or stop waiting for them; a second time does nothing."""
        for claims in (self._held, self._waiting):
            if claim in claims:
                claims.remove(claim)
        self._serve()

    def used(self, kind: str) -> int:
        """How many of a kind are in use."""
        return sum(claim.machines.get(kind, 0) for claim in self._held)

    def _later(self, kind: str, left: int, change: int, after: int, lasting: int | None) -> Lifecycle:
        if after:
            yield self._clock.timeout(after)
            if self._changes[kind] == change:
                self._limit(kind, left)
        if lasting is not None:
            yield self._clock.timeout(lasting)
            if self._changes[kind] == change:
                self._limit(kind, None)

    def _limit(self, kind: str, left: int | None) -> None:
        if left is None:
            self._limits.pop(kind, None)
        else:
            self._limits[kind] = left
            self._take_back(kind, left)
        self._serve()

    def _take_back(self, kind: str, left: int) -> None:
        """The newest of those that can be taken back go first."""
        staying = [claim for claim in self._held if kind in claim.machines and not claim.lost]
        missing = sum(claim.machines[kind] for claim in staying) - left
        for claim in reversed(staying):
            if missing > 0 and claim.on_loss is not None:
                missing -= claim.machines[kind]
                claim.lost = True
                claim.on_loss()

    def _serve(self) -> None:
        waiting, self._waiting = self._waiting, []
        for claim in waiting:
            if all(self._free(kind, count) for kind, count in claim.machines.items()):
                claim.granted = True
                self._held.append(claim)
                claim.ready.succeed()
            else:
                self._waiting.append(claim)

    def _free(self, kind: str, count: int) -> bool:
        limit = self._limits.get(kind)
        if limit is None:
            return True
        ahead = sum(claim.machines.get(kind, 0) for claim in self._waiting)
        return self.used(kind) + ahead + count <= limit
