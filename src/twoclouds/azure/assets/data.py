"""Data assets: a name and a version for a file or folder in a datastore, or for a table made of some (MLTable)."""

from __future__ import annotations

import re
from typing import Any

from twoclouds.azure.assets.asset_routes import Noun
from twoclouds.azure.assets.assets import Asset
from twoclouds.azure.errors import bad_request, user_error
from twoclouds.azure.state import State
from twoclouds.azure.storage import data_paths

SCHEMES = ("azureml", "https", "http", "wasbs", "wasb", "abfss", "abfs", "adl")
"""What the path of a data asset may begin with (reference-yaml-data.md)."""


def settle(state: State, asked: dict[str, Any]) -> dict[str, Any]:
    """What is asked for, with the place in a datastore that a job's output stands for."""
    return asked | {"dataUri": data_paths.settle(state, asked["dataUri"])[0]}


def complete(state: State, name: str, asked: dict[str, Any]) -> dict[str, Any]:
    """What a new version holds. Whether there is anything at its path shows when it is read; but it must be one.

    Raises AzureError (400).
    """
    if not re.match(rf"({'|'.join(SCHEMES)})://?[^/]", asked["dataUri"]):
        raise bad_request(f"The data URI '{asked['dataUri']}' is invalid: it begins with one of {', '.join(SCHEMES)}.")
    held = state.data.named.get(name)
    if held is not None and (kind := _summary(held)["dataType"]) != asked["dataType"]:
        raise user_error(
            400,
            f"A data asset named '{name}' with type '{kind}' already exists. A version of type '{asked['dataType']}' "
            "cannot be added to it: use another name.",
        )
    return asked


def _summary(asset: Asset) -> dict[str, str]:
    return {"dataType": next(iter(asset.versions.values())).properties["dataType"]}


NOUN = Noun("Data", "data", lambda state: state.data, complete, settle, _summary)

ROUTES = NOUN.routes("lesson 1; azureml-examples sdk/python/assets/data/data.ipynb")
