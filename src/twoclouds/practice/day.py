"""A night and a morning: a design's own function sends the jobs at their hours; what each waited, and what it cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from twoclouds.figures import dollars
from twoclouds.lab import Lab
from twoclouds.practice.replay import happen
from twoclouds.tables import Table
from twoclouds.waits import Waits

MINUTE = 60_000
NIGHT = 11 * 60
"""Minutes from nine on Monday, when a lab opens, to eight in the evening."""

MORNING = 24 * 60
"""Minutes to nine on Tuesday."""

HOURS = 35
"""Until eight on Tuesday evening."""


@dataclass(frozen=True)
class Day:
    """What became of a design: how many jobs were to be sent, for how many minutes each of the morning's waited from
    its call until its script began, by how many minutes a call came too late, and what all of it cost."""

    sent: int
    waited: tuple[float, ...]
    late: float
    cost: Fraction
    table: Table

    @property
    def average(self) -> float:
        """Minutes that somebody waited in the morning, for each run."""
        return sum(self.waited) / len(self.waited) if self.waited else 0.0

    def __repr__(self) -> str:
        return repr(self.table)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def spend(
    lab: Lab, set_up: Callable[[], object], send: Callable[[str], object], *, morning: Sequence[float], long: float,
    short: float
) -> Day:  # fmt: skip
    """From nine on Monday until eight on Tuesday evening: `set_up()`, then `send(name)` for the night's job at eight
    in the evening and for a run at each minute of `morning`, counted from nine. train.py takes `long` minutes at
    night, `short` ones in the morning."""
    clock, late = lab.world.clock, [0.0]

    def sending(name: str, due: float) -> Callable[[], object]:
        def call() -> None:
            late.append(clock.now / MINUTE - due)
            send(name)

        return call

    lab.workload("train.py", minutes=long, on="4 vCPU")
    set_up()
    elapsed = clock.now / MINUTE
    calls = [
        (NIGHT, sending("night", NIGHT)),
        (MORNING - 60, lambda: lab.workload("train.py", minutes=short, on="4 vCPU")),
        *((MORNING + at, sending(f"morning-{n}", MORNING + at)) for n, at in enumerate(morning, 1)),
    ]
    happen(lab, [(minute - elapsed, call) for minute, call in calls], hours=HOURS - elapsed / 60)
    return _told(lab, sent=1 + len(morning), late=max(late))


def _told(lab: Lab, *, sent: int, late: float) -> Day:
    waits = Waits(lab.world)
    waited = tuple(wait.waited / MINUTE for wait in waits.rows if wait.asked >= MORNING * MINUTE)
    cost = lab.world.bill.total()
    average = f"{sum(waited) / len(waited):.2f} min" if waited else "no run"
    table = waits.table()
    foot = (("on average in the morning", average), ("all of it cost", dollars(cost)))
    return Day(sent, waited, late, cost, Table(table.caption, table.head, table.rows, foot))
