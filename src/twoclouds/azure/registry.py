"""The registry `azureml`: the curated environments that Microsoft keeps for everybody."""

from __future__ import annotations

import re
from typing import Any

from twoclouds.azure.account import API, PROVIDER, REGION
from twoclouds.azure.catalog import images
from twoclouds.azure.errors import AzureError, user_error
from twoclouds.azure.state import State
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route
from twoclouds.world.catalog import Row
from twoclouds.world.images import ImageDefinition

NAME = "azureml"
SUBSCRIPTION = "66666666-6666-6666-6666-666666666666"
CREATED = "2024-08-01T00:00:00.0000000Z"


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


def list_versions(state: State, request: Request, registry: str, name: str, **scope: str) -> Response:
    """The versions of a curated environment: this lab has one of each."""
    return Response.of_json({"value": [_resource(name, _row(registry, name))]})


def get_version(state: State, request: Request, registry: str, name: str, version: str, **scope: str) -> Response:
    """A version of a curated environment."""
    return Response.of_json(_resource(name, _row(registry, name, version)))


def resolve(environment_id: str) -> str:
    """The id of a version, of an id that may name a label instead. Raises AzureError (404)."""
    name, row = _parse(environment_id)
    return _identify(name, row)


def definition(environment_id: str) -> ImageDefinition:
    """What the environment's image holds. Raises AzureError (404)."""
    name, row = _parse(environment_id)
    return ImageDefinition(
        base=f"{row['image']}:{row['version']}",
        packages=tuple(row["packages"].split()),
        absent=tuple(row["absent"].split()),
        origin=name,
    )


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
    _check(registry)
    row = images().get(name)
    wanted = f"azureml://registries/{registry}/environments/{name}"
    if row is None or row["curated"] != "yes":
        raise _not_found(wanted)
    if version not in (None, row["version"]):
        raise _not_found(f"{wanted}/versions/{version}")
    return row


def _not_found(identifier: str) -> AzureError:
    return user_error(404, f"Could not find asset with ID: {identifier}")


def _identify(name: str, row: Row) -> str:
    return f"azureml://registries/{NAME}/environments/{name}/versions/{row['version']}"


def _resource(name: str, row: Row) -> dict[str, Any]:
    return {
        "id": _identify(name, row),
        "name": row["version"],
        "type": f"{PROVIDER}/registries/environments/versions",
        "properties": {
            "image": f"{row['image']}:{row['version']}",
            "environmentType": "Curated",
            "osType": "Linux",
            "isArchived": False,
            "isAnonymous": False,
            "tags": {},
            "properties": {},
        },
        "systemData": {
            "createdAt": CREATED,
            "createdBy": "Microsoft",
            "createdByType": "User",
            "lastModifiedAt": CREATED,
        },
    }


_PATH = (
    "/mferp/managementfrontend/subscriptions/{registry_subscription}/resourceGroups/{registry_group}"
    f"/providers/{PROVIDER}/registries/{{registry}}/environments/{{name}}"
)
_LESSON = "lesson 1 (a curated environment)"

ROUTES = (
    Route(
        "GET", API, "/registrymanagement/v1.0/registries/{registry}/discovery", discover, "Registry - Discover", _LESSON
    ),
    Route("GET", API, _PATH + "/versions", list_versions, "Registry Environment Versions - List", _LESSON),
    Route("GET", API, _PATH + "/versions/{version}", get_version, "Registry Environment Versions - Get", _LESSON),
)
