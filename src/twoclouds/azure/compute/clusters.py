"""Compute clusters (AmlCompute): their limits, and what they show. What their nodes do is in `pool.py`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from twoclouds.azure import operations
from twoclouds.azure.account import CLOUD
from twoclouds.azure.catalog import billed, duration, fee
from twoclouds.azure.compute import pool_limits, quota
from twoclouds.azure.compute.compute_resource import Asked, Compute
from twoclouds.azure.compute.nodes import Target
from twoclouds.azure.compute.pool import Pool
from twoclouds.azure.errors import AzureError, bad_request
from twoclouds.azure.state import State
from twoclouds.world.bill import Line, Phase
from twoclouds.world.clock import SECOND, Lifecycle
from twoclouds.world.quotas import QuotaExceeded

IDLE_SECONDS = 120
"""What the SDK asks for if the learner does not say (`AmlCompute`, azure-ai-ml 1.35.2)."""

FIXED = {"vmPriority": "Dedicated", "osType": "Linux", "isolatedNetwork": False}
"""Settings that cannot be changed once a cluster exists, and what they are if nothing is said."""

RETIRED = (
    "Azure Low Priority Virtual Machine instances aren't provisionable or supported in new clusters. "
    "Migrate to dedicated virtual machines."
)
"""As Azure Advisor has it (recommendation of 2026-05-26); the wording of the refusal itself is not published."""


NODES_PER_BALANCER = 50
"""Every so many nodes have one load balancer billed (concept-plan-manage-cost.md)."""


class Scale(NamedTuple):
    """The fewest and the most nodes, and after how many ms of idleness one leaves."""

    minimum: int
    maximum: int
    idle_time: int


@dataclass(kw_only=True)
class Cluster(Compute):
    """A cluster, and the pool of its nodes. It holds the cores of as many machines as it may have, whether they run or
    not; after that was lowered, also of those that are not gone yet."""

    kind: ClassVar[str] = "AmlCompute"

    pool: Pool
    moved: int
    """When nodes last came or went."""
    balancers: Line | None = None

    def properties(self, state: State) -> dict[str, Any]:
        """Its limits, and how many nodes are in which state."""
        pool, count, settings = self.pool, self.pool.nodes.by_state(), self.asked.settings
        scale = settings.get("scaleSettings") or {}
        states = ("idle", "running", "preparing", "unusable", "leaving", "preempted")
        # The default is left out: azure-ai-ml 1.35.2 cannot send back a cluster that it read with the default in it.
        own_network = {"enableNodePublicIp": False} if settings.get("enableNodePublicIp") is False else {}
        account = settings.get("userAccountCredentials") or {}
        shown = {key: account[key] for key in ("adminUserName", "adminUserSshPublicKey") if account.get(key)}
        return {
            **own_network,
            "osType": "Linux",
            "vmSize": pool.type.name,
            "vmPriority": "Dedicated",
            "scaleSettings": {"minNodeCount": 0, "nodeIdleTimeBeforeScaleDown": f"PT{IDLE_SECONDS}S", **scale},
            **({"userAccountCredentials": shown} if shown else {}),
            "remoteLoginPortPublicAccess": settings.get("remoteLoginPortPublicAccess") or "NotSpecified",
            "allocationState": "Resizing" if pool.nodes.resizing else "Steady",
            "allocationStateTransitionTime": state.time(self.moved),
            "currentNodeCount": len(pool.nodes) - count["preparing"],
            "targetNodeCount": pool.nodes.staying,
            "nodeStateCounts": {f"{name}NodeCount": count[name] for name in states},
        }

    def nodes(self) -> list[dict[str, Any]]:
        """The nodes that it has at this moment."""
        public = self.asked.settings.get("enableNodePublicIp") is not False
        return [
            {
                "nodeId": node.name,
                "nodeState": node.state,
                "port": 50000 + number,
                "privateIpAddress": f"10.0.0.{4 + number}",
                **({"publicIpAddress": f"203.0.113.{4 + number}"} if public else {}),
                "runId": node.job or None,
            }
            for number, node in enumerate(self.pool.nodes)
        ]


def target(cluster: Cluster) -> Target:
    """Where its jobs run."""
    return cluster.pool


def create(state: State, name: str, asked: Asked) -> Cluster:
    """A new cluster. The cores of as many nodes as it may have are taken from the quota of its region."""
    if (asked.settings.get("vmPriority") or "").lower() == "lowpriority":
        raise bad_request(RETIRED)
    scale = _scale(asked)
    try:
        quota.take(state.world, asked.size, scale.maximum, region=asked.region, computes=1)
    except QuotaExceeded as short:
        raise quota.refusal(asked.size, scale.maximum, short) from None
    pool = Pool(
        state.world,
        name=name,
        type=asked.size,
        minimum=0,
        maximum=scale.maximum,
        idle_time=scale.idle_time,
        changed=lambda: _follow(state, cluster),
    )
    now = state.world.clock.now
    cluster = Cluster(name=name, asked=asked, created=now, modified=now, pool=pool, machines=scale.maximum, moved=now)
    state.world.events.record(
        "cluster.created", f"{CLOUD}/{name}", size=asked.size.name, minimum=scale.minimum, maximum=scale.maximum
    )
    _balance(state, cluster)
    return cluster


def _follow(state: State, cluster: Cluster) -> None:
    """Nodes have come or gone."""
    cluster.moved = state.world.clock.now
    _balance(state, cluster)
    if not cluster.pool.gone:
        _release(state, cluster)


def _balance(state: State, cluster: Cluster) -> None:
    """Bill as many load balancers as its nodes need; whether an empty cluster keeps one is assumed."""
    nodes = cluster.pool.nodes.staying
    kept = not cluster.pool.gone and billed(state.world, "empty_cluster_load_balancer")
    count = max(-(-nodes // NODES_PER_BALANCER), int(kept))
    phase: Phase = "working" if nodes else "idle"
    line = cluster.balancers
    if line and (line.count, line.phase) == (count, phase):
        return
    if line:
        state.world.bill.close(line)
        cluster.balancers = None
    if count:
        item, hourly = fee(state.world, "load_balancer")
        name = f"{cluster.name}/load-balancer"
        cluster.balancers = state.world.bill.open(
            account=CLOUD, resource=name, item=item, phase=phase, hourly=hourly, count=count
        )


def change(state: State, cluster: Cluster, asked: Asked) -> None:
    """Change a cluster's limits, its tags, its identity: nothing else can be changed."""
    before = cluster.asked
    for what in _changed(before, asked):
        raise bad_request(f"The {what} of compute '{cluster.name}' cannot be changed.")
    _hold(state, cluster, _scale(asked).maximum)
    asked.settings = {**before.settings, **{key: value for key, value in asked.settings.items() if value is not None}}
    asked.tags = asked.tags or before.tags
    asked.description = before.description if asked.description is None else asked.description
    cluster.asked = asked
    cluster.provisioning, cluster.modified = "Updating", state.world.clock.now


def _changed(before: Asked, asked: Asked) -> Iterator[str]:
    """What is asked to be otherwise although it cannot be changed. SSH access is set at creation (how-to-create-attach-
    compute-cluster.md)."""
    if asked.size.name != before.size.name:
        yield "VM size"
    if asked.region != before.region:
        yield "location"
    if _open_to_all(asked) != _open_to_all(before):
        yield "SSH access"
    for key, default in FIXED.items():
        wanted, had = asked.settings.get(key), before.settings.get(key) or default
        if wanted is not None and str(wanted).lower() != str(had).lower():
            yield key
    wanted, had = (each.settings.get("userAccountCredentials") or {} for each in (asked, before))
    if wanted and wanted.get("adminUserName") != had.get("adminUserName"):
        yield "administrator account"


def _open_to_all(asked: Asked) -> bool:
    return (asked.settings.get("remoteLoginPortPublicAccess") or "").lower() == "enabled"


def _hold(state: State, cluster: Cluster, maximum: int) -> None:
    """Hold the cores of `maximum` nodes from now on, and of those that are there."""
    more = maximum - cluster.machines
    if more > 0:
        try:
            quota.take(state.world, cluster.asked.size, more, region=cluster.asked.region)
        except QuotaExceeded as short:
            raise quota.refusal(cluster.asked.size, more, short) from None
        cluster.machines = maximum


def _release(state: State, cluster: Cluster) -> None:
    """Give back the cores of nodes that it may not have any more, and that are gone."""
    surplus = cluster.machines - max(_scale(cluster.asked).maximum, len(cluster.pool.nodes))
    if surplus > 0:
        cluster.machines -= surplus
        quota.give_back(state.world, cluster.asked.size, surplus, region=cluster.asked.region)


def provision(state: State, cluster: Cluster, operation: operations.Operation) -> Lifecycle:
    """A cluster is set up, or changed; then it keeps as many nodes as it must."""
    asked = cluster.asked
    yield state.world.clock.timeout(duration(state.world, "cluster_create"))
    if cluster.pool.gone or asked is not cluster.asked:
        return operations.end(state, operation, "Canceled" if cluster.pool.gone else "Succeeded")
    cluster.provisioning = "Succeeded"
    pool_limits.scale(cluster.pool, **_scale(asked)._asdict())
    _release(state, cluster)
    operations.end(state, operation)


def remove(state: State, cluster: Cluster, operation: operations.Operation) -> Lifecycle:
    """A cluster is taken down: its nodes are released at once and its jobs fail; when it is gone, its quota is free."""
    pool_limits.close(cluster.pool, f"AzureMLCompute cluster {cluster.name} does not exist")
    yield state.world.clock.timeout(duration(state.world, "cluster_delete"))
    del state.computes[cluster.name.lower()]
    quota.give_back(state.world, cluster.asked.size, cluster.machines, region=cluster.asked.region, computes=1)
    state.world.events.record("cluster.deleted", f"{CLOUD}/{cluster.name}")
    operations.end(state, operation)


def _scale(asked: Asked) -> Scale:
    """What was asked of the pool. Raises AzureError for limits that contradict each other."""
    import isodate

    settings = asked.settings.get("scaleSettings") or {}
    minimum, maximum = settings.get("minNodeCount") or 0, settings.get("maxNodeCount")
    if maximum is None or not 0 <= minimum <= maximum:
        raise AzureError(
            400,
            "BadRequest",
            f"minNodeCount ({minimum}) must be between 0 and maxNodeCount ({maximum}).",
            target="scaleSettings",
        )
    idle = settings.get("nodeIdleTimeBeforeScaleDown")
    seconds = isodate.parse_duration(idle).total_seconds() if idle else IDLE_SECONDS
    if seconds < 0:
        raise bad_request(f"nodeIdleTimeBeforeScaleDown ({idle}) must not be negative.")
    return Scale(minimum, maximum, round(seconds * SECOND))
