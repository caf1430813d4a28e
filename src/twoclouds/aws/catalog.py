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
    """A number about hosting and batch transform, in the unit that its row in `data/inference.csv` names."""
    return table("inference")[name].decimal("value")


def duration(world: World, name: str, *, size: int = 0) -> int:
    """Milliseconds that a phase takes, in whole seconds: a part for `size` bytes, and a fixed part, which is as the
    table says unless it is assumed and was moved."""
    row = table("durations")[name]
    rate = float(row["megabytes_per_second"] or 0)
    fixed = world.assumptions.number(f"{CLOUD}/{name}", row.integer("seconds"))
    return (fixed + round(size / 1e6 / rate if rate else 0)) * SECOND


def spot_share(world: World) -> Decimal:
    """What part of the price on demand a spot machine costs."""
    saving = table("rates")["spot_saving"].integer("value")
    return 1 - Decimal(world.assumptions.number(f"{CLOUD}/spot_saving", saving)) / 100


def declare_assumptions(world: World) -> None:
    """Name the durations and the saving of spot machines that are assumed, so that they can be moved."""
    rows, rates = table("durations"), table("rates")
    world.assumptions.declare(CLOUD, ((name, rows[name].integer("seconds"), rows[name]) for name in rows))
    saving = rates["spot_saving"]
    world.assumptions.declare(CLOUD, [("spot_saving", saving.integer("value"), saving)], unit="percent", most=100)
