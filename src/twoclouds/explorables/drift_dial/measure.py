"""The table of `drift_dial`: four weeks lived through in a lab, on both clouds, with every choice side by side."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import twoclouds
from twoclouds.explorables.drift_dial import story
from twoclouds.explorables.drift_dial.aws_side import AwsSide
from twoclouds.explorables.drift_dial.azure_side import AzureSide
from twoclouds.explorables.drift_dial.story import CHOICES, MOVES, Broken, Choice
from twoclouds.lab import Lab

SENSORS = Path(__file__).parents[4] / "notebooks/sensors"
"""The table of the course and the scripts of its lesson on drift, which train and serve here too."""


Alarms = dict[tuple[str, str], list[bool]]
"""(version that trained, version that serves) → for each machine whether it is said to fail."""


class Side(Protocol):
    """A cloud, as whoever keeps a model uses it."""

    def keep(self, name: str, *, edition: int) -> None:
        """Build an image, or register an environment, under a name that then stands for it."""

    def train(self, choice: Choice, day: int) -> str:
        """Train, and answer the version of the package that the job printed."""

    def serve(self, choice: Choice, day: int) -> None:
        """Take down what serves the newest model, and make it anew. Raises Broken if it does not start."""

    def ask(self, choice: Choice) -> dict[str, Any]:
        """What it answers for every machine."""


@dataclass
class Kept:
    """A choice on one cloud: with what its model was trained, and what has happened."""

    choice: Choice
    trained: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)


def weeks() -> dict[str, Any]:
    """Every choice on both clouds, day by day."""
    with _room(), twoclouds.open() as lab:
        sides: dict[str, Side] = {"azure": AzureSide(lab), "aws": AwsSide(lab)}
        kept = {cloud: [Kept(choice) for choice in CHOICES] for cloud in sides}
        answers: Alarms = {}
        for day in range(1, story.DAYS + 1):
            lab.skip(hours=24 * day - lab.world.clock.now / 3_600_000)
            _live(lab, sides, kept, day, answers)
        _compare([event for each in kept.values() for one in each for event in one.events], answers)
        lives = {cloud: {one.choice.key: one.events for one in each} for cloud, each in kept.items()}
        failed = sum(row["failed"] == "1" for row in _machines())
        table = {"machines": len(_machines()), "failing": failed}
        return {"days": story.DAYS, "what": story.WHAT, "table": table, "lives": lives}


def _live(lab: Lab, sides: dict[str, Side], kept: dict[str, list[Kept]], day: int, answers: Alarms) -> None:
    if day in story.RELEASES:
        lab.release(story.PACKAGE, story.RELEASES[day])
    for cloud, side in sides.items():
        for name, days in MOVES[cloud].items():
            if day == 1 or day in days:
                for each in (name, f"{name}{story.LISTED}"):
                    side.keep(each, edition=1 + sum(moved <= day for moved in days))
        for one in kept[cloud]:
            if day in story.TRAINED:
                one.trained = side.train(one.choice, day)
                one.events.append({"day": day, "made": "model", "version": one.trained})
            if day in story.SERVED:
                one.events.append({"day": day, "made": "server", **_served(side, one, day, answers)})


def _served(side: Side, one: Kept, day: int, answers: Alarms) -> dict[str, Any]:
    """What came of serving a model: the version that serves it, or why nothing does."""
    try:
        side.serve(one.choice, day)
        answer = side.ask(one.choice)
    except Broken as broken:
        return {"trained": one.trained, "broken": str(broken)}
    alarms = [likely > 0.5 for likely in answer["failing"]]
    if answers.setdefault((one.trained, answer["sensorscale"]), alarms) != alarms:
        raise AssertionError("the same model and the same package, and other answers")
    return {"trained": one.trained, "version": answer["sensorscale"]}


def _compare(events: list[dict[str, Any]], answers: Alarms) -> None:
    """Say of each server how many machines it judges rightly, and how it would with the package that trained."""
    failed = [row["failed"] == "1" for row in _machines()]
    for event in events:
        if event["made"] == "server" and "version" in event:
            alarms, alike = answers[event["trained"], event["version"]], answers[event["trained"], event["trained"]]
            event["right"] = [sum(map(bool.__eq__, each, failed)) for each in (alarms, alike)]
            event["found"] = [sum(map(bool.__and__, each, failed)) for each in (alarms, alike)]
            event["others"] = sum(map(bool.__ne__, alarms, alike))


def _machines() -> list[dict[str, str]]:
    with (SENSORS / "data/sensors.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@contextlib.contextmanager
def _room() -> Iterator[None]:
    """A folder to work in; quiet."""
    logging.getLogger("azure.ai.ml").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for part in ("data", "drift"):
            shutil.copytree(SENSORS / part, f"sensors/{part}", ignore=shutil.ignore_patterns("__pycache__"))
        readings = [[float(row[name]) for name in ("age", "load", "temperature", "vibration")] for row in _machines()]
        Path("every.json").write_text(json.dumps(readings), encoding="utf-8")
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield


TABLES: dict[str, Callable[[], dict[str, Any]]] = {"weeks": weeks}
