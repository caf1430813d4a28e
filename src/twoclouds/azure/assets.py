"""Versioned assets: names that hold versions, as data, environments and code do.

A version's content never changes; its description, tags and whether it is archived may.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from twoclouds.azure.account import CLIENT, PROVIDER, WORKSPACE_ID
from twoclouds.azure.errors import AzureError, user_error
from twoclouds.wire.http import Request, Response

MUTABLE = frozenset({"description", "tags", "isArchived", "stage", "autoDeleteSetting"})


@dataclass
class Version:
    """One version of an asset."""

    name: str
    version: str
    properties: dict[str, Any]
    created: str
    number: int


@dataclass
class Assets:
    """The assets of one kind; `kind` is their collection's name in a resource id (`data`, `environments`, `codes`)."""

    kind: str
    time: Callable[[], str]
    versions: dict[str, dict[str, Version]] = field(default_factory=dict)
    _count: int = 0

    def put(self, name: str, version: str, properties: dict[str, Any]) -> tuple[Version, bool]:
        """Create a version, or change what may change of the one that exists; says whether it is new.

        Raises AzureError (409) if the content would change.
        """
        kept = self.versions.get(name, {}).get(version)
        if kept is not None:
            self._change(kept, properties)
            return kept, False
        self._count += 1
        made = Version(name, version, properties, self.time(), self._count)
        self.versions.setdefault(name, {})[version] = made
        return made, True

    def _change(self, kept: Version, properties: dict[str, Any]) -> None:
        for key, value in properties.items():
            if key not in MUTABLE and value is not None and kept.properties.get(key) != value:
                raise AzureError(
                    409,
                    "UserError",
                    "A different " + self.kind + f" version with the same name '{kept.name}' and version "
                    f"'{kept.version}' already exists: its '{key}' cannot be changed.",
                )
        kept.properties.update({key: properties[key] for key in MUTABLE if properties.get(key) is not None})

    def get(self, name: str, version: str) -> Version:
        """A version. Raises AzureError (404)."""
        try:
            return self.versions[_plain(name)][version]
        except KeyError:
            raise user_error(
                404, f"Could not find asset with ID: azureml:{self.resource_id(name, version).lstrip('/')}"
            ) from None

    def newest_first(self, name: str) -> list[Version]:
        """The versions of a name, the one made last first. Raises AzureError (404) if there is none."""
        name = _plain(name)
        if name not in self.versions:
            raise user_error(404, f"Could not find asset with ID: azureml:{self.resource_id(name).lstrip('/')}")
        return sorted(self.versions[name].values(), key=lambda version: -version.number)

    def resource_id(self, name: str, version: str = "") -> str:
        """The ARM id of an asset or one of its versions."""
        container = f"{WORKSPACE_ID}/{self.kind}/{name}"
        return f"{container}/versions/{version}" if version else container

    # As they go over the wire

    def resource(self, version: Version) -> dict[str, Any]:
        """A version as a resource."""
        return {
            "id": self.resource_id(version.name, version.version),
            "name": version.version,
            "type": f"{PROVIDER}/workspaces/{self.kind}/versions",
            "properties": version.properties,
            "systemData": system_data(version.created),
        }

    def container(self, name: str, **more: str) -> dict[str, Any]:
        """An asset as a resource: its latest and its next version, and what else its kind says. Raises AzureError."""
        latest = self.newest_first(name)[0]
        name = latest.name
        numbers = [int(version) for version in self.versions[name] if version.isdigit()]
        return {
            "id": self.resource_id(name),
            "name": name,
            "type": f"{PROVIDER}/workspaces/{self.kind}",
            "properties": {
                "isArchived": False,
                "latestVersion": latest.version,
                "nextVersion": str(max(numbers, default=0) + 1),
                **more,
            },
            "systemData": system_data(latest.created),
        }

    def listing(self, request: Request, name: str) -> Response:
        """The versions of a name, as the query asks: the SDK takes one, in descending order, for `latest`."""
        versions = self.newest_first(name)
        top = request.query.get("$top")
        return Response.of_json({"value": [self.resource(v) for v in versions[: int(top) if top else None]]})


def _plain(name: str) -> str:
    """For an input's path `azureml:name@latest` (the vendor's samples have it) the SDK asks for `azureml:name`."""
    return name.removeprefix("azureml:")


def system_data(created: str) -> dict[str, str]:
    """Who made a resource, and when."""
    return {
        "createdAt": created,
        "createdBy": CLIENT,
        "createdByType": "Application",
        "lastModifiedAt": created,
        "lastModifiedBy": CLIENT,
        "lastModifiedByType": "Application",
    }
