"""What this lab knows about AWS: the rows in `data/`, each with its source and date."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from twoclouds.aws.account import CLOUD
from twoclouds.world.catalog import Catalog
from twoclouds.world.clock import SECOND
from twoclouds.world.machines import MachineType

if TYPE_CHECKING:
    from twoclouds.world.world import World

DATA = Path(__file__).parent / "data"


@cache
def table(name: str) -> Catalog:
    """One of the files in `data/`, by its name without `.csv`."""
    return Catalog(DATA / f"{name}.csv")


@cache
def machine_type(name: str) -> MachineType:
    """An instance type and its price. Raises KeyError for one that this lab has no row for."""
    row = table("instance_types")[name]
    return MachineType(
        name=name,
        vcpus=row.integer("vcpus"),
        memory_gib=row.decimal("memory_gib"),
        gpus=row.integer("gpus"),
        hourly=row.decimal("usd_per_hour"),
        family=row["family"],
    )


def figure(name: str) -> Decimal:
    """A published number about hosting and batch transform, in the unit that its row in `data/inference.csv` names."""
    row = table("inference")[name]
    if row.assumed:
        raise ValueError(f"{name} is assumed: ask assumed_figure, for it may have been moved.")
    return row.decimal("value")


def assumed_figure(world: World, name: str) -> Decimal:
    """One that is assumed: as the table says, unless it was moved."""
    return world.assumptions.amount(f"{CLOUD}/{name}", table("inference")[name].decimal("value"))


def rate(world: World, name: str) -> Decimal:
    """What a gigabyte of storage costs a month, in US dollars: as `data/rates.csv` says, unless it was moved."""
    return world.assumptions.amount(f"{CLOUD}/{name}", table("rates")[name].decimal("value"))


def duration(world: World, name: str, *, size: int = 0) -> int:
    """Milliseconds that a phase takes, in whole seconds: a part for `size` bytes, and a fixed part, which is as the
    table says unless it is assumed and was moved."""
    row = table("durations")[name]
    rate = float(row["megabytes_per_second"] or 0)
    fixed = world.assumptions.number(f"{CLOUD}/{name}", row.integer("seconds"))
    return (fixed + round(size / 1e6 / rate if rate else 0)) * SECOND


def billed(world: World, phase: str) -> bool:
    """Whether an endpoint's instances are billed in `phase`: as the table says unless it is assumed and was moved."""
    return world.assumptions.holds(f"{CLOUD}/{phase}_billed", _billed(phase))


def _billed(phase: str) -> bool:
    return table("billing")[phase]["billed"] == "yes"


def spot_share(world: World) -> Decimal:
    """What part of the price on demand a spot machine costs."""
    return 1 - rate(world, "spot_saving") / 100


def declare_assumptions(world: World) -> None:
    """Name what is assumed in tables, so that it can be moved: durations, rates, what hosting goes by, what bills."""
    rows, rates = table("durations"), table("rates")
    world.assumptions.declare(CLOUD, ((name, rows[name].integer("seconds"), rows[name]) for name in rows))
    for name in rates:
        most = 100 if rates[name]["unit"] == "percent" else None
        given = [(name, rates[name].decimal("value"), rates[name])]
        world.assumptions.declare(CLOUD, given, unit=rates[name]["unit"], most=most)
    figures = table("inference")
    for name in figures:
        given = [(name, figures[name].decimal("value"), figures[name])]
        world.assumptions.declare(CLOUD, given, unit=figures[name]["unit"])
    billing = table("billing")
    world.assumptions.declare(CLOUD, ((f"{name}_billed", _billed(name), billing[name]) for name in billing))
