"""Studio spaces: somebody's files on a volume, which costs from the space's creation until it is deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, members, tags
from twoclouds.aws.errors import ResourceInUse, ResourceNotFound, ValidationException
from twoclouds.aws.notebooks import studio_domains, volumes
from twoclouds.aws.notebooks.studio_domains import StudioResource
from twoclouds.aws.operations import CREATION, Operation, Operations, Parameters
from twoclouds.world.bill import Line

if TYPE_CHECKING:
    from twoclouds.aws.state import State

SETTINGS: members.Simulated = {
    "DefaultResourceSpec": {"InstanceType": {}, "SageMakerImageArn": {}, "SageMakerImageVersionAlias": {}},
    "AppLifecycleManagement": {},
}
SIMULATED: members.Simulated = {
    "DomainId": {},
    "SpaceName": {},
    "SpaceDisplayName": {},
    "OwnershipSettings": {},
    "SpaceSharingSettings": {},
    "Tags": {},
    "SpaceSettings": {
        "AppType": {},
        "SpaceStorageSettings": {},
        "JupyterLabAppSettings": SETTINGS,
        "CodeEditorAppSettings": SETTINGS,
    },
}
"""The members of CreateSpace that are simulated."""

SMALLEST = 5
"""GB of a private space's volume where its request names no size."""


@dataclass
class Space(StudioResource):
    """A space, and its volume on the bill; a shared one keeps its files in the domain's file system."""

    volume: Line | None = None


def create_space(state: State, parameters: Parameters) -> dict[str, Any]:
    """Set up a space in a domain. Raises ResourceInUse, ResourceNotFound and ValidationException."""
    members.check("sagemaker:CreateSpace", parameters, SIMULATED)
    identifier, name = parameters["DomainId"], parameters["SpaceName"]
    tags.check(parameters.get("Tags", []))
    studio_domains.find_domain(state, identifier)
    if (identifier, name) in state.spaces:
        raise ResourceInUse(f"Space {name} already exists in Domain {identifier}.")
    if ("OwnershipSettings" in parameters) != ("SpaceSharingSettings" in parameters):
        raise ValidationException("OwnershipSettings and SpaceSharingSettings must be specified together.")
    private = parameters.get("SpaceSharingSettings", {}).get("SharingType") == "Private"
    if "OwnershipSettings" in parameters:
        studio_domains.find_user(state, identifier, parameters["OwnershipSettings"]["OwnerUserProfileName"])
    now, arn = state.world.clock.now, account.arn("space", f"{identifier}/{name}")
    request = {member: value for member, value in parameters.items() if member != "Tags"}
    space = Space(name, arn, request, now, now, domain=identifier)
    if private:
        storage = parameters.get("SpaceSettings", {}).get("SpaceStorageSettings", {}).get("EbsStorageSettings", {})
        size = storage.get("EbsVolumeSizeInGb", SMALLEST)
        space.volume = volumes.attach(state.world, f"{identifier}/{name}", size, rate="notebook_volume")
    state.spaces[identifier, name] = space
    state.tags.begin(arn, parameters.get("Tags", []))
    space.become(state, "InService", after="studio_resource")
    return {"SpaceArn": arn}


def describe_space(state: State, parameters: Parameters) -> dict[str, Any]:
    """A space as it is now. Raises ResourceNotFound."""
    space = find(state, parameters["DomainId"], parameters["SpaceName"])
    return {**space.request, "SpaceArn": space.arn, **space.times(state)}


def list_spaces(state: State, parameters: Parameters) -> dict[str, Any]:
    """The spaces of one domain, or of all."""
    return studio_domains.resources(state, parameters, state.spaces.values(), "Spaces", "SpaceName")


def delete_space(state: State, parameters: Parameters) -> dict[str, Any]:
    """Delete a space without an application, and its volume. Raises ResourceInUse and ResourceNotFound."""
    key = (parameters["DomainId"], parameters["SpaceName"])
    space = find(state, *key)
    if any(app.domain == space.domain and app.space == space.name and app.alive for app in state.apps.values()):
        raise ResourceInUse(f"Unable to delete Space {space.name} because App(s) are associated with it.")

    def gone() -> None:
        if space.volume is not None:
            state.world.bill.close(space.volume)
        del state.spaces[key]
        state.tags.end(space.arn)

    space.enter(state, "Deleting")
    space.become(state, "Deleting", after="studio_resource", then=gone)
    return {}


def find(state: State, domain: str, name: str) -> Space:
    """A space. Raises ResourceNotFound."""
    studio_domains.find_domain(state, domain)
    if (domain, name) not in state.spaces:
        raise ResourceNotFound(f"Space {name} does not exist in Domain {domain}.")
    return state.spaces[domain, name]


CALLER = "lesson 3: what goes on billing; sagemaker.core: Space"
OPERATIONS: Operations = {
    ("sagemaker", "CreateSpace"): Operation(create_space, CALLER, took=CREATION),
    ("sagemaker", "DescribeSpace"): Operation(describe_space, CALLER),
    ("sagemaker", "ListSpaces"): Operation(list_spaces, CALLER),
    ("sagemaker", "DeleteSpace"): Operation(delete_space, CALLER),
}
