"""Which packages of a real image this lab has, and which exist on the real indexes only.

An image may ask for the latter: it is built, what they bring along that is at hand is there, and a script that imports
one is told. A package that is in neither place fails the build, as pip does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from twoclouds.azure.catalog import read
from twoclouds.azure.state import State
from twoclouds.world.conda import project
from twoclouds.world.images import ImageDefinition


def elsewhere(state: State) -> frozenset[str]:
    """The packages that exist on the real indexes and not in this lab."""
    return frozenset(name for name in read("packages") if not state.world.images.carries(name))


def split(state: State, wanted: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(packages, absent) of requirements: what the image really holds here, and the names that it lacks here."""
    lacking = elsewhere(state)
    packages, absent = [], []
    waiting = list(dict.fromkeys(wanted))
    asked = {project(text) for text in waiting}
    while waiting:
        text = waiting.pop(0)
        name = project(text)
        if name not in lacking:
            packages.append(text)
        elif name not in absent:
            absent.append(name)
            brought = [text for text in read("packages")[name]["requires"].split() if project(text) not in asked]
            asked.update(map(project, brought))
            waiting += brought
    return tuple(packages), _imported(absent)


def pinned(state: State, wanted: Iterable[str]) -> dict[str, str]:
    """What requirements ask for of the packages that this lab lacks: import name → the requirement with its version."""
    lacking = elsewhere(state)
    versions = {project(text): text for text in wanted if any(sign in text for sign in "=<>~")}
    return {module: text for name, text in versions.items() if name in lacking for module in _imported([name])}


def complete(state: State, definition: ImageDefinition) -> ImageDefinition:
    """A definition whose packages or absent ones may still be in the wrong place, put right."""
    known = read("packages")
    packages, absent = split(state, (*definition.packages, *(name for name in definition.absent if name in known)))
    return replace(definition, packages=packages, absent=absent)


def _imported(absent: Iterable[str]) -> tuple[str, ...]:
    """Absent packages, and the names under which they are imported where these are not their own; without those that
    are no modules."""
    rows = read("packages")
    modules = {name: rows[name]["modules"].split() for name in absent}
    named = (text for name, others in modules.items() for text in (name, *others) if others != ["-"])
    return tuple(dict.fromkeys(named))
