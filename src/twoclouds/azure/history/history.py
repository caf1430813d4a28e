"""Run history: how runs are doing, their logs, what is said of them, and where their outputs are.

`jobs.stream`, `jobs.download`, `jobs.update`, `jobs.archive` and the children of a job go through it.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlencode

from twoclouds.azure.account import API, ARTIFACT_CONTAINER, BLOB, CLIENT, HISTORY_PATH, TENANT, WORKSPACE_PATH
from twoclouds.azure.catalog import duration
from twoclouds.azure.errors import bad_request, user_error
from twoclouds.azure.history import runs
from twoclouds.azure.history.runs import Run
from twoclouds.azure.jobs import job_outputs, job_request
from twoclouds.azure.state import State
from twoclouds.azure.storage import data_paths
from twoclouds.azure.storage.datastores import SAS
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route

CHANGEABLE = ("displayName", "description", "tags", "properties", "hidden")
PAGE = 100
"""Children on a page (assumed)."""
MODEL_TYPES = {"custom_model": "CustomModel", "mlflow_model": "MLFlowModel", "triton_model": "TritonModel"}


def get_run(state: State, request: Request, run: str) -> Response:
    """A run."""
    return Response.of_json(_resource(state, runs.find(state, run)))


def get_children(state: State, request: Request, run: str) -> Response:
    """The runs under a run, oldest first, a page at a time."""
    names = runs.find(state, run).children
    token, top = request.query.get("$continuationtoken", "0"), request.query.get("$top", str(PAGE))
    if not token.isdecimal() or not top.isdecimal():
        raise bad_request("$top and $continuationtoken say how many runs, and from where.")
    first, last = int(token), int(token) + int(top)
    body: dict[str, Any] = {"value": [_resource(state, state.history.runs[name]) for name in names[first:last]]}
    if names[last:]:
        query = urlencode({**request.query, "$continuationtoken": str(last)})
        body |= {"nextLink": f"https://{API}{request.path}?{query}", "continuationToken": str(last)}
    return Response.of_json(body)


def get_details(state: State, request: Request, run: str) -> Response:
    """How a run is doing: status, times, error, and the addresses of its logs so far."""
    found = runs.find(state, run)
    details = {key: value for key, value in _resource(state, found).items() if key not in _ONLY_OF_RUNS}
    details["createdTimeUtc"] = state.time(found.created)
    details["logFiles"] = {
        name: f"https://{BLOB}/{ARTIFACT_CONTAINER}/{quote(f'{found.folder}/{name}')}?{SAS}"
        for name in job_outputs.artifacts(state, found)
        if "_logs/" in name or "-logs/" in name
    }
    return Response.of_json({**details, "warnings": []})


def change(state: State, request: Request, experiment: str, run: str) -> Response:
    """Change what is said of a run: tags and properties are added to those it has."""
    found, asked = runs.find(state, run), {key: value for key, value in request.json().items() if value is not None}
    if found.experiment.name != experiment:
        raise user_error(404, f"Run {run} was not found in the experiment {experiment}.")
    if other := set(asked) - {*CHANGEABLE, "runId"}:
        raise NotSimulated(f"changing {', '.join(sorted(other))} of a run", f"{', '.join(CHANGEABLE)} are.")
    found.display_name = asked.get("displayName", found.display_name)
    found.description = asked.get("description", found.description)
    found.tags |= asked.get("tags", {})
    found.properties |= asked.get("properties", {})
    found.hidden = asked.get("hidden", found.hidden)
    return Response.of_json(_resource(state, found), took=duration(state.world, "request_create"))


def get_services(state: State, request: Request, run: str, node: str) -> Response:
    """The interactive services of a node that a run is on: there are none, as no job can ask for any."""
    runs.find(state, run)
    return Response.of_json({"instances": {}})


def get_data(state: State, request: Request) -> Response:
    """A run with the ids of its declared outputs."""
    found = runs.find(state, request.json()["runId"])
    return Response.of_json({"runMetadata": {**_resource(state, found), "outputs": _outputs(state, found)}})


def resolve_outputs(state: State, request: Request) -> Response:
    """Where the outputs with those ids are."""
    return Response.of_json({"values": {asset: _located(state, asset) for asset in request.json()["values"]}})


def _outputs(state: State, run: Run) -> dict[str, dict[str, str]]:
    if run.name not in state.jobs:
        return {}
    found = {}
    for key, value in state.jobs[run.name].properties["outputs"].items():
        if key != "default":
            kind = value["jobOutputType"]
            asset = job_request.output_asset(run.name, key, value)
            found[key] = {"assetId": asset, "type": MODEL_TYPES.get(kind, kind)}
    return found


def _located(state: State, asset: str) -> dict[str, str]:
    """The place and the type of what is known by the id of an output, or of the asset that it was registered as.
    (For models azure-ai-ml 1.35.2 would ask elsewhere, and fails on the way: it cannot make the request.)"""
    match = re.search(r"/data/azureml_(.+)_output_data_(.+)/versions/1$", asset)
    if match and match[1] in state.jobs:
        output = state.jobs[match[1]].properties["outputs"].get(match[2])
        if output:
            return {"uri": data_paths.settle(state, output["uri"])[0], "type": output["jobOutputType"]}
    match = re.search(r"/data/([^/]+)/versions/([^/]+)$", asset)
    if not match:
        raise user_error(404, f"Could not find asset with ID: {asset}")
    properties = state.data.get(match[1], match[2]).properties
    return {"uri": properties["dataUri"], "type": properties["dataType"]}


def _resource(state: State, run: Run) -> dict[str, Any]:
    """A run as the history tells it."""
    job = state.jobs.get(run.name)
    user = {"userObjectId": CLIENT, "userTenantId": TENANT, "userName": CLIENT}
    told: dict[str, Any] = {
        "runNumber": run.number,
        "rootRunId": _root(state, run),
        "createdUtc": state.time(run.created),
        "lastModifiedUtc": state.time(max(filter(None, (run.created, run.started, run.ended)), default=0)),
        "createdBy": user,
        "userId": CLIENT,
        "runId": run.name,
        "experimentId": run.experiment.id,
        "status": run.status,
        "displayName": run.display_name,
        "hidden": run.hidden,
        "runType": run.kind,
        "runTypeV2": {"orchestrator": "Execution" if job else "MLflow", "traits": []},
        "properties": run.properties,
        "parameters": run.params,
        "tags": run.tags,
        "target": job.compute if job else "local",
        **({"parentRunId": run.parent} if run.parent else {}),
        **({"description": run.description} if run.description else {}),
        **_times(state, run),
    }
    if run.error:
        told["error"] = {
            "error": {"code": "UserError", "message": run.error, "messageParameters": {}, "details": []},
            "time": "0001-01-01T00:00:00.000Z",
            "componentName": "CommonRuntime",
        }
    if run.status in ("CancelRequested", "Canceled") and run.canceled_because:
        told["cancelationReason"] = run.canceled_because
    return told


_ONLY_OF_RUNS = ("createdUtc", "experimentId", "displayName", "description", "hidden", "runType", "cancelationReason")


def _root(state: State, run: Run) -> str:
    while run.parent:
        run = state.history.runs[run.parent]
    return run.name


def _times(state: State, run: Run) -> dict[str, Any]:
    times = {"startTimeUtc": run.started, "endTimeUtc": run.ended}
    known: dict[str, Any] = {key: state.time(value) for key, value in times.items() if value is not None}
    if run.started is not None and run.ended is not None:
        known["computeDuration"] = _clock_time(run.ended - run.started)
    if run.ended is not None:
        known["duration"] = _clock_time(run.ended - run.created)
    return known


def _clock_time(milliseconds: int) -> str:
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.{milliseconds:03}0000"


_STREAM, _DOWNLOAD = "lesson 1 (jobs.stream)", "lesson 1 (jobs.download)"
_RUN, _NAMED = HISTORY_PATH + "/runs/{run}", HISTORY_PATH + "/experiments/{experiment}/runs/{run}"

ROUTES = (
    Route("GET", API, _RUN, get_run, "Run History - Get", "azureml-examples sdk/python/using-mlflow (child runs)"),
    Route("GET", API, _RUN + "/details", get_details, "Run History - Get Details", _STREAM),
    Route("GET", API, _RUN + "/children", get_children, "Run History - Get Child", "jobs.list(parent_job_name=...)"),
    Route("GET", API, _RUN + "/serviceinstances/{node}", get_services, "Run History - Get Run Service Instances",
          "azureml-examples sdk/python/jobs/single-step/debug-and-monitor (jobs.show_services)"),
    Route("PATCH", API, _NAMED, change, "Run History - Add Or Modify By Experiment Name", "jobs.update, jobs.archive"),
    Route("POST", API, HISTORY_PATH + "/rundata", get_data, "Run History - Get Run Data", _DOWNLOAD),
    Route("POST", API, f"/data/v1.0{WORKSPACE_PATH}/dataversion/batchGetResolvedUris", resolve_outputs,
          "Data Versions - Batch Get Resolved Uris", _DOWNLOAD),
)  # fmt: skip
