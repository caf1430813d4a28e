"""How a noun of a cloud gets into the evidence: a dataclass, a function that finds them, and a line that joins both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, fields
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from twoclouds.lab import Lab

Thing = TypeVar("Thing")
Nouns = TypeVar("Nouns")


def noun(find: Callable[[Lab], Iterator[Thing]]) -> tuple[Thing, ...]:
    """The line: a field that holds all that `find` finds, in its order; empty unless a lab was looked at."""
    made: Any = field(default=(), metadata={"find": find})
    return made  # type: ignore[no-any-return]


def aside(**more: Any) -> Any:
    """A field that does not count when two attempts are compared: a name the service made up, a log, a time."""
    return field(compare=False, **more)


def see(kind: type[Nouns], lab: Lab) -> Nouns:
    """All the nouns of one cloud, as they are now."""
    found = {each.name: tuple(each.metadata["find"](lab)) for each in fields(kind)}  # type: ignore[arg-type]
    return kind(**found)


def attempts(nouns: Any) -> Iterator[str]:
    """What was attempted with each thing: its kind, and every field of it that counts."""
    for each in fields(nouns):
        for thing in getattr(nouns, each.name):
            counting = [one for one in fields(thing) if one.compare]
            yield repr((each.name, [(one.name, _plain(getattr(thing, one.name))) for one in counting]))


def _plain(value: object) -> object:
    """Of stored files the names count, of anything else all of it, whatever order it is in."""
    if not isinstance(value, Mapping):
        return value
    return sorted((str(key), "" if isinstance(held, bytes) else repr(held)) for key, held in value.items())
