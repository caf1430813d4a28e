"""The JSONPath that batch transform understands: names, indexes, slices and wildcards.

As "Associate Prediction Results with Input Records", Supported JSONPath Operators, lists them. Of a CSV record, which
is an array of its fields, indexes and slices alone make sense.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

STEP = re.compile(
    r"\.(?P<name>[\w-]+)|\.(?P<wild>\*)|\.?\[(?P<quoted>'[^']*'(?:\s*,\s*'[^']*')*)\]"
    r"|\[(?P<numbers>\*|-?\d*(?::-?\d*)?(?:\s*,\s*-?\d*(?::-?\d*)?)*)\]"
)


class PathError(ValueError):
    """A path that is none of those, or that leads out of a record."""


def check(path: str) -> None:
    """Raise PathError for what is no path."""
    list(_steps(path))


def select(value: Any, path: str) -> Any:
    """What a path leads to: a value, or of several places an array of them (an object, if they are named). Raises
    PathError for an index or name that is not there."""
    for kind, text in _steps(path):
        value = _step(value, kind, text)
    return value


def _steps(path: str) -> Iterator[tuple[str, str]]:
    if not path.startswith("$"):
        raise PathError(f"Invalid JSONPath: {path}")
    place = 1
    while place < len(path):
        match = STEP.match(path, place)
        if match is None or match.lastgroup is None or not match[match.lastgroup].strip():
            raise PathError(f"Invalid JSONPath: {path}")
        yield match.lastgroup, match[match.lastgroup]
        place = match.end()


def _step(value: Any, kind: str, text: str) -> Any:
    if kind == "name":
        return _member(value, text)
    if kind == "wild" or text == "*":
        return list(value.values()) if isinstance(value, dict) else list(value)
    if kind == "quoted":
        names = re.findall(r"'([^']*)'", text)
        return _member(value, names[0]) if len(names) == 1 else {name: _member(value, name) for name in names}
    if not isinstance(value, list):
        raise PathError(f"[{text}] needs an array.")
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 1 and ":" not in parts[0]:
        return _item(value, int(parts[0]))
    found: list[Any] = []
    for part in parts:
        first, colon, last = part.partition(":")
        if colon:
            found += value[int(first) if first else None : int(last) if last else None]
        else:
            found.append(_item(value, int(first)))
    return found


def _member(value: Any, name: str) -> Any:
    if not isinstance(value, dict) or name not in value:
        raise PathError(f"There is no '{name}'.")
    return value[name]


def _item(value: list[Any], index: int) -> Any:
    try:
        return value[index]
    except IndexError:
        raise PathError(f"Index {index} is out of range: there are {len(value)} elements.") from None
