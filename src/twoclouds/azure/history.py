"""Run history: how a run is doing, its logs, and where its outputs are. `jobs.stream` and `jobs.download` read it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from twoclouds.azure import jobs
from twoclouds.azure.account import API, ARTIFACT_CONTAINER, BLOB, HISTORY_PATH, REGION, WORKSPACE_GUID, WORKSPACE_PATH
from twoclouds.azure.datastores import SAS
from twoclouds.azure.errors import user_error
from twoclouds.azure.state import State
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route


def get_details(state: State, request: Request, run: str) -> Response:
    """How a run is doing: status, times, error, and the addresses of its logs so far."""
    job = jobs.find(state, run)
    logs = state.blobs.list(ARTIFACT_CONTAINER, f"{job.folder}/")
    details: dict[str, Any] = {
        **_times(state, job),
        "runId": job.name,
        "target": job.compute,
        "status": job.status,
        "properties": job.properties["properties"],
        "tags": job.properties["tags"],
        "logFiles": {
            key.removeprefix(f"{job.folder}/"): f"https://{BLOB}/{ARTIFACT_CONTAINER}/{quote(key)}?{SAS}"
            for key in logs
            if "_logs/" in key or "-logs/" in key
        },
        "warnings": [],
    }
    if job.error:
        details["error"] = {
            "error": {"code": "UserError", "message": job.error, "messageParameters": {}, "details": []},
            "time": "0001-01-01T00:00:00.000Z",
            "componentName": "CommonRuntime",
        }
    return Response.of_json(details)


def get_data(state: State, request: Request) -> Response:
    """A run with the ids of its declared outputs."""
    job = jobs.find(state, request.json()["runId"])
    outputs = {
        key: {"assetId": _asset(job.name, key), "type": value["jobOutputType"]}
        for key, value in job.properties["outputs"].items()
        if key != "default"
    }
    run = {**_times(state, job), "runId": job.name, "status": job.status, "target": job.compute, "outputs": outputs}
    return Response.of_json({"runMetadata": run})


def resolve_outputs(state: State, request: Request) -> Response:
    """Where the outputs with those ids are."""
    found = {}
    for asset in request.json()["values"]:
        match = re.search(r"/data/azureml_(.+)_output_data_(.+)/versions/1$", asset)
        if not match:
            raise user_error(404, f"Could not find asset with ID: {asset}")
        output = jobs.find(state, match[1]).properties["outputs"][match[2]]
        found[asset] = {"uri": output["uri"], "type": output["jobOutputType"]}
    return Response.of_json({"values": found})


def _asset(job: str, key: str) -> str:
    workspace = f"azureml://locations/{REGION}/workspaces/{WORKSPACE_GUID}"
    return f"{workspace}/data/azureml_{job}_output_data_{key}/versions/1"


def _times(state: State, job: jobs.Job) -> dict[str, Any]:
    times = {"createdTimeUtc": job.created, "startTimeUtc": job.started, "endTimeUtc": job.ended}
    known: dict[str, Any] = {key: state.time(value) for key, value in times.items() if value is not None}
    if job.started is not None and job.ended is not None:
        seconds, milliseconds = divmod(job.ended - job.started, 1000)
        minutes, seconds = divmod(seconds, 60)
        known["computeDuration"] = f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.{milliseconds:03}0000"
    return known


_STREAM, _DOWNLOAD = "lesson 1 (jobs.stream)", "lesson 1 (jobs.download)"

ROUTES = (
    Route("GET", API, HISTORY_PATH + "/runs/{run}/details", get_details, "Run History - Get Details", _STREAM),
    Route("POST", API, HISTORY_PATH + "/rundata", get_data, "Run History - Get Run Data", _DOWNLOAD),
    Route(
        "POST",
        API,
        "/data/v1.0" + WORKSPACE_PATH + "/dataversion/batchGetResolvedUris",
        resolve_outputs,
        "Data Versions - Batch Get Resolved Uris",
        _DOWNLOAD,
    ),
)
