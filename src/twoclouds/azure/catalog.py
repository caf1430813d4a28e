"""The facts that this cloud goes by: machine types, prices, durations, quotas and images, each with its source."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from twoclouds.azure.account import CLOUD, REGION
from twoclouds.wire.errors import NotSimulated
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
def regions() -> tuple[str, ...]:
    """The regions that a compute may be in: those that prices are known of."""
    known = ("source", "date", "assumed", "name")
    return tuple(column for column in next(iter(_rows("prices"))).columns if column not in known)


@cache
def machine_type(size: str, region: str = REGION) -> MachineType:
    """A VM size, whose name is compared without regard to case, at its price in that region.

    Raises KeyError for a size that Azure ML does not have, NotSimulated for one whose price there is not known.
    """
    types, prices = read("machine_types"), read("prices")
    for name in types:
        if name.lower() == size.lower():
            row = types[name]
            if not prices[name][region]:
                raise NotSimulated(f"{name} in {region}", "No source was found for its price there.")
            return MachineType(
                name=name,
                vcpus=row.integer("vcpus"),
                memory_gib=row.decimal("memory_gib"),
                gpus=row.integer("gpus"),
                hourly=prices[name].decimal(region),
                family=row["family"],
            )
    raise KeyError(size)


@cache
def fee(world: World, name: str) -> tuple[str, Decimal]:
    """What something beside a machine is called on the bill, and what it costs an hour: as the table says, unless it is
    assumed and was moved."""
    row = read("fees")[name]
    return row["item"], world.assumptions.amount(f"{CLOUD}/{name}", row.decimal("usd")) / row.decimal("hours")


def _rows(name: str) -> Iterator[Row]:
    catalog = read(name)
    return (catalog[key] for key in catalog)


def duration(world: World, name: str) -> int:
    """How long a phase takes, in ms of virtual time: as the table says, unless it is assumed and was moved."""
    return world.assumptions.number(f"{CLOUD}/{name}", _seconds(name)) * SECOND


@cache
def _seconds(name: str) -> int:
    return read("durations")[name].integer("seconds")


def billed(world: World, phase: str) -> bool:
    """Whether a node is billed in `phase`: as the table says, unless it is assumed and was moved."""
    return world.assumptions.holds(f"{CLOUD}/{phase}_billed", _billed(phase))


@cache
def _billed(phase: str) -> bool:
    return read("billing")[phase]["billed"] == "yes"


def service_does(world: World, name: str) -> bool:
    """Whether a service does something: as the table says, unless it is assumed and was moved."""
    return world.assumptions.holds(f"{CLOUD}/{name}", _does(name))


@cache
def _does(name: str) -> bool:
    return read("services")[name]["does"] == "yes"


def pull_duration(world: World, gib: float) -> int:
    """How long a node takes to fetch an image of that size, in ms."""
    return seconds(gib * duration(world, "image_pull_per_gib") / SECOND)


def declare_assumptions(world: World) -> None:
    """Name what is assumed in the tables, so that it can be moved."""
    durations, billing, services = read("durations"), read("billing"), read("services")
    world.assumptions.declare(CLOUD, ((name, _seconds(name), durations[name]) for name in durations))
    world.assumptions.declare(CLOUD, ((f"{name}_billed", _billed(name), billing[name]) for name in billing))
    world.assumptions.declare(CLOUD, ((name, _does(name), services[name]) for name in services))
    fees = read("fees")
    for name in fees:
        given = [(name, fees[name].decimal("usd"), fees[name])]
        world.assumptions.declare(CLOUD, given, unit=f"US dollars for {fees[name]['hours']} hours")


def images() -> dict[str, Row]:
    """Image or curated environment name → its row."""
    rows = read("images")
    return {name: rows[name] for name in rows}
