"""Code assets: the snapshot of a job's folder. The SDK makes them, one for each content."""

from __future__ import annotations

from twoclouds.azure.account import ARM, BLOB, GROUP_ID, STORAGE_ACCOUNT, WORKSPACE_PATH
from twoclouds.azure.catalog import duration
from twoclouds.azure.state import State
from twoclouds.azure.storage.datastores import SAS
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route


def list_versions(state: State, request: Request, name: str) -> Response:
    """The snapshots with the hash that the query names, whatever their name: this is how the SDK finds that a folder
    has been uploaded before."""
    wanted = request.query.get("hash")
    found = [
        state.codes.resource(version)
        for version in state.codes.every()
        if version.properties["properties"].get("hash_sha256") == wanted
    ]
    return Response.of_json({"value": found})


def start_upload(state: State, request: Request, name: str, version: str) -> Response:
    """A container of its own to upload a snapshot to, and the right to write there."""
    container = f"{name}-{state.world.ids.hex('azure/upload', name, length=20)}"[:63].strip("-")
    state.blobs.make(container)
    uri = f"https://{BLOB}/{container}"
    return Response.of_json(
        {
            "pendingUploadId": state.world.ids.uuid("azure/upload", container),
            "pendingUploadType": "TemporaryBlobReference",
            "blobReferenceForConsumption": {
                "blobUri": uri,
                "storageAccountArmId": f"{GROUP_ID}/providers/Microsoft.Storage/storageAccounts/{STORAGE_ACCOUNT}",
                "credential": {"credentialType": "SAS", "sasUri": f"{uri}?{SAS}"},
            },
        }
    )


def get_version(state: State, request: Request, name: str, version: str) -> Response:
    """A snapshot."""
    return Response.of_json(state.codes.resource(state.codes.get(name, version)))


def put_version(state: State, request: Request, name: str, version: str) -> Response:
    """Register a snapshot that has been uploaded."""
    asked = {key: value for key, value in request.json()["properties"].items() if value is not None}
    notes = {key: str(value) for key, value in asked.get("properties", {}).items()}
    code, new = state.codes.put(name, version, {"isArchived": False, **asked, "properties": notes})
    return Response.of_json(
        state.codes.resource(code), status=201 if new else 200, took=duration(state.world, "request_create")
    )


_PATH = f"{WORKSPACE_PATH}/codes/{{name}}/versions"
_JOB = "lesson 1 (a job's folder)"

ROUTES = (
    Route("GET", ARM, _PATH, list_versions, "Code Versions - List", _JOB),
    Route("GET", ARM, _PATH + "/{version}", get_version, "Code Versions - Get", _JOB),
    Route("PUT", ARM, _PATH + "/{version}", put_version, "Code Versions - Create Or Update", _JOB),
    Route(
        "POST",
        ARM,
        _PATH + "/{version}/startPendingUpload",
        start_upload,
        "Code Versions - Create Or Get Start Pending Upload",
        _JOB,
    ),
)
