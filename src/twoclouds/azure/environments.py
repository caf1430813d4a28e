"""Environments: the image that a job runs in, named and versioned.

The image is known by its definition: two environments that define the same share one build
(concept-environments.md: images are cached by the hash of their definition; name and version do not matter).
"""

from __future__ import annotations

import re
from typing import Any

from twoclouds.azure import registry
from twoclouds.azure.asset_routes import Noun
from twoclouds.azure.catalog import images, read
from twoclouds.azure.errors import bad_request, user_error
from twoclouds.azure.state import State
from twoclouds.wire.errors import NotSimulated
from twoclouds.world.images import ImageDefinition

RESERVED = ("azureml", "microsoft")


def complete(state: State, name: str, asked: dict[str, Any]) -> dict[str, Any]:
    """What a new version holds. Raises AzureError for a name that is Microsoft's, or what defines no image."""
    if name.lower().startswith(RESERVED):
        raise user_error(
            400,
            "Environment name can not start with the prefix AzureML or Microsoft. "
            "To alter a curated environment first create a copy of it.",
        )
    _define(name, asked)
    return {"osType": "Linux"} | asked | {"environmentType": "UserCreated"}


def definition(state: State, environment_id: str) -> tuple[ImageDefinition, bool]:
    """What the environment's image holds, and whether it has to be built first. Raises AzureError (404)."""
    if environment_id.startswith("azureml://registries/"):
        return registry.definition(environment_id), False
    match = re.search(r"/environments/([^/]+)/versions/([^/]+)$", environment_id)
    if not match:
        raise bad_request(f"'{environment_id}' is not the id of an environment.")
    properties = state.environments.get(match[1], match[2]).properties
    return _define(match[1], properties), "condaFile" in properties


def _define(name: str, properties: dict[str, Any]) -> ImageDefinition:
    if properties.get("build"):
        raise NotSimulated("Azure ML environments from a Docker build context", "Image and conda file are.")
    image = properties.get("image")
    if not image:
        raise bad_request(f"Environment '{name}' needs an image or a build context.")
    base = image.split(":")[0].split("@")[0]
    known = {row["image"]: row for row in images().values()}
    if base not in known:
        raise NotSimulated(f"the image {image}", f"These are: {', '.join(sorted(known))}.")
    row = known[base]
    packages, absent = tuple(row["packages"].split()), tuple(row["absent"].split())
    if conda := properties.get("condaFile"):
        asked = requirements(conda)
        elsewhere = tuple(text for text in asked if _project(text) in read("packages"))
        packages, absent = tuple(t for t in asked if t not in elsewhere), tuple(_project(t) for t in elsewhere)
    return ImageDefinition(base=image, packages=packages, absent=absent, origin=name)


def requirements(conda_file: str) -> tuple[str, ...]:
    """The requirements of a conda file, pip's included, as pip writes them. Python and pip themselves are left out."""
    import yaml

    try:
        content = yaml.safe_load(conda_file)
        dependencies = content["dependencies"]
    except (yaml.YAMLError, TypeError, KeyError):
        raise bad_request("The conda file is not one: it needs a list of dependencies.") from None
    found: list[str] = []
    for entry in dependencies:
        if isinstance(entry, dict):
            found += [str(text).strip() for text in entry.get("pip") or ()]
        elif _project(entry) not in ("python", "pip"):
            found.append(_as_pip(entry))
    return tuple(found)


def _as_pip(text: str) -> str:
    """`numpy=1.26` (conda: any 1.26) is `numpy==1.26.*`."""
    name, equal, version = re.sub(r"\s+", "", text).rpartition("::")[2].partition("=")
    if equal and not version.startswith("=") and not name.endswith(("<", ">", "!", "~")):
        return f"{name}=={version.partition('=')[0].removesuffix('.*')}.*"
    return f"{name}{equal}{version}"


def _project(text: str) -> str:
    return re.split(r"[\s=<>!~\[;@]", text.strip(), maxsplit=1)[0].lower()


NOUN = Noun(
    "Environment",
    "environments",
    lambda state: state.environments,
    complete,
    summary=lambda asset: {"provisioningState": "Succeeded"},
)

ROUTES = NOUN.routes("lesson 1; azureml-examples sdk/python/assets/environment/environment.ipynb")
