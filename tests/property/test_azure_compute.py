"""Whatever is asked of Azure compute, in whatever order: quotas are right, nothing bills twice, nothing is left behind.

The calls are drawn, valid and invalid ones alike; what they may be answered with is in `ERRORS`.
"""

import json
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.property.test_both_clouds import Drawn, arm, check_bill
from twoclouds.azure import account, contract
from twoclouds.azure.catalog import read
from twoclouds.lab import Lab
from twoclouds.wire.errors import NotSimulated

NAMES = ("one", "two", "Two", "cpu-1")
SIZES = ("Standard_D4s_v5", "standard_ds3_v2", "Standard_D16s_v5", "Standard_NC4as_T4_v3", "Standard_D0")
GOOD = SIZES[0]
ERRORS = {400, 404, 409}


def cluster(size, fewest, most, idle, region):
    scale = {"minNodeCount": fewest, "maxNodeCount": most, "nodeIdleTimeBeforeScaleDown": f"PT{idle}S"}
    return _compute("AmlCompute", region, {"vmSize": size, "scaleSettings": scale})


def instance(size, idle, releases, hour):
    cron = {"expression": f"0 {hour} * * *", "timeZone": "Pacific Standard Time"}
    schedule = {"action": "Start" if hour % 2 else "Stop", "triggerType": "Cron", "cron": cron}
    asked = {"vmSize": size, "releaseQuotaOnStop": releases, "schedules": {"computeStartStop": [schedule]}}
    return _compute("ComputeInstance", account.REGION, asked | ({"idleTimeBeforeShutdown": idle} if idle else {}))


def _compute(kind, region, asked):
    return {"location": region, "properties": {"computeType": kind, "properties": asked}}


def job(target, nodes, size):
    resources = {"instanceCount": nodes} | ({"instanceType": size} if size else {})
    place = {"computeId": f"{account.WORKSPACE_ID}/computes/{target}"} if target else {}
    environment = "azureml://registries/azureml/environments/sklearn-1.5/versions/40"
    asked = {"jobType": "Command", "command": "python t.py", "environmentId": environment, "experimentName": "drawn"}
    return {"properties": {**asked, **place, "resources": resources}}


names = st.sampled_from(NAMES)
sizes = st.sampled_from((GOOD, GOOD, *SIZES))
nodes = st.integers(0, 9)
clusters = st.builds(cluster, sizes, nodes, nodes, st.integers(0, 900), st.sampled_from(
    ("eastus", "westus")
))  # fmt: skip
instances = st.builds(instance, sizes, st.sampled_from((None, "PT20M", "PT5M")), st.booleans(), st.integers(0, 24))
jobs = st.builds(
    job, st.sampled_from((None, *NAMES)), st.sampled_from((1, 1, 1, 2, 9)), st.sampled_from((None, *SIZES))
)
power = st.tuples(st.sampled_from(("stop", "start", "restart")), st.sampled_from(("two", "two", "two", "one", "x-1")))
skips = st.tuples(st.just("skip"), st.integers(0, 20000))
steps = st.one_of(
    st.tuples(st.just("PUT"), names, clusters),
    st.tuples(st.just("PUT"), names, instances),
    st.tuples(st.just("DELETE"), names),
    st.tuples(st.just("listNodes"), names),
    st.tuples(st.just("cancel"), st.integers(0, 2)),
    st.tuples(st.just("job"), jobs),
    st.tuples(st.just("job"), jobs),
    power,
    power,
    power,
    skips,
    skips,
)


BEGINNING = (
    ("PUT", "one", cluster(GOOD, 0, 3, 60, "eastus")),
    ("PUT", "two", instance(GOOD, None, False, 18)),
    ("skip", 400),
    ("stop", "two"),
    ("skip", 90),
    ("start", "two"),
    ("skip", 200),
)


def play(lab, number, step):
    """Take a step; returns what came of it."""
    kind, *rest = step
    if kind == "skip":
        lab.skip(seconds=rest[0])
        return "skip", 0
    try:
        if kind == "PUT":
            response = arm(lab, "PUT", f"computes/{rest[0]}", rest[1])
            kind = rest[1]["properties"]["computeType"]
        elif kind == "DELETE":
            response = arm(lab, "DELETE", f"computes/{rest[0]}")
        elif kind == "job":
            response = arm(lab, "PUT", f"jobs/job-{number}", rest[0])
        elif kind == "cancel":
            found = list(lab.azure.state.jobs.values())[rest[0] : rest[0] + 1]
            for each in found:
                each.interrupt("It was canceled.")
            return kind, 200 if found else 404
        else:
            response = arm(lab, "POST", f"computes/{rest[0]}/{kind}")
    except NotSimulated:
        return kind, 0
    if response.status < 300 and response.body and kind in ("AmlCompute", "ComputeInstance"):
        assert contract.answer_problems("Compute - Get", json.loads(response.body)) == []
    return kind, response.status


def check_quotas(lab):
    """What is taken is what clusters, instances and serverless jobs hold: no more, and no less."""
    state, quotas, held = lab.azure.state, lab.world.quotas, Counter()
    for compute in state.computes.values():
        prefix = "azure" if compute.asked.region == account.REGION else f"azure/{compute.asked.region}"
        held[f"{prefix}/{compute.asked.size.family}"] += compute.machines * compute.asked.size.vcpus
        held[f"{prefix}/Clusters"] += 1
    for family in read("quotas"):
        held[f"azure/{family}"] += state.serverless.cores(family)
    for name in quotas:
        if name.startswith("azure/") and not name.endswith("/Total"):
            assert quotas.used(name) == held[name], name
            assert 0 <= quotas.used(name) <= quotas.limit(name)


def check_machines(lab):
    """Every cluster has as many nodes as it may, every machine that bills belongs to somebody who is there."""
    state = lab.azure.state
    owners = {compute.name for compute in state.computes.values()} | {"serverless"}
    for line in lab.world.bill.running():
        assert line.item == "job" or line.resource.partition("/")[0] in owners, line.resource
    for each in state.clusters.values():
        busy = sum(node.state == "running" for node in each.pool.nodes)
        assert len(each.pool.nodes) <= max(each.pool.maximum, busy + len(each.pool.nodes) - busy)
        assert each.pool.gone or all(ticket.wanted <= each.pool.maximum for ticket in each.pool.queue)


def test_quotas_bill_and_time_hold_whatever_is_asked():
    answers = Counter()

    @settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(st.lists(steps, min_size=4, max_size=20))
    def any_calls(calls):
        lab = Lab()
        lab.world.runner = Drawn([0, 1, 0, None] * 5)
        seen = [0]
        for number, step in enumerate((*BEGINNING, *calls)):
            kind, status = play(lab, number, step)
            answers[kind, status] += 1
            assert status in {0, 200, 201, 202} | ERRORS
            check_quotas(lab)
            check_machines(lab)
            seen.append(lab.world.clock.now)
        assert seen == sorted(seen), "time ran back"
        for name in NAMES:
            arm(lab, "DELETE", f"computes/{name}")
        lab.skip(hours=24)
        assert {str(failure.error) for failure in lab.world.clock.failures} <= {"the runner broke"}
        assert lab.azure.state.computes == {}
        assert [line.resource for line in lab.world.bill.running()] == []
        assert all(not lab.world.quotas.used(name) for name in lab.world.quotas if name.startswith("azure/"))
        check_bill(lab.world, seen)

    any_calls()
    done = {kind for (kind, status), count in answers.items() if 200 <= status < 300}
    refused = {kind for (kind, status), count in answers.items() if status in ERRORS}
    assert done == {"AmlCompute", "ComputeInstance", "DELETE", "start", "stop", "restart", "listNodes", "job", "cancel"}
    assert {"AmlCompute", "ComputeInstance", "DELETE", "start", "stop", "job"} <= refused


def test_the_check_of_quotas_sees_a_wrong_one():
    lab = Lab()
    arm(lab, "PUT", "computes/one", cluster("Standard_D4s_v5", 0, 1, 60, "eastus"))
    lab.world.quotas.take("azure/Standard DSv5", 1)
    with pytest.raises(AssertionError, match="azure/Standard DSv5"):
        check_quotas(lab)
