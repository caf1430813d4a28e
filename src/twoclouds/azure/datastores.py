"""Datastores: the workspace's connections to its storage. Two come with every workspace."""

from __future__ import annotations

import re
from typing import Any

from twoclouds.azure.account import (
    ARM,
    ARTIFACT_CONTAINER,
    BLOB,
    BLOB_CONTAINER,
    PROVIDER,
    RESOURCE_GROUP,
    STORAGE_ACCOUNT,
    SUBSCRIPTION,
    WORKSPACE_ID,
    WORKSPACE_PATH,
)
from twoclouds.azure.assets import system_data
from twoclouds.azure.errors import user_error
from twoclouds.azure.state import State
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route

DEFAULT = "workspaceblobstore"
CONTAINERS = {DEFAULT: BLOB_CONTAINER, "workspaceartifactstore": ARTIFACT_CONTAINER}

SAS = "sv=2025-01-05&sr=c&sp=racwdl&se=2099-01-01T00%3A00%3A00Z&sig=dHdvY2xvdWRz"
"""A shared access signature. Its letters and digits come to a multiple of four: azure-ai-ml reads them as base64."""


def get(state: State, request: Request, name: str) -> Response:
    """A datastore. Raises AzureError (404)."""
    return Response.of_json(_resource(state, find(state, name)))


def list_all(state: State, request: Request) -> Response:
    """The datastores, or the default one if the query asks for it."""
    names = [DEFAULT] if request.query.get("isDefault", "").lower() == "true" else list(CONTAINERS)
    return Response.of_json({"value": [_resource(state, name) for name in names]})


def list_secrets(state: State, request: Request, name: str) -> Response:
    """A shared access signature for the datastore's container."""
    find(state, name)
    return Response.of_json({"secretsType": "Sas", "sasToken": SAS})


def is_ours(uri: str) -> bool:
    """Whether a URL is one of a blob in the workspace's storage account."""
    return bool(re.match(rf"(https|wasbs)://([^@/]+@)?{re.escape(BLOB)}/", uri))


def locate(state: State, uri: str) -> tuple[str, str]:
    """(container, path) of `azureml://…/datastores/<name>/paths/<path>` or of a blob's URL. Raises AzureError."""
    if uri.startswith("azureml://"):
        name, _, path = uri.partition("datastores/")[2].partition("/")
        return CONTAINERS[find(state, name)], path.removeprefix("paths/").strip("/")
    user, _, host = uri.partition("://")[2].partition("/")[0].rpartition("@")
    path = uri.partition(f"{host}/")[2].partition("?")[0].strip("/")
    container, _, path = (user, "", path) if user else path.partition("/")
    return container, path


def find(state: State, name: str) -> str:
    """A datastore. Raises AzureError (404)."""
    if name not in CONTAINERS:
        raise user_error(404, f"Could not find datastore: {name} in workspace.")
    return name


def _resource(state: State, name: str) -> dict[str, Any]:
    return {
        "id": f"{WORKSPACE_ID}/datastores/{name}",
        "name": name,
        "type": f"{PROVIDER}/workspaces/datastores",
        "systemData": system_data(state.time(0)),
        "properties": {
            "datastoreType": "AzureBlob",
            "accountName": STORAGE_ACCOUNT,
            "containerName": CONTAINERS[name],
            "endpoint": "core.windows.net",
            "protocol": "https",
            "isDefault": name == DEFAULT,
            "credentials": {"credentialsType": "AccountKey"},
            "serviceDataAccessAuthIdentity": "None",
            "subscriptionId": SUBSCRIPTION,
            "resourceGroup": RESOURCE_GROUP,
            "tags": {},
            "properties": {},
        },
    }


_PATH = f"{WORKSPACE_PATH}/datastores"

ROUTES = (
    Route("GET", ARM, _PATH, list_all, "Datastores - List", "lesson 1 (jobs.download)"),
    Route("GET", ARM, _PATH + "/{name}", get, "Datastores - Get", "lesson 1 (an upload)"),
    Route("POST", ARM, _PATH + "/{name}/listSecrets", list_secrets, "Datastores - List Secrets", "lesson 1"),
)
