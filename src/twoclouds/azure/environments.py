"""Environments: the image that a job runs in, named and versioned.

The image is known by its definition: two environments that define the same share one build
(concept-environments.md: images are cached by the hash of their definition; name and version do not matter).
"""

from __future__ import annotations

import re
from typing import Any

from twoclouds.azure import registry
from twoclouds.azure.account import ARM, WORKSPACE_PATH
from twoclouds.azure.catalog import duration, images, read
from twoclouds.azure.errors import bad_request, user_error
from twoclouds.azure.state import State
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route
from twoclouds.world.images import ImageDefinition

RESERVED = ("azureml", "microsoft")


def get_container(state: State, request: Request, name: str) -> Response:
    """An environment, with its latest and its next version."""
    return Response.of_json(state.environments.container(name, provisioningState="Succeeded"))


def list_versions(state: State, request: Request, name: str) -> Response:
    """The versions of an environment, newest first."""
    return state.environments.listing(request, name)


def get_version(state: State, request: Request, name: str, version: str) -> Response:
    """One version."""
    return Response.of_json(state.environments.resource(state.environments.get(name, version)))


def put_version(state: State, request: Request, name: str, version: str) -> Response:
    """Create a version. With other content than the version of that number has, it is refused (409)."""
    if name.lower().startswith(RESERVED):
        raise user_error(
            400,
            "Environment name can not start with the prefix AzureML or Microsoft. "
            "To alter a curated environment first create a copy of it.",
        )
    properties = {key: value for key, value in request.json()["properties"].items() if value is not None}
    _define(name, properties)
    defaults = {"isArchived": False, "isAnonymous": False, "osType": "Linux", "tags": {}, "properties": {}}
    properties = {**defaults, **properties, "environmentType": "UserCreated"}
    environment, new = state.environments.put(name, version, properties)
    if new:
        state.world.events.record("environment.created", f"azure/{name}:{version}")
    return Response.of_json(
        state.environments.resource(environment),
        status=201 if new else 200,
        took=duration(state.world, "request_create"),
    )


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


_PATH = f"{WORKSPACE_PATH}/environments/{{name}}"
_VERSIONS = _PATH + "/versions"

ROUTES = (
    Route("GET", ARM, _PATH, get_container, "Environment Containers - Get", "lesson 1"),
    Route("GET", ARM, _VERSIONS, list_versions, "Environment Versions - List", "lesson 1"),
    Route("GET", ARM, _VERSIONS + "/{version}", get_version, "Environment Versions - Get", "lesson 1"),
    Route("PUT", ARM, _VERSIONS + "/{version}", put_version, "Environment Versions - Create Or Update", "lesson 1"),
)
