"""The bill as a table and a picture, and the timeline: the same facts in each form, the same bytes every time."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from twoclouds.figures import BillView, Timeline
from twoclouds.world.bill import Bill
from twoclouds.world.clock import SECOND, Clock
from twoclouds.world.events import Events
from twoclouds.world.machines import Machine, MachineType


def world():
    clock = Clock(datetime(2026, 11, 30, 9, tzinfo=UTC))
    return SimpleNamespace(clock=clock, bill=Bill(clock), events=Events(clock))


def machine(world, account, name, type, hourly):
    kind = MachineType(type, vcpus=4, memory_gib=Decimal(16), gpus=0, hourly=Decimal(hourly))
    return Machine(clock=world.clock, bill=world.bill, events=world.events, account=account, name=name, type=kind)


@pytest.fixture
def morning():
    """A SageMaker machine for 40 minutes, and an Azure node for 41 of which one is idle."""
    morning = world()
    algo = machine(morning, "aws", "sensors/algo-1", "ml.m5.xlarge", "0.23")
    node = machine(morning, "azure", "cpu-cluster/node-0", "Standard_D4s_v5", "0.192")
    algo.enter("provisioning", billed=False, owner="sensors")
    node.enter("working", owner="train")
    morning.clock.advance(120 * SECOND)
    algo.enter("working")
    morning.clock.advance(38 * 60 * SECOND)
    node.enter("idle", owner="")
    morning.clock.advance(60 * SECOND)
    node.release()
    morning.clock.advance(60 * SECOND)
    algo.release()
    morning.clock.advance(3600 * SECOND)
    return morning


def test_the_bill_in_words(morning):
    assert repr(BillView(morning)).splitlines() == [
        "cloud         resource            type             phase         h:mm:ss  $/hour      cost",
        "Azure ML      cpu-cluster/node-0  Standard_D4s_v5  working       0:40:00  0.192       $0.1280",
        "Azure ML      cpu-cluster/node-0  Standard_D4s_v5  idle          0:01:00  0.192       $0.0032",
        "SageMaker AI  sensors/algo-1      ml.m5.xlarge     provisioning  0:02:00  not billed  $0.0000",
        "SageMaker AI  sensors/algo-1      ml.m5.xlarge     working       0:40:00  0.23        $0.1533",
        "",
        "Azure ML: $0.1312",
        "SageMaker AI: $0.1533",
        "together: $0.2845",
    ]


def test_the_table_for_pandas_holds_the_same(morning):
    frame = BillView(morning).frame()
    assert list(frame.columns) == ["cloud", "resource", "type", "phase", "minutes", "usd_per_hour", "usd"]
    assert frame.groupby("cloud")["usd"].sum().round(4).to_dict() == {"Azure ML": 0.1312, "SageMaker AI": 0.1533}


def test_the_timeline_says_who_did_what_when(morning):
    assert repr(Timeline(morning)).splitlines()[1:] == [
        "Azure ML      cpu-cluster/node-0  Mon 09:00:00  Mon 09:40:00  working       train    yes",
        "Azure ML      cpu-cluster/node-0  Mon 09:40:00  Mon 09:41:00  idle                   yes",
        "SageMaker AI  sensors/algo-1      Mon 09:00:00  Mon 09:02:00  provisioning  sensors  no",
        "SageMaker AI  sensors/algo-1      Mon 09:02:00  Mon 09:42:00  working       sensors  yes",
    ]


def test_a_timeline_of_machines_alone_leaves_out_fees_and_who_waits(morning):
    for resource, item, hourly in (("cpu-cluster/load-balancer", "a fee", "0.01"), ("train", "job", "0")):
        morning.bill.open(account="azure", resource=resource, item=item, phase="waiting", hourly=Decimal(hourly))
    morning.clock.advance(SECOND)
    assert len(Timeline(morning).tracks) == 4
    assert [track.resource for track in Timeline(morning, machines=True).tracks] == [
        "cpu-cluster/node-0",
        "sensors/algo-1",
    ]


@pytest.mark.parametrize("picture", [lambda w: BillView(w).plot(), lambda w: Timeline(w).plot()])
def test_a_picture_is_labelled_follows_the_page_and_is_the_same_every_time(morning, picture):
    drawn = picture(morning)
    root = ElementTree.fromstring(drawn.svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == drawn.alt
    assert "<metadata" not in drawn.svg
    colours = re.findall(r"(?:fill|stroke): (#\w+)", drawn.svg)
    assert set(colours) <= {"#000000"}, "every colour follows the page's scheme"
    assert picture(morning).svg == drawn.svg
    assert "<details>" in drawn._repr_html_()


def test_nothing_yet_is_said_in_words():
    assert repr(BillView(world())) == "Nothing has been billed yet: $0.0000"
    assert Timeline(world())._repr_html_() == "<p>Nothing has happened yet.</p>"
