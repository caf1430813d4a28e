"""Compute through the real azure-ai-ml: clusters and their nodes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.azure.test_role_assignments import arm
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
    def used() -> list[int]:
        return [azure.lab.world.quotas.used(f"azure/{what}") for what in ("Standard DSv5", "Total", "Clusters")]

    azure.cluster(max_instances=6)
    held = used()
    azure.client.compute.begin_delete("cpu").result()
    assert (held, used()) == ([24, 24, 1], [0, 0, 0])
    assert list(azure.client.compute.list()) == []


def test_a_cluster_is_rescaled(azure: Session) -> None:
    azure.cluster(max_instances=1)
    changed = azure.cluster(max_instances=2, min_instances=1, idle_time_before_scale_down=60)
    azure.lab.skip(hours=1)
    assert (changed.max_instances, changed.min_instances, changed.idle_time_before_scale_down) == (2, 1, 60)
    assert [node.state for node in azure.lab.azure.state.clusters["cpu"].pool.nodes] == ["idle"]
    assert azure.lab.world.quotas.used("azure/Standard DSv5") == 8
    azure.cluster(max_instances=1)
    assert azure.lab.world.quotas.used("azure/Standard DSv5") == 4


def test_there_are_only_so_many_computes_in_a_region(azure: Session) -> None:
    azure.lab.world.quotas.set("azure/Clusters", 2)
    azure.cluster()
    azure.instance()
    message = "Operation results in exceeding quota limits of Microsoft.BatchClusters."
    azure.refuses(lambda a: a.cluster("two"), "HttpResponseError", "BadRequest", message)


def test_a_lower_maximum_frees_the_cores_of_nodes_when_they_are_gone(azure: Session) -> None:
    azure.cluster(min_instances=2, max_instances=3)
    azure.lab.skip(minutes=10)
    azure.cluster(max_instances=1)
    used = [azure.lab.world.quotas.used("azure/Standard DSv5")]
    azure.lab.skip(minutes=2)
    assert [*used, azure.lab.world.quotas.used("azure/Standard DSv5")] == [8, 4]


@pytest.mark.parametrize("kept", [False, True])
def test_a_cluster_has_a_load_balancer_while_it_has_nodes(azure: Session, kept: bool) -> None:
    azure.lab.assume("azure/empty_cluster_load_balancer_billed", kept)
    azure.cluster(min_instances=1)
    azure.lab.skip(minutes=30)
    azure.cluster(min_instances=0)
    azure.lab.skip(hours=24)
    azure.client.compute.begin_delete("cpu").result()
    azure.lab.skip(hours=24)
    lines = azure.lab.world.bill.lines(resource="cpu/load-balancer")
    seen = [(line.phase, line.start // SECOND, line.lasted(azure.lab.world.clock.now) // SECOND) for line in lines]
    with_nodes = ("working", 10, 1811 + 10 + 120 - 10)
    assert seen == ([("idle", 0, 10), with_nodes, ("idle", 1941, 86281)] if kept else [with_nodes])
    assert {str(line.hourly) for line in lines} == {"0.01375"}


def test_what_a_cluster_was_made_with_is_shown(azure: Session) -> None:
    from azure.ai.ml.entities import AmlComputeSshSettings, IdentityConfiguration, ManagedIdentityConfiguration

    user = f"{account.GROUP_ID}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/mine"
    assert arm("PUT", user, body={"location": account.REGION})[0] == 201
    azure.cluster(
        description="For the night",
        tags={"team": "a"},
        identity=IdentityConfiguration(
            type="UserAssigned", user_assigned_identities=[ManagedIdentityConfiguration(resource_id=user)]
        ),
        ssh_settings=AmlComputeSshSettings(admin_username="ann", admin_password="secret"),
        ssh_public_access_enabled=True,
    )
    shown = azure.client.compute.get("cpu")
    assert (shown.description, shown.tags, shown.tier) == ("For the night", {"team": "a"}, "dedicated")
    assert (shown.ssh_settings.admin_username, shown.ssh_settings.admin_password) == ("ann", None)
    (identity,) = shown.identity.user_assigned_identities
    assert (identity.resource_id, len(vars(identity)["principalId"])) == (user, 36)
    shown.ssh_public_access_enabled = False
    azure.refuses(
        lambda a: a.client.compute.begin_create_or_update(shown),
        "HttpResponseError",
        "BadRequest",
        "The SSH access of compute 'cpu' cannot be changed.",
    )


def test_a_cluster_elsewhere_has_that_regions_quota_and_price(azure: Session) -> None:
    made = azure.cluster(size="STANDARD_DS3_V2", location="westus", min_instances=1)
    azure.lab.skip(hours=1)
    quotas = azure.lab.world.quotas
    assert (made.location, made.size) == ("westus", "Standard_DS3_v2")
    assert (quotas.used("azure/westus/Standard DSv2"), quotas.used("azure/Standard DSv2")) == (4, 0)
    assert {(line.resource, str(line.hourly)) for line in azure.lab.world.bill.running()} == {
        ("cpu/node-1", "0.279"),
        ("cpu/load-balancer", "0.01375"),
    }


def test_a_job_for_more_nodes_than_there_can_be_fails(azure: Session) -> None:
    from twoclouds.azure.compute.nodes import ComputeGone

    azure.cluster()
    with pytest.raises(ComputeGone, match="Requested 2 nodes but AzureMLCompute cluster only has 1 maximum nodes"):
        azure.lab.azure.state.clusters["cpu"].pool.request("wide", 2)


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
    ("quota", lambda a: a.cluster("two", max_instances=25), "HttpResponseError", "ClusterMinNodesExceedCoreQuota",
     "Standard DSv5 family vCPU quota of 100 and cannot accomodate for at least 25 requested managed compute nodes"),
    ("GPU quota is zero", lambda a: a.cluster("two", size="Standard_NC4as_T4_v3"), "HttpResponseError",
     "ClusterMinNodesExceedCoreQuota", "family vCPU quota of 0"),
    ("scale upside down", lambda a: a.cluster("two", min_instances=2), "HttpResponseError", "BadRequest",
     "minNodeCount (2) must be between 0 and maxNodeCount (1)."),
    ("low priority", lambda a: a.cluster("two", tier="low_priority"), "HttpResponseError", "BadRequest",
     "Azure Low Priority Virtual Machine instances aren't provisionable or supported in new clusters."),
    ("other size", lambda a: a.cluster(size="Standard_DS3_v2"), "HttpResponseError", "BadRequest",
     "The VM size of compute 'cpu' cannot be changed."),
    ("other kind", lambda a: a.instance("cpu"), "HttpResponseError", "BadRequest",
     "Compute 'cpu' exists already, as AmlCompute."),
    ("more than is left", lambda a: a.cluster(max_instances=26), "HttpResponseError", "ClusterMinNodesExceedCoreQuota",
     "at least 25 requested managed compute nodes"),
    ("start a cluster", lambda a: a.client.compute.begin_start("cpu"), "HttpResponseError", "UserError",
     "ComputeStart with computeType AmlCompute is not supported."),
    ("detach a cluster", lambda a: a.client.compute.begin_delete("cpu", action="Detach"), "HttpResponseError",
     "BadRequest", "cannot be detached"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "call", "kind", "code", "message"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_refusals(azure: Session, case: str, call: Any, kind: str, code: str, message: str) -> None:
    azure.cluster()
    azure.refuses(call, kind, code, message)


def _network() -> Any:
    from azure.ai.ml.entities import NetworkSettings

    return NetworkSettings(vnet_name="net", subnet="default")


def _attach(azure: Session) -> Any:
    from azure.ai.ml.entities import VirtualMachineCompute, VirtualMachineSshSettings

    machine = VirtualMachineCompute(
        name="mine",
        resource_id=f"{account.GROUP_ID}/providers/x/virtualMachines/mine",
        ssh_settings=VirtualMachineSshSettings(admin_username="ann", admin_password="secret"),
    )
    return azure.client.compute.begin_attach(machine)


@pytest.mark.parametrize(
    ("call", "operation"),
    [
        (lambda a: a.cluster("two", location="northeurope"), "compute in northeurope"),
        (lambda a: a.cluster("two", location="westus"), "Standard_D4s_v5 in westus"),
        (lambda a: a.cluster("two", network_settings=_network()), "compute in a virtual network"),
        (_attach, "compute of type VirtualMachine"),
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
    azure.instance("mine")
    azure.client.compute.begin_stop("mine").result()
    azure.client.compute.begin_start("mine").result()
    azure.client.compute.begin_restart("mine").result()
    azure.client.compute.enable_sso(name="mine", enable_sso=False)
    assert azure.client.compute.get("mine").enable_sso is False
    assert azure.uncalled("compute", "operations") == set()
