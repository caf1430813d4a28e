"""What a command job may ask for, and what that comes to: the vendor's defaults filled in, everything it names found.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-command
"""

from __future__ import annotations

import re
from typing import Any

from twoclouds.azure.account import REGION, WORKSPACE_GUID
from twoclouds.azure.assets import recipes
from twoclouds.azure.errors import bad_request, user_error
from twoclouds.azure.jobs import distribution
from twoclouds.azure.state import State
from twoclouds.azure.storage import data_paths
from twoclouds.wire.errors import NotSimulated
from twoclouds.world.clock import SECOND

NAME = re.compile(r"[a-zA-Z0-9][\w-]{0,254}")
"""Runs and experiments: fewer than 256 characters, letters, digits, dashes and underscores (run history's model)."""

INPUT = re.compile(r"\$\{\{\s*(inputs|outputs)\.([\w-]+)\s*\}\}")
OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)
"""A part of the command that is there only if the optional input that it names is."""

STUDIO_SERVICES = ("Tracking", "Studio")
MODELS = ("custom_model", "mlflow_model", "triton_model")
OUTPUTS = ("uri_folder", "uri_file", "mltable", *MODELS)


def complete(state: State, name: str, asked: dict[str, Any]) -> dict[str, Any]:
    """The job that `asked` comes to. Raises AzureError if it names something that does not exist, or is not a job;
    NotSimulated for what this cloud does not do."""
    _check_simulated(asked)
    experiment = asked.get("experimentName") or "Default"
    for what, value in (("Run", name), ("Experiment", experiment)):
        if not NAME.fullmatch(value):
            raise user_error(
                400,
                f"{what} name '{value}' is invalid: it must be less than 256 characters and contain only alphanumeric "
                "characters with dashes and underscores.",
            )
    environment = recipes.resolve(state, str(asked["environmentId"]))
    if code := asked.get("codeId"):
        _code(state, code)
    inputs = {key: _input(state, key, value) for key, value in (asked.get("inputs") or {}).items()}
    outputs = {key: _output(state, name, key, value or {}) for key, value in (asked.get("outputs") or {}).items()}
    _check_command(asked["command"], inputs, outputs)
    time_limit(asked)
    distribution.check(asked)
    artifacts = f"azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.{name}"
    outputs["default"] = {"jobOutputType": "uri_folder", "uri": artifacts, "mode": "ReadWriteMount"}
    return {**asked, "experimentName": experiment, "environmentId": environment, "inputs": inputs, "outputs": outputs}


def time_limit(asked: dict[str, Any]) -> int | None:
    """For how long the job may run, in ms; None if it sets no limit. Raises AzureError."""
    timeout = (asked.get("limits") or {}).get("timeout")
    if timeout is None:
        return None
    import isodate

    seconds = isodate.parse_duration(timeout).total_seconds()
    if seconds <= 0:
        raise bad_request(f"The timeout of a job is more than 0 seconds, not {timeout}.")
    return round(seconds * SECOND)


def _check_simulated(asked: dict[str, Any]) -> None:
    if asked["jobType"] != "Command":
        raise NotSimulated(f"Azure ML jobs of type {asked['jobType']}", "Command jobs are.")
    if ((asked.get("resources") or {}).get("properties") or {}).get("IsLocal"):
        raise NotSimulated(
            "Azure ML jobs on your own machine (compute='local')", "The service hands out a Docker image for them."
        )
    for name, service in (asked.get("services") or {}).items():
        if service.get("jobServiceType") not in STUDIO_SERVICES:
            raise NotSimulated(
                f"Azure ML interactive jobs (service '{name}': {service.get('jobServiceType')})",
                "There is nothing that a browser or an SSH client could connect to.",
            )


def _code(state: State, code: str) -> None:
    if "/codes/" in code:
        *_, name, _, version = code.split("/")
        state.codes.get(name, version)
    else:
        data_paths.check(state, code)


def _input(state: State, key: str, value: dict[str, Any]) -> dict[str, Any]:
    kind = value["jobInputType"]
    if kind == "literal":
        return value
    data_paths.check(state, value["uri"])
    mode = value.get("mode") or ("EvalMount" if kind == "mltable" else "ReadOnlyMount")
    if mode.startswith("Eval") and kind != "mltable":
        raise user_error(400, f"Input '{key}' of type {kind} cannot be evaluated: mode {mode} is for mltable.")
    return {**value, "mode": mode}


def _output(state: State, job: str, key: str, value: dict[str, Any]) -> dict[str, Any]:
    kind = value.get("jobOutputType", "uri_folder")
    uri = value.get("uri") or f"azureml://datastores/workspaceblobstore/paths/azureml/{job}/{key}/"
    uri = uri.replace("${{name}}", job).replace("${{output_name}}", key)
    data_paths.place(state, uri)
    name, version = value.get("assetName"), value.get("assetVersion")
    if name and version and (state.models if kind in MODELS else state.data).holds(name, version):
        raise user_error(409, f"The output '{key}' cannot be registered: {name}:{version} already exists.")
    return {**value, "jobOutputType": kind, "mode": value.get("mode") or "ReadWriteMount", "uri": uri}


def _check_command(command: str, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
    for group, key in INPUT.findall(OPTIONAL.sub("", command)):
        if key not in (inputs if group == "inputs" else outputs):
            raise user_error(400, f"The command refers to {group}.{key}, which is not defined in the job.")


def output_asset(job: str, key: str, output: dict[str, Any]) -> str:
    """The id under which the history knows an output of a job: the asset that it is registered as."""
    kind = "models" if output["jobOutputType"] in MODELS else "data"
    name, version = output.get("assetName"), output.get("assetVersion", "1")
    if not name:
        name = f"azureml_{job}_output_{'mlflow_log_model' if kind == 'models' else 'data'}_{key}"
    return f"azureml://locations/{REGION}/workspaces/{WORKSPACE_GUID}/{kind}/{name}/versions/{version}"
