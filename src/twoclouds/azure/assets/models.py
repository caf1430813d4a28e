"""Models: named and versioned files that a deployment loads. Of an MLflow model, Azure reads the flavors.

https://learn.microsoft.com/azure/machine-learning/how-to-manage-models
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from twoclouds.azure.assets.asset_routes import Noun
from twoclouds.azure.errors import AzureError, bad_request
from twoclouds.azure.state import State
from twoclouds.azure.storage import data_paths
from twoclouds.wire.errors import NotSimulated

CUSTOM, MLFLOW, TRITON = TYPES = ("custom_model", "mlflow_model", "triton_model")


@dataclass(frozen=True)
class Model:
    """One version of a model: where it is, of which type, and for an MLflow model what can load it.

    `uri` is the file or folder in a datastore; `flavors` maps a flavor (`python_function`, `sklearn`) to what its
    MLmodel file says of it.
    """

    name: str
    version: str
    type: str
    uri: str
    flavors: dict[str, dict[str, Any]]

    @property
    def folder(self) -> str:
        """The last part of where it is: the name under which a deployment finds the file or folder."""
        return self.uri.rstrip("/").rsplit("/", 1)[-1]


def find(state: State, model_id: str) -> Model:
    """The model with that id: an ARM id, or `azureml:name:version`, `azureml:name@latest`, or
    `azureml://locations/…/models/name/versions/version`. Raises AzureError (404)."""
    name, version = _parse(state, model_id)
    kept = state.models.get(name, version)
    properties = kept.properties
    return Model(
        name=kept.name,
        version=kept.version,
        type=properties["modelType"],
        uri=properties["modelUri"],
        flavors={flavor: value.get("data") or {} for flavor, value in properties["flavors"].items()},
    )


def files(state: State, model: Model) -> dict[str, bytes]:
    """What a deployment finds under `AZUREML_MODEL_DIR`: a model that is a folder keeps the folder's name
    (`model/MLmodel`), one that is a file its own. Empty if what was registered has gone from the storage."""
    container, path = data_paths.resolve(state, model.uri)
    found = data_paths.read(state, model.uri)
    if state.blobs.exists(container, path):
        return found
    return {f"{model.folder}/{name}": content for name, content in found.items()}


def _parse(state: State, model_id: str) -> tuple[str, str]:
    if match := re.search(r"/models/([^/]+)/versions/([^/]+)/?$", model_id):
        if model_id.startswith("azureml://registries/"):
            raise NotSimulated(f"the model {model_id}", "Models registered in the workspace are.")
        return match[1], match[2]
    if match := re.fullmatch(r"(?:azureml:)?([^/:@]+)(?::([^/:@]+)|@latest)", model_id):
        if match[2]:
            return match[1], match[2]
        latest = state.models.find(match[1]).latest
        if latest is not None:
            return match[1], latest.version
    raise bad_request(f"'{model_id}' is not the id of a model.")


def settle(state: State, asked: dict[str, Any]) -> dict[str, Any]:
    """What is asked for, with the place in a datastore that a job's output stands for, and that job's name."""
    if "modelUri" not in asked:
        return asked
    uri, job = data_paths.settle(state, asked["modelUri"])
    return asked | {"modelUri": uri} | ({"jobName": job} if job else {})


def complete(state: State, name: str, asked: dict[str, Any]) -> dict[str, Any]:
    """What a new version holds: its type, and the flavors of an MLflow model. Raises AzureError if there is nothing
    where it is said to be, or nothing that can be such a model."""
    kind = asked.get("modelType", CUSTOM)
    if kind not in TYPES:
        raise bad_request(f"'{kind}' is not a type of model: {', '.join(TYPES)} are.")
    if not asked.get("modelUri"):
        raise bad_request("The field 'modelUri' is required.")
    uri = asked["modelUri"]
    found = data_paths.read(state, uri)
    if not found:
        path = data_paths.resolve(state, uri)[1]
        raise AzureError(
            400,
            "BadRequest",
            "The request is invalid.",
            details=(
                ("ModelAssetPathNotFoundInStorage", f"No blobs found in storage at model asset path: azureml/{path}"),
            ),
        )
    made = asked | {"modelType": kind, "flavors": asked.get("flavors") or {}}
    if kind == MLFLOW:
        made["flavors"] = _flavors(found) | made["flavors"]
    return made


def _flavors(found: dict[str, bytes]) -> dict[str, Any]:
    """The flavors that an MLmodel file names. Raises AzureError if there is none."""
    import yaml

    try:
        content = yaml.safe_load(found["MLmodel"].decode())
        flavors = {name: {key: str(value) for key, value in data.items()} for name, data in content["flavors"].items()}
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, yaml.YAMLError):
        raise bad_request("An MLflow model needs an MLmodel file that names its flavors in its folder.") from None
    return {name: {"data": data} for name, data in flavors.items()}


NOUN = Noun("Model", "models", lambda state: state.models, complete, settle)

ROUTES = NOUN.routes("azureml-examples sdk/python/assets/model/model.ipynb")
