"""The registry `azureml`: the curated environments that Microsoft keeps for everybody."""

from __future__ import annotations

import re
from typing import Any

from twoclouds.azure.account import API, PROVIDER, REGION
from twoclouds.azure.catalog import images
from twoclouds.azure.errors import AzureError, user_error
from twoclouds.azure.state import State
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route
from twoclouds.world.catalog import Row

NAME = "azureml"
SUBSCRIPTION = "66666666-6666-6666-6666-666666666666"
CREATED = "2024-08-01T00:00:00.0000000Z"
SYSTEM_DATA = {"createdAt": CREATED, "createdBy": "Microsoft", "createdByType": "User", "lastModifiedAt": CREATED}


def discover(state: State, request: Request, registry: str) -> Response:
    """Where the registry's own endpoint is."""
    _check(registry)
    return Response.of_json(
        {
            "registryName": NAME,
            "primaryRegion": REGION,
            "primaryRegionResourceProviderUri": f"https://{API}/",
            "resourceGroup": "azureml-registry",
            "subscriptionId": SUBSCRIPTION,
        }
    )


def list_environments(state: State, request: Request, registry: str, **scope: str) -> Response:
    """The curated environments."""
    _check(registry)
    return Response.of_json({"value": [_container(name, row) for name, row in curated().items()]})


def get_environment(state: State, request: Request, registry: str, name: str, **scope: str) -> Response:
    """A curated environment, with its latest version."""
    return Response.of_json(_container(name, _row(registry, name)))


def list_versions(state: State, request: Request, registry: str, name: str, **scope: str) -> Response:
    """The versions of a curated environment: this lab has one of each."""
    return Response.of_json({"value": [_resource(name, _row(registry, name))]})


def get_version(state: State, request: Request, registry: str, name: str, version: str, **scope: str) -> Response:
    """A version of a curated environment."""
    return Response.of_json(_resource(name, _row(registry, name, version)))


def curated() -> dict[str, Row]:
    """The curated environments, by name."""
    return {name: row for name, row in images().items() if row["curated"] == "yes"}


def resolve(environment_id: str) -> str:
    """The id of a version, of an id that may name a label instead. Raises AzureError (404)."""
    return _identify(*_parse(environment_id))


def name_of(environment_id: str) -> str:
    """The name in an id."""
    return _parse(environment_id)[0]


def image(environment_id: str) -> str:
    """The image of a curated environment. Raises AzureError (404)."""
    row = _parse(environment_id)[1]
    return f"{row['image']}:{row['version']}"


def _parse(environment_id: str) -> tuple[str, Row]:
    match = re.fullmatch(r"azureml://registries/([^/]+)/environments/([^/]+)/(versions|labels)/([^/]+)", environment_id)
    if not match:
        raise user_error(400, f"'{environment_id}' is not the id of an environment.")
    if match[3] == "labels" and match[4] != "latest":
        raise _not_found(environment_id)
    return match[2], _row(match[1], match[2], match[4] if match[3] == "versions" else None)


def _check(registry: str) -> None:
    if registry.lower() != NAME:
        raise AzureError(404, "RegistryNotFound", f"Registry '{registry}' was not found.")


def _row(registry: str, name: str, version: str | None = None) -> Row:
    """The row of a curated environment. Raises AzureError (404) for one that does not exist, NotSimulated for a version
    older than the one whose content is known."""
    _check(registry)
    row = curated().get(name)
    wanted = f"azureml://registries/{registry}/environments/{name}"
    if row is None:
        raise _not_found(wanted)
    if version not in (None, row["version"]):
        if version.isdecimal() and 0 < int(version) < row.integer("version"):
            raise NotSimulated(
                f"version {version} of the curated environment {name}", f"It knows what version {row['version']} holds."
            )
        raise _not_found(f"{wanted}/versions/{version}")
    return row


def _not_found(identifier: str) -> AzureError:
    return user_error(404, f"Could not find asset with ID: {identifier}")


def _identify(name: str, row: Row) -> str:
    return f"azureml://registries/{NAME}/environments/{name}/versions/{row['version']}"


def _container(name: str, row: Row) -> dict[str, Any]:
    return {
        "id": f"azureml://registries/{NAME}/environments/{name}",
        "name": name,
        "type": f"{PROVIDER}/registries/environments",
        "properties": {
            "isArchived": False,
            "latestVersion": row["version"],
            "nextVersion": str(row.integer("version") + 1),
            "provisioningState": "Succeeded",
        },
        "systemData": SYSTEM_DATA,
    }


def _resource(name: str, row: Row) -> dict[str, Any]:
    return {
        "id": _identify(name, row),
        "name": row["version"],
        "type": f"{PROVIDER}/registries/environments/versions",
        "properties": properties(row),
        "systemData": SYSTEM_DATA,
    }


def properties(row: Row) -> dict[str, Any]:
    """What a curated environment says of itself, in the registry and in a workspace."""
    return {
        "image": f"{row['image']}:{row['version']}",
        "environmentType": "Curated",
        "osType": "Linux",
        "isArchived": False,
        "isAnonymous": False,
        "tags": {},
        "properties": {},
    }


_PATH = (
    "/mferp/managementfrontend/subscriptions/{registry_subscription}/resourceGroups/{registry_group}"
    f"/providers/{PROVIDER}/registries/{{registry}}/environments"
)
_NAMED = _PATH + "/{name}"
_LESSON = "lesson 1 (a curated environment)"
_EXAMPLE = "how-to-manage-environments-v2.md (the curated environments, listed)"

ROUTES = (
    Route(
        "GET", API, "/registrymanagement/v1.0/registries/{registry}/discovery", discover, "Registry - Discover", _LESSON
    ),
    Route("GET", API, _PATH, list_environments, "Registry Environment Containers - List", _EXAMPLE),
    Route("GET", API, _NAMED, get_environment, "Registry Environment Containers - Get", _EXAMPLE),
    Route("GET", API, _NAMED + "/versions", list_versions, "Registry Environment Versions - List", _LESSON),
    Route("GET", API, _NAMED + "/versions/{version}", get_version, "Registry Environment Versions - Get", _LESSON),
)
