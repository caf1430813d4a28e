"""Command jobs as Azure Resource Manager shows them. What happens to one is in `job_run.py`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from twoclouds.azure import compute, job_run, recipes, registry
from twoclouds.azure.account import API, ARM, CLOUD, PROVIDER, WORKSPACE_ID, WORKSPACE_PATH
from twoclouds.azure.assets import system_data
from twoclouds.azure.catalog import duration
from twoclouds.azure.data_paths import check as check_data
from twoclouds.azure.errors import user_error
from twoclouds.azure.nodes import Target
from twoclouds.azure.state import State
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route

TERMINAL = ("Completed", "Failed", "Canceled")
MUTABLE = ("description", "displayName", "tags", "isArchived")
EXPRESSION = re.compile(r"\$\{\{\s*(inputs|outputs)\.([\w-]+)\s*\}\}")


@dataclass
class Job:
    """A job: what was asked for, what that came to, and how it went."""

    name: str
    asked: dict[str, Any]
    properties: dict[str, Any]
    created: int
    target: Target
    status: str = "Starting"
    started: int | None = None
    ended: int | None = None
    error: str = ""
    process: Any = None

    @property
    def compute(self) -> str:
        """The name of the compute it runs on; "" if that is serverless."""
        return str(self.properties.get("computeId") or "").rsplit("/", 1)[-1]

    @property
    def folder(self) -> str:
        """Where the artifact store keeps what it leaves behind."""
        return f"ExperimentRun/dcid.{self.name}"

    def interrupt(self, why: str) -> None:
        """Whatever the job is waiting for ends, and it fails."""
        if self.status not in TERMINAL and self.process.is_alive:
            self.process.interrupt(why)


def find(state: State, name: str) -> Job:
    """A job. Raises AzureError (404)."""
    try:
        return state.jobs[name]
    except KeyError:
        raise user_error(404, f"Job {name} not found.") from None


def get(state: State, request: Request, name: str) -> Response:
    """A job."""
    return Response.of_json(_resource(state, find(state, name)))


def list_all(state: State, request: Request) -> Response:
    """All jobs, newest first."""
    return Response.of_json({"value": [_resource(state, job) for job in reversed(state.jobs.values())]})


def put(state: State, request: Request, name: str) -> Response:
    """Submit a command job. Of a job that exists, only description, display name, tags and archiving change."""
    asked = {key: value for key, value in request.json()["properties"].items() if value is not None}
    if name in state.jobs:
        return _change(state, state.jobs[name], asked)
    _check_simulated(asked)
    target = compute.target(state, asked.get("computeId"), asked.get("resources"), asked.get("queueSettings"))
    properties = _complete(state, name, asked)
    job = state.jobs[name] = Job(name, asked, properties, created=state.world.clock.now, target=target)
    state.world.events.record("job.created", f"{CLOUD}/{name}", compute=job.compute)
    job.process = state.world.clock.start(
        job_run.run(state, job),
        name=f"{CLOUD}/{name}",
        on_failure=lambda error: job_run.fail(state, job, f"{type(error).__name__}: {error}"),
    )
    return Response.of_json(_resource(state, job), status=201, took=duration(state.world, "request_create"))


def _change(state: State, job: Job, asked: dict[str, Any]) -> Response:
    for key, value in asked.items():
        if key not in MUTABLE and job.asked.get(key) != value:
            raise user_error(
                400,
                "A job with this name already exists. If you are trying to submit a new job, use a different name. If "
                f"you are trying to update an existing job, the existing job's {key} cannot be changed. Only "
                "description, displayName, tags, and isArchived can be updated.",
            )
    job.properties.update({key: asked[key] for key in MUTABLE if key in asked})
    return Response.of_json(_resource(state, job), took=duration(state.world, "request_create"))


def _check_simulated(asked: dict[str, Any]) -> None:
    if asked["jobType"] != "Command":
        raise NotSimulated(f"Azure ML jobs of type {asked['jobType']}", "Command jobs are.")
    if asked.get("distribution") or (asked.get("resources") or {}).get("instanceCount", 1) > 1:
        raise NotSimulated("Azure ML jobs on several nodes")
    if (asked.get("limits") or {}).get("timeout"):
        raise NotSimulated("Azure ML job time limits")
    if asked.get("services"):
        raise NotSimulated("Azure ML interactive jobs")


def _complete(state: State, name: str, asked: dict[str, Any]) -> dict[str, Any]:
    """What was asked for with the vendor's defaults; everything that it names exists, or AzureError is raised."""
    environment = str(asked["environmentId"])
    if environment.startswith("azureml://registries/"):
        environment = registry.resolve(environment)
    recipes.find(state, environment)
    if code := asked.get("codeId"):
        *_, code_name, _, version = code.split("/")
        state.codes.get(code_name, version)
    inputs, outputs = asked.get("inputs") or {}, dict(asked.get("outputs") or {})
    for value in inputs.values():
        if value["jobInputType"] != "literal":
            check_data(state, value["uri"])
    for group, key in EXPRESSION.findall(asked["command"]):
        if key not in (inputs if group == "inputs" else outputs):
            raise user_error(400, f"The command refers to {group}.{key}, which is not defined in the job.")
    for key, value in outputs.items():
        outputs[key] = _output(name, key, value or {})
    artifacts = f"azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.{name}"
    outputs["default"] = {"jobOutputType": "uri_folder", "uri": artifacts, "mode": "ReadWriteMount"}
    defaults = {"displayName": name, "experimentName": "Default", "isArchived": False, "tags": {}, "properties": {}}
    return {**defaults, **asked, "environmentId": environment, "inputs": inputs, "outputs": outputs}


def _output(job: str, key: str, value: dict[str, Any]) -> dict[str, Any]:
    kind = value.get("jobOutputType", "uri_folder")
    if kind not in ("uri_folder", "uri_file"):
        raise NotSimulated(f"Azure ML job outputs of type {kind}", "uri_folder and uri_file are.")
    uri = value.get("uri") or f"azureml://datastores/workspaceblobstore/paths/azureml/{job}/{key}/"
    uri = uri.replace("${{name}}", job).replace("${{output_name}}", key)
    return {**value, "jobOutputType": kind, "mode": value.get("mode") or "ReadWriteMount", "uri": uri}


def _resource(state: State, job: Job) -> dict[str, Any]:
    studio = f"https://ml.azure.com/runs/{job.name}?wsid={WORKSPACE_ID}"
    services = {
        "Tracking": {"jobServiceType": "Tracking", "endpoint": f"azureml://{API}/mlflow/v1.0{WORKSPACE_ID}?"},
        "Studio": {"jobServiceType": "Studio", "endpoint": studio},
    }
    return {
        "id": f"{WORKSPACE_ID}/jobs/{job.name}",
        "name": job.name,
        "type": f"{PROVIDER}/workspaces/jobs",
        "properties": {**job.properties, "status": job.status, "services": services},
        "systemData": system_data(state.time(job.created)),
    }


_PATH = f"{WORKSPACE_PATH}/jobs"

ROUTES = (
    Route("GET", ARM, _PATH, list_all, "Jobs - List", "lesson 1"),
    Route("GET", ARM, _PATH + "/{name}", get, "Jobs - Get", "lesson 1"),
    Route("PUT", ARM, _PATH + "/{name}", put, "Jobs - Create Or Update", "lesson 1"),
)
