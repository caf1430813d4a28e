"""Command jobs as Azure Resource Manager shows them. What happens to one is in `job_run.py`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from twoclouds.azure import operations
from twoclouds.azure.account import API, ARM, ARTIFACT_CONTAINER, CLOUD, PROVIDER, WORKSPACE_ID, WORKSPACE_PATH
from twoclouds.azure.assets.assets import system_data
from twoclouds.azure.catalog import duration
from twoclouds.azure.compute import compute
from twoclouds.azure.compute.nodes import Target
from twoclouds.azure.errors import bad_request, user_error
from twoclouds.azure.history import runs
from twoclouds.azure.history.runs import Run
from twoclouds.azure.jobs import job_identity, job_request, job_run
from twoclouds.azure.state import State
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route
from twoclouds.world.clock import Lifecycle

MUTABLE = ("description", "displayName", "tags", "isArchived")
PAGE = 100
"""Jobs on a page of the list (assumed)."""


@dataclass
class Job:
    """A job: what was asked for, what that came to, where it runs, and its run in the history.

    `process` is its life, as long as it lasts.
    """

    run: Run
    asked: dict[str, Any]
    properties: dict[str, Any]
    target: Target
    process: Any = None

    @property
    def name(self) -> str:
        """Its name, which is also its run's."""
        return self.run.name

    @property
    def status(self) -> str:
        """How it is doing (`JobStatus` in azure-ai-ml 1.35.2)."""
        return self.run.status

    @property
    def error(self) -> str:
        """Why it failed; "" if it did not."""
        return self.run.error

    @property
    def folder(self) -> str:
        """Where the artifact store keeps what it leaves behind."""
        return self.run.folder

    @property
    def compute(self) -> str:
        """The name of the compute it runs on; "" if that is serverless."""
        return str(self.properties.get("computeId") or "").rsplit("/", 1)[-1]

    def interrupt(self, why: str) -> None:
        """Its compute is gone: whatever the job is waiting for ends, and it fails."""
        if not self.run.over and self.process is not None:
            self.process.interrupt(why)


def find(state: State, name: str) -> Job:
    """A job. Raises AzureError (404)."""
    try:
        return state.jobs[name]
    except KeyError:
        raise user_error(404, f"Job {name} not found.") from None


def get(state: State, request: Request, name: str) -> Response:
    """A job."""
    return Response.of_json(resource(state, find(state, name)))


def list_all(state: State, request: Request) -> Response:
    """The jobs that the query asks for, newest first, a page at a time: a view (active ones if it says nothing), a tag,
    a type of job."""
    skip = request.query.get("$skip", "0")
    if not skip.isdecimal():
        raise bad_request(f"'{skip}' is not where a page of jobs begins.")
    found = list(_listed(state, request.query))
    page, rest = found[int(skip) : int(skip) + PAGE], found[int(skip) + PAGE :]
    body: dict[str, Any] = {"value": [resource(state, job) for job in page]}
    if rest:
        query = {**request.query, "$skip": str(int(skip) + PAGE)}
        body["nextLink"] = f"https://{ARM}{request.path}?{urlencode(query)}"
    return Response.of_json(body)


def _listed(state: State, query: dict[str, str]) -> Iterator[Job]:
    view = query.get("listViewType", "ActiveOnly")
    if view not in ("ActiveOnly", "ArchivedOnly", "All"):
        raise bad_request(f"'{view}' is not a list view type: ActiveOnly, ArchivedOnly and All are.")
    key, equals, value = query.get("tag", "").partition("=")
    for job in reversed(state.jobs.values()):
        if job.run.parent:
            continue
        if view != "All" and job.run.hidden != (view == "ArchivedOnly"):
            continue
        if query.get("jobType", "Command").lower() != "command" or query.get("scheduled", "false") == "true":
            continue
        if key and (key not in job.run.tags or (equals and job.run.tags[key] != value)):
            continue
        yield job


def put(state: State, request: Request, name: str) -> Response:
    """Submit a command job. Of a job that exists, only description, display name, tags and archiving change."""
    asked = {key: value for key, value in request.json()["properties"].items() if value is not None}
    if name in state.jobs:
        return _change(state, state.jobs[name], asked)
    if name in state.history.runs:
        raise user_error(409, f"A run with the name {name} already exists.")
    properties = job_request.complete(state, name, asked)
    target = compute.target(state, asked.get("computeId"), asked.get("resources"), asked.get("queueSettings"))
    run = runs.add(state, name, properties["experimentName"])
    _describe(run, {"displayName": name, "isArchived": False, "tags": {}, **asked})
    run.properties = dict(asked.get("properties") or {})
    job = state.jobs[name] = Job(run, asked, properties, target)
    job_identity.submitted(state, name)
    state.world.events.record("job.created", f"{CLOUD}/{name}", compute=job.compute)
    job_run.start(state, job)
    return Response.of_json(resource(state, job), status=201, took=duration(state.world, "request_create"))


def _change(state: State, job: Job, asked: dict[str, Any]) -> Response:
    for key, value in asked.items():
        kept = job.asked.get(key)
        if key == "properties":
            kept = {**value, **job.run.properties}
        if key not in MUTABLE and kept != value:
            raise user_error(
                400,
                "A job with this name already exists. If you are trying to submit a new job, use a different name. If "
                f"you are trying to update an existing job, the existing job's {key} cannot be changed. Only "
                "description, displayName, tags, and isArchived can be updated.",
            )
    _describe(job.run, asked)
    job.run.properties |= asked.get("properties") or {}
    return Response.of_json(resource(state, job), took=duration(state.world, "request_create"))


def _describe(run: Run, asked: dict[str, Any]) -> None:
    run.display_name = asked.get("displayName", run.display_name)
    run.description = asked.get("description", run.description)
    run.tags = dict(asked.get("tags", run.tags))
    run.hidden = asked.get("isArchived", run.hidden)


def cancel(state: State, request: Request, name: str) -> Response:
    """Cancel a job: a long-running operation. Raises AzureError for one that has ended, or is about to."""
    job = find(state, name)
    if job.run.over or job.run.status == "Finalizing":
        raise user_error(
            400, f"The run {name} is in the state {job.run.status} and cannot be canceled. Only active runs can be."
        )
    operation = operations.begin(state, f"jobs/{name}/cancel")
    process = job.process
    if job.run.status != "CancelRequested":
        job_run.cancel(state, job, "The job was canceled by a user.")
    state.world.clock.start(_until(state, process, operation), name=f"{CLOUD}/{name}/cancel")
    return Response(202, operations.headers(operation), took=duration(state.world, "request_create"))


def _until(state: State, process: Any, operation: operations.Operation) -> Lifecycle:
    """The job's life ends; then it is canceled."""
    yield process
    operations.end(state, operation)


def delete(state: State, request: Request, name: str) -> Response:
    """Delete a job that has ended, with its logs and artifacts: a long-running operation. Its declared outputs stay.
    (That a job which has not ended is refused is assumed.)"""
    job = find(state, name)
    if not job.run.over:
        raise user_error(409, f"Job {name} is in the state {job.run.status}: cancel it before you delete it.")
    operation = operations.begin(state, f"jobs/{name}")
    del state.jobs[name]
    runs.forget(state, job.run)
    for key in state.blobs.list(ARTIFACT_CONTAINER, f"{job.folder}/"):
        state.blobs.delete(ARTIFACT_CONTAINER, key)
    state.world.events.record("job.deleted", f"{CLOUD}/{name}")
    state.world.clock.start(_deleted(state, operation), name=f"{CLOUD}/{name}/delete")
    return Response(202, operations.headers(operation), took=duration(state.world, "request_create"))


def _deleted(state: State, operation: operations.Operation) -> Lifecycle:
    """A job is taken out of the history."""
    yield state.world.clock.timeout(duration(state.world, "job_delete"))
    operations.end(state, operation)


def services(name: str) -> dict[str, dict[str, str]]:
    """Where a job is tracked and seen."""
    studio = f"https://ml.azure.com/runs/{name}?wsid={WORKSPACE_ID}"
    return {
        "Tracking": {"jobServiceType": "Tracking", "endpoint": f"azureml://{API}/mlflow/v1.0{WORKSPACE_ID}?"},
        "Studio": {"jobServiceType": "Studio", "endpoint": studio},
    }


def resource(state: State, job: Job) -> dict[str, Any]:
    """A job as it goes over the wire."""
    run = job.run
    described = {
        "displayName": run.display_name,
        "isArchived": run.hidden,
        "tags": run.tags,
        "properties": run.properties,
        **({"description": run.description} if run.description else {}),
    }
    return {
        "id": f"{WORKSPACE_ID}/jobs/{job.name}",
        "name": job.name,
        "type": f"{PROVIDER}/workspaces/jobs",
        "properties": {**job.properties, **described, "status": run.status, "services": services(job.name)},
        "systemData": system_data(state.time(run.created)),
    }


_PATH = f"{WORKSPACE_PATH}/jobs"
_JOBS = "azureml-examples cli/jobs/basics"

ROUTES = (
    Route("GET", ARM, _PATH, list_all, "Jobs - List", "lesson 1"),
    Route("GET", ARM, _PATH + "/{name}", get, "Jobs - Get", "lesson 1"),
    Route("PUT", ARM, _PATH + "/{name}", put, "Jobs - Create Or Update", "lesson 1"),
    Route("DELETE", ARM, _PATH + "/{name}", delete, "Jobs - Delete", f"{_JOBS} (jobs.begin_delete)"),
    Route("POST", ARM, _PATH + "/{name}/cancel", cancel, "Jobs - Cancel", f"{_JOBS} (jobs.begin_cancel)"),
)
