"""Logged models: what clients of MLflow 3 call a model that a run has logged, before it is registered.

The model lies among the artifacts of its run, under its name, as clients of MLflow 2 would put it there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from twoclouds.azure.catalog import service_does
from twoclouds.azure.history import mlflow_tracking
from twoclouds.azure.history.mlflow import ROOT, MlflowError, epoch, not_found, pairs, required, route
from twoclouds.azure.state import State

STATUS = {1: "LOGGED_MODEL_PENDING", 2: "LOGGED_MODEL_READY", 3: "LOGGED_MODEL_UPLOAD_FAILED"}


@dataclass
class LoggedModel:
    """A model that a run has logged; `location` is where its files are."""

    id: str
    name: str
    experiment: str
    run: str
    location: str
    kind: str
    created: int
    status: str = STATUS[1]
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


def create(state: State, asked: dict[str, Any]) -> dict[str, Any]:
    """A model that is about to be logged."""
    _check_answered(state)
    (experiment,) = required(asked, "experiment_id")
    name = asked.get("name") or "model"
    identifier = f"m-{state.world.ids.hex('azure/logged-model', asked.get('source_run_id') or experiment)}"
    run = asked.get("source_run_id", "")
    if run:
        location = f"{mlflow_tracking.artifact_uri(mlflow_tracking.find(state, {'run_id': run}))}/{name}"
    else:
        location = f"{ROOT}/experiments/{experiment}/runs/{identifier}/artifacts/{name}"
    model = LoggedModel(identifier, name, experiment, run, location, asked.get("model_type", ""), state.world.clock.now)
    model.params = {entry["key"]: entry["value"] for entry in asked.get("params", [])}
    model.tags = {entry["key"]: entry["value"] for entry in asked.get("tags", [])}
    state.history.models[identifier] = model
    return {"model": _resource(state, model)}


def get(state: State, asked: dict[str, Any], model: str) -> dict[str, Any]:
    """A logged model."""
    return {"model": _resource(state, find(state, model))}


def finalize(state: State, asked: dict[str, Any], model: str) -> dict[str, Any]:
    """A model has been written, or not."""
    found, status = find(state, model), asked.get("status")
    found.status = STATUS[status] if status in STATUS else str(status)
    return {"model": _resource(state, found)}


def set_tags(state: State, asked: dict[str, Any], model: str) -> dict[str, Any]:
    """Tags of a logged model."""
    found = find(state, model)
    found.tags.update({entry["key"]: entry["value"] for entry in asked.get("tags", [])})
    return {"model": _resource(state, found)}


def log_params(state: State, asked: dict[str, Any], model: str) -> dict[str, Any]:
    """Parameters of a logged model, beyond those that it was made with."""
    find(state, model).params.update({entry["key"]: entry["value"] for entry in asked.get("params", [])})
    return {}


def search(state: State, asked: dict[str, Any]) -> dict[str, Any]:
    """The logged models of some experiments, newest first."""
    _check_answered(state)
    ids = set(asked.get("experiment_ids") or [])
    found = [model for model in reversed(state.history.models.values()) if model.experiment in ids]
    return {"models": [_resource(state, model) for model in found]}


def find(state: State, identifier: str) -> LoggedModel:
    """A logged model. Raises MlflowError."""
    _check_answered(state)
    if identifier not in state.history.models:
        raise not_found(f"Logged model with ID '{identifier}' not found.")
    return state.history.models[identifier]


def _check_answered(state: State) -> None:
    if not service_does(state.world, "mlflow_logged_models"):
        raise MlflowError(404, "ENDPOINT_NOT_FOUND", "The service does not know logged models, which MLflow 3 has.")


def _resource(state: State, model: LoggedModel) -> dict[str, Any]:
    return {
        "info": {
            "model_id": model.id,
            "experiment_id": model.experiment,
            "name": model.name,
            "creation_timestamp_ms": epoch(state, model.created),
            "last_updated_timestamp_ms": epoch(state, model.created),
            "artifact_uri": model.location,
            "status": model.status,
            "model_type": model.kind,
            "source_run_id": model.run,
            "tags": pairs(model.tags),
        },
        "data": {"params": pairs(model.params), "metrics": []},
    }


_LOG = "azureml-examples tutorials/get-started-notebooks/train-model (mlflow.sklearn.log_model)"

ROUTES = (
    route("POST", "logged-models", create, _LOG),
    route("GET", "logged-models/{model}", get, _LOG),
    route("PATCH", "logged-models/{model}", finalize, _LOG),
    route("PATCH", "logged-models/{model}/tags", set_tags, _LOG),
    route("POST", "logged-models/{model}/params", log_params, _LOG),
    route("POST", "logged-models/search", search, "azureml-examples sdk/python/using-mlflow"),
)
