"""What is assumed can be moved, and only that; then the clouds go by it."""

import json

import pytest

import twoclouds
from tests.property.test_both_clouds import Drawn, aws_job, azure_job, cluster
from twoclouds.lab import Lab
from twoclouds.world.assumptions import NotAssumed


def phases(lab, resource):
    """(phase, seconds, dollars) of one machine, in order."""
    now = lab.world.clock.now
    lines = [line for line in lab.world.bill.lines() if line.resource == resource and line.lasted(now)]
    return [(line.phase, line.lasted(now) // 1000, round(float(line.cost(now)), 4)) for line in lines]


@pytest.fixture
def lab():
    lab = Lab()
    lab.world.runner = Drawn([])
    return lab


def test_every_assumption_says_why_and_since_when(lab):
    names = [row[0] for row in lab.assumed().rows]
    assert {"azure/node_boot", "azure/preparing_billed", "aws/start"} <= set(names)
    assert len(names) == len(set(names))
    assert all(because and date for _, _, because, date in lab.assumed().rows)
    assert "azure/idle_billed" not in names, "Microsoft says that idle nodes are billed"


def test_a_node_that_takes_longer_and_is_not_billed_for_it(lab):
    lab.assume("azure/node_boot", 600)
    lab.assume("azure/preparing_billed", False)
    cluster(lab, "small", 1, 60)
    azure_job(lab, "job", "small")
    lab.skip(hours=1)
    assert phases(lab, "small/node-1")[0] == ("provisioning", 600, 0.0)
    assert [row[1] for row in lab.assumed().rows if row[0] == "azure/node_boot"] == ["600"]


def test_sagemaker_machines_that_come_later(lab):
    lab.assume("aws/start", 300)
    aws_job(lab, "job", "ml.m5.xlarge", 1)
    lab.skip(hours=1)
    assert phases(lab, "job/algo-1")[0] == ("provisioning", 300, 0.0)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("azure/idle_billed", False, "is not among what is assumed"),
        ("aws/nothing", 1, "These may be moved: azure/"),
        ("azure/node_boot", -1, "0 or more"),
        ("azure/node_boot", 1.5, "a whole number of seconds"),
        ("azure/node_boot", True, "is a number of seconds"),
        ("azure/preparing_billed", 3, "is True or False"),
    ],
)
def test_what_is_published_stays_and_what_makes_no_sense_is_refused(lab, name, value, said):
    before = json.dumps(lab.assumed().rows)
    with pytest.raises(NotAssumed, match=said):
        lab.assume(name, value)
    assert json.dumps(lab.assumed().rows) == before


def test_a_reset_brings_the_assumptions_back():
    with twoclouds.open() as lab:
        lab.assume("azure/node_boot", 600)
        lab.reset()
        assert [row[1] for row in lab.assumed().rows if row[0] == "azure/node_boot"] == ["240"]
