"""From an environment to its image: what the image is made of, and whether it has to be built.

Images are cached by the hash of their definition: name and version of the environment do not count, the order of
channels and dependencies does (concept-environments.md, 2024-09-04).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from twoclouds.azure.assets import base_images, packages, registry
from twoclouds.azure.errors import bad_request
from twoclouds.azure.state import State
from twoclouds.azure.storage import data_paths
from twoclouds.wire.errors import NotSimulated
from twoclouds.world import conda, dockerfile
from twoclouds.world.images import BuildFailed, ImageDefinition

CURATED = "AzureML-"
"""The prefix under which a workspace knows a curated environment."""


@dataclass(frozen=True)
class Recipe:
    """What an environment's image is made of: an image, with a conda file or without, or a folder with a Dockerfile."""

    origin: str
    image: str = ""
    conda_file: str = ""
    context: Mapping[str, bytes] = field(default_factory=dict)
    dockerfile: str = "Dockerfile"

    @property
    def is_built(self) -> bool:
        """Whether Azure builds an image for it; an image alone is pulled as it is."""
        return bool(self.conda_file or not self.image)

    @property
    def hash(self) -> str:
        """The hash of the definition; empty if nothing is built."""
        if not self.is_built:
            return ""
        parts: list[Any] = [self.image, self.dockerfile]
        if self.conda_file:
            file = conda.parse(self.conda_file)
            parts += [file.channels, file.dependencies]
        parts.append([(path, hashlib.sha256(data).hexdigest()) for path, data in sorted(self.context.items())])
        return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


def resolve(state: State, environment_id: str) -> str:
    """The id of an environment's version, of one that may be short or name a label: `azureml:AzureML-…@latest`, which
    the SDK leaves to the service, `azureml://registries/azureml/environments/…/labels/latest`.

    Raises AzureError (404) for one that does not exist, and NotSimulated for one whose image is not known here.
    """
    if environment_id.startswith("azureml://registries/"):
        environment_id = registry.resolve(environment_id)
    elif match := re.fullmatch(r"(?:azureml:)?([^/:@]+)(?::([^/:@]+)|@latest)", environment_id):
        latest = state.environments.find(match[1]).latest
        assert latest is not None
        environment_id = state.environments.resource_id(match[1], match[2] or latest.version)
    find(state, environment_id)
    return environment_id


def find(state: State, environment_id: str) -> Recipe:
    """The recipe of an environment, by the id of a version.

    Raises AzureError (404), and NotSimulated for an image that is not known here.
    """
    if environment_id.startswith("azureml://registries/"):
        recipe = Recipe(origin=registry.name_of(environment_id), image=registry.image(environment_id))
    elif match := re.search(r"/environments/([^/]+)/versions/([^/]+)$", environment_id):
        kept = state.environments.get(match[1], match[2])
        recipe = of(state, kept.name, kept.properties)
    else:
        raise bad_request(f"'{environment_id}' is not the id of an environment.")
    if recipe.image and base_images.find(recipe.image) is None:
        raise NotSimulated(f"the image {recipe.image}", f"These are: {base_images.known()}.")
    return recipe


def of(state: State, name: str, properties: dict[str, Any]) -> Recipe:
    """The recipe of an environment with these properties. Raises AzureError (400) for what defines no image."""
    image, conda_file = properties.get("image") or "", properties.get("condaFile") or ""
    if build := properties.get("build"):
        context = data_paths.read(state, build["contextUri"])
        return Recipe(name, context=context, dockerfile=build.get("dockerfilePath") or "Dockerfile")
    if not image:
        raise bad_request(f"Environment '{name}' needs an image or a build context.")
    if conda_file:
        try:
            conda.parse(conda_file)
        except conda.NotACondaFile as error:
            raise bad_request(str(error)) from None
    return Recipe(name, image, conda_file)


def define(state: State, recipe: Recipe) -> tuple[ImageDefinition, tuple[str, ...]]:
    """What the image holds, and the first lines of its build. Raises BuildFailed for what cannot be built."""
    if not recipe.image:
        built = dockerfile.read(
            recipe.context,
            name=recipe.origin,
            base=lambda image: base_images.base(state, image),
            dockerfile=recipe.dockerfile,
            absent=packages.elsewhere(state),
        )
        return packages.complete(state, built.definition), built.log
    if not recipe.conda_file:
        found = base_images.base(state, recipe.image)
        assert found is not None
        return replace(found, origin=recipe.origin), ()
    log = (
        f"Step 1/4 : FROM {recipe.image}",
        "Step 2/4 : COPY azureml-environment-setup/mutated_conda_dependencies.yml .",
        "Step 3/4 : RUN conda env create -p /azureml-envs/azureml -f mutated_conda_dependencies.yml",
    )
    try:
        wanted = conda.parse(recipe.conda_file).requirements()
    except BuildFailed as failed:
        raise BuildFailed(log + failed.log) from None
    carried, absent = packages.split(state, wanted)
    return ImageDefinition(base=recipe.image, packages=carried, absent=absent, origin=recipe.origin), log
