"""The image of a deployment: its environment's, or for an MLflow model without one, Azure's own for such models.

The packages of an MLflow model's conda file are installed when the container starts (how-to-troubleshoot-online-
endpoints.md, conda installation issues): no image is built, and what cannot be installed is a container that crashes.
"""

from __future__ import annotations

from typing import Any

from twoclouds.azure.assets import base_images, image_builds, models, recipes
from twoclouds.azure.assets.recipes import Recipe
from twoclouds.azure.state import State
from twoclouds.azure.storage import data_paths
from twoclouds.world.clock import Lifecycle
from twoclouds.world.images import Image

MLFLOW_IMAGE = "mcr.microsoft.com/azureml/curated/mlflow-py312-inference"


def obtain(state: State, properties: dict[str, Any]) -> Lifecycle:
    """The image that the instances pull, in a lifecycle: there already, or built first. Raises AzureError,
    BuildFailed."""
    if environment := properties.get("environmentId"):
        image, _ = yield from image_builds.obtain(state, environment)
        return image
    definition = base_images.base(state, MLFLOW_IMAGE)
    assert definition is not None
    return (yield state.world.clock.outside(lambda: state.world.images.build(definition)))


def installs(properties: dict[str, Any]) -> bool:
    """Whether packages are installed when the container starts."""
    return not properties.get("environmentId")


def installed(state: State, properties: dict[str, Any]) -> Image:
    """The MLflow image with the packages that the model asks for. Raises BuildFailed."""
    model = models.find(state, properties["model"])
    conda = data_paths.read(state, model.uri).get("conda.yaml", b"dependencies: [{pip: [mlflow]}]").decode()
    definition, _ = recipes.define(state, Recipe(model.name, MLFLOW_IMAGE, conda))
    return state.world.images.build(definition)
