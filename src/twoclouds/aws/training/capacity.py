"""What AWS has machines of: each type, as such and as spot, under the name by which a lab makes it scarce."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from twoclouds.aws import catalog
from twoclouds.aws.account import CLOUD

if TYPE_CHECKING:
    from twoclouds.world.world import World


def kinds(types: Iterable[str], *, spot: bool) -> Counter[str]:
    """How many machines of each kind: "aws/ml.m5.xlarge", or "aws/ml.m5.xlarge spot"."""
    return Counter(f"{CLOUD}/{name}{' spot' if spot else ''}" for name in types)


def declare(world: World) -> None:
    """Name all kinds of machines, so that they can be made scarce."""
    types = catalog.table("instance_types")
    world.capacity.declare(kind for spot in (False, True) for kind in kinds(types, spot=spot))
