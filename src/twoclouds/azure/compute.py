"""Compute clusters (AmlCompute) as Azure Resource Manager shows them. What their nodes do is in `pool.py`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from twoclouds.azure import operations, quota
from twoclouds.azure.account import (
    ARM,
    CLOUD,
    PROVIDER,
    REGION,
    RESOURCE_GROUP,
    WORKSPACE,
    WORKSPACE_ID,
    WORKSPACE_PATH,
)
from twoclouds.azure.assets import system_data
from twoclouds.azure.catalog import duration, machine_type, read
from twoclouds.azure.errors import AzureError, bad_request, resource_not_found, user_error
from twoclouds.azure.nodes import Target
from twoclouds.azure.pool import Pool
from twoclouds.azure.serverless import Sized
from twoclouds.azure.state import State
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route
from twoclouds.world.clock import SECOND, Lifecycle
from twoclouds.world.machines import MachineType
from twoclouds.world.quotas import QuotaExceeded

NAME = re.compile(r"[a-zA-Z](?![a-zA-Z0-9-]*-\d+$)[a-zA-Z0-9-]{2,23}")
SERVERLESS_SIZE = "Standard_DS3_v2"
IDLE_SECONDS = 120
"""What the SDK asks for if the learner does not say (`AmlCompute`, azure-ai-ml 1.35.2)."""


@dataclass
class Cluster:
    """A cluster: what was asked for, and the pool of its nodes."""

    name: str
    asked: dict[str, Any]
    pool: Pool
    created: int
    modified: int
    provisioning: str = "Creating"
    tags: dict[str, str] = field(default_factory=dict)


def find(state: State, name: str) -> Cluster:
    """A cluster by its name, without regard to case. Raises AzureError (404)."""
    try:
        return state.clusters[name.lower()]
    except KeyError:
        raise resource_not_found(f"{PROVIDER}/workspaces/{WORKSPACE}/computes", name, RESOURCE_GROUP) from None


def target(state: State, compute: str | None, resources: dict[str, Any] | None = None) -> Target:
    """Where a job with this `computeId` and these `resources` runs; serverless compute if it names none.

    Raises AzureError if there is no such compute, or if it could never have so many nodes.
    """
    nodes = (resources or {}).get("instanceCount") or 1
    if not compute:
        size = _size((resources or {}).get("instanceType") or SERVERLESS_SIZE)
        try:
            quota.check(state.world, size, nodes)
        except QuotaExceeded as short:
            raise _over_quota(size, nodes, short) from None
        return Sized(state.serverless, size)
    cluster = find(state, compute.rsplit("/", 1)[-1])
    if cluster.provisioning == "Deleting":
        raise user_error(400, f"Compute '{cluster.name}' is being deleted.")
    return cluster.pool


def get(state: State, request: Request, name: str) -> Response:
    """A cluster."""
    return Response.of_json(_resource(state, find(state, name)))


def list_all(state: State, request: Request) -> Response:
    """All clusters, in order of their names."""
    return Response.of_json({"value": [_resource(state, state.clusters[key]) for key in sorted(state.clusters)]})


def list_nodes(state: State, request: Request, name: str) -> Response:
    """The nodes that a cluster has at this moment."""
    nodes = [
        {"nodeId": node.name, "nodeState": node.state, "port": 50000 + number, "runId": node.job or None}
        for number, node in enumerate(find(state, name).pool.nodes)
    ]
    return Response.of_json({"nodes": nodes})


def put(state: State, request: Request, name: str) -> Response:
    """Create a cluster, or change the scale of the one that exists: a long-running operation.

    Its cores are taken from the family's quota for as many nodes as it may have, whether they run or not.
    """
    body = request.json()
    existing = state.clusters.get(name.lower())
    if existing and existing.provisioning == "Deleting":
        raise AzureError(409, "Conflict", f"Compute '{name}' is being deleted.")
    cluster = _change(state, existing, body) if existing else _create(state, name, body)
    operation = operations.begin(state, f"computes/{name}")
    state.world.clock.start(_provision(state, cluster, operation), name=f"{CLOUD}/{name}")
    return Response.of_json(
        _resource(state, cluster),
        status=200 if existing else 201,
        headers=operations.headers(operation),
        took=duration(state.world, "request_create"),
    )


def delete(state: State, request: Request, name: str) -> Response:
    """Delete a cluster: a long-running operation. Its nodes are released at once and its jobs fail; its quota comes
    back when it is gone."""
    cluster = find(state, name)
    operation = operations.begin(state, f"computes/{name}")
    cluster.provisioning = "Deleting"
    cluster.pool.close(f"AzureMLCompute cluster {cluster.name} does not exist")
    state.world.clock.start(_remove(state, cluster, operation), name=f"{CLOUD}/{name}")
    return Response(202, operations.headers(operation), took=duration(state.world, "request_create"))


# Creating, changing, removing


def _create(state: State, name: str, body: dict[str, Any]) -> Cluster:
    kind = body["properties"]["computeType"]
    if kind != "AmlCompute":
        raise NotSimulated(f"Azure ML compute of type {kind}", "A cluster (AmlCompute) is.")
    asked = body["properties"].get("properties") or {}
    _check_name(name)
    if asked.get("vmPriority") == "LowPriority":
        raise NotSimulated("Azure ML low-priority nodes", "New clusters cannot have them since 2026-03-31.")
    size = _size(asked.get("vmSize"))
    minimum, maximum, idle_time = _scale(asked)
    _take_quota(state, size, maximum)
    now = state.world.clock.now
    pool = Pool(state.world, name=name, type=size, minimum=0, maximum=maximum, idle_time=idle_time)
    cluster = Cluster(name, {**asked, "vmSize": size.name}, pool, created=now, modified=now)
    cluster.tags = body.get("tags") or {}
    state.clusters[name.lower()] = cluster
    state.world.events.record("cluster.created", f"{CLOUD}/{name}", size=size.name, minimum=minimum, maximum=maximum)
    return cluster


def _change(state: State, cluster: Cluster, body: dict[str, Any]) -> Cluster:
    asked = body["properties"].get("properties") or {}
    if _size(asked.get("vmSize")).name != cluster.pool.type.name:
        raise bad_request(f"The VM size of compute '{cluster.name}' cannot be changed.")
    _, maximum, _ = _scale(asked)
    more = maximum - cluster.pool.maximum
    if more > 0:
        _take_quota(state, cluster.pool.type, more)
    else:
        quota.give_back(state.world, cluster.pool.type, -more)
    cluster.pool.maximum = maximum
    cluster.asked = {**asked, "vmSize": cluster.pool.type.name}
    cluster.tags = body.get("tags") or cluster.tags
    cluster.provisioning, cluster.modified = "Updating", state.world.clock.now
    return cluster


def _provision(state: State, cluster: Cluster, operation: operations.Operation) -> Lifecycle:
    """A cluster is set up; then it keeps as many nodes as it must."""
    yield state.world.clock.timeout(duration(state.world, "cluster_create"))
    if not cluster.pool.gone:
        cluster.provisioning = "Succeeded"
        minimum, maximum, idle_time = _scale(cluster.asked)
        cluster.pool.scale(minimum=minimum, maximum=maximum, idle_time=idle_time)
    operations.end(state, operation)


def _remove(state: State, cluster: Cluster, operation: operations.Operation) -> Lifecycle:
    """A cluster is taken down; then its quota is free again."""
    yield state.world.clock.timeout(duration(state.world, "cluster_delete"))
    if state.clusters.pop(cluster.name.lower(), None) is not None:
        quota.give_back(state.world, cluster.pool.type, cluster.pool.maximum)
        state.world.events.record("cluster.deleted", f"{CLOUD}/{cluster.name}")
    operations.end(state, operation)


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise AzureError(
            400,
            "BadRequest",
            "A name for an Azure ML Compute must be between 3 and 24 characters in length and must use only numbers, "
            "letters and minus symbol (-), must start with letters. Numbers cannot be the ending of the name if the "
            "previous character is a minus symbol (-). Please specify a different name",
            target="name",
        )


def _size(size: str | None) -> MachineType:
    try:
        return machine_type(size or "")
    except KeyError:
        raise AzureError(
            400,
            "InvalidPropertyValue",
            f"The specified value {size} for property Cluster.Properties.VMSize is not a supported VM size. "
            "See additional details for supported VM sizes.",
            details=(("SupportedVMSizes", ",".join(read("machine_types"))),),
        ) from None


def _scale(asked: dict[str, Any]) -> tuple[int, int, int]:
    """(fewest nodes, most nodes, idle time in ms)."""
    import isodate

    settings = asked.get("scaleSettings") or {}
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
    return minimum, maximum, round(seconds * SECOND)


def _take_quota(state: State, size: MachineType, nodes: int) -> None:
    try:
        quota.take(state.world, size, nodes)
    except QuotaExceeded as short:
        raise _over_quota(size, nodes, short) from None


def _over_quota(size: MachineType, nodes: int, short: QuotaExceeded) -> AzureError:
    return AzureError(
        400,
        "ClusterMinNodesExceedCoreQuota",
        f"The specified subscription has a {size.family} family vCPU quota of {short.limit} and cannot accomodate "
        f"for at least {nodes} requested managed compute nodes which maps to {short.requested} vCPUs. Talk to your "
        "Subscription Admin or refer to https://docs.microsoft.com/azure/machine-learning/how-to-manage-quotas"
        "#request-quota-increases to increase the family quota",
    )


# As it goes over the wire


def _resource(state: State, cluster: Cluster) -> dict[str, Any]:
    created = state.time(cluster.created)
    return {
        "id": f"{WORKSPACE_ID}/computes/{cluster.name}",
        "name": cluster.name,
        "type": f"{PROVIDER}/workspaces/computes",
        "location": REGION,
        "tags": cluster.tags,
        "systemData": system_data(created),
        "properties": {
            "computeType": "AmlCompute",
            "computeLocation": REGION,
            "provisioningState": cluster.provisioning,
            "createdOn": created,
            "modifiedOn": state.time(cluster.modified),
            "isAttachedCompute": False,
            "disableLocalAuth": True,
            "properties": _properties(state, cluster),
        },
    }


def _properties(state: State, cluster: Cluster) -> dict[str, Any]:
    pool, count = cluster.pool, cluster.pool.count()
    settings = (cluster.asked.get("scaleSettings") or {}) | {"maxNodeCount": pool.maximum}
    states = ("idle", "running", "preparing", "unusable", "leaving", "preempted")
    # The default is left out: azure-ai-ml 1.35.2 cannot send back a cluster that it has read with the default in it.
    own_network = {"enableNodePublicIp": False} if cluster.asked.get("enableNodePublicIp") is False else {}
    return {
        **own_network,
        "osType": "Linux",
        "vmSize": pool.type.name,
        "vmPriority": "Dedicated",
        "scaleSettings": {"minNodeCount": 0, "nodeIdleTimeBeforeScaleDown": f"PT{IDLE_SECONDS}S", **settings},
        "remoteLoginPortPublicAccess": cluster.asked.get("remoteLoginPortPublicAccess", "NotSpecified"),
        "allocationState": "Resizing" if pool.resizing else "Steady",
        "allocationStateTransitionTime": state.time(cluster.modified),
        "currentNodeCount": len(pool.nodes) - count["preparing"],
        "targetNodeCount": len(pool.nodes) - count["leaving"],
        "nodeStateCounts": {f"{name}NodeCount": count[name] for name in states},
    }


_PATH = f"{WORKSPACE_PATH}/computes"

ROUTES = (
    Route("GET", ARM, _PATH, list_all, "Compute - List", "lesson 1"),
    Route("GET", ARM, _PATH + "/{name}", get, "Compute - Get", "lesson 1"),
    Route("PUT", ARM, _PATH + "/{name}", put, "Compute - Create Or Update", "lesson 1"),
    Route("DELETE", ARM, _PATH + "/{name}", delete, "Compute - Delete", "lesson 1"),
    Route("POST", ARM, _PATH + "/{name}/listNodes", list_nodes, "Compute - List Nodes", "lesson 1"),
)
