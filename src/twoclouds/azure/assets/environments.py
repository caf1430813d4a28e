"""Environments: the image that a job or a deployment runs in, named and versioned. What is in it: `recipes.py`.

https://learn.microsoft.com/azure/machine-learning/concept-environments
"""

from __future__ import annotations

from typing import Any

from twoclouds.azure.assets import base_images, recipes, registry
from twoclouds.azure.assets.asset_routes import Noun
from twoclouds.azure.errors import user_error
from twoclouds.azure.state import State

RESERVED = ("azureml", "microsoft")


def provide(state: State) -> None:
    """Make what every workspace has by default: the curated environments, under names that begin with `AzureML-`."""
    for name, row in registry.curated().items():
        if row["packages"] != base_images.UNKNOWN:
            state.environments.put(f"{recipes.CURATED}{name}", row["version"], registry.properties(row))


def check(name: str) -> None:
    """Raise AzureError (400) for a name that is Microsoft's."""
    if name.lower().startswith(RESERVED):
        raise user_error(
            400,
            "Environment name can not start with the prefix AzureML or Microsoft. "
            "To alter a curated environment first create a copy of it.",
        )


def complete(state: State, name: str, asked: dict[str, Any]) -> dict[str, Any]:
    """What a new version holds. Raises AzureError (400) for what defines no image. An image that nobody has is found
    out when it is pulled, a conda file that asks too much when it is built."""
    recipes.of(state, name, asked)
    return {"osType": "Linux"} | asked | {"environmentType": "UserCreated"}


NOUN = Noun(
    "Environment",
    "environments",
    lambda state: state.environments,
    complete,
    summary=lambda asset: {"provisioningState": "Succeeded"},
    check=check,
)

ROUTES = NOUN.routes("lesson 1; azureml-examples sdk/python/assets/environment/environment.ipynb")
