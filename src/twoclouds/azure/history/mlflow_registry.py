"""MLflow's model registry: the workspace's own models, registered from a run's artifacts.

https://learn.microsoft.com/azure/machine-learning/how-to-manage-models-mlflow
"""

from __future__ import annotations

import re
from typing import Any

from twoclouds.azure.account import CLIENT, CLOUD
from twoclouds.azure.assets import models
from twoclouds.azure.assets.asset_routes import check_name
from twoclouds.azure.assets.assets import Asset, Version
from twoclouds.azure.errors import AzureError
from twoclouds.azure.history import logged_models
from twoclouds.azure.history.mlflow import epoch, exists, invalid, not_found, pairs, required, route
from twoclouds.azure.history.mlflow_search import matching
from twoclouds.azure.state import State
from twoclouds.azure.storage import data_paths

_RUN = re.compile(r"(?:azureml:.*/runs/([^/]+)/artifacts/?|runs:/([^/]+)/?)(.*)")
_UPLOADED = re.compile(r"azureml://artifacts/(.+)")
_PROMPT = "mlflow.prompt.is_prompt"
STAGES = ("None", "Staging", "Production", "Archived")

Asked = dict[str, Any]


def create_model(state: State, asked: Asked) -> dict[str, Any]:
    """A name for models. Raises MlflowError if there is one."""
    (name,) = required(asked, "name")
    if name in state.models.named:
        raise exists(f"Registered Model (name={name}) already exists.")
    _check(name)
    asset = state.models.named[name] = Asset(name, state.models.time())
    asset.properties |= {"tags": _tags(asked), "description": asked.get("description", "")}
    return {"registered_model": _model(state, asset)}


def get_model(state: State, asked: Asked) -> dict[str, Any]:
    """A registered model, with its latest versions."""
    return {"registered_model": _model(state, _find(state, asked))}


def search_models(state: State, asked: Asked) -> dict[str, Any]:
    """The registered models that fit a filter, in order of their names."""
    assets = [state.models.named[name] for name in sorted(state.models.named)]
    found = [asset for asset in assets if _fits(asked, asset.name, asset.properties.get("tags", {}))]
    return {"registered_models": [_model(state, asset) for asset in found]}


def latest_versions(state: State, asked: Asked) -> dict[str, Any]:
    """The latest version of each stage."""
    asset = _find(state, asked)
    stages = asked.get("stages") or []
    found: dict[str, Version] = {}
    for version in reversed(asset.newest_first()):
        found[_stage(version)] = version
    return {"model_versions": [_version(state, v) for stage, v in found.items() if not stages or stage in stages]}


def create_version(state: State, asked: Asked) -> dict[str, Any]:
    """Register what a run has logged, or what was uploaded, as the next version. Raises MlflowError if there is no
    MLflow model."""
    asset = _find(state, asked)
    (source,) = required(asked, "source")
    uri, run = _place(state, source, asked)
    try:
        made = models.complete(state, asset.name, {"modelType": models.MLFLOW, "modelUri": uri})
    except AzureError as error:
        raise invalid(error.details[0][1] if error.details else error.message) from None
    made |= {"isArchived": False, "isAnonymous": False, "tags": _tags(asked), "properties": {}, "jobName": run}
    made |= {"description": asked["description"]} if asked.get("description") else {}
    version, _ = state.models.put(asset.name, asset.next_version, {k: v for k, v in made.items() if v != ""})
    state.world.events.record("model.created", f"{CLOUD}/{asset.name}:{version.version}", run=run)
    return {"model_version": _version(state, version)}


def _place(state: State, source: str, asked: Asked) -> tuple[str, str]:
    """(URI in the artifact store, run) of what is to be registered."""
    identifier = asked.get("model_id") or source.removeprefix("models:/")
    if identifier in state.history.models:
        source = logged_models.find(state, identifier).location
    run = ""
    if found := _RUN.fullmatch(source):
        run = found[1] or found[2]
        path = f"ExperimentRun/dcid.{run}/{found[3]}"
    elif found := _UPLOADED.fullmatch(source):
        path = found[1]
    else:
        raise invalid(f"'{source}' is not where a model of this workspace can be.")
    uri, _ = data_paths.settle(state, f"azureml://datastores/workspaceartifactstore/paths/{path}")
    return uri, run if run in state.history.runs else ""


def get_version(state: State, asked: Asked) -> dict[str, Any]:
    """A version of a model."""
    return {"model_version": _version(state, _find_version(state, asked))}


def search_versions(state: State, asked: Asked) -> dict[str, Any]:
    """The versions that fit a filter, newest first."""
    versions = (version for asset in state.models.named.values() for version in asset.newest_first())
    found = [v for v in versions if _fits(asked, v.name, v.properties.get("tags") or {})]
    return {"model_versions": [_version(state, version) for version in found]}


def download_uri(state: State, asked: Asked) -> dict[str, Any]:
    """Where the files of a version are."""
    return {"artifact_uri": _source(_find_version(state, asked))}


def update_version(state: State, asked: Asked) -> dict[str, Any]:
    """Describe a version."""
    version = _find_version(state, asked)
    version.properties["description"] = asked.get("description", "")
    return {"model_version": _version(state, version)}


def tag_version(state: State, asked: Asked) -> dict[str, Any]:
    """Set a tag of a version."""
    (key,) = required(asked, "key")
    _find_version(state, asked).properties["tags"][key] = str(asked.get("value", ""))
    return {}


def move_version(state: State, asked: Asked) -> dict[str, Any]:
    """Put a version on a stage; those that are on it go to `Archived` if the request says so."""
    version, stage = _find_version(state, asked), asked.get("stage", "None")
    if stage not in STAGES:
        raise invalid(f"Invalid Model Version stage: {stage}. Value must be one of {', '.join(STAGES)}.")
    if asked.get("archive_existing_versions") in (True, "true"):
        for other in state.models.named[version.name].versions.values():
            if _stage(other) == stage:
                other.properties["stage"] = "Archived"
    version.properties["stage"] = stage
    return {"model_version": _version(state, version)}


def _find(state: State, asked: Asked) -> Asset:
    name = asked.get("name", "")
    if name not in state.models.named:
        raise not_found(f"Registered Model with name={name} not found")
    return state.models.named[name]


def _find_version(state: State, asked: Asked) -> Version:
    asset, number = _find(state, asked), str(asked.get("version", ""))
    if number not in asset.versions:
        raise not_found(f"Model Version (name={asset.name}, version={number}) not found")
    return asset.versions[number]


def _check(name: str) -> None:
    try:
        check_name(name, "1")
    except AzureError as error:
        raise invalid(error.message) from None


def _fits(asked: Asked, name: str, tags: dict[str, str]) -> bool:
    """Whether what a filter asks for holds of a model. (Clients ask that it be no prompt: here none is.)"""
    return matching(asked.get("filter", ""), {"attribute": {"name": name}, "tag": {_PROMPT: "false", **tags}})


def _tags(asked: Asked) -> dict[str, str]:
    return {entry["key"]: str(entry.get("value", "")) for entry in asked.get("tags", [])}


def _stage(version: Version) -> str:
    return str(version.properties.get("stage") or "None")


def _source(version: Version) -> str:
    return str(version.properties["modelUri"])


def _model(state: State, asset: Asset) -> dict[str, Any]:
    latest = asset.latest
    return {
        "name": asset.name,
        "creation_timestamp": _time(state, asset.created),
        "last_updated_timestamp": _time(state, latest.created if latest else asset.created),
        "description": asset.properties.get("description", ""),
        "latest_versions": [_version(state, latest)] if latest else [],
        "tags": pairs(asset.properties.get("tags", {})),
    }


def _version(state: State, version: Version) -> dict[str, Any]:
    return {
        "name": version.name,
        "version": version.version,
        "creation_timestamp": _time(state, version.created),
        "last_updated_timestamp": _time(state, version.modified or version.created),
        "user_id": CLIENT,
        "current_stage": _stage(version),
        "description": version.properties.get("description", ""),
        "source": _source(version),
        "run_id": version.properties.get("jobName", ""),
        "status": "READY",
        "tags": pairs(version.properties.get("tags") or {}),
    }


def _time(state: State, written: str) -> int:
    from datetime import datetime

    at = datetime.fromisoformat(written)
    return epoch(state, round((at - state.world.clock.start_at).total_seconds() * 1000))


_REGISTER = "azureml-examples tutorials/get-started-notebooks/train-model (registered_model_name)"
_MANAGE = "azureml-examples sdk/python/using-mlflow/model-management/model_management"

ROUTES = (
    route("POST", "registered-models/create", create_model, _REGISTER),
    route("GET", "registered-models/get", get_model, _REGISTER),
    route("GET", "registered-models/search", search_models, _MANAGE),
    route("POST", "registered-models/get-latest-versions", latest_versions, _MANAGE),
    route("POST", "model-versions/create", create_version, _REGISTER),
    route("GET", "model-versions/get", get_version, _REGISTER),
    route("GET", "model-versions/search", search_versions, _MANAGE),
    route("GET", "model-versions/get-download-uri", download_uri, _MANAGE),
    route("PATCH", "model-versions/update", update_version, _MANAGE),
    route("POST", "model-versions/set-tag", tag_version, _MANAGE),
    route("POST", "model-versions/transition-stage", move_version, _MANAGE),
)
