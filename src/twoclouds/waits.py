"""How long each job waited: from the call that asked for it until its script began."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twoclouds.figures import CLOUD_NAMES
from twoclouds.tables import Table, duration
from twoclouds.world.world import World

if TYPE_CHECKING:
    import pandas

BEGUN = ("job.running", "job.training")
"""What a job's events are called when its script begins: a command job's, and a training job's."""

MINUTE = 60_000


@dataclass(frozen=True)
class Wait:
    """A job that was asked for at `asked` (ms since the lab opened), and whose script began `waited` ms later."""

    account: str
    job: str
    asked: int
    waited: int


def waits(world: World) -> list[Wait]:
    """The jobs whose scripts have begun, in the order in which they were asked for. Jobs that begin again, as after an
    interruption, count once."""
    asked: dict[str, int] = {}
    begun: dict[str, int] = {}
    for event in world.events.of("job."):
        asked.setdefault(event.subject, event.time)
        if event.kind in BEGUN:
            begun.setdefault(event.subject, event.time)
    found = []
    for subject, time in asked.items():
        account, _, job = subject.partition("/")
        if subject in begun:
            found.append(Wait(account, job, time, begun[subject] - time))
    return found


class Waits:
    """The waits up to the moment they were asked for: a table; `frame()` gives them to pandas."""

    def __init__(self, world: World) -> None:
        self.rows = waits(world)
        self._clock = world.clock

    def frame(self) -> pandas.DataFrame:
        """The rows as a DataFrame: when each job was asked for, and the minutes that it waited, as a float."""
        import pandas

        return pandas.DataFrame(
            {
                "cloud": [CLOUD_NAMES[row.account] for row in self.rows],
                "job": [row.job for row in self.rows],
                "asked": [self._clock.at(row.asked) for row in self.rows],
                "minutes": [round(row.waited / MINUTE, 2) for row in self.rows],
            }
        )

    def table(self) -> Table:
        """The rows as text."""
        rows = [
            (CLOUD_NAMES[row.account], row.job, f"{self._clock.at(row.asked):%a %H:%M:%S}", duration(row.waited))
            for row in self.rows
        ]
        return Table("From the call until the script began", ("cloud", "job", "asked for", "waited h:mm:ss"), rows)

    def __repr__(self) -> str:
        return repr(self.table()) if self.rows else NOTHING_BEGUN

    def _repr_html_(self) -> str:
        return self.table()._repr_html_() if self.rows else f"<p>{NOTHING_BEGUN}</p>"


NOTHING_BEGUN = "No script has begun yet."
