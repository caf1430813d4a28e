"""Deployments of online endpoints as Azure Resource Manager shows them. What happens to one is in `deployment_run.py`.

https://learn.microsoft.com/rest/api/azureml/online-deployments
"""

from __future__ import annotations

import json
from typing import Any

from twoclouds.azure import operations
from twoclouds.azure.account import ARM, CLOUD, PROVIDER, REGION, SUBSCRIPTION, WORKSPACE_PATH
from twoclouds.azure.assets import models, recipes
from twoclouds.azure.assets.assets import system_data
from twoclouds.azure.catalog import duration, machine_type
from twoclouds.azure.compute import quota
from twoclouds.azure.endpoints import deployment_run
from twoclouds.azure.endpoints.deployment_log import text
from twoclouds.azure.endpoints.online import Deployment, Endpoint, check_idle, check_name, find, find_deployment, limit
from twoclouds.azure.errors import AzureError, bad_request
from twoclouds.azure.state import State
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route
from twoclouds.world.machines import MachineType
from twoclouds.world.quotas import QuotaExceeded

PROBE = {"failureThreshold": 30, "initialDelay": "PT10S", "period": "PT10S", "successThreshold": 1, "timeout": "PT2S"}
REQUESTS = {"maxConcurrentRequestsPerInstance": 1, "maxQueueWait": "PT0.5S", "requestTimeout": "PT5S"}
"""What Azure fills in (reference-yaml-deployment-managed-online.md)."""


def get(state: State, request: Request, endpoint: str, name: str) -> Response:
    """A deployment."""
    return Response.of_json(_resource(state, find_deployment(state, endpoint, name)))


def list_all(state: State, request: Request, endpoint: str) -> Response:
    """The deployments of an endpoint, in order of their names."""
    found = find(state, endpoint).deployments
    return Response.of_json({"value": [_resource(state, found[key]) for key in sorted(found)]})


def put(state: State, request: Request, endpoint: str, name: str) -> Response:
    """Create a deployment, scale the one that exists, or put another model, script or image in it: a long-running
    operation. Its cores, and a reserve for upgrades, are taken from the quota at once."""
    body = request.json()
    parent = find(state, endpoint)
    check_idle("endpoint", parent.name, parent.provisioning)
    existing = parent.deployments.get(name.lower())
    if existing:
        check_idle("deployment", existing.name, existing.provisioning)
    properties, size, count = _complete(state, body)
    operation_name = f"onlineEndpoints/{parent.name}/deployments/{name}"
    if existing:
        lifecycle = _change(state, existing, properties, size, count)
        existing.tags = body.get("tags") or {}
        deployment = existing
    else:
        deployment = _create(state, parent, name, properties, size, count)
        deployment.tags = body.get("tags") or {}
        lifecycle = deployment_run.create
    operation = operations.begin(state, operation_name)
    state.world.clock.start(
        lifecycle(state, deployment, operation),
        name=f"{CLOUD}/{deployment.resource}",
        on_failure=lambda error: deployment_run.broken(state, deployment, operation, error),
    )
    return Response.of_json(
        _resource(state, deployment),
        status=200 if existing else 201,
        headers=operations.headers(operation),
        took=duration(state.world, "request_create"),
    )


def delete(state: State, request: Request, endpoint: str, name: str) -> Response:
    """Delete a deployment that gets no traffic: a long-running operation, at whose end its instances are released."""
    parent, deployment = find(state, endpoint), find_deployment(state, endpoint, name)
    check_idle("endpoint", parent.name, parent.provisioning)
    check_idle("deployment", deployment.name, deployment.provisioning)
    for rules in (parent.traffic, parent.mirror):
        for routed, percent in rules.items():
            if percent and routed.lower() == name.lower():
                raise bad_request(
                    f"Deployment '{deployment.name}' of endpoint '{parent.name}' gets {percent} percent of its traffic "
                    "and cannot be deleted. Set its traffic to 0 first."
                )
    deployment.provisioning = "Deleting"
    operation = operations.begin(state, f"onlineEndpoints/{parent.name}/deployments/{deployment.name}")
    lifecycle = deployment_run.delete(state, parent, deployment, operation)
    state.world.clock.start(lifecycle, name=f"{CLOUD}/{deployment.resource}")
    return Response(202, operations.headers(operation), took=duration(state.world, "request_create"))


def get_logs(state: State, request: Request, endpoint: str, name: str) -> Response:
    """The end of a container's log."""
    asked = request.json()
    deployment = find_deployment(state, endpoint, name)
    return Response.of_json({"content": text(state, deployment, asked.get("containerType"), asked.get("tail"))})


def _create(
    state: State, parent: Endpoint, name: str, properties: dict[str, Any], size: MachineType, count: int
) -> Deployment:
    check_name("deployment", name)
    every = sum(len(endpoint.deployments) for endpoint in state.endpoints.values())
    if len(parent.deployments) >= limit("deployments_per_endpoint") or every >= limit("deployments"):
        raise AzureError(
            400,
            "OutOfQuota",
            f"An endpoint has at most {limit('deployments_per_endpoint')} deployments, and a subscription "
            f"{limit('deployments')} in a region.",
        )
    reserved = _reserve(state, size, count, held=0)
    now = state.world.clock.now
    deployment = Deployment(name, parent.name, properties, {}, size, count, reserved, now, now)
    parent.deployments[name.lower()] = deployment
    state.world.events.record("deployment.created", f"{CLOUD}/{deployment.resource}", size=size.name, count=count)
    return deployment


def _change(
    state: State, deployment: Deployment, properties: dict[str, Any], size: MachineType, count: int
) -> deployment_run.Change:
    """What is done to a deployment that becomes this one: its number of instances changes, or its content as well."""
    if size.name != deployment.size.name:
        raise bad_request(
            f"The instance type of deployment '{deployment.name}' cannot be changed from {deployment.size.name} to "
            f"{size.name}. Create another deployment, and move the traffic."
        )
    deployment.reserved = _reserve(state, size, count, held=deployment.reserved)
    same = deployment.properties == properties and deployment.provisioning == "Succeeded"
    deployment.properties, deployment.count = properties, count
    deployment.provisioning, deployment.modified = "Scaling" if same else "Updating", state.world.clock.now
    return deployment_run.scale if same else deployment_run.update


def _reserve(state: State, size: MachineType, count: int, *, held: int) -> int:
    """Take cores for so many instances and for the reserve, of which those of `held` are taken already: for how many
    they are then. Raises AzureError, and takes none."""
    wanted = quota.with_reserve(count)
    try:
        if wanted > held:
            quota.take(state.world, size, wanted - held, computes=0 if held else 1)
        else:
            quota.give_back(state.world, size, held - wanted)
    except QuotaExceeded as short:
        raise _inferencing(
            "VmSize",
            f"Not enough quota available for {size.name} in SubscriptionId {SUBSCRIPTION}. "
            f"Current usage/limit: {short.used}/{short.limit}. Additional needed: {short.requested} "
            "Please see troubleshooting guide, available here: https://aka.ms/oe-tsg#error-outofquota",
        ) from None
    return wanted


def _inferencing(field: str, message: str) -> AzureError:
    """What the service behind Azure ML refuses, as it comes through: seen in mslearn-azure-ml issue 30."""
    detail = json.dumps(
        {
            "errors": {field: [message]},
            "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1",
            "title": "One or more validation errors occurred.",
            "status": 400,
        },
        separators=(",", ":"),
    )
    return AzureError(
        400,
        "BadRequest",
        "The request is invalid.",
        details=(
            (
                "InferencingClientCreateDeploymentFailed",
                f"InferencingClient HttpRequest error, error detail: {detail}",
            ),
        ),
    )


def _complete(state: State, body: dict[str, Any]) -> tuple[dict[str, Any], MachineType, int]:
    """What was asked for with Azure's defaults, the size and the number of the instances.

    Everything that it names exists, or AzureError is raised.
    """
    asked = {key: value for key, value in body["properties"].items() if value is not None}
    if asked.get("endpointComputeType", "Managed") != "Managed":
        raise NotSimulated("Azure ML Kubernetes online deployments", "Managed ones are.")
    if asked.get("dataCollector"):
        raise NotSimulated("Azure ML data collection (DataCollector)")
    if (asked.get("scaleSettings") or {}).get("scaleType", "Default") != "Default":
        raise bad_request("Managed online deployments support scale settings of type Default only.")
    try:
        size = machine_type(asked.get("instanceType") or "")
    except KeyError:
        raise _inferencing("VmSize", f"The VM size '{asked.get('instanceType')}' is not supported.") from None
    count = (body.get("sku") or {}).get("capacity") or 1
    if not 1 <= count <= limit("instances_per_deployment"):
        most = limit("instances_per_deployment")
        raise _inferencing("Capacity", f"The instance count is {count}: it must be between 1 and {most}.")
    properties: dict[str, Any] = {
        "appInsightsEnabled": False,
        "egressPublicNetworkAccess": "Enabled",
        "environmentVariables": {},
        "properties": {},
        "scaleSettings": {"scaleType": "Default"},
        **asked,
        "endpointComputeType": "Managed",
        "instanceType": size.name,
        "livenessProbe": PROBE | _given(asked.get("livenessProbe")),
        "readinessProbe": PROBE | _given(asked.get("readinessProbe")),
        "requestSettings": REQUESTS | _given(asked.get("requestSettings")),
    }
    most = limit("request_timeout_seconds")
    if deployment_run.seconds_of(properties["requestSettings"]["requestTimeout"]) > most:
        raise bad_request(f"The request timeout must not be more than {most} seconds.")
    _check_content(state, properties)
    return properties, size, count


def _given(settings: dict[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (settings or {}).items() if value is not None}


def _check_content(state: State, properties: dict[str, Any]) -> None:
    """Raise AzureError if model, environment or code do not exist, or if what is needed is not named."""
    model = models.find(state, properties["model"]) if properties.get("model") else None
    no_code = model is not None and model.type == models.MLFLOW and not properties.get("codeConfiguration")
    if model is not None and model.type == models.TRITON:
        raise NotSimulated("Azure ML deployments of Triton models", "Custom and MLflow models are.")
    if environment := properties.get("environmentId"):
        properties["environmentId"] = recipes.resolve(state, environment)
    elif not no_code:
        raise bad_request(
            "The request is invalid.",
            "InferenceContainerConfiguration.ServingContainer.Image: 'Image' must not be empty. Only a deployment of "
            "an MLflow model without a scoring script needs no environment.",
        )
    if code := (properties.get("codeConfiguration") or {}).get("codeId"):
        *_, code_name, _, version = code.split("/")
        state.codes.get(code_name, version)


def _resource(state: State, deployment: Deployment) -> dict[str, Any]:
    parent = find(state, deployment.endpoint)
    return {
        "id": f"{parent.id}/deployments/{deployment.name}",
        "name": deployment.name,
        "type": f"{PROVIDER}/workspaces/onlineEndpoints/deployments",
        "location": REGION,
        "kind": "Managed",
        "sku": {"name": "Default", "tier": "Standard", "capacity": deployment.count},
        "tags": deployment.tags,
        "systemData": system_data(state.time(deployment.created), state.time(deployment.modified)),
        "properties": {**deployment.properties, "provisioningState": deployment.provisioning},
    }


_ALL = f"{WORKSPACE_PATH}/onlineEndpoints/{{endpoint}}/deployments"
_ONE = _ALL + "/{name}"
_EXAMPLE = "azureml-examples online-endpoints-safe-rollout.ipynb"

ROUTES = (
    Route("GET", ARM, _ALL, list_all, "Online Deployments - List", _EXAMPLE),
    Route("GET", ARM, _ONE, get, "Online Deployments - Get", _EXAMPLE),
    Route("PUT", ARM, _ONE, put, "Online Deployments - Create Or Update", _EXAMPLE),
    Route("DELETE", ARM, _ONE, delete, "Online Deployments - Delete", _EXAMPLE),
    Route("POST", ARM, _ONE + "/getLogs", get_logs, "Online Deployments - Get Logs", _EXAMPLE),
)
