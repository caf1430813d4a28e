"""Quotas: how many instances of a type the account may hold for each use. Over the limit a call is refused, at once.

A name is Service Quotas' own, such as "ml.m5.xlarge for training job usage". Limits: `data/quotas.csv`, by type, by
family, or for every type with or without an accelerator.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from twoclouds.aws import catalog
from twoclouds.aws.account import CLOUD
from twoclouds.aws.errors import ResourceLimitExceeded
from twoclouds.world.quotas import QuotaExceeded

if TYPE_CHECKING:
    from twoclouds.aws.state import State
    from twoclouds.world.world import World

TRAINING, SPOT, WARM_POOL = "training job usage", "spot training job usage", "training warm pool usage"
PROCESSING, TRANSFORM, ENDPOINT = "processing job usage", "transform job usage", "endpoint usage"
NOTEBOOK, APPS = "notebook instance usage", "Studio JupyterLab Apps running on {} instances"
SERVERLESS = "Maximum number of serverless endpoints"
CONCURRENCY = "Maximum total concurrency that can be shared between all serverless endpoints"
NAMED = (SERVERLESS, CONCURRENCY)
"""Quotas that count no instances."""
USES = (TRAINING, SPOT, WARM_POOL, PROCESSING, TRANSFORM, ENDPOINT, NOTEBOOK, APPS)
"""What instances are counted for, each by itself: a quota of one use helps no other."""


def name(instance_type: str, use: str) -> str:
    """What Service Quotas calls the limit of a type for one of `USES`."""
    return use.format(instance_type) if "{}" in use else f"{instance_type} for {use}"


def take(state: State, instance_type: str, use: str, count: int) -> None:
    """Hold `count` instances of a type for a use, from now on. Raises ResourceLimitExceeded, and then holds none."""
    take_named(state, name(instance_type, use), count, unit="Apps" if use == APPS else "Instances")


def give_back(state: State, instance_type: str, use: str, count: int) -> None:
    """Return `count` instances of a type."""
    state.world.quotas.give_back(f"{CLOUD}/{name(instance_type, use)}", count)


def take_all(state: State, types: Mapping[str, int], use: str) -> None:
    """Hold so many instances of each type, or none of them. Raises ResourceLimitExceeded."""
    held: dict[str, int] = {}
    for instance_type, count in types.items():
        try:
            take(state, instance_type, use, count)
        except ResourceLimitExceeded:
            give_back_all(state, held, use)
            raise
        held[instance_type] = count


def give_back_all(state: State, types: Mapping[str, int], use: str) -> None:
    """Return so many instances of each type."""
    for instance_type, count in types.items():
        give_back(state, instance_type, use, count)


def take_named(state: State, quota: str, count: int, *, unit: str) -> None:
    """The same of a quota by its whole name, which counts `unit`. Raises ResourceLimitExceeded."""
    try:
        state.world.quotas.take(f"{CLOUD}/{quota}", count)
    except QuotaExceeded as short:
        raise ResourceLimitExceeded(
            f"The account-level service limit '{quota}' is {short.limit} {unit}, with current utilization "
            f"of {short.used} {unit} and a request delta of {short.requested} {unit}. "
            "Please use AWS Service Quotas to request an increase for this quota. "
            "If AWS Service Quotas is not available, contact AWS support to request an increase for this quota."
        ) from None


def set_all(world: World) -> None:
    """Give the account the limits of `data/quotas.csv`."""
    rows = catalog.table("quotas")
    for instance_type in catalog.table("instance_types"):
        for use in USES:
            row = next((row for row in _rows(instance_type, use) if row in rows), None)
            limit = rows[row].integer("limit") if row else 0
            world.quotas.set(f"{CLOUD}/{name(instance_type, use)}", limit)
    for quota in NAMED:
        world.quotas.set(f"{CLOUD}/{quota}", rows[quota].integer("limit"))


def _rows(instance_type: str, use: str) -> tuple[str, str, str]:
    """The rows that may say a limit, the nearest first."""
    family = instance_type.split(".")[1]
    accelerated = "accelerated" if is_accelerated(instance_type) else "CPU"
    return name(instance_type, use), name(f"ml.{family}", use), name(accelerated, use)


def is_accelerated(instance_type: str) -> bool:
    """Whether a type has GPUs or AWS's own accelerators: the families g, p, trn and inf."""
    return bool(re.match(r"ml\.(g|p|trn|inf)\d", instance_type))
