"""Quota: what a subscription holds of a region, and what it may hold: cores of each VM family, cores of all families
together, and computes.

Clusters, compute instances, serverless jobs and managed online deployments all take from the same
(how-to-manage-quotas.md). Asking for more than there is, is an error; only serverless jobs wait for cores that are in
use.
"""

from __future__ import annotations

from twoclouds.azure.account import CLOUD, REGION
from twoclouds.azure.catalog import read, regions
from twoclouds.azure.errors import AzureError
from twoclouds.world.machines import MachineType
from twoclouds.world.quotas import QuotaExceeded
from twoclouds.world.world import World

TOTAL = "Total"
COMPUTES = "Clusters"
RESERVE = 5
"""For every so many instances of a managed online deployment, one more is kept in reserve for upgrades: 20 %
(includes/quota-allocation-online-deployment.md)."""


def set_all(world: World) -> None:
    """Give the subscription the quotas of `data/quotas.csv`, in every region."""
    rows = read("quotas")
    for region in regions():
        for what in rows:
            world.quotas.set(name(what, region), rows[what].integer("cores"))


def name(what: str, region: str = REGION) -> str:
    """The quota of a VM family, of all (`Total`), or of computes (`Clusters`), as the world calls it."""
    return f"{CLOUD}/{what}" if region == REGION else f"{CLOUD}/{region}/{what}"


def take(world: World, size: MachineType, machines: int, *, region: str = REGION, computes: int = 0) -> None:
    """Take the cores of so many machines, and so many computes; or raise QuotaExceeded and take nothing."""
    world.quotas.take_all(_amounts(size, machines, region, computes))


def give_back(world: World, size: MachineType, machines: int, *, region: str = REGION, computes: int = 0) -> None:
    """Give back what was taken; jobs that wait for cores are served."""
    world.quotas.give_back_all(_amounts(size, machines, region, computes))


def check(world: World, size: MachineType, machines: int) -> None:
    """Raise QuotaExceeded if the cores of so many machines are more than could ever be had."""
    for what, cores in _amounts(size, machines, REGION, 0).items():
        if cores > world.quotas.limit(what):
            raise QuotaExceeded(
                name=what, limit=world.quotas.limit(what), used=world.quotas.used(what), requested=cores
            )


def room(world: World, size: MachineType, *, at_most: bool = False) -> int:
    """For how many machines of this size there are cores left; `at_most`: if none were in use."""
    quotas = world.quotas
    left = [quotas.limit(what) - (0 if at_most else quotas.used(what)) for what in (name(size.family), name(TOTAL))]
    return min(left) // size.vcpus


def with_reserve(instances: int) -> int:
    """How many machines' cores a managed online deployment of so many instances takes."""
    return instances + -(-instances // RESERVE)


def refusal(size: MachineType, machines: int, short: QuotaExceeded) -> AzureError:
    """What Azure ML answers to a request for so many machines that the quota does not cover."""
    if short.name.endswith(f"/{COMPUTES}"):
        return AzureError(400, "BadRequest", "Operation results in exceeding quota limits of Microsoft.BatchClusters.")
    quota = "total" if short.name.endswith(f"/{TOTAL}") else f"{size.family} family"
    nodes = "node" if machines == 1 else "nodes"
    return AzureError(
        400,
        "ClusterMinNodesExceedCoreQuota",
        f"The specified subscription has a {quota} vCPU quota of {short.limit} and cannot accomodate for at least "
        f"{machines} requested managed compute {nodes} which maps to {short.requested} vCPUs. Talk to your "
        "Subscription Admin or refer to https://docs.microsoft.com/azure/machine-learning/how-to-manage-quotas"
        "#request-quota-increases to increase the family quota",
    )


def _amounts(size: MachineType, machines: int, region: str, computes: int) -> dict[str, int]:
    cores = machines * size.vcpus
    return {name(size.family, region): cores, name(TOTAL, region): cores, name(COMPUTES, region): computes}
