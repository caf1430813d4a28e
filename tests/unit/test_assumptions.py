"""What is assumed can be moved, and only that; then the clouds go by it."""

import json
from decimal import Decimal

import pytest

import twoclouds
from tests.property.test_both_clouds import Drawn, aws_job, azure_job, cluster
from twoclouds.aws import catalog
from twoclouds.azure import catalog as azure_catalog
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
        ("azure/node_boot", float("inf"), "a whole number of seconds"),
        ("aws/spot_saving", 101, "100 percent at most"),
        ("aws/serverless_gb_second", float("nan"), "a number of USD, 0 or more"),
        ("aws/payload_limit", 1, "is not among what is assumed"),
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


def test_prices_that_were_assumed_can_be_moved_and_need_not_be_whole(lab):
    lab.assume("aws/training_volume", 0.28)
    assert catalog.rate(lab.world, "training_volume") == Decimal("0.28")
    assert catalog.rate(lab.world, "processing_volume") == Decimal("0.10")
    assert [row[1] for row in lab.assumed().rows if row[0] == "aws/training_volume"] == ["0.28"]


def test_the_disk_of_a_workstation_at_another_price(lab):
    lab.assume("azure/os_disk", 730)
    assert azure_catalog.fee(lab.world, "os_disk") == ("P10 disk", Decimal(1))


def test_a_figure_that_is_assumed_is_not_read_as_published():
    with pytest.raises(ValueError, match="latency is assumed"):
        catalog.figure("latency")
