"""Studio domains and their user profiles: what spaces and applications belong to. By themselves they cost nothing."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, catalog, listing, members, tags
from twoclouds.aws.account import CLOUD
from twoclouds.aws.errors import ResourceInUse, ResourceNotFound
from twoclouds.aws.identity import iam
from twoclouds.aws.operations import CREATION, Operation, Operations, Parameters

if TYPE_CHECKING:
    from twoclouds.aws.state import State

SIMULATED: members.Simulated = {
    "DomainName": {},
    "AuthMode": ("IAM",),
    "DefaultUserSettings": {},
    "DefaultSpaceSettings": {},
    "DomainSettings": {},
    "SubnetIds": {},
    "VpcId": {},
    "AppNetworkAccessType": {},
    "TagPropagation": {},
    "Tags": {},
}
USER: members.Simulated = {"DomainId": {}, "UserProfileName": {}, "UserSettings": {}, "Tags": {}}


@dataclass
class StudioResource:
    """A domain, a user profile or a space. `request` is that of its creation, without tags; times in ms."""

    name: str
    arn: str
    request: dict[str, Any]
    created: int
    modified: int
    status: str = "Pending"
    domain: str = ""

    def enter(self, state: State, status: str) -> None:
        """It is in this status from now on."""
        self.status, self.modified = status, state.world.clock.now
        state.world.events.record(
            f"studio.{status.lower()}", f"{CLOUD}/{self.arn.partition(':')[2].rpartition(':')[2]}"
        )

    def become(self, state: State, status: str, *, after: str, then: Callable[[], None] = lambda: None) -> None:
        """Enter this status when a duration of `data/durations.csv` has passed, and do what follows from it."""

        def life() -> Generator[Any, Any, None]:
            yield state.world.clock.timeout(catalog.duration(state.world, after))
            self.enter(state, status)
            then()

        state.world.clock.start(life(), name=self.name)

    def times(self, state: State) -> dict[str, Any]:
        """What every description and list shows of it."""
        created, modified = state.epoch(self.created), state.epoch(self.modified)
        return {"Status": self.status, "CreationTime": created, "LastModifiedTime": modified}


def create_domain(state: State, parameters: Parameters) -> dict[str, Any]:
    """Set up a domain, which is InService after a while. Raises ResourceInUse and ValidationException."""
    members.check("sagemaker:CreateDomain", parameters, SIMULATED)
    tags.check(parameters.get("Tags", []))
    name, now = parameters["DomainName"], state.world.clock.now
    if any(domain.name == name for domain in state.domains.values()):
        raise ResourceInUse(f"Domain with name {name} already exists.")
    role = parameters["DefaultUserSettings"].get("ExecutionRole")
    if role:
        iam.check_trust(state, role)
    identifier = f"d-{state.world.ids.hex('aws/domain', name, length=12)}"
    domain = StudioResource(identifier, account.arn("domain", identifier), _request(parameters), now, now)
    domain.name = name
    state.domains[identifier] = domain
    state.tags.begin(domain.arn, parameters.get("Tags", []))
    domain.become(state, "InService", after="domain")
    return {"DomainArn": domain.arn, "DomainId": identifier, "Url": _url(identifier)}


def describe_domain(state: State, parameters: Parameters) -> dict[str, Any]:
    """A domain as it is now. Raises ResourceNotFound."""
    domain = find_domain(state, parameters["DomainId"])
    defaults = {"AppNetworkAccessType": "PublicInternetOnly"}
    return {**defaults, **domain.request, **_identity(state, parameters["DomainId"], domain)}


def list_domains(state: State, parameters: Parameters) -> dict[str, Any]:
    """The domains of the account, in order of their creation."""
    shown, token = listing.cut(list(state.domains.items()), parameters)
    return {"Domains": [_identity(state, identifier, domain) for identifier, domain in shown], **token}


def delete_domain(state: State, parameters: Parameters) -> dict[str, Any]:
    """Delete a domain that has no user profiles, spaces or applications. Raises ResourceInUse and ResourceNotFound."""
    identifier = parameters["DomainId"]
    domain = find_domain(state, identifier)
    for what, held in (("UserProfile", state.user_profiles), ("Space", state.spaces)):
        if any(key[0] == identifier for key in held):
            raise ResourceInUse(f"Unable to delete Domain {identifier} because {what}(s) are associated with it.")
    domain.enter(state, "Deleting")
    domain.become(state, "Deleting", after="domain", then=lambda: _forget(state, state.domains, identifier, domain))
    return {}


def create_user_profile(state: State, parameters: Parameters) -> dict[str, Any]:
    """Add a user to a domain. Raises ResourceInUse and ResourceNotFound."""
    members.check("sagemaker:CreateUserProfile", parameters, USER)
    identifier, name = parameters["DomainId"], parameters["UserProfileName"]
    tags.check(parameters.get("Tags", []))
    find_domain(state, identifier)
    if (identifier, name) in state.user_profiles:
        raise ResourceInUse(f"UserProfile {name} already exists in Domain {identifier}.")
    now = state.world.clock.now
    arn = account.arn("user-profile", f"{identifier}/{name}")
    user = StudioResource(name, arn, _request(parameters), now, now, domain=identifier)
    state.user_profiles[identifier, name] = user
    state.tags.begin(arn, parameters.get("Tags", []))
    user.become(state, "InService", after="studio_resource")
    return {"UserProfileArn": arn}


def describe_user_profile(state: State, parameters: Parameters) -> dict[str, Any]:
    """A user profile as it is now. Raises ResourceNotFound."""
    user = find_user(state, parameters["DomainId"], parameters["UserProfileName"])
    return {**user.request, "UserProfileArn": user.arn, **user.times(state)}


def list_user_profiles(state: State, parameters: Parameters) -> dict[str, Any]:
    """The user profiles of one domain, or of all."""
    return resources(state, parameters, state.user_profiles.values(), "UserProfiles", "UserProfileName")


def delete_user_profile(state: State, parameters: Parameters) -> dict[str, Any]:
    """Delete a user profile that owns no space or application. Raises ResourceInUse and ResourceNotFound."""
    key = (parameters["DomainId"], parameters["UserProfileName"])
    user = find_user(state, *key)
    spaces = (space.request.get("OwnershipSettings", {}).get("OwnerUserProfileName") for space in state.spaces.values())
    if user.name in spaces or any(app.owner == user.name and app.status != "Deleted" for app in state.apps.values()):
        raise ResourceInUse(f"Unable to delete UserProfile {user.name} because App(s) or Space(s) belong to it.")
    user.enter(state, "Deleting")
    user.become(state, "Deleting", after="studio_resource", then=lambda: _forget(state, state.user_profiles, key, user))
    return {}


def resources(state: State, parameters: Parameters, held: Any, member: str, named: str) -> dict[str, Any]:
    """A page of the resources of one domain, or of all, whose name contains what the request says."""
    domain = parameters.get("DomainIdEquals")
    chosen = [resource for resource in held if domain in (None, resource.domain)]
    asked = {**parameters, "NameContains": parameters.get(f"{named}Contains", "")}
    return listing.page(
        state,
        asked,
        chosen,
        member=member,
        summary=lambda one: {"DomainId": one.domain, named: one.name, **one.times(state)},
        order="Ascending",
    )


def find_domain(state: State, identifier: str) -> StudioResource:
    """A domain. Raises ResourceNotFound."""
    if identifier not in state.domains:
        raise ResourceNotFound(f"Domain with id {identifier} does not exist.")
    return state.domains[identifier]


def find_user(state: State, domain: str, name: str) -> StudioResource:
    """A user profile. Raises ResourceNotFound."""
    find_domain(state, domain)
    if (domain, name) not in state.user_profiles:
        raise ResourceNotFound(f"UserProfile {name} does not exist in Domain {domain}.")
    return state.user_profiles[domain, name]


def _request(parameters: Parameters) -> dict[str, Any]:
    return {member: value for member, value in parameters.items() if member != "Tags"}


def _identity(state: State, identifier: str, domain: StudioResource) -> dict[str, Any]:
    shown = {"DomainId": identifier, "DomainArn": domain.arn, "DomainName": domain.name, "Url": _url(identifier)}
    return {**shown, **domain.times(state)}


def _url(identifier: str) -> str:
    return f"https://{identifier}.studio.{account.REGION}.sagemaker.aws"


def _forget(state: State, held: dict[Any, Any], key: Any, resource: StudioResource) -> None:
    del held[key]
    state.tags.end(resource.arn)


CALLER = "lesson 3: what goes on billing; sagemaker.core: Domain, UserProfile"
OPERATIONS: Operations = {
    ("sagemaker", "CreateDomain"): Operation(create_domain, CALLER, took=CREATION),
    ("sagemaker", "DescribeDomain"): Operation(describe_domain, CALLER),
    ("sagemaker", "ListDomains"): Operation(list_domains, CALLER),
    ("sagemaker", "DeleteDomain"): Operation(delete_domain, CALLER),
    ("sagemaker", "CreateUserProfile"): Operation(create_user_profile, CALLER, took=CREATION),
    ("sagemaker", "DescribeUserProfile"): Operation(describe_user_profile, CALLER),
    ("sagemaker", "ListUserProfiles"): Operation(list_user_profiles, CALLER),
    ("sagemaker", "DeleteUserProfile"): Operation(delete_user_profile, CALLER),
}
