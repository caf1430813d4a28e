"""Where a second is billed: priced intervals of virtual time, and what they add up to. Money is exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from twoclouds.world.clock import Clock

HOUR = 3_600_000

Phase = Literal["working", "idle", "provisioning", "waiting"]
PHASES: tuple[Phase, ...] = ("working", "idle", "provisioning", "waiting")


class BillError(ValueError):
    """The same resource would be billed twice for the same time, or a line that is not open was closed."""


@dataclass(frozen=True)
class Line:
    """`count` units of `item`, held by `resource` in `phase` from `start` to `end` (ms; None: still running).

    `hourly` is in US dollars for one unit; 0 for time that passes without costing, such as a job that waits.
    """

    number: int
    account: str
    resource: str
    item: str
    phase: Phase
    hourly: Decimal
    count: int
    start: int
    end: int | None = None
    owner: str = ""

    def lasted(self, at: int) -> int:
        """Milliseconds of this line up to `at`."""
        end = at if self.end is None else min(self.end, at)
        return max(0, end - self.start)

    def cost(self, at: int) -> Fraction:
        """Dollars of this line up to `at`, exactly."""
        return Fraction(self.hourly) * self.count * self.lasted(at) / HOUR


class Bill:
    """The lines of all accounts, in the order in which they were opened."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: list[Line] = []
        self._open: dict[tuple[str, str, str], int] = {}

    def open(
        self,
        *,
        account: str,
        resource: str,
        item: str,
        phase: Phase,
        hourly: Decimal,
        count: int = 1,
        owner: str = "",
    ) -> Line:
        """Begin to bill now. Raises BillError if this resource is already being billed for this item."""
        key = (account, resource, item)
        if key in self._open:
            raise BillError(f"{resource} ({item}) is already being billed.")
        line = Line(len(self._lines), account, resource, item, phase, hourly, count, self._clock.now, None, owner)
        self._open[key] = line.number
        self._lines.append(line)
        return line

    def close(self, line: Line) -> Line:
        """Stop billing `line` now. Raises BillError if it is not open."""
        key = (line.account, line.resource, line.item)
        if self._open.get(key) != line.number:
            raise BillError(f"{line.resource} ({line.item}) is not being billed.")
        del self._open[key]
        closed = replace(line, end=self._clock.now)
        self._lines[line.number] = closed
        return closed

    def lines(self, *, account: str = "", resource: str = "", phase: str = "", owner: str = "") -> list[Line]:
        """The lines of one account, resource, phase or owner; all of them without a filter."""
        return [
            line
            for line in self._lines
            if account in ("", line.account)
            and resource in ("", line.resource)
            and phase in ("", line.phase)
            and owner in ("", line.owner)
        ]

    def running(self) -> list[Line]:
        """The lines that are still billing."""
        return [self._lines[number] for number in sorted(self._open.values())]

    def total(self, *, at: int | None = None, account: str = "", resource: str = "", phase: str = "") -> Fraction:
        """Dollars up to `at` (ms; now if not given)."""
        time = self._clock.now if at is None else at
        chosen = self.lines(account=account, resource=resource, phase=phase)
        return sum((line.cost(time) for line in chosen), Fraction(0))

    def by(
        self, field: Literal["account", "resource", "phase", "item", "owner"], *, at: int | None = None
    ) -> dict[str, Fraction]:
        """Dollars for each value of `field`, in order of first appearance; they add up to `total(at=at)`."""
        time = self._clock.now if at is None else at
        sums: dict[str, Fraction] = {}
        for line in self._lines:
            key = getattr(line, field)
            sums[key] = sums.get(key, Fraction(0)) + line.cost(time)
        return sums

    def __iter__(self) -> Iterator[Line]:
        return iter(self._lines)
