"""Deployments of batch endpoints as Azure Resource Manager shows them: what a job is to do when one is invoked.

https://learn.microsoft.com/rest/api/azureml/batch-deployments
"""

from __future__ import annotations

from typing import Any

from twoclouds.azure import operations
from twoclouds.azure.account import ARM, CLOUD, PROVIDER, REGION, WORKSPACE_PATH
from twoclouds.azure.assets import models, recipes
from twoclouds.azure.assets.assets import system_data
from twoclouds.azure.catalog import duration
from twoclouds.azure.compute import compute
from twoclouds.azure.endpoints.batch import BatchDeployment, BatchEndpoint, find, find_deployment
from twoclouds.azure.endpoints.online import check_idle, check_name, limit
from twoclouds.azure.errors import bad_request
from twoclouds.azure.state import State
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route
from twoclouds.world.clock import Lifecycle

DEFAULTS: dict[str, Any] = {
    "environmentVariables": {},
    "errorThreshold": -1,
    "loggingLevel": "Info",
    "maxConcurrencyPerInstance": 1,
    "miniBatchSize": 10,
    "outputAction": "AppendRow",
    "outputFileName": "predictions.csv",
    "properties": {},
}
RETRY = {"maxRetries": 3, "timeout": "PT30S"}
"""What Azure fills in (reference-yaml-deployment-batch.md)."""


def get(state: State, request: Request, endpoint: str, name: str) -> Response:
    """A deployment."""
    return Response.of_json(_resource(state, find_deployment(state, endpoint, name)))


def list_all(state: State, request: Request, endpoint: str) -> Response:
    """The deployments of an endpoint, in order of their names."""
    found = find(state, endpoint).deployments
    return Response.of_json({"value": [_resource(state, found[key]) for key in sorted(found)]})


def put(state: State, request: Request, endpoint: str, name: str) -> Response:
    """Create a deployment, or change one: a long-running operation. Nothing is provisioned for it."""
    body = request.json()
    parent = find(state, endpoint)
    check_idle("endpoint", parent.name, parent.provisioning)
    existing = parent.deployments.get(name.lower())
    if existing:
        check_idle("deployment", existing.name, existing.provisioning)
    properties = _complete(state, body)
    now = state.world.clock.now
    if existing is None:
        check_name("deployment", name)
        if len(parent.deployments) >= limit("deployments_per_endpoint"):
            raise bad_request(f"An endpoint has at most {limit('deployments_per_endpoint')} deployments.")
        deployment = BatchDeployment(name, parent.name, properties, body.get("tags") or {}, now, now)
        parent.deployments[name.lower()] = deployment
        state.world.events.record("batch-deployment.created", f"{CLOUD}/{parent.name}/{name}")
    else:
        deployment = existing
        deployment.properties, deployment.tags = properties, body.get("tags") or {}
        deployment.provisioning, deployment.modified = "Updating", now
    operation = operations.begin(state, f"batchEndpoints/{parent.name}/deployments/{name}")
    state.world.clock.start(_provision(state, deployment, operation), name=f"{CLOUD}/{parent.name}/{name}")
    return Response.of_json(
        _resource(state, deployment),
        status=200 if existing else 201,
        headers=operations.headers(operation),
        took=duration(state.world, "request_create"),
    )


def delete(state: State, request: Request, endpoint: str, name: str) -> Response:
    """Delete a deployment: a long-running operation. If it was the default, the endpoint has none then (assumed)."""
    parent, deployment = find(state, endpoint), find_deployment(state, endpoint, name)
    check_idle("endpoint", parent.name, parent.provisioning)
    check_idle("deployment", deployment.name, deployment.provisioning)
    deployment.provisioning = "Deleting"
    operation = operations.begin(state, f"batchEndpoints/{parent.name}/deployments/{deployment.name}")
    lifecycle = _remove(state, parent, deployment, operation)
    state.world.clock.start(lifecycle, name=f"{CLOUD}/{parent.name}/{name}")
    return Response(202, operations.headers(operation), took=duration(state.world, "request_create"))


def _provision(state: State, deployment: BatchDeployment, operation: operations.Operation) -> Lifecycle:
    """A deployment is noted."""
    yield state.world.clock.timeout(duration(state.world, "batch_deployment_create"))
    deployment.provisioning = "Succeeded"
    operations.end(state, operation)


def _remove(
    state: State, parent: BatchEndpoint, deployment: BatchDeployment, operation: operations.Operation
) -> Lifecycle:
    """A deployment is forgotten."""
    yield state.world.clock.timeout(duration(state.world, "batch_deployment_create"))
    if state.batch_endpoints.get(parent.name.lower()) is parent:
        del parent.deployments[deployment.name.lower()]
        if parent.default.lower() == deployment.name.lower():
            parent.default = ""
    state.world.events.record("batch-deployment.deleted", f"{CLOUD}/{parent.name}/{deployment.name}")
    operations.end(state, operation)


def _complete(state: State, body: dict[str, Any]) -> dict[str, Any]:
    """What was asked for with Azure's defaults. Everything that it names exists, or AzureError is raised."""
    asked = {key: value for key, value in body["properties"].items() if value is not None}
    if asked.get("deploymentConfiguration"):
        raise NotSimulated("Azure ML batch deployments of pipeline components", "Those of models are.")
    if not (asked.get("model") or {}).get("assetId"):
        raise bad_request("A batch deployment needs a model.")
    model = models.find(state, asked["model"]["assetId"])
    no_code = model.type == models.MLFLOW and not asked.get("codeConfiguration")
    if environment := asked.get("environmentId"):
        asked["environmentId"] = recipes.resolve(state, environment)
    elif not no_code:
        raise bad_request("A batch deployment with a scoring script needs an environment.")
    if not no_code and not asked.get("codeConfiguration"):
        raise bad_request("A batch deployment of a model that is not in the MLflow format needs a scoring script.")
    if code := (asked.get("codeConfiguration") or {}).get("codeId"):
        *_, code_name, _, version = code.split("/")
        state.codes.get(code_name, version)
    resources = {"instanceCount": 1, **{k: v for k, v in (asked.get("resources") or {}).items() if v is not None}}
    compute.target(state, asked.get("compute"), resources)
    retry = RETRY | {key: value for key, value in (asked.get("retrySettings") or {}).items() if value is not None}
    completed = {**DEFAULTS, **asked, "resources": resources, "retrySettings": retry}
    for key, least in (("miniBatchSize", 1), ("maxConcurrencyPerInstance", 1), ("errorThreshold", -1)):
        if completed[key] < least:
            raise bad_request(f"{key} is {completed[key]}: it must be at least {least}.")
    return completed


def _resource(state: State, deployment: BatchDeployment) -> dict[str, Any]:
    parent = find(state, deployment.endpoint)
    return {
        "id": f"{parent.id}/deployments/{deployment.name}",
        "name": deployment.name,
        "type": f"{PROVIDER}/workspaces/batchEndpoints/deployments",
        "location": REGION,
        "tags": deployment.tags,
        "systemData": system_data(state.time(deployment.created), state.time(deployment.modified)),
        "properties": {**deployment.properties, "provisioningState": deployment.provisioning},
    }


_ALL = f"{WORKSPACE_PATH}/batchEndpoints/{{endpoint}}/deployments"
_ONE = _ALL + "/{name}"
_EXAMPLE = "azureml-examples batch/deploy-models/mnist-batch.ipynb"

ROUTES = (
    Route("GET", ARM, _ALL, list_all, "Batch Deployments - List", _EXAMPLE),
    Route("GET", ARM, _ONE, get, "Batch Deployments - Get", _EXAMPLE),
    Route("PUT", ARM, _ONE, put, "Batch Deployments - Create Or Update", _EXAMPLE),
    Route("DELETE", ARM, _ONE, delete, "Batch Deployments - Delete", _EXAMPLE),
)
