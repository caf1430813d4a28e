"""Time moves only when it is told to, through every event, whatever the events do."""

import os
import signal
import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoclouds.world.clock import SECOND, Clock, ClockError, Interrupt, seconds

MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)


@pytest.fixture
def clock():
    return Clock(MONDAY)


def test_a_lifecycle_reads_like_what_it_does(clock):
    log = []

    def job():
        log.append((clock.now, "starting"))
        yield clock.timeout(90 * SECOND)
        log.append((clock.now, "training"))
        yield clock.timeout(600 * SECOND)
        log.append((clock.now, "completed"))

    clock.start(job(), name="job")
    clock.advance(3600 * SECOND)

    assert log == [(0, "starting"), (90_000, "training"), (690_000, "completed")]
    assert clock.now == 3_600_000
    assert clock.datetime == datetime(2026, 11, 30, 10, tzinfo=UTC)


def test_an_event_due_exactly_at_the_target_happens(clock):
    log = []

    def job():
        yield clock.timeout(1000)
        log.append(clock.now)
        yield clock.timeout(0)
        log.append(clock.now)

    clock.start(job(), name="job")
    clock.advance_to(1000)

    assert log == [1000, 1000]
    assert not clock.due()


def test_a_lifecycle_that_raises_fails_its_job_and_nobody_else(clock):
    log = []

    def broken():
        yield clock.timeout(50)
        raise RuntimeError("lost")

    def sound():
        yield clock.timeout(100)
        log.append((clock.now, "sound"))

    clock.start(broken(), name="broken", on_failure=lambda error: log.append((clock.now, str(error))))
    clock.start(broken(), name="forgotten")
    clock.start(sound(), name="sound")
    clock.advance_to(200)

    assert log == [(50, "lost"), (100, "sound")]
    assert [(f.time, f.name) for f in clock.failures] == [(50, "forgotten")]
    assert clock.now == 200


def test_time_moves_on_after_an_error(clock):
    def broken():
        yield clock.timeout(50)
        raise RuntimeError("lost")

    clock.start(broken(), name="broken")
    clock.advance_to(200)
    clock.advance_to(400)

    assert clock.now == 400


def test_time_does_not_run_back_and_is_not_moved_from_inside(clock):
    raised = []

    def greedy():
        yield clock.timeout(10)
        try:
            clock.advance(1000)
        except ClockError as error:
            raised.append(str(error))

    clock.start(greedy(), name="greedy")
    clock.advance_to(20)

    assert raised == ["Time is moving already: it cannot be moved from inside a step."]
    with pytest.raises(ClockError, match="does not run back"):
        clock.advance_to(10)
    with pytest.raises(ClockError, match="whole number"):
        clock.timeout(0.5)


def test_work_outside_runs_at_its_instant_with_the_lock_free(clock):
    log = []

    def other_thread_takes_the_lock():
        def take():
            with clock.lock:
                log.append((clock.now, "another thread had the lock"))

        thread = threading.Thread(target=take)
        thread.start()
        thread.join(timeout=5)
        return "transcript"

    def job():
        yield clock.timeout(1000)
        log.append((clock.now, (yield clock.outside(other_thread_takes_the_lock))))

    clock.start(job(), name="job")
    clock.advance(5000)

    assert log == [(1000, "another thread had the lock"), (1000, "transcript")]


def test_what_work_outside_raises_is_raised_in_its_lifecycle(clock):
    log = []

    def job():
        try:
            yield clock.outside(lambda: 1 / 0)
        except ZeroDivisionError:
            log.append("caught")
        yield clock.outside(lambda: 1 / 0)

    clock.start(job(), name="job", on_failure=lambda error: log.append(type(error).__name__))
    clock.advance()

    assert log == ["caught", "ZeroDivisionError"]


def test_an_error_from_outside_arrives_as_it_was_raised(clock):
    class BuildFailed(Exception):
        def __init__(self, *, log):
            super().__init__("the build failed")
            self.log = log

    def build():
        raise BuildFailed(log=["no such package"])

    log = []

    def job():
        try:
            yield clock.outside(build)
        except BuildFailed as failed:
            log.append((str(failed), failed.log))

    clock.start(job(), name="job")
    clock.advance()

    assert log == [("the build failed", ["no such package"])]


def test_ctrl_c_waits_for_the_end_of_the_step(clock):
    log = []

    def job():
        yield clock.timeout(10)
        os.kill(os.getpid(), signal.SIGINT)
        log.append("the step went on")
        yield clock.timeout(10)
        log.append("the next step")

    clock.start(job(), name="job")
    with pytest.raises(KeyboardInterrupt):
        clock.advance_to(100)

    assert log == ["the step went on"]
    assert clock.now == 10
    clock.advance_to(100)
    assert log == ["the step went on", "the next step"]


def test_ctrl_c_in_a_running_script_leaves_it_to_be_run_again(clock):
    attempts = []

    def script():
        attempts.append(clock.now)
        if len(attempts) == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return "transcript"

    log = []

    def job():
        yield clock.timeout(10)
        log.append((yield clock.outside(script)))

    clock.start(job(), name="job")
    with pytest.raises(KeyboardInterrupt):
        clock.advance_to(100)
    assert log == []

    clock.advance_to(100)
    assert log == ["transcript"]
    assert attempts == [10, 10]


def test_a_lifecycle_can_be_interrupted(clock):
    log = []

    def job():
        try:
            yield clock.timeout(1000)
        except Interrupt as stop:
            log.append((clock.now, stop.cause))

    process = clock.start(job(), name="job")
    clock.advance_to(400)
    process.interrupt("StopTrainingJob")
    assert clock.due()
    clock.advance()

    assert log == [(400, "StopTrainingJob")]


@given(
    st.lists(st.lists(st.integers(0, 10_000), max_size=6), max_size=12), st.lists(st.integers(0, 20_000), max_size=8)
)
def test_time_never_runs_back(jobs, moves):
    clock, seen = Clock(MONDAY), []

    def job(waits):
        for wait in waits:
            yield clock.timeout(wait)
            seen.append(clock.now)

    for waits in jobs:
        clock.start(job(waits), name="job")
    for move in moves:
        before = clock.now
        clock.advance(move)
        assert clock.now == before + move
    assert seen == sorted(seen)
    assert not clock.failures


@given(st.floats(0, 1e6, allow_nan=False))
def test_seconds_round_up_to_whole_ones(value):
    assert seconds(value) % SECOND == 0
    assert seconds(value) - SECOND <= value * SECOND <= seconds(value)
