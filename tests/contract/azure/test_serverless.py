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
