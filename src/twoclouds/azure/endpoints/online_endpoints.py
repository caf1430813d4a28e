"""Managed online endpoints as Azure Resource Manager shows them: a name, an address and keys, which cost nothing.

https://learn.microsoft.com/rest/api/azureml/online-endpoints
"""

from __future__ import annotations

from typing import Any

from twoclouds.azure import operations
from twoclouds.azure.account import ARM, CLOUD, GROUP_ID, PROVIDER, REGION, WORKSPACE_PATH
from twoclouds.azure.assets.assets import system_data
from twoclouds.azure.catalog import duration
from twoclouds.azure.endpoints import deployment_run, online_traffic
from twoclouds.azure.endpoints.online import Endpoint, check_idle, check_name, find, limit
from twoclouds.azure.errors import AzureError, bad_request
from twoclouds.azure.identity import managed_identities, principals
from twoclouds.azure.state import State
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route
from twoclouds.world.clock import SECOND, Lifecycle

AUTH_MODES = {"key": "Key", "amltoken": "AMLToken", "aadtoken": "AADToken"}


def get(state: State, request: Request, name: str) -> Response:
    """An endpoint."""
    return Response.of_json(_resource(state, find(state, name)))


def list_all(state: State, request: Request) -> Response:
    """All online endpoints, in order of their names."""
    return Response.of_json({"value": [_resource(state, state.endpoints[key]) for key in sorted(state.endpoints)]})


def put(state: State, request: Request, name: str) -> Response:
    """Create an endpoint, or change its traffic, tags and description: a long-running operation."""
    body = request.json()
    asked = {key: value for key, value in body["properties"].items() if value is not None}
    existing = state.endpoints.get(name.lower())
    if asked.get("compute"):
        raise NotSimulated("Azure ML Kubernetes online endpoints", "Managed ones are.")
    traffic, mirror = asked.get("traffic") or {}, asked.get("mirrorTraffic") or {}
    if existing:
        check_idle("endpoint", name, existing.provisioning)
    online_traffic.check(existing, traffic, mirror)
    endpoint = existing or _create(state, name, asked, body)
    if existing:
        _change(state, existing, asked, body)
    took = duration(state.world, "endpoint_update" if existing else "endpoint_create")
    operation = operations.begin(state, f"onlineEndpoints/{name}")
    state.world.clock.start(_provision(state, endpoint, traffic, mirror, took, operation), name=f"{CLOUD}/{name}")
    return Response.of_json(
        _resource(state, endpoint),
        status=200 if existing else 201,
        headers=operations.headers(operation),
        took=duration(state.world, "request_create"),
    )


def delete(state: State, request: Request, name: str) -> Response:
    """Delete an endpoint with all its deployments: a long-running operation. What they run is released at its end."""
    endpoint = find(state, name)
    check_idle("endpoint", name, endpoint.provisioning)
    for deployment in endpoint.deployments.values():
        check_idle("deployment", deployment.name, deployment.provisioning)
    endpoint.provisioning = "Deleting"
    for deployment in endpoint.deployments.values():
        deployment.provisioning = "Deleting"
    operation = operations.begin(state, f"onlineEndpoints/{name}")
    state.world.clock.start(_remove(state, endpoint, operation), name=f"{CLOUD}/{name}")
    return Response(202, operations.headers(operation), took=duration(state.world, "request_create"))


def list_keys(state: State, request: Request, name: str) -> Response:
    """The keys of an endpoint whose clients have keys."""
    endpoint = _with_keys(state, name)
    return Response.of_json({"primaryKey": endpoint.keys["Primary"], "secondaryKey": endpoint.keys["Secondary"]})


def regenerate_keys(state: State, request: Request, name: str) -> Response:
    """Make a new key in place of one; the old one is refused from now on."""
    endpoint = _with_keys(state, name)
    kind = str(request.json()["keyType"])
    endpoint.keys[kind] = _key(state, endpoint.name)
    operation = operations.begin(state, f"onlineEndpoints/{name}/regenerateKeys")
    operations.end(state, operation)
    return Response(202, operations.headers(operation), took=duration(state.world, "request_create"))


def get_token(state: State, request: Request, name: str) -> Response:
    """A token for an endpoint whose clients have Azure ML tokens."""
    endpoint = find(state, name)
    if endpoint.auth_mode != "AMLToken":
        raise bad_request(f"Endpoint '{endpoint.name}' does not use tokens for authentication.")
    now, lifetime = int(state.world.clock.timestamp), limit("aml_token_seconds")
    token = state.world.ids.hex("azure/endpoint-token", endpoint.name, length=64)
    endpoint.tokens[token] = state.world.clock.now + lifetime * SECOND
    return Response.of_json(
        {
            "accessToken": token,
            "tokenType": "Bearer",
            "expiryTimeUtc": now + lifetime,
            "refreshAfterTimeUtc": now + lifetime // 2,
        }
    )


def _with_keys(state: State, name: str) -> Endpoint:
    endpoint = find(state, name)
    if endpoint.auth_mode != "Key":
        raise bad_request(f"Endpoint '{endpoint.name}' does not use keys for authentication.")
    return endpoint


def _key(state: State, name: str) -> str:
    return state.world.ids.hex("azure/endpoint-key", name, length=32)


def _create(state: State, name: str, asked: dict[str, Any], body: dict[str, Any]) -> Endpoint:
    check_name("endpoint", name)
    mode = AUTH_MODES.get(str(asked.get("authMode", "")).lower())
    if mode is None:
        raise bad_request(f"'{asked.get('authMode')}' is not an authentication mode.")
    if len(state.endpoints) >= limit("endpoints"):
        raise AzureError(
            400, "OutOfQuota", f"The limit of {limit('endpoints')} endpoints in this region has been reached."
        )
    now = state.world.clock.now
    managed_identities.check(state, body.get("identity"))
    endpoint = Endpoint(name, mode, asked, {}, body.get("tags") or {}, now, now)
    endpoint.identity = _identity(state, endpoint, body)
    if mode == "Key":
        endpoint.keys = {kind: _key(state, name) for kind in ("Primary", "Secondary")}
    state.endpoints[name.lower()] = endpoint
    state.world.events.record("endpoint.created", f"{CLOUD}/{name}")
    return endpoint


def _change(state: State, endpoint: Endpoint, asked: dict[str, Any], body: dict[str, Any]) -> None:
    mode = AUTH_MODES.get(str(asked.get("authMode", "")).lower())
    if mode != endpoint.auth_mode:
        raise bad_request(f"The authentication mode of endpoint '{endpoint.name}' cannot be changed.")
    endpoint.properties, endpoint.tags = asked, body.get("tags") or {}
    endpoint.provisioning, endpoint.modified = "Updating", state.world.clock.now


def _identity(state: State, endpoint: Endpoint, body: dict[str, Any]) -> dict[str, Any]:
    """The identity that the endpoint's containers have: its own, if the request names none, which may read the
    workspace's storage and pull its images from the beginning."""
    found = managed_identities.attach(state, endpoint.id, body.get("identity") or {"type": "SystemAssigned"})
    own = managed_identities.system(state, endpoint.id)
    if own is not None:
        principals.assign(state, own.object_id, "Storage Blob Data Reader", principals.STORAGE_ID)
        principals.assign(state, own.object_id, "AcrPull", GROUP_ID)
    return found or {"type": "None"}


def _provision(
    state: State,
    endpoint: Endpoint,
    traffic: dict[str, int],
    mirror: dict[str, int],
    took: int,
    operation: operations.Operation,
) -> Lifecycle:
    """An endpoint is set up, or its rules are changed; then they hold."""
    yield state.world.clock.timeout(took)
    if traffic != endpoint.traffic or mirror != endpoint.mirror:
        endpoint.traffic, endpoint.mirror, endpoint.shares = traffic, mirror, {}
        state.world.events.record("endpoint.traffic", f"{CLOUD}/{endpoint.name}", traffic=traffic, mirror=mirror)
    endpoint.provisioning = "Succeeded"
    operations.end(state, operation)


def _remove(state: State, endpoint: Endpoint, operation: operations.Operation) -> Lifecycle:
    """An endpoint is taken down, and with it all that its deployments run."""
    yield state.world.clock.timeout(duration(state.world, "endpoint_delete"))
    for deployment in list(endpoint.deployments.values()):
        deployment_run.release(state, endpoint, deployment)
    managed_identities.detach(state, endpoint.id)
    del state.endpoints[endpoint.name.lower()]
    state.world.events.record("endpoint.deleted", f"{CLOUD}/{endpoint.name}")
    operations.end(state, operation)


def _resource(state: State, endpoint: Endpoint) -> dict[str, Any]:
    asked = endpoint.properties
    return {
        "id": endpoint.id,
        "name": endpoint.name,
        "type": f"{PROVIDER}/workspaces/onlineEndpoints",
        "location": REGION,
        "kind": "Managed",
        "tags": endpoint.tags,
        "identity": endpoint.identity,
        "systemData": system_data(state.time(endpoint.created), state.time(endpoint.modified)),
        "properties": {
            "authMode": endpoint.auth_mode,
            "description": asked.get("description"),
            "properties": {**(asked.get("properties") or {}), "azureml.onlineendpointid": endpoint.id.lower()},
            "publicNetworkAccess": asked.get("publicNetworkAccess") or "Enabled",
            "provisioningState": endpoint.provisioning,
            "scoringUri": f"https://{endpoint.host}/score",
            "swaggerUri": f"https://{endpoint.host}/swagger.json",
            "traffic": endpoint.traffic,
            "mirrorTraffic": endpoint.mirror,
        },
    }


_ALL = f"{WORKSPACE_PATH}/onlineEndpoints"
_ONE = _ALL + "/{name}"
_EXAMPLE = "azureml-examples online-endpoints-safe-rollout.ipynb"

ROUTES = (
    Route("GET", ARM, _ALL, list_all, "Online Endpoints - List", _EXAMPLE),
    Route("GET", ARM, _ONE, get, "Online Endpoints - Get", _EXAMPLE),
    Route("PUT", ARM, _ONE, put, "Online Endpoints - Create Or Update", _EXAMPLE),
    Route("DELETE", ARM, _ONE, delete, "Online Endpoints - Delete", _EXAMPLE),
    Route("POST", ARM, _ONE + "/listKeys", list_keys, "Online Endpoints - List Keys", _EXAMPLE),
    Route(
        "POST", ARM, _ONE + "/regenerateKeys", regenerate_keys, "Online Endpoints - Regenerate Keys", "lesson 5 (keys)"
    ),
    Route("POST", ARM, _ONE + "/token", get_token, "Online Endpoints - Get Token", "lesson 5 (tokens)"),
)
