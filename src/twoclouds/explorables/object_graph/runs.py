"""What a run is to be made of, and what its cloud's record of it says."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Wish:
    """What a run is to be made of: the data of which week, put in the place of the old or not; a package; a machine."""

    week: int = 1
    in_place: bool = False
    package: bool = False
    bigger: bool = False


@dataclass(frozen=True)
class Record:
    """A run: what it names, by the kind of thing; what is behind each name that leads to a thing; what it saw."""

    job: str
    names: dict[str, str]
    behind: dict[str, str]
    saw: str


def seen(log: str) -> str:
    """What the script printed of its data and its packages."""
    found = re.search(r"^saw (.+)$", log, re.MULTILINE)
    if not found:
        raise ValueError(f"The script did not say what it saw:\n{log}")
    return found[1].strip()
