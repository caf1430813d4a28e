"""Where batch endpoints take their requests: each starts a job, which the history shows as a pipeline with one step.

https://learn.microsoft.com/azure/machine-learning/how-to-use-batch-model-deployments
"""

from __future__ import annotations

from typing import Any

from twoclouds.azure.account import API, CLOUD, INFERENCE, PROVIDER, WORKSPACE_PATH
from twoclouds.azure.assets import registry
from twoclouds.azure.assets.assets import system_data
from twoclouds.azure.catalog import duration
from twoclouds.azure.compute import compute
from twoclouds.azure.endpoints import batch_run
from twoclouds.azure.endpoints.batch import BatchDeployment, BatchEndpoint, find, find_deployment
from twoclouds.azure.errors import AzureError, bad_request, user_error
from twoclouds.azure.history import runs
from twoclouds.azure.identity import access, principals
from twoclouds.azure.jobs import job_identity, jobs
from twoclouds.azure.jobs.jobs import Job
from twoclouds.azure.state import State
from twoclouds.azure.storage import data_paths
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route

MLFLOW = "azureml://registries/azureml/environments/mlflow-py312-inference/labels/latest"
WRITE = f"{PROVIDER}/workspaces/batchEndpoints/jobs/write"


def invoke(state: State, request: Request) -> Response:
    """Start a job of the deployment that the request names, or of the endpoint's default one."""
    endpoint = state.batch_endpoints.get(request.host.removesuffix(INFERENCE))
    if endpoint is None or endpoint.provisioning in ("Creating", "Deleting"):
        raise AzureError(404, "EndpointNotFound", "There is no endpoint at this address.")
    state.caller = principals.calling(state, request)
    access.require(state, state.caller, WRITE, endpoint.id)
    asked = request.json().get("properties") or {}
    deployment = _chosen(state, endpoint, request.headers.get("azureml-model-deployment", ""))
    settings = _settings(deployment, asked)
    data = _input(state, asked)
    name = asked.get("name") or f"batchjob-{state.world.ids.uuid('azure/batch-job', endpoint.name)}"
    if name in state.history.runs:
        raise user_error(409, f"A run with the name {name} already exists.")
    target = compute.target(state, settings.get("compute"), settings["resources"])
    experiment = (asked.get("properties") or {}).get("experimentName") or endpoint.name
    parent, step = _records(state, name, endpoint, deployment, settings, data, experiment, target)
    deployment.jobs.append(name)
    state.world.events.record("job.created", f"{CLOUD}/{name}", compute=step.compute)
    batch_run.start(state, parent, step, settings)
    body = _resource(state, endpoint, parent)
    return Response.of_json(body, status=201, took=duration(state.world, "request_create"))


def list_of_endpoint(state: State, request: Request, endpoint: str) -> Response:
    """The jobs that an endpoint has started, newest first."""
    found = find(state, endpoint)
    return _listing(state, found, [name for one in found.deployments.values() for name in one.jobs])


def list_of_deployment(state: State, request: Request, endpoint: str, name: str) -> Response:
    """The jobs that a deployment has started, newest first."""
    return _listing(state, find(state, endpoint), find_deployment(state, endpoint, name).jobs)


def _listing(state: State, endpoint: BatchEndpoint, names: list[str]) -> Response:
    found = sorted((state.jobs[name] for name in names if name in state.jobs), key=lambda job: -job.run.number)
    return Response.of_json({"value": [_resource(state, endpoint, job) for job in found]})


def _chosen(state: State, endpoint: BatchEndpoint, asked: str) -> BatchDeployment:
    name = asked or endpoint.default
    if not name:
        raise bad_request(f"Endpoint '{endpoint.name}' has no default deployment, and the request names none.")
    deployment = find_deployment(state, endpoint.name, name)
    if deployment.provisioning != "Succeeded":
        raise bad_request(f"Deployment '{deployment.name}' is in state {deployment.provisioning}.")
    return deployment


def _settings(deployment: BatchDeployment, asked: dict[str, Any]) -> dict[str, Any]:
    """The deployment's settings, with those that the request has of its own."""
    settings = dict(deployment.properties)
    for key in ("errorThreshold", "miniBatchSize", "outputFileName"):
        if asked.get(key) is not None:
            settings[key] = type(settings[key])(asked[key])
    if retry := asked.get("retrySettings"):
        settings["retrySettings"] = settings["retrySettings"] | {k: v for k, v in retry.items() if v is not None}
    if own := asked.get("compute"):
        settings["compute"] = own.get("target") or settings["compute"]
        if own.get("instanceCount"):
            settings["resources"] = settings["resources"] | {"instanceCount": own["instanceCount"]}
    output = asked.get("outputDataset") or {}
    if output.get("path"):
        store = str(output.get("datastoreId", "")).rpartition("/")[2] or "workspaceblobstore"
        settings["output"] = f"azureml://datastores/{store}/paths/{output['path'].strip('/')}/"
    for value in (asked.get("outputData") or {}).values():
        settings["output"] = value.get("uri") or value.get("path") or settings.get("output")
    return settings


def _input(state: State, asked: dict[str, Any]) -> dict[str, str]:
    """What the job reads: a folder or a file. Raises AzureError."""
    inputs = asked.get("inputData") or {}
    if len(inputs) != 1:
        raise bad_request("The deployment of a model takes one input: a folder or a file of data.")
    (value,) = inputs.values()
    kinds = {"UriFolder": "uri_folder", "UriFile": "uri_file"}
    kind = value.get("jobInputType")
    if kind not in kinds:
        raise NotSimulated(f"Azure ML batch inputs of type {kind}", "Folders and files are.")
    data_paths.check(state, value["uri"])
    return {"jobInputType": kinds[kind], "uri": value["uri"], "mode": "ReadOnlyMount"}


def _records(
    state: State,
    name: str,
    endpoint: BatchEndpoint,
    deployment: BatchDeployment,
    settings: dict[str, Any],
    data: dict[str, str],
    experiment: str,
    target: Any,
) -> tuple[Job, Job]:
    """The job, and its only step, in the history."""
    run = runs.add(state, name, experiment, kind="azureml.PipelineRun")
    run.display_name = name
    run.tags = {
        "azureml.batchrun": "true",
        "azureml.deploymentname": deployment.name,
        "azureml.jobtype": "azureml.PipelineJob",
    }
    child_name = state.world.ids.uuid("azure/batch-step", name)
    child = runs.add(state, child_name, experiment, parent=name, kind="azureml.StepRun")
    child.display_name = "batchscoring"
    for one in (run, child):
        job_identity.submitted(state, one.name)
    score = settings.get("output") or f"azureml://datastores/workspaceblobstore/paths/azureml/{child_name}/score/"
    outputs = {"score": {"jobOutputType": "uri_folder", "mode": "ReadWriteMount", "uri": score}}
    parent = Job(
        run,
        {},
        {
            "jobType": "Pipeline",
            "experimentName": experiment,
            "inputs": {"job_data_path": data},
            "outputs": {**outputs, "default": _artifacts(name)},
            "jobs": {},
            "settings": {"default_compute": settings.get("compute"), "continue_on_step_failure": False},
        },
        target,
    )
    step = Job(
        child,
        {},
        {
            "jobType": "Command",
            "command": batch_run.COMMAND,
            "environmentId": settings.get("environmentId") or registry.resolve(MLFLOW),
            "environmentVariables": settings["environmentVariables"],
            "experimentName": experiment,
            "computeId": settings.get("compute"),
            "resources": settings["resources"],
            "inputs": {"job_data_path": data},
            "outputs": {**outputs, "default": _artifacts(child_name)},
        },
        target,
    )
    state.jobs[name], state.jobs[child_name] = parent, step
    return parent, step


def _artifacts(name: str) -> dict[str, str]:
    uri = f"azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.{name}"
    return {"jobOutputType": "uri_folder", "uri": uri, "mode": "ReadWriteMount"}


def _resource(state: State, endpoint: BatchEndpoint, job: Job) -> dict[str, Any]:
    """A job as the endpoint tells of it."""
    return {
        "id": f"{endpoint.id}/jobs/{job.name}",
        "name": job.name,
        "type": f"{PROVIDER}/workspaces/batchEndpoints/jobs",
        "systemData": system_data(state.time(job.run.created)),
        "properties": {
            "name": job.name,
            "status": job.status,
            "displayName": job.run.display_name,
            "tags": job.run.tags,
            "inputData": job.properties["inputs"],
            "interactionEndpoints": jobs.services(job.name),
        },
    }


_LIST = f"/mferp/managementfrontend{WORKSPACE_PATH}/batchEndpoints/{{endpoint}}"

ROUTES = (
    Route("POST", INFERENCE, "/jobs", invoke, "Batch Endpoints - Invoke", "azureml-examples batch/deploy-models"),
    Route("GET", API, _LIST + "/jobs", list_of_endpoint, "Batch Endpoints - List Jobs", "batch_endpoints.list_jobs"),
    Route(
        "GET",
        API,
        _LIST + "/deployments/{name}/jobs",
        list_of_deployment,
        "Batch Deployments - List Jobs",
        "batch_deployments.list_jobs",
    ),
)
