"""The workspace: where everything else is, and the addresses of its services."""

from __future__ import annotations

from typing import Any

from twoclouds.azure.account import (
    API,
    ARM,
    GROUP_ID,
    GROUP_PATH,
    LOGIN,
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
from twoclouds.azure.assets.assets import system_data
from twoclouds.azure.errors import AzureError, resource_not_found
from twoclouds.azure.state import State
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route

REGISTRY = "twocloudsacr"
"""The workspace's registry of images."""

_KIND = f"providers/{PROVIDER}/workspaces"


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
    return Response.of_json(_resource(state))


def list_all(state: State, request: Request) -> Response:
    """The workspaces of the resource group, or of the subscription, of the kinds that the query names."""
    kinds = request.query.get("kind", "default").lower().split(",")
    return Response.of_json({"value": [_resource(state)] if "default" in kinds else []})


def list_keys(state: State, request: Request) -> Response:
    """The keys of what belongs to the workspace: its storage, its Application Insights, its registry of images."""
    registry = {
        "username": REGISTRY,
        "location": REGION,
        "passwords": [{"name": name, "value": "two-clouds-is-not-a-secret"} for name in ("password", "password2")],
    }
    return Response.of_json(
        {
            "userStorageKey": "dHdvLWNsb3Vkcy1pcy1ub3QtYS1zZWNyZXQ=",
            "userStorageArmId": f"{GROUP_ID}/providers/Microsoft.Storage/storageAccounts/{STORAGE_ACCOUNT}",
            "appInsightsInstrumentationKey": WORKSPACE_GUID,
            "containerRegistryCredentials": registry,
        }
    )


def _resource(state: State) -> dict[str, Any]:
    return {
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
            "containerRegistry": f"{GROUP_ID}/providers/Microsoft.ContainerRegistry/registries/{REGISTRY}",
        },
    }


def discover(state: State, request: Request) -> Response:
    """The addresses of the workspace's services."""
    names = ("api", "experimentation", "history", "hyperdrive", "labeling", "modelmanagement", "pipelines")
    return Response.of_json({**dict.fromkeys(names, f"https://{API}"), "studio": "https://ml.azure.com"})


def describe_cloud(state: State, request: Request) -> Response:
    """Where the services of Azure's public cloud are: anybody may ask."""
    return Response.of_json(
        [
            {
                "name": "AzureCloud",
                "portal": "https://portal.azure.com",
                "authentication": {
                    "loginEndpoint": f"https://{LOGIN}/",
                    "audiences": [f"https://{ARM}/", "https://management.core.windows.net/"],
                    "tenant": "common",
                    "identityProvider": "AAD",
                },
                "resourceManager": f"https://{ARM}/",
                "graph": "https://graph.windows.net/",
                "microsoftGraphResourceId": "https://graph.microsoft.com/",
                "suffixes": {"storage": "core.windows.net", "keyVaultDns": "vault.azure.net"},
            }
        ]
    )


METADATA = "/metadata/endpoints"

_EXAMPLE = "azureml-examples sdk/python/resources/workspace/workspace.ipynb"

ROUTES = (
    Route("GET", ARM, METADATA, describe_cloud, "Metadata - Get Endpoints", "azureml-examples sdk/python/using-mlflow"),
    Route("GET", ARM, WORKSPACE_PATH, get, "Workspaces - Get", "lesson 1"),
    Route("GET", ARM, f"{GROUP_PATH}/{_KIND}", list_all, "Workspaces - List By Resource Group", _EXAMPLE),
    Route(
        "GET", ARM, f"/subscriptions/{{subscription}}/{_KIND}", list_all, "Workspaces - List By Subscription", _EXAMPLE
    ),
    Route("POST", ARM, f"{WORKSPACE_PATH}/listKeys", list_keys, "Workspaces - List Keys", "how-to-manage-workspace.md"),
    Route("GET", API, "/discovery", discover, "Workspace services - Discover", "lesson 1 (jobs.stream)"),
)
