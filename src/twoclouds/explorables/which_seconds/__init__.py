"""Which seconds cost money? The reader paints them on the time of one machine, and commits; then the bill answers."""

from __future__ import annotations

from pathlib import Path

from twoclouds.explorables.explorable import Explorable, stored
from twoclouds.tables import Table, duration

CLOUDS = {"azure": "Azure ML", "aws": "SageMaker AI"}


class WhichSecondsCostMoney(Explorable):
    """Paint the stretches of a machine's time that you think are billed.

    `about` is whose time: "job" (one job with the defaults), "pool" (a job whose machine is kept), or "endpoint" (a
    model that is served, and one that fails to be).
    """

    folder = Path(__file__).parent
    question = "Which seconds cost money?"

    def __init__(self, about: str = "job") -> None:
        super().__init__(stored(self.folder, about))

    def table(self) -> Table:
        """Every stretch: how long it lasts, and whether it is billed."""
        rows = [
            (
                f"{CLOUDS[track['cloud']]}, {track['what']}",
                stretch["name"],
                duration(stretch["seconds"] * 1000),
                "yes" if stretch["billed"] else "no",
                "yes" if stretch["assumed"] or stretch["bills"] else "no",
            )
            for track in self.data["tracks"]
            for stretch in track["stretches"]
        ]
        return Table("Which stretches are billed", ("machine", "stretch", "h:mm:ss", "billed", "assumed"), rows)
