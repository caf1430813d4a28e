"""Versioned assets: names that hold versions, as data, environments, models and code do.

A version's content never changes; its description, its tags and whether it is archived may. An asset that is archived
takes all its versions out of the lists with it (how-to-manage-data-assets: archiving hides an asset from list queries;
it can be used as before).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from twoclouds.azure.account import CLIENT, PROVIDER, WORKSPACE_ID
from twoclouds.azure.errors import AzureError, user_error

MUTABLE = frozenset({"description", "tags", "isArchived", "autoDeleteSetting"})

View = Literal["ActiveOnly", "ArchivedOnly", "All"]


@dataclass
class Version:
    """One version of an asset; `number` says when it was made among all of its kind."""

    name: str
    version: str
    properties: dict[str, Any]
    created: str
    number: int
    modified: str = ""


@dataclass
class Asset:
    """A name and its versions; `properties` are what is said of them all."""

    name: str
    created: str
    properties: dict[str, Any] = field(default_factory=lambda: {"isArchived": False})
    versions: dict[str, Version] = field(default_factory=dict)

    @property
    def is_anonymous(self) -> bool:
        """Whether the SDK made it in passing, for one job or one deployment."""
        return all(version.properties.get("isAnonymous") for version in self.versions.values())

    def shows(self, view: View, version: Version | None = None) -> bool:
        """Whether a list of that view holds the asset, or one of its versions."""
        archived = self.properties["isArchived"]
        if version is not None:
            archived = archived or version.properties["isArchived"]
        return view == "All" or archived == (view == "ArchivedOnly")

    def newest_first(self, view: View = "All") -> list[Version]:
        """Its versions in a view, the one made last first."""
        found = (version for version in self.versions.values() if self.shows(view, version))
        return sorted(found, key=lambda version: -version.number)

    @property
    def latest(self) -> Version | None:
        """The version made last, of those that are not archived if there are any."""
        active = (v for v in self.newest_first() if not v.properties["isArchived"])
        return next(active, next(iter(self.newest_first()), None))

    @property
    def next_version(self) -> str:
        """The version that one made without a number gets."""
        return str(max((int(version) for version in self.versions if version.isdecimal()), default=0) + 1)


@dataclass(frozen=True)
class Kind:
    """What one kind of asset is called: in ids (`data`), in messages (`data`), and what of it may change."""

    plural: str
    singular: str
    mutable: frozenset[str] = MUTABLE


@dataclass
class Assets:
    """The assets of one kind."""

    kind: Kind
    time: Callable[[], str]
    named: dict[str, Asset] = field(default_factory=dict)
    count: int = 0

    def holds(self, name: str, version: str) -> bool:
        """Whether there is such a version."""
        return name in self.named and version in self.named[name].versions

    def put(self, name: str, version: str, properties: dict[str, Any]) -> tuple[Version, bool]:
        """Create a version, or change what may change of the one that exists; says whether it is new.

        Raises AzureError (409) if the content would change.
        """
        if self.holds(name, version):
            kept = self.named[name].versions[version]
            self._change(kept, properties)
            return kept, False
        self.count += 1
        made = Version(name, version, {"isArchived": False} | properties, self.time(), self.count)
        asset = self.named.setdefault(name, Asset(name, made.created))
        asset.versions[version] = made
        return made, True

    def _change(self, kept: Version, properties: dict[str, Any]) -> None:
        kind = self.kind
        for key, value in properties.items():
            if key not in kind.mutable and value is not None and kept.properties.get(key) != value:
                raise user_error(
                    409,
                    f"A {kind.singular} version with this name and version already exists. If you are trying to create "
                    f"a new {kind.singular} version, use a different name or version. If you are trying to update an "
                    f"existing {kind.singular} version, the existing asset's {_words(key)} cannot be changed. "
                    "Only tags, description, and isArchived can be updated.",
                )
        changed = {key: properties[key] for key in kind.mutable if properties.get(key) is not None}
        kept.properties.update(changed)
        kept.modified = self.time()

    def describe(self, name: str, properties: dict[str, Any]) -> Asset:
        """Change what is said of all the versions of a name: description, tags, and whether they are archived."""
        asset = self.find(name)
        asset.properties.update({key: properties[key] for key in MUTABLE if properties.get(key) is not None})
        return asset

    def find(self, name: str) -> Asset:
        """An asset. Raises AzureError (404)."""
        name = _plain(name)
        if name not in self.named:
            raise self._not_found(f"{self.kind.singular.capitalize()} container with name: {name} not found.")
        return self.named[name]

    def get(self, name: str, version: str) -> Version:
        """A version. Raises AzureError (404)."""
        try:
            return self.named[_plain(name)].versions[version]
        except KeyError:
            raise user_error(
                404, f"Could not find asset with ID: azureml:{self.resource_id(name, version).lstrip('/')}"
            ) from None

    def listed(self, view: View) -> list[Asset]:
        """The assets of a view, the newest first; what the SDK makes in passing is in none."""
        found = (asset for asset in self.named.values() if asset.shows(view) and not asset.is_anonymous)
        return sorted(found, key=lambda asset: -max(version.number for version in asset.versions.values()))

    def every(self) -> Iterable[Version]:
        """All versions of all names."""
        return (version for asset in self.named.values() for version in asset.versions.values())

    def _not_found(self, message: str) -> AzureError:
        code = f"{self.kind.singular.capitalize()}NotFound"
        return AzureError(404, "UserError", "The specified resource was not found.", details=((code, message),))

    # As they go over the wire

    def resource_id(self, name: str, version: str = "") -> str:
        """The ARM id of an asset or one of its versions."""
        container = f"{WORKSPACE_ID}/{self.kind.plural}/{name}"
        return f"{container}/versions/{version}" if version else container

    def resource(self, version: Version) -> dict[str, Any]:
        """A version as a resource."""
        return {
            "id": self.resource_id(version.name, version.version),
            "name": version.version,
            "type": f"{PROVIDER}/workspaces/{self.kind.plural}/versions",
            "properties": version.properties,
            "systemData": system_data(version.created, version.modified),
        }

    def container(self, asset: Asset, **more: str) -> dict[str, Any]:
        """An asset as a resource: its latest and its next version, and what else its kind says."""
        latest = asset.latest
        return {
            "id": self.resource_id(asset.name),
            "name": asset.name,
            "type": f"{PROVIDER}/workspaces/{self.kind.plural}",
            "properties": {
                **asset.properties,
                "latestVersion": latest.version if latest else None,
                "nextVersion": asset.next_version,
                **more,
            },
            "systemData": system_data(asset.created),
        }


def _plain(name: str) -> str:
    """For an input's path `azureml:name@latest` (the vendor's samples have it) the SDK asks for `azureml:name`."""
    return name.removeprefix("azureml:")


def _words(key: str) -> str:
    """`dataUri` as Azure's messages put it: `data uri`."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in key)


def system_data(created: str, modified: str = "") -> dict[str, str]:
    """Who made a resource, and when; and who changed it last."""
    return {
        "createdAt": created,
        "createdBy": CLIENT,
        "createdByType": "Application",
        "lastModifiedAt": modified or created,
        "lastModifiedBy": CLIENT,
        "lastModifiedByType": "Application",
    }
