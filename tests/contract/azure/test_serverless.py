"""Serverless compute through the real azure-ai-ml: jobs that name no compute."""

from __future__ import annotations

from tests.contract.azure_lab import Session
from twoclouds.world.clock import SECOND


def machines(azure: Session) -> list[tuple[str, str]]:
    """(second, event) of the machines."""
    return [
        (f"{event.time / SECOND:g}", f"{event.kind} {event.subject.removeprefix('azure/')}")
        for event in azure.lab.world.events.of("machine.")
    ]


def test_a_job_without_compute_gets_a_machine_of_its_own(azure: Session) -> None:
    azure.submit(name="first", compute=None)
    azure.lab.skip(seconds=10)
    used = azure.lab.world.quotas.used("azure/Standard DSv2")
    azure.lab.skip(minutes=10)
    assert azure.client.jobs.get("first").status == "Completed"
    assert machines(azure) == [
        ("5", "machine.requested serverless/first/node-1"),
        ("5", "machine.provisioning serverless/first/node-1"),
        ("245", "machine.booted serverless/first/node-1"),
        ("245", "machine.provisioning serverless/first/node-1"),
        ("305", "machine.pulled serverless/first/node-1"),
        ("315", "machine.working serverless/first/node-1"),
        ("385", "machine.released serverless/first/node-1"),
    ]
    assert (used, azure.lab.world.quotas.used("azure/Standard DSv2")) == (4, 0)
    assert not azure.lab.world.bill.running()


def test_a_job_whose_cores_are_in_use_waits_for_them(azure: Session) -> None:
    azure.cluster("big", size="Standard_DS3_v2", max_instances=24)
    for name in ("one", "two"):
        azure.submit(name=name, compute=None, instance_type="STANDARD_DS3_V2")
    azure.lab.skip(minutes=5)
    states = [azure.client.jobs.get(name).status for name in ("one", "two")]
    azure.client.compute.begin_delete("big").result()
    azure.lab.skip(minutes=20)
    assert (states[1], azure.client.jobs.get("two").status) == ("Queued", "Completed")
    assert not azure.lab.world.bill.running()


def test_a_job_that_asks_for_more_than_the_quota_is_refused(azure: Session) -> None:
    azure.refuses(
        lambda a: a.submit(compute=None, instance_type="Standard_NC4as_T4_v3"),
        "HttpResponseError",
        "ClusterMinNodesExceedCoreQuota",
        "family vCPU quota of 0 and cannot accomodate for at least 1 requested managed compute node",
    )
    azure.refuses(
        lambda a: a.submit(compute=None, instance_type="Standard_X1"),
        "HttpResponseError",
        "InvalidPropertyValue",
        "The specified value Standard_X1 for property",
    )


def test_the_size_is_one_that_there_is_quota_for(azure: Session) -> None:
    azure.cluster("big", size="Standard_DS3_v2", max_instances=25)
    azure.submit(name="first", compute=None)
    azure.lab.skip(minutes=1)
    assert azure.lab.world.quotas.used("azure/Standard DSv3") == 4


def test_a_spot_job_is_not_simulated(azure: Session) -> None:
    azure.lacks(lambda a: a.submit(compute=None, queue_settings={"job_tier": "Spot"}), "spot machines")
