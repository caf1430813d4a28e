"""Packages that the real image has and this lab does not: importing one says so."""

from __future__ import annotations

import importlib.abc
import sys
from typing import Any


class NotInThisLab(RuntimeError):
    """The real image carries this package; this lab cannot run it. Not an ImportError: a script's fallback would not
    run in the cloud.
    """


NotInThisLab.__module__ = "builtins"


class Absent(importlib.abc.MetaPathFinder):
    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Raise for an absent package; leave every other to the next finder."""
        if name.partition(".")[0] in self._names:
            raise NotInThisLab(
                f"{name.partition('.')[0]} is part of the real image, but not of this lab, "
                "which runs on your own machine. "
                "On the real cloud this import succeeds."
            )


def install(absent: list[str]) -> None:
    """Refuse ``absent`` packages with an explanation."""
    if absent:
        sys.meta_path.insert(0, Absent(frozenset(absent)))
