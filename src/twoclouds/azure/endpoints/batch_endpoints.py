"""Batch endpoints as Azure Resource Manager shows them.

https://learn.microsoft.com/rest/api/azureml/batch-endpoints
"""

from __future__ import annotations

from typing import Any

from twoclouds.azure import operations
from twoclouds.azure.account import ARM, CLOUD, PROVIDER, REGION, WORKSPACE_PATH
from twoclouds.azure.assets.assets import system_data
from twoclouds.azure.catalog import duration
from twoclouds.azure.endpoints.batch import BatchEndpoint, find
from twoclouds.azure.endpoints.online import check_idle, check_name, limit
from twoclouds.azure.errors import AzureError, bad_request
from twoclouds.azure.state import State
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route
from twoclouds.world.clock import Lifecycle


def get(state: State, request: Request, name: str) -> Response:
    """An endpoint."""
    return Response.of_json(_resource(state, find(state, name)))


def list_all(state: State, request: Request) -> Response:
    """All batch endpoints, in order of their names."""
    found = state.batch_endpoints
    return Response.of_json({"value": [_resource(state, found[key]) for key in sorted(found)]})


def put(state: State, request: Request, name: str) -> Response:
    """Create an endpoint, or change its default deployment, tags and description: a long-running operation."""
    body = request.json()
    asked = {key: value for key, value in body["properties"].items() if value is not None}
    existing = state.batch_endpoints.get(name.lower())
    if str(asked.get("authMode")).lower() != "aadtoken":
        raise bad_request("Batch endpoints authenticate with Microsoft Entra tokens only (AADToken).")
    default = (asked.get("defaults") or {}).get("deploymentName") or ""
    if existing:
        check_idle("endpoint", name, existing.provisioning)
    if default and (existing is None or default.lower() not in existing.deployments):
        raise bad_request(f"Deployment '{default}' does not exist: it cannot be the default of endpoint '{name}'.")
    now = state.world.clock.now
    if existing is None:
        check_name("endpoint", name)
        if len(state.batch_endpoints) + len(state.endpoints) >= limit("endpoints"):
            most = limit("endpoints")
            raise AzureError(400, "OutOfQuota", f"The limit of {most} endpoints in this region has been reached.")
        existing = state.batch_endpoints[name.lower()] = BatchEndpoint(name, asked, {}, now, now)
        state.world.events.record("batch-endpoint.created", f"{CLOUD}/{name}")
        status = 201
    else:
        existing.provisioning, existing.modified, status = "Updating", now, 200
    existing.properties, existing.tags, existing.default = asked, body.get("tags") or {}, default
    operation = operations.begin(state, f"batchEndpoints/{name}")
    took = duration(state.world, "endpoint_update")
    state.world.clock.start(_provision(state, existing, took, operation), name=f"{CLOUD}/{name}")
    return Response.of_json(
        _resource(state, existing),
        status=status,
        headers=operations.headers(operation),
        took=duration(state.world, "request_create"),
    )


def delete(state: State, request: Request, name: str) -> Response:
    """Delete an endpoint with its deployments: a long-running operation. Jobs that it started go on."""
    endpoint = find(state, name)
    check_idle("endpoint", name, endpoint.provisioning)
    endpoint.provisioning = "Deleting"
    operation = operations.begin(state, f"batchEndpoints/{name}")
    state.world.clock.start(_remove(state, endpoint, operation), name=f"{CLOUD}/{name}")
    return Response(202, operations.headers(operation), took=duration(state.world, "request_create"))


def _provision(state: State, endpoint: BatchEndpoint, took: int, operation: operations.Operation) -> Lifecycle:
    """An endpoint is set up, or changed."""
    yield state.world.clock.timeout(took)
    endpoint.provisioning = "Succeeded"
    operations.end(state, operation)


def _remove(state: State, endpoint: BatchEndpoint, operation: operations.Operation) -> Lifecycle:
    """An endpoint is taken down."""
    yield state.world.clock.timeout(duration(state.world, "endpoint_update"))
    del state.batch_endpoints[endpoint.name.lower()]
    state.world.events.record("batch-endpoint.deleted", f"{CLOUD}/{endpoint.name}")
    operations.end(state, operation)


def _resource(state: State, endpoint: BatchEndpoint) -> dict[str, Any]:
    asked = endpoint.properties
    return {
        "id": endpoint.id,
        "name": endpoint.name,
        "type": f"{PROVIDER}/workspaces/batchEndpoints",
        "location": REGION,
        "tags": endpoint.tags,
        "systemData": system_data(state.time(endpoint.created), state.time(endpoint.modified)),
        "properties": {
            "authMode": "AADToken",
            "description": asked.get("description"),
            "properties": asked.get("properties") or {},
            "defaults": {"deploymentName": endpoint.default or None},
            "provisioningState": endpoint.provisioning,
            "scoringUri": f"https://{endpoint.host}/jobs",
            "swaggerUri": None,
        },
    }


_ALL = f"{WORKSPACE_PATH}/batchEndpoints"
_ONE = _ALL + "/{name}"
_EXAMPLE = "azureml-examples batch/deploy-models/mnist-batch.ipynb"

ROUTES = (
    Route("GET", ARM, _ALL, list_all, "Batch Endpoints - List", _EXAMPLE),
    Route("GET", ARM, _ONE, get, "Batch Endpoints - Get", _EXAMPLE),
    Route("PUT", ARM, _ONE, put, "Batch Endpoints - Create Or Update", _EXAMPLE),
    Route("DELETE", ARM, _ONE, delete, "Batch Endpoints - Delete", _EXAMPLE),
)
