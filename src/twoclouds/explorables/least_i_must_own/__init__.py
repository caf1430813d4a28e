"""Which is the lowest rung that runs this script? The reader picks one on each ladder; then each rung answers."""

from __future__ import annotations

from pathlib import Path

from twoclouds.explorables.explorable import Explorable, stored
from twoclouds.tables import Table

CLOUDS = {"azure": "Azure ML", "aws": "SageMaker AI"}


class LeastIMustOwn(Explorable):
    """Six scripts and two ladders, from a job without a script to an image of one's own: pick the lowest rung on which
    each script runs, and see why it is that one."""

    folder = Path(__file__).parent
    question = "Which is the lowest rung that runs this script?"

    def __init__(self) -> None:
        super().__init__({"question": self.question, **stored(self.folder, "ladder")})

    def table(self) -> Table:
        """The lowest rung of each script on each cloud, and what said so."""
        rows = [
            (script["title"], CLOUDS[cloud], self.data["ladders"][cloud][rung][0], script[cloud][rung]["why"])
            for script in self.data["scripts"]
            for cloud, rung in script["lowest"].items()
        ]
        return Table("The lowest rung that runs each script", ("script", "cloud", "lowest rung", "because"), rows)
