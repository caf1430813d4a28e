"""Notebook instances: a machine for one person, that goes on costing until somebody stops it, and its disk even then.

States are those of NotebookInstanceStatus. What runs on it is not simulated: its life and its bill are.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, catalog, listing, members, quotas, tags
from twoclouds.aws.account import CLOUD
from twoclouds.aws.errors import ValidationException
from twoclouds.aws.identity import iam
from twoclouds.aws.notebooks import volumes
from twoclouds.aws.operations import CREATION, Operation, Operations, Parameters
from twoclouds.wire.errors import NotSimulated
from twoclouds.world.bill import Line
from twoclouds.world.machines import Machine

if TYPE_CHECKING:
    from twoclouds.aws.state import State

SIMULATED: members.Simulated = {
    "NotebookInstanceName": {},
    "InstanceType": {},
    "RoleArn": {},
    "VolumeSizeInGB": {},
    "KmsKeyId": {},
    "Tags": {},
    "SubnetId": {},
    "SecurityGroupIds": {},
    "DirectInternetAccess": {},
    "RootAccess": {},
    "PlatformIdentifier": {},
    "InstanceMetadataServiceConfiguration": {},
}
"""The members of CreateNotebookInstance that are simulated. A lifecycle configuration is a script that runs on the
instance, a code repository is cloned there: they are not."""

CHANGEABLE: members.Simulated = {
    member: {} for member in ("NotebookInstanceName", "InstanceType", "RoleArn", "VolumeSizeInGB", "RootAccess")
}
DEFAULTS = {
    "DirectInternetAccess": "Enabled",
    "RootAccess": "Enabled",
    "VolumeSizeInGB": 5,
    "PlatformIdentifier": "notebook-al2023-v1",
}
UNFILTERED = (
    "NotebookInstanceLifecycleConfigNameContains",
    "DefaultCodeRepositoryContains",
    "AdditionalCodeRepositoryEquals",
)
RESTING = ("Stopped", "Failed")

Life = Generator[Any, Any, None]


@dataclass
class NotebookInstance:
    """A notebook instance. `request` is CreateNotebookInstance's, defaults filled in; times in ms."""

    name: str
    arn: str
    request: dict[str, Any]
    url: str
    created: int
    modified: int
    volume: Line
    status: str = "Pending"
    machine: Machine | None = None


def create_notebook_instance(state: State, parameters: Parameters) -> dict[str, Any]:
    """Launch an instance; it is InService after a while, and costs from then on. Raises ValidationException and
    ResourceLimitExceeded."""
    members.check("sagemaker:CreateNotebookInstance", parameters, SIMULATED)
    tags.check(parameters.get("Tags", []))
    name, now = parameters["NotebookInstanceName"], state.world.clock.now
    arn = account.arn("notebook-instance", name)
    if name in state.notebook_instances:
        raise ValidationException(f"Cannot create a duplicate Notebook Instance ({arn})")
    iam.check_trust(state, parameters["RoleArn"])
    volumes.check_key(state, parameters["RoleArn"], parameters.get("KmsKeyId"))
    quotas.take(state, parameters["InstanceType"], quotas.NOTEBOOK, 1)
    request = {**DEFAULTS, **{member: value for member, value in parameters.items() if member != "Tags"}}
    url = (
        f"{name.lower()}-{state.world.ids.hex('aws/notebook', name, length=4)}.notebook.{account.REGION}.sagemaker.aws"
    )
    volume = volumes.attach(state.world, name, request["VolumeSizeInGB"], rate="notebook_volume")
    instance = NotebookInstance(name, arn, request, url, now, now, volume)
    state.notebook_instances[name] = instance
    state.tags.begin(arn, parameters.get("Tags", []))
    _begin(state, instance, "Pending", _launch(state, instance))
    return {"NotebookInstanceArn": arn}


def describe_notebook_instance(state: State, parameters: Parameters) -> dict[str, Any]:
    """The instance as it is now. Raises ValidationException for an unknown one."""
    instance = _find(state, parameters)
    request = dict(instance.request)
    if "SecurityGroupIds" in request:
        request["SecurityGroups"] = request.pop("SecurityGroupIds")
    return {**request, **_summary(state, instance)}


def list_notebook_instances(state: State, parameters: Parameters) -> dict[str, Any]:
    """The instances of the account, by name where no order is asked for."""
    for member in UNFILTERED:
        if member in parameters:
            raise NotSimulated(f"sagemaker:ListNotebookInstances with {member}")
    return listing.page(
        state,
        {"SortBy": "Name", **parameters},
        state.notebook_instances.values(),
        member="NotebookInstances",
        summary=lambda instance: _summary(state, instance),
        order="Ascending",
    )


def start_notebook_instance(state: State, parameters: Parameters) -> dict[str, Any]:
    """Launch an instance that was stopped; its disk is as it was. Raises ValidationException, ResourceLimitExceeded."""
    instance = _find(state, parameters)
    _check(instance, RESTING, "Pending")
    quotas.take(state, instance.request["InstanceType"], quotas.NOTEBOOK, 1)
    _begin(state, instance, "Pending", _launch(state, instance))
    return {}


def stop_notebook_instance(state: State, parameters: Parameters) -> dict[str, Any]:
    """Stop the machine, and its bill with it; the disk goes on. Raises ValidationException."""
    instance = _find(state, parameters)
    _check(instance, ("InService",), "Stopping")
    _begin(state, instance, "Stopping", _stop(state, instance))
    return {}


def update_notebook_instance(state: State, parameters: Parameters) -> dict[str, Any]:
    """Change the type, role or disk of an instance that is stopped; a disk only grows. Raises ValidationException."""
    members.check("sagemaker:UpdateNotebookInstance", parameters, CHANGEABLE)
    instance = _find(state, parameters)
    _check(instance, RESTING, "Updating")
    size = parameters.get("VolumeSizeInGB", 0)
    if size and size < instance.request["VolumeSizeInGB"]:
        raise ValidationException("The volume size of a notebook instance cannot be decreased.")
    if "RoleArn" in parameters:
        iam.check_trust(state, parameters["RoleArn"])
    grown = size > instance.request["VolumeSizeInGB"]
    instance.request = {**instance.request, **parameters}
    if grown:
        state.world.bill.close(instance.volume)
        instance.volume = volumes.attach(state.world, instance.name, size, rate="notebook_volume")
    _begin(state, instance, "Updating", _settle(state, instance, "notebook_stop", "Stopped"))
    return {}


def delete_notebook_instance(state: State, parameters: Parameters) -> dict[str, Any]:
    """Delete an instance that is stopped, and its disk. Raises ValidationException."""
    instance = _find(state, parameters)
    _check(instance, RESTING, "Deleting")
    _begin(state, instance, "Deleting", _delete(state, instance))
    return {}


def create_presigned_notebook_instance_url(state: State, parameters: Parameters) -> dict[str, Any]:
    """Where its Jupyter would open; nothing answers there. Raises ValidationException if it is not InService."""
    instance = _find(state, parameters)
    if instance.status != "InService":
        raise ValidationException(f"Notebook Instance {instance.arn} is not in InService status.")
    token = state.world.ids.hex("aws/notebook token", instance.name, length=64)
    return {"AuthorizedUrl": f"https://{instance.url}?authToken={token}"}


# Its life


def _begin(state: State, instance: NotebookInstance, status: str, life: Life) -> None:
    _enter(state, instance, status)
    state.world.clock.start(life, name=instance.name)


def _enter(state: State, instance: NotebookInstance, status: str) -> None:
    instance.status, instance.modified = status, state.world.clock.now
    state.world.events.record(f"notebook.{status.lower()}", f"{CLOUD}/{instance.name}")


def _launch(state: State, instance: NotebookInstance) -> Life:
    machine_type = catalog.machine_type(instance.request["InstanceType"])
    machine = state.world.machine(account=CLOUD, name=instance.name, type=machine_type, owner=instance.name)
    instance.machine = machine
    machine.enter("provisioning", billed=False)
    yield from machine.boot(catalog.duration(state.world, "notebook_start"))
    machine.enter("idle")
    _enter(state, instance, "InService")


def _stop(state: State, instance: NotebookInstance) -> Life:
    yield state.world.clock.timeout(catalog.duration(state.world, "notebook_stop"))
    if instance.machine is not None:
        instance.machine.release()
        instance.machine = None
    quotas.give_back(state, instance.request["InstanceType"], quotas.NOTEBOOK, 1)
    _enter(state, instance, "Stopped")


def _settle(state: State, instance: NotebookInstance, duration: str, status: str) -> Life:
    yield state.world.clock.timeout(catalog.duration(state.world, duration))
    _enter(state, instance, status)


def _delete(state: State, instance: NotebookInstance) -> Life:
    yield state.world.clock.timeout(catalog.duration(state.world, "notebook_stop"))
    state.world.bill.close(instance.volume)
    del state.notebook_instances[instance.name]
    state.tags.end(instance.arn)
    state.world.events.record("notebook.deleted", f"{CLOUD}/{instance.name}")


def _find(state: State, parameters: Parameters) -> NotebookInstance:
    instance = state.notebook_instances.get(parameters["NotebookInstanceName"])
    if instance is None:
        raise ValidationException("RecordNotFound")
    return instance


def _check(instance: NotebookInstance, allowed: tuple[str, ...], wanted: str) -> None:
    if instance.status not in allowed:
        raise ValidationException(
            f"Status ({instance.status}) not in ([{', '.join(allowed)}]). "
            f"Unable to transition to ({wanted}) for Notebook Instance ({instance.arn})"
        )


def _summary(state: State, instance: NotebookInstance) -> dict[str, Any]:
    return {
        "NotebookInstanceName": instance.name,
        "NotebookInstanceArn": instance.arn,
        "NotebookInstanceStatus": instance.status,
        "Url": instance.url,
        "InstanceType": instance.request["InstanceType"],
        "CreationTime": state.epoch(instance.created),
        "LastModifiedTime": state.epoch(instance.modified),
    }


CALLER = "lesson 3: what goes on billing; sagemaker.core: NotebookInstance"
OPERATIONS: Operations = {
    ("sagemaker", "CreateNotebookInstance"): Operation(create_notebook_instance, CALLER, took=CREATION),
    ("sagemaker", "DescribeNotebookInstance"): Operation(describe_notebook_instance, CALLER),
    ("sagemaker", "ListNotebookInstances"): Operation(list_notebook_instances, CALLER),
    ("sagemaker", "StartNotebookInstance"): Operation(start_notebook_instance, CALLER),
    ("sagemaker", "StopNotebookInstance"): Operation(stop_notebook_instance, CALLER),
    ("sagemaker", "UpdateNotebookInstance"): Operation(update_notebook_instance, CALLER),
    ("sagemaker", "DeleteNotebookInstance"): Operation(delete_notebook_instance, CALLER),
    ("sagemaker", "CreatePresignedNotebookInstanceUrl"): Operation(create_presigned_notebook_instance_url, CALLER),
}
