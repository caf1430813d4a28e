"""What a learner has done in the exercises, kept in a small file on this machine.

The file is `progress.json` in the folder that the environment variable TWOCLOUDS_STATE names, or else in the user's
data folder (platformdirs). Where nothing can be written, progress lasts as long as this Python does. A file that is
damaged or somebody else's counts as none; it is set aside, and not overwritten.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from twoclouds.progress.code import NUMBER, VERSION, NotACode, decode, encode
from twoclouds.tables import Table

__all__ = ["Done", "NotACode", "Progress", "decode", "encode", "forget", "load", "record"]

FILE = "progress.json"
NOTHING = "No exercise was begun on this machine yet."


@dataclass(frozen=True)
class Done:
    """What is known of one exercise."""

    predicted: str = ""
    passed: bool = False


@dataclass(frozen=True)
class Progress:
    """The exercises that were begun, by number, in order."""

    exercises: Mapping[str, Done] = field(default_factory=dict)

    @property
    def passed(self) -> tuple[str, ...]:
        """The exercises that were passed."""
        return tuple(number for number, done in self.exercises.items() if done.passed)

    @property
    def code(self) -> str:
        """What was passed, as a code to paste."""
        return encode(self.passed)

    def __repr__(self) -> str:
        return f"{self._table()!r}\n\n{self._sum()}" if self.exercises else NOTHING

    def _repr_html_(self) -> str:
        return f"{self._table()._repr_html_()}<p>{self._sum()}</p>" if self.exercises else f"<p>{NOTHING}</p>"

    def _sum(self) -> str:
        return f"Passed: {len(self.passed)}. As a code to paste: {self.code}"

    def _table(self) -> Table:
        rows = [
            (number, done.predicted or "none yet", "passed" if done.passed else "not yet")
            for number, done in self.exercises.items()
        ]
        return Table("Your exercises on this machine", ("exercise", "you predicted", "check"), rows)


_unkept = Progress()
"""What there is where nothing could be written."""


def load() -> Progress:
    """What was kept; nothing where that is damaged or somebody else's."""
    place = _place()
    try:
        return _parsed(place.read_text("utf-8") if place else "") or _unkept
    except (OSError, UnicodeDecodeError):
        return _unkept


def record(number: str, **known: str | bool) -> None:
    """Keep what has become known of an exercise: `predicted`, `passed`. Never fails."""
    before = load().exercises
    done = replace(before.get(number, Done()), **known)  # type: ignore[arg-type]
    _keep(Progress(_in_order({**before, number: done})))


def forget() -> Progress:
    """Forget all of it. Returns what is left."""
    _keep(Progress())
    return load()


def _place() -> Path | None:
    if folder := os.environ.get("TWOCLOUDS_STATE"):
        return Path(folder) / FILE
    try:
        from platformdirs import user_data_path

        return user_data_path("two-clouds", appauthor=False) / FILE
    except (ImportError, OSError, RuntimeError):
        return None


def _parsed(text: str) -> Progress | None:
    """The progress that a file's text holds; None if it is no such file."""
    try:
        content = json.loads(text)
        if content["two-clouds"] != VERSION:
            return None
        exercises = {
            number: Done(str(kept["predicted"]), kept["passed"] is True)
            for number, kept in content["exercises"].items()
            if NUMBER.fullmatch(number)
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return Progress(_in_order(exercises))


def _in_order(exercises: Mapping[str, Done]) -> dict[str, Done]:
    return dict(sorted(exercises.items(), key=lambda item: [int(part) for part in item[0].split(".")]))


def _keep(progress: Progress) -> None:
    """Write the file, all of it or nothing."""
    global _unkept
    _unkept, place = progress, _place()
    if place is None:
        return
    exercises = {number: asdict(done) for number, done in progress.exercises.items()}
    new = place.with_name(f"{FILE}.{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps({"two-clouds": VERSION, "exercises": exercises}, indent=1) + "\n", "utf-8")
        if place.exists() and not _is_ours(place):
            place.replace(place.with_suffix(".other.json"))
        new.replace(place)
        _unkept = Progress()
    except OSError:
        return


def _is_ours(place: Path) -> bool:
    try:
        return _parsed(place.read_text("utf-8")) is not None
    except UnicodeDecodeError:
        return False
