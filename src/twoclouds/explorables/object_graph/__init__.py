"""After one change, what is new, and what does last week's run point to? The reader marks it on both clouds' graphs."""

from __future__ import annotations

from pathlib import Path

from twoclouds.explorables.explorable import Explorable, stored
from twoclouds.tables import Table

CLOUDS = {"azure": "Azure ML", "aws": "SageMaker AI"}
BECAME = {
    "same": "the same",
    "new": "new: {name}",
    "changed": "the same name, other content",
    "line": "no object: {name} in the request",
}


class ObjectGraph(Explorable):
    """What a run is made of on each cloud, before and after one change."""

    folder = Path(__file__).parent
    question = "After one change, what is new, and what does last week’s run point to?"

    def __init__(self) -> None:
        super().__init__(stored(self.folder, "graph"))

    def table(self) -> Table:
        """Every object of both clouds, and what becomes of it at each change."""
        changes = [change["key"] for change in self.data["changes"]]
        rows = []
        for cloud in self.data["clouds"]:
            found, name = [cloud["changes"][change] for change in changes], CLOUDS[cloud["cloud"]]
            for thing in cloud["objects"]:
                after = [became(one["objects"][thing["key"]]) for one in found]
                rows.append((f"{name}: {thing['kind']}", thing["name"], *after))
            sees = [" → ".join(dict.fromkeys(one["sees"])) for one in found]
            rows.append((f"{name}: last week’s run, sent again, sees", "", *sees))
        head = ("what a run names", "last week", *(change["name"] for change in self.data["changes"]))
        return Table("What becomes of each thing", head, rows)


def became(found: dict[str, str]) -> str:
    """What became of a thing, in words."""
    return BECAME[found["is"]].format(name=found["name"])
