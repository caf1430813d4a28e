"""The facts that this cloud goes by: machine types, prices, durations, quotas and images, each with its source."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from twoclouds.azure.account import CLOUD
from twoclouds.world.catalog import Catalog, Row
from twoclouds.world.clock import SECOND, seconds
from twoclouds.world.machines import MachineType

if TYPE_CHECKING:
    from twoclouds.world.world import World

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


def duration(world: World, name: str) -> int:
    """How long a phase takes, in ms of virtual time: as the table says, unless it is assumed and was moved."""
    return world.assumptions.seconds(f"{CLOUD}/{name}", _seconds(name)) * SECOND


@cache
def _seconds(name: str) -> int:
    return read("durations")[name].integer("seconds")


def billed(world: World, phase: str) -> bool:
    """Whether a node is billed in `phase`: as the table says, unless it is assumed and was moved."""
    return world.assumptions.holds(f"{CLOUD}/{phase}_billed", _billed(phase))


@cache
def _billed(phase: str) -> bool:
    return read("billing")[phase]["billed"] == "yes"


def pull_duration(world: World, gib: float) -> int:
    """How long a node takes to fetch an image of that size, in ms."""
    return seconds(gib * duration(world, "image_pull_per_gib") / SECOND)


def declare_assumptions(world: World) -> None:
    """Name what is assumed in the tables, so that it can be moved."""
    durations, billing = read("durations"), read("billing")
    world.assumptions.declare(CLOUD, ((name, _seconds(name), durations[name]) for name in durations))
    world.assumptions.declare(CLOUD, ((f"{name}_billed", _billed(name), billing[name]) for name in billing))


def images() -> dict[str, Row]:
    """Image or curated environment name → its row."""
    rows = read("images")
    return {name: rows[name] for name in rows}
