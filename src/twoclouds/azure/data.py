"""Data assets: a name and a version for a file or folder in a datastore."""

from __future__ import annotations

from twoclouds.azure.account import ARM, WORKSPACE_PATH
from twoclouds.azure.catalog import duration
from twoclouds.azure.state import State
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route


def get_container(state: State, request: Request, name: str) -> Response:
    """An asset, with its latest and its next version."""
    kind = state.data.newest_first(name)[0].properties["dataType"]
    return Response.of_json(state.data.container(name, dataType=kind))


def get_version(state: State, request: Request, name: str, version: str) -> Response:
    """One version."""
    return Response.of_json(state.data.resource(state.data.get(name, version)))


def put_version(state: State, request: Request, name: str, version: str) -> Response:
    """Create a version; of one that exists only description, tags and archiving change."""
    properties = {"isArchived": False, "isAnonymous": False, "tags": {}, "properties": {}}
    properties |= {key: value for key, value in request.json()["properties"].items() if value is not None}
    asset, new = state.data.put(name, version, properties)
    if new:
        state.world.events.record("data.created", f"azure/{name}:{version}")
    return Response.of_json(
        state.data.resource(asset), status=201 if new else 200, took=duration(state.world, "request_create")
    )


_PATH = f"{WORKSPACE_PATH}/data/{{name}}"

ROUTES = (
    Route("GET", ARM, _PATH, get_container, "Data Containers - Get", "lesson 1"),
    Route("GET", ARM, _PATH + "/versions/{version}", get_version, "Data Versions - Get", "lesson 1"),
    Route("PUT", ARM, _PATH + "/versions/{version}", put_version, "Data Versions - Create Or Update", "lesson 1"),
)
