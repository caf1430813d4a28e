"""Compute instances: a machine for one person, that starts, stops, and goes on costing when it has stopped.

States are those of `ComputeInstanceState`. As Microsoft documents it (concept-plan-manage-cost.md, how-to-create-
compute-instance.md): stopping ends the bill for the machine, while its disk and its load balancer go on billing until
the instance is deleted; its cores stay taken, unless it was asked to release its quota on stop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from twoclouds.azure import operations
from twoclouds.azure.account import CLIENT, CLOUD, REGION, TENANT
from twoclouds.azure.catalog import billed, duration, fee
from twoclouds.azure.compute import instance_schedules, quota
from twoclouds.azure.compute.compute_resource import Asked, Compute
from twoclouds.azure.compute.instance_schedules import Schedule
from twoclouds.azure.compute.nodes import Target
from twoclouds.azure.compute.workstation import Workstation
from twoclouds.azure.errors import AzureError, bad_request
from twoclouds.azure.state import State
from twoclouds.wire.errors import NotSimulated
from twoclouds.world.bill import Line, Phase
from twoclouds.world.clock import Lifecycle
from twoclouds.world.quotas import QuotaExceeded

HELD = {"os-disk": "os_disk", "load-balancer": "load_balancer"}
"""What an instance holds beside its machine, from its creation until it is deleted: resource → fee."""

APPLICATIONS = {"Jupyter": "tree", "Jupyter Lab": "lab"}


@dataclass(kw_only=True)
class Instance(Compute):
    """An instance: its machine, what it is doing, and what it did last."""

    kind: ClassVar[str] = "ComputeInstance"

    station: Workstation
    creator: str = CLIENT
    state: str = "Creating"
    last: dict[str, str] = field(default_factory=dict)
    machines: int = 1
    """One, or none if it has stopped and released its quota."""
    held: dict[str, Line] = field(default_factory=dict)
    schedule_ids: list[str] = field(default_factory=list)
    rests: int = 0

    @property
    def shown_state(self) -> str:
        """Its state; while jobs run on it, `JobRunning`."""
        return "JobRunning" if self.state == "Running" and self.station.slots else self.state

    def properties(self, state: State) -> dict[str, Any]:
        """Its settings, its state, and how to reach it."""
        asked = {key: value for key, value in self.asked.settings.items() if value is not None}
        ssh = {"sshPublicAccess": "Disabled", **{k: v for k, v in (asked.get("sshSettings") or {}).items() if v}}
        address = f"https://{self.name}.{REGION}.instances.azureml.ms"
        return {
            **asked,
            "vmSize": self.asked.size.name,
            "sshSettings": ssh | {"adminUserName": "azureuser", "sshPort": 22},
            "connectivityEndpoints": {"publicIpAddress": "203.0.113.4", "privateIpAddress": "10.0.0.4"},
            "applications": [
                {"displayName": name, "endpointUri": f"{address}/{path}"} for name, path in APPLICATIONS.items()
            ],
            "createdBy": {"userName": self.creator, "userOrgId": TENANT, "userId": self.creator},
            "state": self.shown_state,
            **({"lastOperation": self.last} if self.last else {}),
            **instance_schedules.shown(asked, self.schedule_ids),
        }


def target(instance: Instance) -> Target:
    """Where its jobs run."""
    return instance.station


def create(state: State, name: str, asked: Asked) -> Instance:
    """A new instance. Its cores are taken from the quota of the workspace's region."""
    _check(asked)
    planned = instance_schedules.schedules(asked.settings, state.world.clock.datetime)
    instance_schedules.idle_shutdown(asked.settings)
    try:
        quota.take(state.world, asked.size, 1, computes=1)
    except QuotaExceeded as short:
        raise quota.refusal(asked.size, 1, short) from None
    now = state.world.clock.now
    station = Workstation(state.world, name=name, type=asked.size, rested=lambda: _rest(state, instance))
    instance = Instance(name=name, asked=asked, created=now, modified=now, station=station)
    if state.caller is not None:
        instance.creator = state.caller.client_id
    instance.schedule_ids = [
        state.world.ids.uuid("azure/compute-schedule", name)
        for _ in (asked.settings.get("schedules") or {}).get("computeStartStop") or ()
    ]
    state.world.events.record("instance.created", f"{CLOUD}/{name}", size=asked.size.name)
    _hold(state, instance, "working")
    station.start()
    for schedule in planned:
        state.world.clock.start(_follow(state, instance, schedule), name=f"{CLOUD}/{name} {schedule.action}")
    return instance


def change(state: State, instance: Instance, asked: Asked) -> None:
    """Nothing of an instance can be changed in this way; the same request again is no change."""
    before, wanted = (_comparable(each.settings) for each in (instance.asked, asked))
    if asked.size != instance.asked.size or any(before.get(key) != value for key, value in wanted.items()):
        raise bad_request(
            "Only AmlCompute/KubernetesCompute cluster properties are supported, "
            f"compute name {instance.name}, is {instance.kind} type."
        )
    instance.asked.tags = asked.tags or instance.asked.tags


def _comparable(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings as they are compared: without what is not set, and without what only an answer has."""
    kept = {key: value for key, value in settings.items() if value is not None and key != "vmSize"}
    kept |= instance_schedules.shown(settings, ("",) * instance_schedules.MOST)
    if ssh := kept.pop("sshSettings", None):
        kept |= {"open to ssh": ssh.get("sshPublicAccess") == "Enabled"}
    return {"open to ssh": False, **kept}


def provision(state: State, instance: Instance, operation: operations.Operation) -> Lifecycle:
    """A new instance is set up; one that exists is as it was."""
    if instance.provisioning != "Creating" or instance.last:
        return operations.end(state, operation)
    _begin(state, instance, "Creating", "Create", "User")
    yield from _come_up(state, instance, operation, duration(state.world, "instance_create"))


def remove(state: State, instance: Instance, operation: operations.Operation) -> Lifecycle:
    """An instance is taken down: its machine is released at once, all that it holds when it is gone."""
    _begin(state, instance, "Deleting", "Delete", "User")
    instance.station.close(f"Compute instance {instance.name} does not exist")
    yield state.world.clock.timeout(duration(state.world, "instance_delete"))
    for line in instance.held.values():
        state.world.bill.close(line)
    del state.computes[instance.name.lower()]
    quota.give_back(state.world, instance.asked.size, instance.machines, computes=1)
    state.world.events.record("instance.deleted", f"{CLOUD}/{instance.name}")
    operations.end(state, operation)


# Starting, stopping, restarting. Each checks that it may, takes what it needs, and returns what then happens


def start(
    state: State, instance: Instance, operation: operations.Operation | None = None, trigger: str = "User"
) -> Lifecycle:
    """Start an instance that has stopped."""
    _check_state(instance, "Start", "Stopped")
    if not instance.machines:
        try:
            quota.take(state.world, instance.asked.size, 1)
        except QuotaExceeded as short:
            raise quota.refusal(instance.asked.size, 1, short) from None
        instance.machines = 1
    _begin(state, instance, "Starting", "Start", trigger)
    instance.station.start()
    _hold(state, instance, "working")
    return _come_up(state, instance, operation, duration(state.world, "instance_start"))


def stop(
    state: State, instance: Instance, operation: operations.Operation | None = None, trigger: str = "User"
) -> Lifecycle:
    """Stop an instance that runs: its jobs are lost, and those that wait go on waiting."""
    _check_state(instance, "Stop", "Running")
    _begin(state, instance, "Stopping", "Stop", trigger)
    why = f"Compute instance {instance.name} was stopped."
    instance.station.pause(why, "idle", billed=billed(state.world, "leaving"))
    return _go_down(state, instance, operation)


def restart(
    state: State, instance: Instance, operation: operations.Operation | None = None, trigger: str = "User"
) -> Lifecycle:
    """Restart an instance that runs: its jobs are lost; the machine stays, and so does the bill."""
    _check_state(instance, "Restart", "Running")
    _begin(state, instance, "Restarting", "Restart", trigger)
    why = f"Compute instance {instance.name} was restarted."
    instance.station.pause(why, "provisioning", billed=billed(state.world, "running"))
    return _come_up(state, instance, operation, duration(state.world, "instance_restart"))


ACTIONS: dict[str, Callable[[State, Instance, operations.Operation], Lifecycle]] = {
    "Start": start,
    "Stop": stop,
    "Restart": restart,
}


def _check_state(instance: Instance, action: str, wanted: str) -> None:
    if instance.state not in ("Running", "Stopped"):
        raise AzureError(409, "Conflict", f"Compute instance '{instance.name}' is in state {instance.state}.")
    if instance.state != wanted:
        raise AzureError(
            400,
            f"{action}ComputeInstanceOnlyAllowedIn{wanted}State",
            f"{action} Azure ML Compute Instance is only allowed when the instance {instance.name} is in "
            f"'{wanted.lower()}' state",
        )


def _begin(state: State, instance: Instance, doing: str, name: str, trigger: str) -> None:
    instance.state, instance.modified = doing, state.world.clock.now
    instance.last = {
        "operationName": name,
        "operationTime": state.time(),
        "operationStatus": "InProgress",
        "operationTrigger": trigger,
    }
    state.world.events.record(f"instance.{doing.lower()}", f"{CLOUD}/{instance.name}", trigger=trigger)


def _come_up(state: State, instance: Instance, operation: operations.Operation | None, time: int) -> Lifecycle:
    yield state.world.clock.timeout(time)
    _end(state, instance, operation, "Running")
    if not instance.station.gone:
        instance.station.ready()


def _go_down(state: State, instance: Instance, operation: operations.Operation | None) -> Lifecycle:
    yield state.world.clock.timeout(duration(state.world, "instance_stop"))
    if not instance.station.gone:
        instance.station.release()
        _hold(state, instance, "idle")
        if instance.asked.settings.get("releaseQuotaOnStop"):
            instance.machines = 0
            quota.give_back(state.world, instance.asked.size, 1)
    _end(state, instance, operation, "Stopped")


def _end(state: State, instance: Instance, operation: operations.Operation | None, reached: str) -> None:
    if operation is not None:
        operations.end(state, operation, "Canceled" if instance.station.gone else "Succeeded")
    if not instance.station.gone:
        instance.state, instance.provisioning = reached, "Succeeded"
        instance.last["operationStatus"] = "Succeeded"
        state.world.events.record(f"instance.{reached.lower()}", f"{CLOUD}/{instance.name}")


def _hold(state: State, instance: Instance, phase: Phase) -> None:
    """Bill what the instance holds beside its machine: as working while that is there, as idle while it is not."""
    for name, what in HELD.items():
        if name in instance.held:
            state.world.bill.close(instance.held[name])
        item, hourly = fee(state.world, what)
        instance.held[name] = state.world.bill.open(
            account=CLOUD, resource=f"{instance.name}/{name}", item=item, phase=phase, hourly=hourly
        )


# By itself: when it is idle, and on schedule


def _rest(state: State, instance: Instance) -> None:
    """It has nothing to do: if it is to stop then, the time begins."""
    instance.rests += 1
    if time := instance_schedules.idle_shutdown(instance.asked.settings):
        state.world.clock.start(
            _stop_when_idle(state, instance, instance.rests, time), name=f"{CLOUD}/{instance.name} idle"
        )


def _stop_when_idle(state: State, instance: Instance, rest: int, time: int) -> Lifecycle:
    """No job has come for so long: stop."""
    yield state.world.clock.timeout(time)
    if instance.shown_state == "Running" and instance.rests == rest:
        yield from stop(state, instance, trigger="IdleShutdown")


def _follow(state: State, instance: Instance, schedule: Schedule) -> Lifecycle:
    """Start or stop whenever a schedule says so, if there is something to start or stop."""
    clock = state.world.clock
    while (moment := schedule.next_after(clock.datetime)) is not None:
        yield clock.timeout(round((moment - clock.datetime).total_seconds() * 1000))
        if instance.station.gone:
            return
        if schedule.action == "Stop" and instance.state == "Running":
            yield from stop(state, instance, trigger="Schedule")
        elif schedule.action == "Start" and instance.state == "Stopped":
            try:
                yield from start(state, instance, trigger="Schedule")
            except AzureError:
                instance.last |= {"operationName": "Start", "operationStatus": "StartFailed"}
                instance.last |= {"operationTime": state.time(), "operationTrigger": "Schedule"}


def _check(asked: Asked) -> None:
    """Raise AzureError for what no instance can have, NotSimulated for what this lab has not."""
    if asked.region != REGION:
        raise bad_request(f"A compute instance must be in the location of its workspace, {REGION}.")
    for key, what in (("setupScripts", "setup scripts"), ("customServices", "custom applications")):
        if asked.settings.get(key):
            raise NotSimulated(f"{what} of an Azure ML compute instance")
