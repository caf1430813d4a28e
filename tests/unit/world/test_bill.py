"""Money is exact, adds up, and nothing is billed twice."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoclouds.world.bill import PHASES, Bill, BillError
from twoclouds.world.clock import SECOND, Clock
from twoclouds.world.events import Events
from twoclouds.world.machines import Machine, MachineType

D4S = MachineType("Standard_D4s_v5", vcpus=4, memory_gib=Decimal(16), gpus=0, hourly=Decimal("0.192"))


def world():
    clock = Clock(datetime(2026, 11, 30, 9, tzinfo=UTC))
    return clock, Bill(clock), Events(clock)


def test_a_night_of_one_machine():
    clock, bill, events = world()
    node = Machine(clock=clock, bill=bill, events=events, account="azure", name="node-0", type=D4S, owner="nightly")

    node.enter("provisioning", billed=False)
    clock.advance(180 * SECOND)
    node.enter("working")
    clock.advance(38 * 60 * SECOND)
    node.enter("idle", owner="")
    clock.advance(120 * SECOND)
    node.release()
    clock.advance(3600 * SECOND)

    assert [(e.time // SECOND, e.kind) for e in events] == [
        (0, "machine.requested"),
        (0, "machine.provisioning"),
        (180, "machine.working"),
        (2460, "machine.idle"),
        (2580, "machine.released"),
    ]
    assert bill.by("phase") == {
        "provisioning": 0,
        "working": Fraction("0.1216"),
        "idle": Fraction("0.0064"),
    }
    assert bill.total() == Fraction("0.128")
    assert bill.total(at=180 * SECOND) == 0
    assert bill.running() == []


def test_an_image_is_pulled_once_in_a_machines_life():
    clock, bill, events = world()
    node = Machine(clock=clock, bill=bill, events=events, account="azure", name="node-0", type=D4S)

    def twice():
        yield from node.boot(10_000)
        yield from node.pull("sklearn", 30_000)
        yield from node.pull("sklearn", 30_000)
        yield from node.pull("torch", 60_000)

    clock.start(twice(), name="pulls")
    clock.advance(3600 * SECOND)

    pulled = [(e.time, e.detail["image"]) for e in events.of("machine.pulled")]
    assert pulled == [(40_000, "sklearn"), (100_000, "torch")]


def test_nothing_is_billed_twice_and_nothing_ends_twice():
    clock, bill, _ = world()
    line = bill.open(account="aws", resource="algo-1", item="ml.m5.large", phase="working", hourly=Decimal("0.115"))

    with pytest.raises(BillError, match="already being billed"):
        bill.open(account="aws", resource="algo-1", item="ml.m5.large", phase="idle", hourly=Decimal("0.115"))
    clock.advance(1000)
    bill.close(line)
    with pytest.raises(BillError, match="not being billed"):
        bill.close(line)


moves = st.tuples(
    st.integers(0, 3),  # which machine
    st.sampled_from([*PHASES, "release"]),
    st.booleans(),  # billed
    st.integers(0, 10_000_000),  # ms until the next move
)


@given(st.lists(moves, max_size=40))
def test_the_sum_over_anything_is_the_total_at_any_instant(schedule):
    clock, bill, events = world()
    machines: dict[int, Machine] = {}
    made = 0
    instants = [0]
    for which, move, billed, wait in schedule:
        machine = machines.get(which)
        if machine is None:
            made += 1
            machine = machines[which] = Machine(
                clock=clock, bill=bill, events=events, account="ab"[which % 2], name=f"m-{made}", type=D4S
            )
        if move == "release":
            machine.release()
            del machines[which]
        else:
            machine.enter(move, billed=billed)
        clock.advance(wait)
        instants.append(clock.now)

    for at in instants:
        total = bill.total(at=at)
        for field in ("account", "resource", "phase", "item", "owner"):
            assert sum(bill.by(field, at=at).values()) == total
    totals = [bill.total(at=at) for at in instants]
    assert totals == sorted(totals)
    for resource in bill.by("resource"):
        lines = bill.lines(resource=resource)
        assert all(a.end is not None and a.end <= b.start for a, b in pairwise(lines))
