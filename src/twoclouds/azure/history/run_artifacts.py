"""The artifacts of a run, and what a client uploads beside them: where each is read and written in the artifact store.

azureml-mlflow asks for an address first, and then writes to the storage itself.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from twoclouds.azure.account import API, ARTIFACT_CONTAINER, BLOB, HISTORY_PATH, WORKSPACE_PATH
from twoclouds.azure.errors import user_error
from twoclouds.azure.history import runs
from twoclouds.azure.state import State
from twoclouds.azure.storage.datastores import SAS
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route

RUNS = "ExperimentRun"


def list_of_run(state: State, request: Request, experiment: str, run: str) -> Response:
    """The artifacts and logs of a run."""
    return _list(state, RUNS, _container(state, run))


def locate_of_run(state: State, request: Request, experiment: str, run: str) -> Response:
    """Where to read an artifact of a run. Raises AzureError (404)."""
    return _locate(state, RUNS, _container(state, run), request.query.get("path", ""))


def make_of_run(state: State, request: Request, experiment: str, run: str) -> Response:
    """Where to write new artifacts of a run; for one that is there already, an error."""
    return _make(state, RUNS, _container(state, run), request)


def list_all(state: State, request: Request, origin: str, container: str) -> Response:
    """What was uploaded beside the runs."""
    return _list(state, origin, container)


def locate(state: State, request: Request, origin: str, container: str) -> Response:
    """Where to read what was uploaded. Raises AzureError (404)."""
    return _locate(state, origin, container, request.query.get("path", ""))


def make(state: State, request: Request, origin: str, container: str) -> Response:
    """Where to upload to."""
    return _make(state, origin, container, request)


def _container(state: State, run: str) -> str:
    """Where the artifacts of a run are; or those of a model that was logged outside of any."""
    return f"dcid.{run if run in state.history.models else runs.find(state, run).name}"


def _list(state: State, origin: str, container: str) -> Response:
    prefix = f"{origin}/{container}/"
    found = {key.removeprefix(prefix): blob for key, blob in state.blobs.list(ARTIFACT_CONTAINER, prefix).items()}
    value = [_artifact(state, origin, container, path, blob.modified) for path, blob in found.items()]
    return Response.of_json({"value": value})


def _locate(state: State, origin: str, container: str, path: str) -> Response:
    if not state.blobs.exists(ARTIFACT_CONTAINER, f"{origin}/{container}/{path}"):
        raise user_error(404, f"Artifact not found: {origin}/{container}/{path}")
    return Response.of_json(_content(origin, container, path))


def _make(state: State, origin: str, container: str, request: Request) -> Response:
    made: dict[str, Any] = {}
    content: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for entry in request.json().get("paths", []):
        path = entry["path"]
        if state.blobs.exists(ARTIFACT_CONTAINER, f"{origin}/{container}/{path}"):
            message = f"Resource Conflict: ArtifactId {origin}/{container}/{path} already exists."
            errors[path] = {"error": {"code": "UserError", "message": message}}
        else:
            made[path] = _artifact(state, origin, container, path, state.world.clock.now)
            content[path] = _content(origin, container, path)
    return Response.of_json({"artifacts": made, "artifactContentInformation": content, "errors": errors})


def _artifact(state: State, origin: str, container: str, path: str, time: int) -> dict[str, Any]:
    return {
        "artifactId": f"{origin}/{container}/{path}",
        "origin": origin,
        "container": container,
        "path": path,
        "createdTime": state.time(time),
    }


def _content(origin: str, container: str, path: str) -> dict[str, Any]:
    key = quote(f"{origin}/{container}/{path}")
    uri = f"https://{BLOB}/{ARTIFACT_CONTAINER}/{key}?{SAS}"
    return {"contentUri": uri, "origin": origin, "container": container, "path": path}


_OF_RUN = HISTORY_PATH + "/experiments/{experiment}/runs/{run}/artifacts"
_ANY = "/artifact/v2.0" + WORKSPACE_PATH + "/artifacts/{origin}/{container}"
_LOG, _READ = "azureml-examples cli/jobs/basics/hello-mlflow", "azureml-examples sdk/python/using-mlflow"

ROUTES = (
    Route("GET", API, _OF_RUN, list_of_run, "Run Artifacts - List In Container", _READ),
    Route("GET", API, _OF_RUN + "/contentinfo", locate_of_run, "Run Artifacts - Get Content Information", _READ),
    Route("POST", API, _OF_RUN + "/batch/metadata", make_of_run, "Run Artifacts - Batch Create Empty Artifacts", _LOG),
    Route("GET", API, _ANY, list_all, "Artifacts - List In Container", _READ),
    Route("GET", API, _ANY + "/contentinfo", locate, "Artifacts - Get Content Information", _READ),
    Route("POST", API, _ANY + "/batch/metadata", make, "Artifacts - Batch Create Empty Artifacts", _READ),
)
