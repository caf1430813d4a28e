"""The container of a deployment, as Azure lays it out: model, code, and the inference server in front of them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from twoclouds.azure.account import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE, WORKSPACE_ID
from twoclouds.azure.assets import models
from twoclouds.azure.endpoints import deployment_image
from twoclouds.azure.endpoints.online import Deployment, Served, find
from twoclouds.azure.identity import managed_identities
from twoclouds.azure.programs import source
from twoclouds.azure.state import State
from twoclouds.azure.storage import data_paths
from twoclouds.world.container import Container
from twoclouds.world.images import BuildFailed, Image

APP = "/var/azureml-app"
PROGRAM = "/var/runit/server.py"
SERVER_PACKAGE = "azureml-inference-server-http"
MISSING = f"A required package {SERVER_PACKAGE} is missing. Please install {SERVER_PACKAGE} before trying again."


def make(state: State, deployment: Deployment, image: Image) -> Served:
    """The container of a deployment. Raises AzureError if what it needs has gone from the storage."""
    properties, endpoint = deployment.properties, find(state, deployment.endpoint)
    files, environment = model_files(state, properties)
    code, folder = _code(state, properties)
    files |= {f"{APP}/{folder}/{name}": content for name, content in code.items()}
    routes = _routes(state, properties)
    entry = (properties.get("codeConfiguration") or {}).get("scoringScript", "")
    command: tuple[str, ...] = ()
    workdir = ""
    port = 0
    if routes and (image.definition.entrypoint or image.definition.command):
        port = routes["scoringRoute"]["port"]
    else:
        workdir = f"{APP}/{folder}"
        command = ("python3", PROGRAM)
        program = source("inference_server") if _can_serve(image) else _gives_up(MISSING)
        files[PROGRAM] = program
        if not code:
            entry = "mlflow_score_script.py"
            files[f"{workdir}/{entry}"] = source("mlflow_script")
    container = Container(
        name=deployment.resource,
        image=image,
        command=command,
        workdir=workdir,
        started=0.0,
        environment={
            "AML_APP_ROOT": f"{APP}/{folder}",
            "AZUREML_ENTRY_SCRIPT": entry,
            "AZUREML_ARM_SUBSCRIPTION": SUBSCRIPTION,
            "AZUREML_ARM_RESOURCEGROUP": RESOURCE_GROUP,
            "AZUREML_ARM_WORKSPACE_NAME": WORKSPACE,
            "AML_APP_INSIGHTS_ENABLED": str(bool(properties["appInsightsEnabled"])).lower(),
            **environment,
            **managed_identities.environment(state, endpoint.id, endpoint.identity),
            **properties["environmentVariables"],
        },
        files=files,
        directories=(f"{APP}/{folder}", f"{APP}/azureml-models"),
        processors=deployment.size.vcpus,
    )
    return Served(container, port, _paths(routes))


def with_packages(state: State, properties: dict[str, Any], served: Served) -> Served:
    """The container of an MLflow model, with the packages that the model asks for; one that says why it gives up, if
    they cannot be had."""
    try:
        image = deployment_image.installed(state, properties)
        return replace(served, container=replace(served.container, image=image))
    except BuildFailed as failed:
        files = {**served.container.files, PROGRAM: _gives_up("\n".join(failed.log))}
        return replace(served, container=replace(served.container, files=files))


def _gives_up(text: str) -> bytes:
    """A program that says something and ends."""
    return f"import sys\nsys.stdout.write({text!r} + '\\n')\nsys.exit(100)\n".encode()


def at(served: Served, started: float) -> Served:
    """The container, started then (seconds since the epoch)."""
    return replace(served, container=replace(served.container, started=started))


def storage_log(served: Served) -> list[str]:
    """What the storage initializer says that it fetched."""
    paths = [path for path in served.container.files if path.startswith(f"{APP}/")]
    return [f"Downloaded {path} ({len(served.container.files[path])} bytes)" for path in paths]


def model_files(state: State, properties: dict[str, Any]) -> tuple[dict[str, bytes], dict[str, str]]:
    """The model's files where a deployment finds them, and the variables that say where that is."""
    if not properties.get("model"):
        return {}, {}
    model = models.find(state, properties["model"])
    place = f"{APP}/azureml-models/{model.name}/{model.version}"
    mounted = properties.get("modelMountPath")
    folder = mounted or place
    found = models.files(state, model)
    data_paths.mount(state, model.uri)
    variables = {"AZUREML_MODEL_DIR": folder}
    if model.type == models.MLFLOW:
        variables["MLFLOW_MODEL_FOLDER"] = model.folder
    return {f"{folder}/{name}": content for name, content in found.items()}, variables


def _code(state: State, properties: dict[str, Any]) -> tuple[dict[str, bytes], str]:
    """The files of its code, and the name of the folder that they are in."""
    code = (properties.get("codeConfiguration") or {}).get("codeId")
    if not code:
        return {}, "mlflow"
    *_, name, _, version = code.split("/")
    uri = state.codes.get(name, version).properties["codeUri"]
    return data_paths.mount(state, uri), "onlinescoring"


def _can_serve(image: Image) -> bool:
    """Whether the image carries the inference server, for which this lab stands in."""
    return SERVER_PACKAGE in image.definition.absent


def _routes(state: State, properties: dict[str, Any]) -> dict[str, Any]:
    """Where a server of the learner's own answers (`inference_config` of the environment); empty if it has none."""
    match = re.fullmatch(rf"{WORKSPACE_ID}/environments/([^/]+)/versions/([^/]+)", properties.get("environmentId", ""))
    if not match:
        return {}
    return dict(state.environments.get(match[1], match[2]).properties.get("inferenceConfig") or {})


def _paths(routes: dict[str, Any]) -> dict[str, str]:
    if not routes:
        return {}
    return {"/": routes["livenessRoute"]["path"], "/score": routes["scoringRoute"]["path"]}
