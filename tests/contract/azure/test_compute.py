"""Compute through the real azure-ai-ml: clusters and their nodes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.azure_lab import Session
from twoclouds.azure import account
from twoclouds.world.clock import SECOND


def test_states_of_a_cluster_and_its_nodes(azure: Session) -> None:
    azure.cluster()
    azure.submit(name="first")
    seen = []
    for second in (12, 20, 260, 400, 520, 600):
        azure.lab.world.clock.advance_to(second * SECOND)
        resource = azure.client.compute._operation.get(account.RESOURCE_GROUP, account.WORKSPACE, "cpu")
        shown = resource.properties.properties
        nodes = [vars(node)["nodeState"] for node in azure.client.compute.list_nodes("cpu")]
        seen.append((second, shown.allocation_state, shown.current_node_count, nodes))
    assert seen == [
        (12, "Steady", 0, []),
        (20, "Resizing", 0, ["preparing"]),
        (260, "Steady", 1, ["running"]),
        (400, "Steady", 1, ["idle"]),
        (520, "Resizing", 1, ["leaving"]),
        (600, "Steady", 0, []),
    ]


def test_a_cluster_of_no_nodes_holds_its_quota_until_it_is_deleted(azure: Session) -> None:
    azure.cluster(max_instances=6)
    used = [azure.lab.world.quotas.used("azure/Standard DSv5")]
    azure.client.compute.begin_delete("cpu").result()
    used.append(azure.lab.world.quotas.used("azure/Standard DSv5"))
    assert used == [24, 0]
    assert list(azure.client.compute.list()) == []


def test_a_cluster_is_rescaled(azure: Session) -> None:
    azure.cluster(max_instances=1)
    changed = azure.cluster(max_instances=2, min_instances=1, idle_time_before_scale_down=60)
    azure.lab.skip(hours=1)
    assert (changed.max_instances, changed.min_instances, changed.idle_time_before_scale_down) == (2, 1, 60)
    assert [node.state for node in azure.lab.azure.state.clusters["cpu"].pool.nodes] == ["idle"]
    assert azure.lab.world.quotas.used("azure/Standard DSv5") == 8


def test_a_cluster_that_was_read_can_be_changed_and_sent_back(azure: Session) -> None:
    azure.cluster(min_instances=1)
    cluster = azure.client.compute.get("cpu")
    cluster.min_instances = 0
    assert azure.client.compute.begin_create_or_update(cluster).result().min_instances == 0
    azure.lab.skip(hours=1)
    assert not azure.lab.world.bill.running()


def test_deleting_a_cluster_fails_its_jobs_and_stops_the_bill(azure: Session) -> None:
    from azure.ai.ml.exceptions import JobException

    azure.cluster()
    for name in ("running", "queued"):
        azure.submit(name=name)
    azure.lab.world.clock.advance_to(340 * SECOND)
    before = {name: azure.client.jobs.get(name).status for name in ("running", "queued")}
    azure.client.compute.begin_delete("cpu").result()
    cost = azure.lab.world.bill.total()
    azure.lab.skip(hours=5)
    assert before == {"running": "Running", "queued": "Queued"}
    assert {name: azure.client.jobs.get(name).status for name in before} == dict.fromkeys(before, "Failed")
    assert azure.lab.world.bill.total() == cost
    with pytest.raises(JobException, match="AzureMLCompute cluster cpu does not exist"):
        azure.client.jobs.stream("running")


# What is refused


REFUSALS = [
    ("unknown compute", lambda a: a.client.compute.get("gpu"), "ResourceNotFoundError", "ResourceNotFound",
     "computes/gpu' under resource group"),
    ("name ends in -digit", lambda a: a.cluster("gpu-1"), "HttpResponseError", "BadRequest",
     "Numbers cannot be the ending of the name if the previous character is a minus symbol (-)."),
    ("underscore in a name", lambda a: a.cluster("a_b"), "HttpResponseError", "BadRequest",
     "must use only numbers, letters and minus symbol (-)"),
    ("unknown VM size", lambda a: a.cluster("two", size="Standard_D99"), "HttpResponseError", "InvalidPropertyValue",
     "The specified value Standard_D99 for property Cluster.Properties.VMSize is not a supported VM size."),
    ("quota", lambda a: a.cluster("two", max_instances=7), "HttpResponseError", "ClusterMinNodesExceedCoreQuota",
     "The specified subscription has a Standard DSv5 family vCPU quota of 24 and cannot accomodate for at least 7"),
    ("GPU quota is zero", lambda a: a.cluster("two", size="Standard_NC4as_T4_v3"), "HttpResponseError",
     "ClusterMinNodesExceedCoreQuota", "family vCPU quota of 0"),
    ("scale upside down", lambda a: a.cluster("two", min_instances=2), "HttpResponseError", "BadRequest",
     "minNodeCount (2) must be between 0 and maxNodeCount (1)."),
]  # fmt: skip


@pytest.mark.parametrize(("case", "call", "kind", "code", "message"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_refusals(azure: Session, case: str, call: Any, kind: str, code: str, message: str) -> None:
    azure.cluster()
    azure.refuses(call, kind, code, message)


@pytest.mark.parametrize(
    ("call", "operation"),
    [
        (lambda a: a.cluster("two", tier="low_priority"), "low-priority nodes"),
    ],
)
def test_what_is_not_simulated_says_so(azure: Session, call: Any, operation: str) -> None:
    azure.cluster()
    azure.lacks(call, operation)


def test_every_operation_is_called_by_the_sdk(azure: Session) -> None:
    azure.cluster(min_instances=1)
    azure.lab.skip(minutes=10)
    assert len(list(azure.client.compute.list_nodes("cpu"))) == 1
    assert [found.name for found in azure.client.compute.list()] == ["cpu"]
    azure.client.compute.get("cpu")
    azure.client.compute.begin_delete("cpu").result()
    assert azure.uncalled("compute", "operations") == set()
