"""Compute instances through the real azure-ai-ml: power, what goes on billing, schedules, jobs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.azure_lab import Session
from twoclouds.world.clock import SECOND


def log(azure: Session) -> list[tuple[str, str, str]]:
    """(time, event, dollars so far) of the instances."""
    world = azure.lab.world
    return [
        (
            f"{world.clock.at(event.time):%a %H:%M:%S}",
            event.kind.removeprefix("instance."),
            f"{float(world.bill.total(at=event.time)):.4f}",
        )
        for event in world.events.of("instance.")
    ]


def test_an_instance_goes_on_costing_when_it_has_stopped(azure: Session) -> None:
    client, world = azure.client, azure.lab.world
    made = azure.instance()
    azure.lab.skip(hours=1)
    client.compute.begin_stop("mine").result()
    stopped, held = client.compute.get("mine"), world.quotas.used("azure/Standard DSv5")
    azure.lab.skip(hours=24)
    client.compute.begin_start("mine").result()
    client.compute.begin_restart("mine").result()
    client.compute.begin_delete("mine").result()
    azure.lab.skip(hours=24)
    assert (made.state, made.provisioning_state, stopped.state, held) == ("Running", "Succeeded", "Stopped", 4)
    assert log(azure) == [
        ("Mon 09:00:00", "created", "0.0000"),
        ("Mon 09:00:00", "creating", "0.0000"),
        ("Mon 09:05:00", "running", "0.0194"),
        ("Mon 10:05:01", "stopping", "0.2522"),
        ("Mon 10:06:01", "stopped", "0.2529"),
        ("Tue 10:06:02", "starting", "1.2309"),
        ("Tue 10:09:02", "running", "1.2425"),
        ("Tue 10:09:03", "restarting", "1.2426"),
        ("Tue 10:11:03", "running", "1.2504"),
        ("Tue 10:11:04", "deleting", "1.2504"),
        ("Tue 10:12:04", "deleted", "1.2511"),
    ]
    assert (world.bill.running(), list(client.compute.list()), world.quotas.used("azure/Total")) == ([], [], 0)


def test_it_may_release_its_quota_when_it_stops(azure: Session) -> None:
    azure.instance(release_quota_on_stop=True, size="Standard_D16s_v5")
    used = [azure.lab.world.quotas.used("azure/Standard DSv5")]
    azure.client.compute.begin_stop("mine").result()
    used.append(azure.lab.world.quotas.used("azure/Standard DSv5"))
    azure.cluster("other", max_instances=25)
    azure.refuses(
        lambda a: a.client.compute.begin_start("mine"),
        "HttpResponseError",
        "ClusterMinNodesExceedCoreQuota",
        "cannot accomodate for at least 1 requested managed compute node which maps to 16 vCPUs.",
    )
    assert (used, azure.client.compute.get("mine").state) == ([16, 0], "Stopped")
    azure.client.compute.begin_delete("mine").result()
    assert azure.lab.world.quotas.used("azure/Standard DSv5") == 100


@pytest.mark.parametrize(("minutes", "stops"), [(None, False), (30, True)])
def test_idle_shutdown_is_off_unless_asked_for(azure: Session, minutes: int | None, stops: bool) -> None:
    azure.instance(idle_time_before_shutdown_minutes=minutes)
    azure.submit(compute="mine")
    azure.lab.skip(minutes=30)
    assert azure.client.compute.get("mine").state == "Running"
    azure.lab.skip(hours=5)
    shown = azure.client.compute.get("mine")
    assert shown.state == ("Stopped" if stops else "Running")
    assert shown.idle_time_before_shutdown_minutes == minutes
    assert shown.last_operation["operationTrigger"] == ("IdleShutdown" if stops else "User")


def _schedule(action: str, trigger: Any) -> Any:
    from azure.ai.ml.entities import ComputeSchedules, ComputeStartStopSchedule

    return ComputeSchedules(compute_start_stop=[ComputeStartStopSchedule(trigger=trigger, action=action)])


def test_it_stops_and_starts_on_schedule(azure: Session) -> None:
    from azure.ai.ml.constants import TimeZone
    from azure.ai.ml.entities import ComputeSchedules, CronTrigger, RecurrencePattern, RecurrenceTrigger

    evening = CronTrigger(
        expression="0 18 * * *", time_zone=TimeZone.PACIFIC_STANDARD_TIME, start_time="2026-11-30T00:00:00"
    )
    morning = RecurrenceTrigger(
        frequency="week",
        interval=1,
        schedule=RecurrencePattern(week_days=["Wednesday"], hours=7, minutes=30),
        time_zone=TimeZone.UTC,
        start_time="2026-11-30T00:00:00",
    )
    both = ComputeSchedules(
        compute_start_stop=[
            *_schedule("Stop", evening).compute_start_stop,
            *_schedule("Start", morning).compute_start_stop,
        ]
    )
    azure.instance(schedules=both)
    azure.lab.skip(hours=72)
    happened = [(when, what) for when, what, _ in log(azure) if what in ("stopped", "running")]
    shown = azure.client.compute.get("mine").schedules.compute_start_stop
    assert happened == [
        ("Mon 09:05:00", "running"),
        ("Tue 02:01:00", "stopped"),
        ("Wed 07:33:00", "running"),
        ("Thu 02:01:00", "stopped"),
    ]
    assert [(each.action, each.provisioning_state, len(each.schedule_id)) for each in shown] == [
        ("Stop", "Completed", 36),
        ("Start", "Completed", 36),
    ]


def test_a_job_for_each_vcpu_and_the_others_queue(azure: Session) -> None:
    azure.instance()
    for number in range(5):
        azure.submit(name=f"job-{number}", compute="mine")
    azure.lab.skip(seconds=100)
    states = [azure.client.jobs.get(f"job-{number}").status for number in range(5)]
    doing = azure.client.compute.get("mine").state
    azure.lab.skip(hours=1)
    assert (states, doing) == (["Running"] * 4 + ["Queued"], "JobRunning")
    assert [azure.client.jobs.get(f"job-{number}").status for number in range(5)] == ["Completed"] * 5
    assert [line.resource for line in azure.lab.world.bill.running()] == ["mine/os-disk", "mine/load-balancer", "mine"]


def test_jobs_wait_for_an_instance_that_is_off_and_are_lost_when_it_stops(azure: Session) -> None:
    azure.instance()
    azure.submit(name="lost", compute="mine")
    azure.lab.skip(seconds=90)
    azure.client.compute.begin_stop("mine").result()
    azure.submit(name="waits", compute="mine")
    azure.lab.skip(hours=1)
    before = [azure.client.jobs.get(name).status for name in ("lost", "waits")]
    azure.client.compute.begin_start("mine").result()
    azure.lab.skip(hours=1)
    assert (before, azure.client.jobs.get("waits").status) == (["Failed", "Queued"], "Completed")


def test_an_instance_keeps_its_images_when_it_stops(azure: Session) -> None:
    azure.instance()
    for _ in range(2):
        azure.submit(compute="mine")
        azure.lab.skip(minutes=30)
        azure.client.compute.begin_stop("mine").result()
        azure.client.compute.begin_start("mine").result()
    assert len(azure.lab.world.events.of("machine.pulled")) == 1


# What is refused


def _state(state: str) -> Any:
    def call(azure: Session) -> Any:
        azure.lab.azure.state.computes["mine"].state = state  # type: ignore[attr-defined]
        return azure.client.compute.begin_stop("mine")

    return call


def _cron(**settings: Any) -> Any:
    from azure.ai.ml.entities import CronTrigger

    return _schedule("Stop", CronTrigger(**{"expression": "0 18 * * *", **settings}))


REFUSALS = [
    ("start what runs", lambda a: a.client.compute.begin_start("mine"), "StartComputeInstanceOnlyAllowedInStoppedState",
     "Start Azure ML Compute Instance is only allowed when the instance mine is in 'stopped' state"),
    ("stop what is stopping", _state("Stopping"), "Conflict", "Compute instance 'mine' is in state Stopping."),
    ("stop what has stopped", _state("Stopped"), "StopComputeInstanceOnlyAllowedInRunningState", "'running' state"),
    ("other size", lambda a: a.instance(size="Standard_DS3_v2"), "BadRequest",
     "Only AmlCompute/KubernetesCompute cluster properties are supported, compute name mine, is ComputeInstance type."),
    ("nodes", lambda a: list(a.client.compute.list_nodes("mine")), "UserError",
     "ComputeListNodes with computeType ComputeInstance is not supported."),
    ("idle for a moment", lambda a: a.instance("two", idle_time_before_shutdown_minutes=5), "BadRequest",
     "idleTimeBeforeShutdown (PT5M) must be between 15 minutes and 3 days."),
    ("no such hour", lambda a: a.instance("two", schedules=_cron(expression="0 25 * * *")), "BadRequest",
     "The schedule is invalid: '25' does not lie between 0 and 23."),
    ("no such zone", lambda a: a.instance("two", schedules=_cron(time_zone="Moon Time")), "BadRequest",
     "The time zone 'Moon Time' is not known."),
    ("GPU quota is zero", lambda a: a.instance("two", size="Standard_NC4as_T4_v3"), "ClusterMinNodesExceedCoreQuota",
     "family vCPU quota of 0"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "call", "code", "message"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_refusals(azure: Session, case: str, call: Any, code: str, message: str) -> None:
    azure.instance()
    azure.refuses(call, "ResourceExistsError" if code == "Conflict" else "HttpResponseError", code, message)


def test_the_same_request_again_changes_nothing(azure: Session) -> None:
    azure.instance()
    azure.lab.skip(hours=1)
    again = azure.instance(tags={"a": "b"})
    assert (again.state, again.tags, azure.lab.world.clock.now // SECOND) == ("Running", {"a": "b"}, 301 + 3601)


def test_an_instance_that_was_read_can_be_sent_back(azure: Session) -> None:
    azure.instance(schedules=_cron(), idle_time_before_shutdown_minutes=60, ssh_public_access_enabled=True)
    shown = azure.client.compute.get("mine")
    assert azure.client.compute.begin_create_or_update(shown).result().state == "Running"
    shown.idle_time_before_shutdown_minutes = 90
    azure.refuses(
        lambda a: a.client.compute.begin_create_or_update(shown), "HttpResponseError", "BadRequest", "compute name mine"
    )


def test_deleting_it_while_it_is_made_leaves_nothing(azure: Session) -> None:
    from azure.ai.ml.entities import ComputeInstance

    making = azure.client.compute.begin_create_or_update(ComputeInstance(name="mine"))
    azure.lab.skip(minutes=1)
    azure.client.compute.begin_delete("mine").result()
    azure.lab.skip(hours=1)
    assert (making.status(), azure.lab.world.bill.running(), azure.lab.world.quotas.used("azure/Total")) == (
        "Canceled",
        [],
        0,
    )
