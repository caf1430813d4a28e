"""Which members of a request are simulated: whatever is not raises NotSimulated, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twoclouds.wire.errors import NotSimulated

Simulated = Mapping[str, Any]
"""Member → what is simulated below it: {} for all of it, a tuple for these values alone."""


def check(operation: str, given: Any, simulated: Simulated, path: str = "") -> None:
    """Raise NotSimulated for a member of `given` that `simulated` does not name, or a value that it leaves out."""
    for entry in given if isinstance(given, list) else [given]:
        for member, value in entry.items():
            where = f"{path}{member}"
            if member not in simulated:
                raise NotSimulated(f"{operation} with {where}")
            below = simulated[member]
            if isinstance(below, tuple):
                if value not in below:
                    raise NotSimulated(f"{operation} with {where}={value}")
            elif below:
                check(operation, value, below, f"{where}.")
