"""What clusters and compute instances have in common, as Azure Resource Manager shows it."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from twoclouds.azure.account import PROVIDER, REGION, RESOURCE_GROUP, WORKSPACE, WORKSPACE_ID
from twoclouds.azure.assets.assets import system_data
from twoclouds.azure.catalog import machine_type, read, regions
from twoclouds.azure.errors import AzureError, bad_request, resource_not_found
from twoclouds.azure.state import State
from twoclouds.wire.errors import NotSimulated
from twoclouds.world.machines import MachineType

NAME = re.compile(r"[a-zA-Z](?![a-zA-Z0-9-]*-\d+$)[a-zA-Z0-9-]{2,23}")


@dataclass
class Asked:
    """The body of a request for a compute, taken apart and checked."""

    settings: dict[str, Any]
    """What is special to its kind."""
    size: MachineType
    region: str
    description: str | None
    tags: dict[str, str]
    identity: dict[str, Any] | None
    local_auth: bool


@dataclass(kw_only=True)
class Compute(ABC):
    """A compute: what was asked for, and how far that is."""

    kind: ClassVar[str]

    name: str
    asked: Asked
    created: int
    modified: int
    machines: int
    """How many machines' cores it holds of the quota."""
    provisioning: str = "Creating"

    @property
    def id(self) -> str:
        return f"{WORKSPACE_ID}/computes/{self.name}"

    @abstractmethod
    def properties(self, state: State) -> dict[str, Any]:
        """What is special to its kind, as it goes over the wire."""


def find(state: State, name: str) -> Compute:
    """A compute by its name, without regard to case. Raises AzureError (404)."""
    try:
        return state.computes[name.lower()]
    except KeyError:
        raise resource_not_found(f"{PROVIDER}/workspaces/{WORKSPACE}/computes", name, RESOURCE_GROUP) from None


def resource(state: State, compute: Compute) -> dict[str, Any]:
    """A compute as a resource."""
    created, asked = state.time(compute.created), compute.asked
    described = {"description": asked.description} if asked.description is not None else {}
    identity = state.identities.get(compute.id.lower())
    identified = {"identity": identity} if identity else {}
    return {
        "id": compute.id,
        "name": compute.name,
        "type": f"{PROVIDER}/workspaces/computes",
        "location": asked.region,
        "tags": asked.tags,
        **identified,
        "systemData": system_data(created),
        "properties": {
            "computeType": compute.kind,
            "computeLocation": asked.region,
            "provisioningState": compute.provisioning,
            **described,
            "createdOn": created,
            "modifiedOn": state.time(compute.modified),
            "isAttachedCompute": False,
            "disableLocalAuth": not asked.local_auth,
            "properties": compute.properties(state),
        },
    }


# What was asked for


def understand(body: dict[str, Any]) -> Asked:
    """Take a request apart. Raises AzureError for a size or a location that does not exist, NotSimulated."""
    properties = body.get("properties") or {}
    settings = properties.get("properties") or {}
    region = _region(body.get("location") or properties.get("computeLocation") or REGION)
    if settings.get("subnet"):
        raise NotSimulated("Azure ML compute in a virtual network")
    return Asked(
        settings,
        find_size(settings.get("vmSize") or "", region),
        region,
        properties.get("description"),
        body.get("tags") or {},
        _checked_identity(body.get("identity")),
        properties.get("disableLocalAuth") is False,
    )


def check_name(name: str) -> None:
    """Raise AzureError for what is no name of a compute."""
    if not NAME.fullmatch(name):
        raise AzureError(
            400,
            "BadRequest",
            "A name for an Azure ML Compute must be between 3 and 24 characters in length and must use only numbers, "
            "letters and minus symbol (-), must start with letters. Numbers cannot be the ending of the name if the "
            "previous character is a minus symbol (-). Please specify a different name",
            target="name",
        )


def _region(location: str) -> str:
    region = location.replace(" ", "").lower()
    if region not in regions():
        raise NotSimulated(f"Azure ML compute in {location}", f"Prices are known for {', '.join(regions())}.")
    return region


def find_size(size: str, region: str) -> MachineType:
    """A VM size at its price in that region. Raises AzureError for one that does not exist."""
    try:
        return machine_type(size, region)
    except KeyError:
        raise AzureError(
            400,
            "InvalidPropertyValue",
            f"The specified value {size} for property Cluster.Properties.VMSize is not a supported VM size. "
            "See additional details for supported VM sizes.",
            details=(("SupportedVMSizes", ",".join(read("machine_types"))),),
        ) from None


def _checked_identity(identity: dict[str, Any] | None) -> dict[str, Any] | None:
    if not identity or identity["type"] == "None":
        return None
    kinds = [kind for kind in ("SystemAssigned", "UserAssigned") if kind.lower() in identity["type"].lower()]
    if "UserAssigned" in kinds and not identity.get("userAssignedIdentities"):
        raise bad_request("The identity type 'UserAssigned' requires at least one user assigned identity.")
    return {**identity, "type": ",".join(kinds)}
