"""Datastores: the workspace's connections to storage. Four come with every workspace.

https://learn.microsoft.com/azure/machine-learning/how-to-datastore. Azure does not look at the storage when a datastore
is made: a wrong account, container or key shows when something is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
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
    WORKSPACE_GUID,
    WORKSPACE_ID,
    WORKSPACE_PATH,
)
from twoclouds.azure.assets.asset_routes import check_name
from twoclouds.azure.assets.assets import system_data
from twoclouds.azure.catalog import duration
from twoclouds.azure.errors import AzureError, user_error
from twoclouds.azure.state import State
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route

DEFAULT = "workspaceblobstore"

SAS = "sv=2025-01-05&sr=c&sp=racwdl&se=2099-01-01T00%3A00%3A00Z&sig=dHdvY2xvdWRz"
"""A shared access signature. Its letters and digits come to a multiple of four: azure-ai-ml reads them as base64."""

SECRETS = {"AccountKey": "key", "Sas": "sasToken", "ServicePrincipal": "clientSecret", "Certificate": "certificate"}
"""Kind of credentials → the field that holds their secret."""


@dataclass
class Datastore:
    """A datastore: what is said of it, and the secret of its credentials, which only `listSecrets` gives out."""

    name: str
    properties: dict[str, Any]
    secret: str
    created: str

    @property
    def credentials(self) -> str:
        """`AccountKey`, `Sas`, `ServicePrincipal`, `Certificate`; or `None`, for which the identity of whoever reads
        or writes counts."""
        return str(self.properties["credentials"]["credentialsType"])

    @property
    def account(self) -> str:
        """The storage account's name; empty for a kind of storage that has none."""
        return str(self.properties.get("accountName", ""))

    @property
    def container(self) -> str:
        """The container, file share or file system that it is."""
        names = ("containerName", "fileShareName", "filesystem")
        return str(next((self.properties[name] for name in names if name in self.properties), ""))


def provide(state: State) -> None:
    """Make those that come with a workspace, and their containers."""
    places = {
        DEFAULT: ("AzureBlob", "containerName", BLOB_CONTAINER),
        "workspaceartifactstore": ("AzureBlob", "containerName", ARTIFACT_CONTAINER),
        "workspacefilestore": ("AzureFile", "fileShareName", f"azureml-filestore-{WORKSPACE_GUID}"),
        "workspaceworkingdirectory": ("AzureFile", "fileShareName", f"code-{WORKSPACE_GUID[:8]}"),
    }
    for name, (kind, field, place) in places.items():
        properties = {"datastoreType": kind, field: place, "accountName": STORAGE_ACCOUNT}
        state.datastores[name] = _make(state, name, properties | {"credentials": {"credentialsType": "AccountKey"}})
        if kind == "AzureBlob":
            state.blobs.make(place)


def find(state: State, name: str) -> Datastore:
    """A datastore. Raises AzureError (404)."""
    if name not in state.datastores:
        raise user_error(404, f"Could not find datastore: {name} in workspace.")
    return state.datastores[name]


def get(state: State, request: Request, name: str) -> Response:
    """A datastore, without its secret."""
    return Response.of_json(_resource(find(state, name)))


def list_all(state: State, request: Request) -> Response:
    """The datastores, or the default one if the query asks for it."""
    only = request.query.get("isDefault", "").lower() == "true"
    found = [_resource(store) for store in state.datastores.values() if not only or store.name == DEFAULT]
    return Response.of_json({"value": found})


def put(state: State, request: Request, name: str) -> Response:
    """Make a datastore, or change the one of that name."""
    check_name(name)
    new = name not in state.datastores
    asked = {key: value for key, value in request.json()["properties"].items() if value is not None}
    made = _make(state, name, asked)
    if not new:
        made.created = state.datastores[name].created
    state.datastores[name] = made
    if new:
        state.world.events.record("datastore.created", f"azure/{name}")
    return Response.of_json(_resource(made), status=201 if new else 200, took=duration(state.world, "request_create"))


def delete(state: State, request: Request, name: str) -> Response:
    """Forget a datastore: what it leads to stays. The default one cannot go."""
    if name not in state.datastores:
        return Response(204)
    if name == DEFAULT:
        raise user_error(400, f"Cannot delete the default datastore {name}.")
    del state.datastores[name]
    return Response(200)


def list_secrets(state: State, request: Request, name: str) -> Response:
    """What opens the storage. Asked for one that expires, an account key comes as a shared access signature."""
    store = find(state, name)
    kind = store.credentials
    if kind not in SECRETS:
        raise user_error(400, f"Datastore {name} has no credentials: it is accessed with the caller's identity.")
    if kind == "AccountKey" and request.json().get("expirableSecret"):
        return Response.of_json({"secretsType": "Sas", "sasToken": SAS})
    return Response.of_json({"secretsType": kind, SECRETS[kind]: store.secret})


# Where things are


def is_ours(uri: str) -> bool:
    """Whether a URL is one of a blob in the workspace's storage account."""
    return bool(re.match(rf"(https|wasbs)://([^@/]+@)?{re.escape(BLOB)}/", uri))


def locate(state: State, uri: str) -> tuple[str, str]:
    """(container, path) of `azureml://…/datastores/<name>/paths/<path>` or of a blob's URL.

    Raises AzureError for a datastore that does not exist (404), and for one whose storage cannot be reached (400).
    """
    if uri.startswith("azureml://"):
        name, _, path = uri.partition("datastores/")[2].partition("/")
        return _reachable(find(state, name)), path.removeprefix("paths/").strip("/")
    user, _, host = uri.partition("://")[2].partition("/")[0].rpartition("@")
    path = uri.partition(f"{host}/")[2].partition("?")[0].strip("/")
    container, _, path = (user, "", path) if user else path.partition("/")
    return container, path


def _reachable(store: Datastore) -> str:
    """The container of a datastore that is in the account's own storage."""
    if store.account != STORAGE_ACCOUNT:
        where = f"storage account '{store.account}'" if store.account else f"'{store.properties['datastoreType']}'"
        raise AzureError(
            400,
            "UserError",
            f"Failed to access datastore '{store.name}': StreamError(ConnectionFailure): the {where} could not be "
            "reached. Name or service not known.",
        )
    return store.container


def _make(state: State, name: str, asked: dict[str, Any]) -> Datastore:
    credentials = dict(asked.get("credentials") or {"credentialsType": "None"})
    held = credentials.pop("secrets", None) or {}
    secret = next((str(held[field]) for field in SECRETS.values() if held.get(field)), SAS)
    defaults: dict[str, Any] = {"serviceDataAccessAuthIdentity": "None", "tags": {}, "properties": {}}
    if "accountName" in asked:
        defaults |= {"endpoint": "core.windows.net", "protocol": "https"}
        defaults |= {"subscriptionId": SUBSCRIPTION, "resourceGroup": RESOURCE_GROUP}
    properties = defaults | asked | {"credentials": credentials, "isDefault": name == DEFAULT}
    return Datastore(name, properties, secret, state.time())


def _resource(store: Datastore) -> dict[str, Any]:
    return {
        "id": f"{WORKSPACE_ID}/datastores/{store.name}",
        "name": store.name,
        "type": f"{PROVIDER}/workspaces/datastores",
        "systemData": system_data(store.created),
        "properties": store.properties,
    }


_PATH = f"{WORKSPACE_PATH}/datastores"
_EXAMPLE = "azureml-examples sdk/python/resources/datastores/datastore.ipynb"

ROUTES = (
    Route("GET", ARM, _PATH, list_all, "Datastores - List", "lesson 1 (jobs.download)"),
    Route("GET", ARM, _PATH + "/{name}", get, "Datastores - Get", "lesson 1 (an upload)"),
    Route("PUT", ARM, _PATH + "/{name}", put, "Datastores - Create Or Update", _EXAMPLE),
    Route("DELETE", ARM, _PATH + "/{name}", delete, "Datastores - Delete", _EXAMPLE),
    Route("POST", ARM, _PATH + "/{name}/listSecrets", list_secrets, "Datastores - List Secrets", "lesson 1"),
)
