"""Compute: making, changing, listing and deleting it, whatever its kind; and where a job runs.

Clusters are in `clusters.py`, compute instances in `instances.py`, jobs that name neither in `serverless.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from twoclouds.azure import operations
from twoclouds.azure.account import ARM, CLOUD, WORKSPACE_PATH
from twoclouds.azure.catalog import duration
from twoclouds.azure.compute import clusters, instances, serverless
from twoclouds.azure.compute.compute_resource import Compute, check_name, find, resource, understand
from twoclouds.azure.compute.nodes import Target
from twoclouds.azure.errors import AzureError, bad_request, user_error
from twoclouds.azure.identity import managed_identities
from twoclouds.azure.state import State
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route
from twoclouds.world.clock import Lifecycle

KINDS: dict[str, ModuleType] = {"AmlCompute": clusters, "ComputeInstance": instances}
"""Which module knows how to create, change, provision and remove a compute, and where its jobs run."""


def target(
    state: State, compute: str | None, resources: dict[str, Any] | None = None, queue: dict[str, Any] | None = None
) -> Target:
    """Where a job with this `computeId`, `resources` and `queueSettings` runs; serverless compute if it names none.

    Raises AzureError if there is no such compute, or if the quota would never cover so many machines.
    """
    if not compute:
        return serverless.target(state, resources or {}, queue or {})
    found = find(state, compute.rsplit("/", 1)[-1])
    if found.provisioning == "Deleting":
        raise user_error(400, f"Compute '{found.name}' is being deleted.")
    where: Target = KINDS[found.kind].target(found)
    return where


def get(state: State, request: Request, name: str) -> Response:
    """A compute."""
    return Response.of_json(resource(state, find(state, name)))


def list_all(state: State, request: Request) -> Response:
    """All computes, in order of their names."""
    return Response.of_json({"value": [resource(state, state.computes[key]) for key in sorted(state.computes)]})


def list_nodes(state: State, request: Request, name: str) -> Response:
    """The nodes that a cluster has at this moment."""
    compute = find(state, name)
    if not isinstance(compute, clusters.Cluster):
        raise user_error(400, f"ComputeListNodes with computeType {compute.kind} is not supported.")
    return Response.of_json({"nodes": compute.nodes()})


def put(state: State, request: Request, name: str) -> Response:
    """Create a compute, or change one that exists: a long-running operation."""
    body = request.json()
    kind = (body.get("properties") or {}).get("computeType")
    if kind is None:
        raise bad_request("The request is invalid: the field 'properties' is required.")
    if kind not in KINDS:
        raise NotSimulated(f"Azure ML compute of type {kind}", f"{' and '.join(KINDS)} are.")
    existing, asked = state.computes.get(name.lower()), understand(body)
    managed_identities.check(state, asked.identity)
    if existing is None:
        check_name(name)
        compute = state.computes[name.lower()] = KINDS[kind].create(state, name, asked)
        managed_identities.attach(state, compute.id, asked.identity)
        return _under_way(state, compute, KINDS[kind].provision, status=201)
    if existing.provisioning == "Deleting":
        raise AzureError(409, "Conflict", f"Compute '{existing.name}' is being deleted.")
    if existing.kind != kind:
        raise bad_request(f"Compute '{existing.name}' exists already, as {existing.kind}.")
    KINDS[kind].change(state, existing, asked)
    managed_identities.attach(state, existing.id, asked.identity)
    return _under_way(state, existing, KINDS[kind].provision, status=200)


def delete(state: State, request: Request, name: str) -> Response:
    """Delete a compute: a long-running operation, at whose end its quota is free."""
    compute = find(state, name)
    if request.query.get("underlyingResourceAction", "Delete") != "Delete":
        raise bad_request(f"Compute '{compute.name}' of type {compute.kind} cannot be detached, only deleted.")
    if compute.provisioning == "Deleting":
        raise AzureError(409, "Conflict", f"Compute '{compute.name}' is being deleted.")
    compute.provisioning = "Deleting"
    managed_identities.detach(state, compute.id)
    return _under_way(state, compute, KINDS[compute.kind].remove, status=202)


def act(action: str) -> Handler:
    """Answers a request to start, stop or restart a compute instance: a long-running operation."""

    def answer(state: State, request: Request, name: str) -> Response:
        compute = find(state, name)
        if not isinstance(compute, instances.Instance):
            raise user_error(400, f"Compute{action} with computeType {compute.kind} is not supported.")
        return _under_way(state, compute, instances.ACTIONS[action], status=202)

    return answer


def enable_sso(state: State, request: Request, name: str) -> Response:
    """Let the user of a compute instance sign in once for all, or not."""
    compute = find(state, name)
    if not isinstance(compute, instances.Instance):
        raise user_error(400, f"ComputeEnableSso with computeType {compute.kind} is not supported.")
    compute.asked.settings["enableSSO"] = bool(request.json().get("enableSSO", True))
    return Response(200)


def _under_way(state: State, compute: Compute, lifecycle: Begin, *, status: int) -> Response:
    """Begin a long-running operation, and answer where to follow it."""
    operation = operations.begin(state, f"computes/{compute.name}")
    try:
        what_follows = lifecycle(state, compute, operation)
    except AzureError:
        del state.operations[operation.name]
        raise
    state.world.clock.start(what_follows, name=f"{CLOUD}/{compute.name}")
    took = duration(state.world, "request_create")
    headers = operations.headers(operation)
    if status == 202:
        return Response(status, headers, took=took)
    return Response.of_json(resource(state, compute), status=status, headers=headers, took=took)


Handler = Callable[..., Response]
Begin = Callable[[State, Any, operations.Operation], Lifecycle]

_PATH = f"{WORKSPACE_PATH}/computes"
_EXAMPLE = "azureml-examples sdk/python/resources/compute/compute.ipynb"

ROUTES = (
    Route("GET", ARM, _PATH, list_all, "Compute - List", "lesson 1"),
    Route("GET", ARM, _PATH + "/{name}", get, "Compute - Get", "lesson 1"),
    Route("PUT", ARM, _PATH + "/{name}", put, "Compute - Create Or Update", "lesson 1"),
    Route("DELETE", ARM, _PATH + "/{name}", delete, "Compute - Delete", "lesson 1"),
    Route("POST", ARM, _PATH + "/{name}/listNodes", list_nodes, "Compute - List Nodes", "lesson 1"),
    Route("POST", ARM, _PATH + "/{name}/start", act("Start"), "Compute - Start", _EXAMPLE),
    Route("POST", ARM, _PATH + "/{name}/stop", act("Stop"), "Compute - Stop", _EXAMPLE),
    Route("POST", ARM, _PATH + "/{name}/restart", act("Restart"), "Compute - Restart", _EXAMPLE),
    Route("POST", ARM, _PATH + "/{name}/enableSso", enable_sso, "Compute - Enable Sso", "compute.enable_sso"),
)
