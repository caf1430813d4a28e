"""Cores: how many vCPUs of a family of VM sizes a subscription holds in its region, and how many it may hold.

Clusters, compute instances, serverless jobs and online deployments all take from the same quota
(how-to-manage-quotas.md). Asking for more than the limit is an error; jobs wait for cores that are merely in use.
"""

from __future__ import annotations

from twoclouds.azure.account import CLOUD
from twoclouds.world.machines import MachineType
from twoclouds.world.quotas import QuotaExceeded
from twoclouds.world.world import World


def name(size: MachineType) -> str:
    """The quota that machines of this size count against."""
    return f"{CLOUD}/{size.family}"


def take(world: World, size: MachineType, count: int) -> None:
    """Take the cores of `count` machines, or raise QuotaExceeded and take none."""
    world.quotas.take(name(size), count * size.vcpus)


def give_back(world: World, size: MachineType, count: int) -> None:
    """Give back the cores of `count` machines; jobs that wait for cores are served."""
    world.quotas.give_back(name(size), count * size.vcpus)


def check(world: World, size: MachineType, count: int) -> None:
    """Raise QuotaExceeded if the cores of `count` machines are more than could ever be had."""
    limit, cores = world.quotas.limit(name(size)), count * size.vcpus
    if cores > limit:
        raise QuotaExceeded(name=name(size), limit=limit, used=world.quotas.used(name(size)), requested=cores)
