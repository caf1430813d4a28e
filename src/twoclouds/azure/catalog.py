"""The facts that this cloud goes by: machine types, prices, durations, quotas and images, each with its source."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from twoclouds.world.catalog import Catalog, Row
from twoclouds.world.clock import SECOND, seconds
from twoclouds.world.machines import MachineType

DATA = Path(__file__).parent / "data"


@cache
def read(name: str) -> Catalog:
    """The rows of `data/<name>.csv`."""
    return Catalog(DATA / f"{name}.csv")


@cache
def machine_type(size: str) -> MachineType:
    """A VM size, whose name is compared without regard to case. Raises KeyError."""
    types, prices = read("machine_types"), read("prices")
    for name in types:
        if name.lower() == size.lower():
            row = types[name]
            return MachineType(
                name=name,
                vcpus=row.integer("vcpus"),
                memory_gib=row.decimal("memory_gib"),
                gpus=row.integer("gpus"),
                hourly=prices[name].decimal("hourly_usd"),
                family=row["family"],
            )
    raise KeyError(size)


@cache
def duration(name: str) -> int:
    """How long a phase takes, in ms of virtual time."""
    return read("durations")[name].integer("seconds") * SECOND


@cache
def billed(phase: str) -> bool:
    """Whether a node is billed in `phase`."""
    return read("billing")[phase]["billed"] == "yes"


def pull_duration(gib: float) -> int:
    """How long a node takes to fetch an image of that size, in ms."""
    return seconds(gib * duration("image_pull_per_gib") / SECOND)


def images() -> dict[str, Row]:
    """Image or curated environment name → its row."""
    rows = read("images")
    return {name: rows[name] for name in rows}
