"""Capacity, as (second, what happened): who asks first is served first, and what can be taken back is."""

from datetime import UTC, datetime

import pytest

from twoclouds.world.capacity import Capacity, NoSuchMachines
from twoclouds.world.clock import SECOND, Clock

KIND = "aws/ml.m5.xlarge"


@pytest.fixture
def clock():
    return Clock(datetime(2026, 11, 30, 9, tzinfo=UTC))


@pytest.fixture
def capacity(clock):
    made = Capacity(clock)
    made.declare([KIND, "aws/ml.m5.large"])
    return made


def holds(capacity, clock, log, name, count, *, seconds, lost=None):
    """Somebody who wants machines, keeps them for so long, and gives them back."""

    def life():
        claim = capacity.request({KIND: count}, on_loss=lost)
        yield claim.ready
        log.append((clock.now // SECOND, name))
        yield clock.timeout(seconds * SECOND)
        capacity.release(claim)

    clock.start(life(), name=name)


def test_as_many_as_anybody_asks_for(capacity, clock):
    log = []
    for name in "ab":
        holds(capacity, clock, log, name, 1000, seconds=1)
    clock.advance(0)
    assert log == [(0, "a"), (0, "b")]
    assert capacity.used(KIND) == 2000


def test_scarce_for_a_time_whoever_came_first_is_served_first(capacity, clock):
    log = []
    capacity.make_scarce(KIND, 2, lasting=100 * SECOND)
    for name, count, seconds in (("a", 1, 10), ("b", 2, 10), ("c", 1, 10), ("d", 3, 10)):
        holds(capacity, clock, log, name, count, seconds=seconds)
    clock.advance(200 * SECOND)
    assert log == [(0, "a"), (10, "b"), (20, "c"), (100, "d")]
    assert capacity.used(KIND) == 0


def test_the_newest_is_taken_back_and_only_if_it_can_be(capacity, clock):
    log = []
    capacity.request({KIND: 1})
    first = capacity.request({KIND: 1}, on_loss=lambda: log.append((clock.now // SECOND, "first")))
    capacity.request({KIND: 1}, on_loss=lambda: log.append((clock.now // SECOND, "second")))
    capacity.make_scarce(KIND, 2, after=5 * SECOND)
    clock.advance(6 * SECOND)
    assert log == [(5, "second")]
    capacity.make_scarce(KIND, 0)
    assert log == [(5, "second"), (6, "first")]
    capacity.release(first)
    capacity.release(first)
    assert capacity.used(KIND) == 2


def test_a_later_word_takes_the_place_of_an_earlier_one(capacity, clock):
    capacity.make_scarce(KIND, 0, lasting=10 * SECOND)
    capacity.make_scarce(KIND, 1)
    clock.advance(20 * SECOND)
    assert [capacity.request({KIND: 1}).granted for _ in range(2)] == [True, False]


def test_machines_that_nobody_gives_out(capacity):
    with pytest.raises(NoSuchMachines, match=r"no machines 'aws/ml.m5.xlarg' .* near: aws/ml.m5.xlarge"):
        capacity.make_scarce("aws/ml.m5.xlarg", 0)
