"""The workspace: where everything else is, and the addresses of its services."""

from __future__ import annotations

from typing import Any

from twoclouds.azure.account import (
    API,
    ARM,
    GROUP_ID,
    PROVIDER,
    REGION,
    RESOURCE_GROUP,
    STORAGE_ACCOUNT,
    SUBSCRIPTION,
    TENANT,
    WORKSPACE,
    WORKSPACE_GUID,
    WORKSPACE_ID,
    WORKSPACE_PATH,
)
from twoclouds.azure.assets import system_data
from twoclouds.azure.errors import AzureError, resource_not_found
from twoclouds.azure.state import State
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route


def check_subscription(name: str) -> None:
    """Raise AzureError for a subscription that does not exist: that is looked at before who may do what."""
    if name.lower() != SUBSCRIPTION:
        raise AzureError(404, "SubscriptionNotFound", f"The subscription '{name}' could not be found.")


def check_scope(parameters: dict[str, Any], *, nested: bool) -> None:
    """Take subscription, group and workspace out of a path's parameters. Raises AzureError if one does not exist."""
    subscription = parameters.pop("subscription", SUBSCRIPTION)
    group = parameters.pop("group", RESOURCE_GROUP)
    workspace = parameters.pop("workspace", WORKSPACE)
    check_subscription(subscription)
    if group.lower() != RESOURCE_GROUP:
        raise AzureError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")
    if workspace.lower() != WORKSPACE:
        if not nested:
            raise resource_not_found(f"{PROVIDER}/workspaces", workspace, group)
        raise AzureError(
            404,
            "ParentResourceNotFound",
            "Failed to perform 'read' on resource(s) of type 'workspaces', because the parent resource "
            f"'/subscriptions/{subscription}/resourceGroups/{group}/providers/{PROVIDER}/workspaces/{workspace}' "
            "could not be found.",
        )


def get(state: State, request: Request) -> Response:
    """The workspace of this account."""
    return Response.of_json(
        {
            "id": WORKSPACE_ID,
            "name": WORKSPACE,
            "type": f"{PROVIDER}/workspaces",
            "location": REGION,
            "kind": "Default",
            "sku": {"name": "Basic", "tier": "Basic"},
            "tags": {},
            "identity": {"type": "SystemAssigned", "principalId": WORKSPACE_GUID, "tenantId": TENANT},
            "systemData": system_data(state.time(0)),
            "properties": {
                "friendlyName": WORKSPACE,
                "description": "",
                "workspaceId": WORKSPACE_GUID,
                "provisioningState": "Succeeded",
                "discoveryUrl": f"https://{API}/discovery",
                "mlFlowTrackingUri": f"azureml://{API}/mlflow/v1.0{WORKSPACE_ID}",
                "publicNetworkAccess": "Enabled",
                "storageAccount": f"{GROUP_ID}/providers/Microsoft.Storage/storageAccounts/{STORAGE_ACCOUNT}",
                "keyVault": f"{GROUP_ID}/providers/Microsoft.KeyVault/vaults/{WORKSPACE}-kv",
                "applicationInsights": f"{GROUP_ID}/providers/Microsoft.Insights/components/{WORKSPACE}-insights",
                "containerRegistry": f"{GROUP_ID}/providers/Microsoft.ContainerRegistry/registries/twocloudsacr",
            },
        }
    )


def discover(state: State, request: Request) -> Response:
    """The addresses of the workspace's services."""
    names = ("api", "experimentation", "history", "hyperdrive", "labeling", "modelmanagement", "pipelines")
    return Response.of_json({**dict.fromkeys(names, f"https://{API}"), "studio": "https://ml.azure.com"})


ROUTES = (
    Route("GET", ARM, WORKSPACE_PATH, get, "Workspaces - Get", "lesson 1"),
    Route("GET", API, "/discovery", discover, "Workspace services - Discover", "lesson 1 (jobs.stream)"),
)
