"""Where a pool grows and shrinks. Each test is a scenario whose last line is its log of (second, event, dollars)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from twoclouds.azure.catalog import duration
from twoclouds.azure.compute import pool_limits
from twoclouds.azure.compute.pool import Pool
from twoclouds.world.clock import SECOND, Lifecycle
from twoclouds.world.machines import MachineType
from twoclouds.world.world import World

MINUTE = 60 * SECOND
TYPE = MachineType("A", vcpus=4, memory_gib=Decimal(16), gpus=0, hourly=Decimal(36))
"""A cent a second: the log's dollars are easy to check."""


@pytest.fixture
def world() -> World:
    return World(start=datetime(2026, 11, 30, 9, tzinfo=UTC))


def make(world: World, *, minimum: int = 0, maximum: int = 2) -> Pool:
    pool = Pool(world, name="cpu", type=TYPE, minimum=0, maximum=maximum, idle_time=2 * MINUTE)
    pool_limits.scale(pool, minimum=minimum, maximum=maximum, idle_time=2 * MINUTE)
    return pool


def submit(world: World, pool: Pool, name: str, *, at: int = 0, lasting: int = MINUTE, nodes: int = 1) -> None:
    def job() -> Lifecycle:
        yield world.clock.timeout(at)
        ticket = pool.request(name, nodes)
        for node in (yield ticket.ready):
            node.machine.enter("working", owner=name)
        yield world.clock.timeout(lasting)
        pool.withdraw(ticket)

    world.clock.start(job(), name=name)


def log(world: World) -> list[tuple[float, str, float]]:
    return list(_log(world))


def _log(world: World) -> Iterator[tuple[float, str, float]]:
    for event in world.events:
        if event.kind != "machine.booted":
            owner = f" for {event.detail['owner']}" if event.detail.get("owner") else ""
            name = event.subject.removeprefix("azure/cpu/") + " " + event.kind.removeprefix("machine.") + owner
            yield event.time / SECOND, name, float(world.bill.total(at=event.time))


def test_what_a_node_takes(world: World) -> None:
    assert (duration(world, "node_boot"), duration(world, "node_leave")) == (4 * MINUTE, MINUTE)


def test_from_zero_and_to_zero(world: World) -> None:
    submit(world, make(world), "train", at=10 * SECOND)
    world.clock.advance_to(20 * MINUTE)
    assert log(world) == [
        (10, "node-1 requested", 0),
        (10, "node-1 provisioning", 0),
        (250, "node-1 working for train", 2.4),
        (310, "node-1 idle", 3.0),
        (430, "node-1 idle", 4.2),
        (490, "node-1 released", 4.2),
    ]


def test_a_node_leaves_exactly_when_the_idle_time_is_over(world: World) -> None:
    pool = make(world)
    submit(world, pool, "train")
    world.clock.advance_to(5 * MINUTE + 2 * MINUTE - 1)
    before = [node.state for node in pool.nodes]
    world.clock.advance(1)
    assert (before, [node.state for node in pool.nodes], pool.nodes.resizing) == (["idle"], ["leaving"], True)


def test_a_job_in_time_keeps_the_node(world: World) -> None:
    pool = make(world)
    submit(world, pool, "one")
    submit(world, pool, "two", at=7 * MINUTE - 1)
    world.clock.advance_to(20 * MINUTE)
    assert [(time, what) for time, what, _ in log(world)] == [
        (0, "node-1 requested"),
        (0, "node-1 provisioning"),
        (240, "node-1 working for one"),
        (300, "node-1 idle"),
        (419.999, "node-1 working for two"),
        (479.999, "node-1 idle"),
        (599.999, "node-1 idle"),
        (659.999, "node-1 released"),
    ]


def test_a_job_that_comes_while_the_only_node_leaves_waits_for_down_and_up(world: World) -> None:
    pool = make(world, maximum=1)
    submit(world, pool, "one")
    submit(world, pool, "two", at=7 * MINUTE + 1)
    world.clock.advance_to(12 * MINUTE)
    assert [(time, what) for time, what, _ in log(world)][4:] == [
        (420, "node-1 idle"),
        (480, "node-1 released"),
        (480, "node-2 requested"),
        (480, "node-2 provisioning"),
        (720, "node-2 working for two"),
    ]


def test_two_jobs_one_node(world: World) -> None:
    pool = make(world, maximum=1)
    submit(world, pool, "one")
    submit(world, pool, "two")
    world.clock.advance_to(4 * MINUTE)
    waiting = [ticket.job for ticket in pool.queue]
    world.clock.advance_to(20 * MINUTE)
    assert waiting == ["two"]
    assert log(world) == [
        (0, "node-1 requested", 0),
        (0, "node-1 provisioning", 0),
        (240, "node-1 working for one", 2.4),
        (300, "node-1 working for two", 3.0),
        (360, "node-1 idle", 3.6),
        (480, "node-1 idle", 4.8),
        (540, "node-1 released", 4.8),
    ]


def test_jobs_wait_in_the_order_in_which_they_came(world: World) -> None:
    pool = make(world, maximum=2)
    for number in range(5):
        submit(world, pool, f"job-{number}", at=number)
    world.clock.advance_to(20 * MINUTE)
    starts = [(event.time // MINUTE, event.detail["owner"]) for event in world.events.of("machine.working")]
    assert starts == [(4, "job-0"), (4, "job-1"), (5, "job-2"), (5, "job-3"), (6, "job-4")]


def test_a_job_for_two_nodes_has_both_at_once_and_the_first_does_not_leave_meanwhile(world: World) -> None:
    pool = make(world, maximum=2)
    submit(world, pool, "one", lasting=MINUTE)
    submit(world, pool, "wide", nodes=2, at=5 * MINUTE + SECOND)
    submit(world, pool, "last", at=5 * MINUTE + 2 * SECOND)
    world.clock.advance_to(20 * MINUTE)
    starts = [(event.time // SECOND, event.detail["owner"]) for event in world.events.of("machine.working")]
    assert starts == [(240, "one"), (541, "wide"), (541, "wide"), (601, "last")]
    assert pool.nodes == []


def test_a_job_that_gives_up_waiting_lets_the_idle_nodes_go(world: World) -> None:
    pool = make(world, maximum=2)
    submit(world, pool, "one")
    world.clock.advance_to(6 * MINUTE)
    ticket = pool.request("wide", 2)
    world.clock.advance_to(8 * MINUTE)
    kept = [node.state for node in pool.nodes]
    pool.withdraw(ticket)
    world.clock.advance_to(13 * MINUTE)
    assert (kept, pool.nodes, world.bill.running()) == (["idle", "preparing"], [], [])


def test_a_job_that_would_need_more_nodes_than_there_may_be_is_told(world: World) -> None:
    pool, told = make(world, maximum=2), []
    ticket = pool.request("wide", 2, lost=told.append)
    world.clock.advance_to(MINUTE)
    pool_limits.scale(pool, minimum=0, maximum=1, idle_time=2 * MINUTE)
    world.clock.advance_to(20 * MINUTE)
    assert told == ["Requested 2 nodes but AzureMLCompute cluster only has 1 maximum nodes."]
    assert (ticket.nodes, pool.nodes) == ([], [])


def test_nodes_above_a_lower_maximum_leave_when_their_job_ends(world: World) -> None:
    pool = make(world, maximum=2)
    for name in ("one", "two", "three"):
        submit(world, pool, name, lasting=10 * MINUTE)
    world.clock.advance_to(5 * MINUTE)
    pool_limits.scale(pool, minimum=0, maximum=1, idle_time=2 * MINUTE)
    world.clock.advance_to(14 * MINUTE)
    states = sorted(node.state for node in pool.nodes)
    world.clock.advance_to(16 * MINUTE)
    assert (states, [node.job for node in pool.nodes]) == (["leaving", "running"], ["three"])


def test_nobody_comes_while_somebody_leaves(world: World) -> None:
    pool = make(world, maximum=2)
    submit(world, pool, "one")
    submit(world, pool, "two", at=7 * MINUTE + SECOND)
    world.clock.advance_to(9 * MINUTE)
    requested = [event.time // SECOND for event in world.events.of("machine.requested")]
    assert requested == [0, 480]


def test_the_minimum_stays_and_is_billed(world: World) -> None:
    pool = make(world, minimum=1)
    world.clock.advance_to(60 * MINUTE)
    assert [node.state for node in pool.nodes] == ["idle"]
    assert world.bill.total() == 36


def test_a_lower_minimum_lets_nodes_go(world: World) -> None:
    pool = make(world, minimum=1)
    world.clock.advance_to(60 * MINUTE)
    pool_limits.scale(pool, minimum=0, maximum=2, idle_time=MINUTE)
    world.clock.advance_to(61 * MINUTE)
    assert [node.state for node in pool.nodes] == ["leaving"]


def test_a_pool_that_is_closed_bills_nothing_more(world: World) -> None:
    pool = make(world)
    submit(world, pool, "train", lasting=30 * MINUTE)
    submit(world, pool, "other", lasting=30 * MINUTE, at=9 * MINUTE)
    world.clock.advance_to(10 * MINUTE)
    pool_limits.close(pool, "It is gone.")
    world.clock.advance_to(60 * MINUTE)
    assert log(world)[-2:] == [(600, "node-1 released", 6.6), (600, "node-2 released", 6.6)]
    assert (world.bill.total(), world.clock.failures) == (Decimal("6.6"), [])


def test_there_are_never_more_nodes_than_the_maximum(world: World) -> None:
    pool = make(world, maximum=2)
    for number in range(9):
        submit(world, pool, f"job-{number}", at=number * 37 * SECOND)
    most = 0
    for second in range(0, 3600, 10):
        world.clock.advance_to(second * SECOND)
        most = max(most, len(pool.nodes))
    assert (most, len(pool.nodes)) == (2, 0)


def test_who_must_know_is_told_when_nodes_come_and_go(world: World) -> None:
    told: list[tuple[int, int, int]] = []
    pool = Pool(
        world, name="cpu", type=TYPE, minimum=0, maximum=60, idle_time=MINUTE,
        changed=lambda: told.append((world.clock.now // SECOND, len(pool.nodes), pool.nodes.staying)),
    )  # fmt: skip
    submit(world, pool, "one")
    world.clock.advance_to(10 * MINUTE)
    pool_limits.close(pool, "It is gone.")
    assert told == [(0, 1, 1), (240, 1, 1), (360, 1, 0), (420, 0, 0), (600, 0, 0)]
