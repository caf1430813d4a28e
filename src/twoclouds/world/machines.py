"""Machines: they boot, pull images and keep them while they live, run containers, and are billed until released."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from twoclouds.world.bill import Bill, Line, Phase
from twoclouds.world.clock import Clock, Lifecycle
from twoclouds.world.events import Events


@dataclass(frozen=True)
class MachineType:
    """A size of machine and its price in US dollars an hour."""

    name: str
    vcpus: int
    memory_gib: Decimal
    gpus: int
    hourly: Decimal
    family: str = ""


class Machine:
    """One machine, from the moment it was asked for until it is released.

    It is always in one phase, and each phase is one interval on the bill: priced, or at 0 where its vendor is assumed
    not to charge for that phase. `images` and `disk` (files by path) are what it keeps while it lives.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        bill: Bill,
        events: Events,
        account: str,
        name: str,
        type: MachineType,
        owner: str = "",
    ) -> None:
        self.account = account
        self.name = name
        self.type = type
        self.owner = owner
        self.images: set[str] = set()
        self.disk: dict[str, bytes] = {}
        self.released = False
        self._clock = clock
        self._bill = bill
        self._events = events
        self._line: Line | None = None
        events.record("machine.requested", f"{account}/{name}", type=type.name, owner=owner)

    @property
    def phase(self) -> Phase | None:
        """What it is doing now; None before its first phase and after its release."""
        return self._line.phase if self._line else None

    def enter(self, phase: Phase, *, billed: bool = True, owner: str | None = None) -> None:
        """Begin a phase now, for `owner` (the job it works for; unchanged if not given), and end the one before."""
        if self.released:
            raise RuntimeError(f"{self.name} has been released.")
        if owner is not None:
            self.owner = owner
        self._end_line()
        self._line = self._bill.open(
            account=self.account,
            resource=self.name,
            item=self.type.name,
            phase=phase,
            hourly=self.type.hourly if billed else Decimal(0),
            owner=self.owner,
        )
        self._events.record(f"machine.{phase}", f"{self.account}/{self.name}", owner=self.owner, billed=billed)

    def boot(self, milliseconds: int) -> Lifecycle:
        """Start up, for so long."""
        yield self._clock.timeout(milliseconds)
        self._events.record("machine.booted", f"{self.account}/{self.name}")

    def pull(self, image: str, milliseconds: int) -> Lifecycle:
        """Fetch an image, for so long; at once if this machine has it already."""
        if image not in self.images:
            yield self._clock.timeout(milliseconds)
            self.images.add(image)
            self._events.record("machine.pulled", f"{self.account}/{self.name}", image=image)

    def release(self) -> None:
        """Give it back now: nothing is billed from here on. A second release does nothing."""
        if not self.released:
            self._end_line()
            self.released = True
            self._events.record("machine.released", f"{self.account}/{self.name}")

    def _end_line(self) -> None:
        if self._line is not None:
            self._bill.close(self._line)
            self._line = None
