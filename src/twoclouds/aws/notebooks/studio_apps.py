"""Studio applications: JupyterLab or Code Editor on a machine that costs until somebody deletes the application.

Or until it has been idle for as long as its space or its domain allows: nobody works in it here, so from its start.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, catalog, listing, members, quotas, tags
from twoclouds.aws.account import CLOUD
from twoclouds.aws.errors import ResourceInUse, ResourceNotFound, ValidationException
from twoclouds.aws.notebooks import studio_domains, studio_spaces
from twoclouds.aws.operations import CREATION, Operation, Operations, Parameters
from twoclouds.world.clock import SECOND
from twoclouds.world.machines import Machine

if TYPE_CHECKING:
    from twoclouds.aws.state import State

SIMULATED: members.Simulated = {
    "DomainId": {},
    "SpaceName": {},
    "AppType": ("JupyterLab", "CodeEditor"),
    "AppName": {},
    "ResourceSpec": {"InstanceType": {}, "SageMakerImageArn": {}, "SageMakerImageVersionAlias": {}},
    "Tags": {},
}
"""The members of CreateApp that are simulated: applications of a space, as Studio has them today."""

INSTANCE_TYPE = "ml.t3.medium"
"""Where neither the request nor the space names a type."""

REMEMBERED = 24 * 3600 * SECOND
"""How long a deleted application is still described, as Deleted (DeleteApp)."""


@dataclass
class App:
    """An application of a space. Times in ms."""

    name: str
    arn: str
    domain: str
    space: str
    owner: str
    kind: str
    instance_type: str
    spec: dict[str, Any]
    created: int
    status: str = "Pending"
    machine: Machine | None = None

    @property
    def alive(self) -> bool:
        """Whether it holds its machine, or will."""
        return self.status in ("Pending", "InService", "Deleting")


def create_app(state: State, parameters: Parameters) -> dict[str, Any]:
    """Start an application: InService after a while, and costing from then on. Raises ResourceInUse, ResourceNotFound,
    ResourceLimitExceeded and ValidationException."""
    members.check("sagemaker:CreateApp", parameters, SIMULATED)
    tags.check(parameters.get("Tags", []))
    if "SpaceName" not in parameters:
        raise ValidationException(f"SpaceName must be specified for AppType {parameters['AppType']}.")
    domain, name, kind = parameters["DomainId"], parameters["AppName"], parameters["AppType"]
    space = studio_spaces.find(state, domain, parameters["SpaceName"])
    key = (domain, space.name, kind, name)
    if (held := state.apps.get(key)) is not None and held.alive:
        raise ResourceInUse(f"App {name} of type {kind} already exists in Space {space.name}.")
    wanted = space.request.get("SpaceSettings", {}).get("AppType", kind)
    if wanted != kind:
        raise ValidationException(f"Space {space.name} is for AppType {wanted}, not {kind}.")
    settings = space.request.get("SpaceSettings", {}).get(f"{kind}AppSettings", {})
    spec = {**settings.get("DefaultResourceSpec", {}), **parameters.get("ResourceSpec", {})}
    spec.setdefault("InstanceType", INSTANCE_TYPE)
    if spec["InstanceType"] not in catalog.table("instance_types"):
        raise ValidationException(f"InstanceType {spec['InstanceType']} is not available in {account.REGION}.")
    quotas.take(state, spec["InstanceType"], quotas.APPS, 1)
    arn = account.arn("app", f"{domain}/{space.name}/{kind.lower()}/{name}")
    owner = space.request.get("OwnershipSettings", {}).get("OwnerUserProfileName", "")
    app = App(name, arn, domain, space.name, owner, kind, spec["InstanceType"], spec, state.world.clock.now)
    state.apps[key] = app
    state.tags.begin(arn, parameters.get("Tags", []))
    state.world.clock.start(_life(state, app), name=name)
    return {"AppArn": arn}


def describe_app(state: State, parameters: Parameters) -> dict[str, Any]:
    """An application as it is now, also for a day after it was deleted. Raises ResourceNotFound."""
    app = _find(state, parameters)
    return {**_summary(state, app), "AppArn": app.arn}


def list_apps(state: State, parameters: Parameters) -> dict[str, Any]:
    """The applications of a domain, a user profile's spaces or one space, in order of their creation."""
    wanted = (("DomainIdEquals", "domain"), ("SpaceNameEquals", "space"), ("UserProfileNameEquals", "owner"))
    apps = [
        app
        for app in state.apps.values()
        if all(parameters.get(member) in (None, getattr(app, name)) for member, name in wanted)
    ]
    apps.sort(key=lambda app: app.created, reverse=parameters.get("SortOrder") == "Descending")
    shown, token = listing.cut(apps, parameters)
    return {"Apps": [_summary(state, app) for app in shown], **token}


def delete_app(state: State, parameters: Parameters) -> dict[str, Any]:
    """Delete an application, and end the bill of its machine. Raises ResourceNotFound and ResourceInUse."""
    app = _find(state, parameters)
    if app.status != "InService":
        raise ResourceInUse(f"Unable to delete App {app.name} because it is in {app.status} status.")
    _begin_delete(state, app)
    return {}


# Its life


def _life(state: State, app: App) -> Generator[Any, Any, None]:
    machine_type = catalog.machine_type(app.instance_type)
    where = f"{app.domain}/{app.space}"
    machine = state.world.machine(account=CLOUD, name=where, type=machine_type, owner=where)
    app.machine = machine
    machine.enter("provisioning", billed=False)
    yield from machine.boot(catalog.duration(state.world, "app_start"))
    machine.enter("idle")
    _enter(state, app, "InService")
    minutes = _idle_minutes(state, app)
    if minutes is not None:
        yield state.world.clock.timeout(minutes * 60 * SECOND)
        if app.status == "InService" and app.machine is machine:
            _begin_delete(state, app)


def _begin_delete(state: State, app: App) -> None:
    _enter(state, app, "Deleting")
    state.world.clock.start(_delete(state, app), name=app.name)


def _delete(state: State, app: App) -> Generator[Any, Any, None]:
    yield state.world.clock.timeout(catalog.duration(state.world, "app_delete"))
    if app.machine is not None:
        app.machine.release()
        app.machine = None
    quotas.give_back(state, app.instance_type, quotas.APPS, 1)
    state.tags.end(app.arn)
    _enter(state, app, "Deleted")
    yield state.world.clock.timeout(REMEMBERED)
    key = (app.domain, app.space, app.kind, app.name)
    if state.apps.get(key) is app:
        del state.apps[key]


def _enter(state: State, app: App, status: str) -> None:
    app.status = status
    state.world.events.record(f"app.{status.lower()}", f"{CLOUD}/{app.domain}/{app.space}")


def _idle_minutes(state: State, app: App) -> int | None:
    """After how many idle minutes it is deleted: what its space says, within what its user or domain allows; None if
    they do not delete idle applications."""
    space = studio_spaces.find(state, app.domain, app.space).request.get("SpaceSettings", {})
    domain = studio_domains.find_domain(state, app.domain).request["DefaultUserSettings"]
    user = state.user_profiles[app.domain, app.owner].request.get("UserSettings", {}) if app.owner else {}
    allowed = {**_idle(domain, app.kind), **_idle(user, app.kind)}
    if allowed.get("LifecycleManagement") != "ENABLED":
        return None
    minutes = _idle(space, app.kind).get("IdleTimeoutInMinutes") or allowed.get("IdleTimeoutInMinutes")
    return int(minutes) if minutes else None


def _idle(settings: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = settings.get(f"{kind}AppSettings", {}).get("AppLifecycleManagement", {})
    return dict(found.get("IdleSettings", {}))


def _find(state: State, parameters: Parameters) -> App:
    domain, space = parameters["DomainId"], parameters.get("SpaceName", "")
    studio_domains.find_domain(state, domain)
    app = state.apps.get((domain, space, parameters["AppType"], parameters["AppName"]))
    if app is None:
        raise ResourceNotFound(f"App {parameters['AppName']} does not exist in Space {space}.")
    return app


def _summary(state: State, app: App) -> dict[str, Any]:
    return {
        "DomainId": app.domain,
        "SpaceName": app.space,
        "AppType": app.kind,
        "AppName": app.name,
        "Status": app.status,
        "CreationTime": state.epoch(app.created),
        "ResourceSpec": app.spec,
    }


CALLER = "lesson 3: what goes on billing; sagemaker.core: App"
OPERATIONS: Operations = {
    ("sagemaker", "CreateApp"): Operation(create_app, CALLER, took=CREATION),
    ("sagemaker", "DescribeApp"): Operation(describe_app, CALLER),
    ("sagemaker", "ListApps"): Operation(list_apps, CALLER),
    ("sagemaker", "DeleteApp"): Operation(delete_app, CALLER),
}
