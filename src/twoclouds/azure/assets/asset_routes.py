"""What one kind of versioned asset answers: get, list and change a name or one of its versions, and create a version.

https://learn.microsoft.com/rest/api/azureml/data-versions (and -containers; environments and models alike)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from twoclouds.azure.account import ARM, WORKSPACE_PATH
from twoclouds.azure.assets.assets import Asset, Assets, Version, View
from twoclouds.azure.catalog import duration
from twoclouds.azure.errors import bad_request
from twoclouds.azure.state import State
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route

NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-_.]{0,254}")
VERSION = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-_.]{0,254}")
"""Container names as the REST reference has them, and dots, which Microsoft's own environments have (`sklearn-1.5`);
the reference has no rule for versions, and this one is assumed."""


@dataclass(frozen=True)
class Noun:
    """A kind of asset: what its operations are called, where it is kept, and how a version of it is made.

    `settle` puts what is asked into the form in which it is kept; `complete` checks what is asked of a new version and
    fills in what Azure fills in; both before anything is stored, and they may raise AzureError. `summary` is what the
    container says beside its latest and next version; `check` refuses names that nobody may write to.
    """

    label: str
    plural: str
    store: Callable[[State], Assets]
    complete: Callable[[State, str, dict[str, Any]], dict[str, Any]]
    settle: Callable[[State, dict[str, Any]], dict[str, Any]] = lambda state, asked: asked
    summary: Callable[[Asset], dict[str, str]] = lambda asset: {}
    check: Callable[[str], None] = lambda name: None

    def get_container(self, state: State, request: Request, name: str) -> Response:
        """An asset, with its latest and its next version."""
        return Response.of_json(self._container(state, self.store(state).find(name)))

    def put_container(self, state: State, request: Request, name: str) -> Response:
        """Change an asset's description and tags, or archive it with all its versions, or restore it."""
        self.check(name)
        asset = self.store(state).describe(name, request.json()["properties"])
        return Response.of_json(self._container(state, asset), took=duration(state.world, "request_create"))

    def list_containers(self, state: State, request: Request) -> Response:
        """The assets of a view (active ones if the query says nothing), newest first."""
        return _page(request, [self._container(state, asset) for asset in self.store(state).listed(_view(request))])

    def get_version(self, state: State, request: Request, name: str, version: str) -> Response:
        """One version."""
        assets = self.store(state)
        return Response.of_json(assets.resource(assets.get(name, version)))

    def list_versions(self, state: State, request: Request, name: str) -> Response:
        """The versions of a name in a view, newest first, or as the query asks: the SDK takes one for `latest`.

        None of a name that nobody has used, as the SDK expects.
        """
        assets, view = self.store(state), _view(request)
        held = assets.named.get(name.removeprefix("azureml:"))
        found = [version for version in held.newest_first(view) if _fits(request, version)] if held else []
        if request.query.get("$orderBy", "").lower().endswith(" asc"):
            found.reverse()
        return _page(request, [assets.resource(version) for version in found])

    def put_version(self, state: State, request: Request, name: str, version: str) -> Response:
        """Create a version; of one that exists only what is said about it changes."""
        new = not self.store(state).holds(name, version)
        made = self.register(state, name, request.json()["properties"], version)
        return Response.of_json(
            self.store(state).resource(made), status=201 if new else 200, took=duration(state.world, "request_create")
        )

    def register(self, state: State, name: str, asked: dict[str, Any], version: str = "") -> Version:
        """Create a version (the next one, if none is named), or change what is said about the one that exists.

        Raises AzureError for what is not a name (400), what cannot be such an asset (400), and other content (409).
        """
        assets = self.store(state)
        version = version or (assets.named[name].next_version if name in assets.named else "1")
        check_name(name, version)
        self.check(name)
        asked = self.settle(state, {key: value for key, value in asked.items() if value is not None})
        if not assets.holds(name, version):
            defaults = {"isArchived": False, "isAnonymous": False, "tags": {}, "properties": {}}
            asked = self.complete(state, name, defaults | asked)
        made, new = assets.put(name, version, asked)
        if new:
            state.world.events.record(f"{assets.kind.singular}.created", f"azure/{name}:{version}")
        return made

    def _container(self, state: State, asset: Asset) -> dict[str, Any]:
        return self.store(state).container(asset, **self.summary(asset))

    def routes(self, caller: str) -> tuple[Route, ...]:
        """The routes of this kind, for `caller`."""
        root = f"{WORKSPACE_PATH}/{self.plural}"
        named, versions = f"{root}/{{name}}", f"{root}/{{name}}/versions"
        one = f"{versions}/{{version}}"
        containers, items = f"{self.label} Containers", f"{self.label} Versions"
        return (
            Route("GET", ARM, root, self.list_containers, f"{containers} - List", caller),
            Route("GET", ARM, named, self.get_container, f"{containers} - Get", caller),
            Route("PUT", ARM, named, self.put_container, f"{containers} - Create Or Update", caller),
            Route("GET", ARM, versions, self.list_versions, f"{items} - List", caller),
            Route("GET", ARM, one, self.get_version, f"{items} - Get", caller),
            Route("PUT", ARM, one, self.put_version, f"{items} - Create Or Update", caller),
        )


def check_name(name: str, version: str = "1") -> None:
    """Raise AzureError (400) for a name or a version that is none."""
    if not NAME.fullmatch(name):
        raise bad_request(
            f"The provided asset name '{name}' is invalid: it begins with a letter or a digit and holds at most 255 "
            "letters, digits, dashes, underscores and dots."
        )
    if not VERSION.fullmatch(version):
        raise bad_request(
            f"The provided version '{version}' is invalid: it begins with a letter or a digit and holds at most 255 "
            "letters, digits, dashes, underscores and dots."
        )


def _view(request: Request) -> View:
    view = request.query.get("listViewType", "ActiveOnly")
    if view not in ("ActiveOnly", "ArchivedOnly", "All"):
        raise bad_request(f"'{view}' is not a list view type: ActiveOnly, ArchivedOnly and All are.")
    return cast(View, view)


def _fits(request: Request, version: Version) -> bool:
    """Whether a version is one of those the query asks for: of a stage, or with tags (`key` or `key=value`)."""
    wanted = request.query.get("stage")
    if wanted is not None and version.properties.get("stage") != wanted:
        return False
    tags = version.properties.get("tags") or {}
    for entry in filter(None, request.query.get("tags", request.query.get("$tags", "")).split(",")):
        key, equals, value = entry.partition("=")
        if key not in tags or (equals and tags[key] != value):
            return False
    return True


def _page(request: Request, entries: list[dict[str, Any]]) -> Response:
    """As many as the query asks for; all of them without a number."""
    top = request.query.get("$top", "")
    return Response.of_json({"value": entries[: int(top) if top.isdecimal() else None]})
