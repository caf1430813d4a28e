"""azure-core's real LROPoller, with no thread of its own: what it sees never depends on who is quicker."""

import time
from datetime import UTC, datetime

import pytest

from twoclouds.wire.http import Response
from twoclouds.wire.plug import Plug
from twoclouds.world.clock import SECOND, Clock


@pytest.fixture
def clock():
    clock = Clock(datetime(2026, 11, 30, 9, tzinfo=UTC))
    plug = Plug(send=lambda request: Response(200), clock=clock, seed=1, environment={})
    plug.install()
    yield clock
    plug.remove()


def operation(clock, *, takes, every=30):
    """A real poller over an operation that takes so many virtual seconds; `polls` are the times it was asked."""
    from azure.core.polling import LROPoller, PollingMethod

    class Operation(PollingMethod):
        polls = []

        def initialize(self, client, initial_response, deserialization_callback):
            self.started, self.state, self.polls = clock.now, "InProgress", []

        def update_status(self):
            self.polls.append(clock.now // SECOND)
            self.state = "Succeeded" if clock.now - self.started >= takes * SECOND else "InProgress"

        def _extract_delay(self):
            return every

        def run(self):
            while not self.finished():
                time.sleep(every)
                self.update_status()

        def finished(self):
            return self.state == "Succeeded"

        def status(self):
            return self.state

        def resource(self):
            return f"ready at {clock.now // SECOND}"

    return LROPoller(None, None, lambda response: response, Operation())


def test_nothing_is_polled_before_somebody_asks(clock):
    poller = operation(clock, takes=60)
    assert clock.now == 0
    assert poller.polling_method().polls == []
    assert poller.result() == "ready at 60"


def test_two_pollers_at_once_give_the_same_result_every_time(clock):
    one, other = operation(clock, takes=60), operation(clock, takes=90)
    assert (one.result(), other.result()) == ("ready at 60", "ready at 90")
    assert (one.polling_method().polls, other.polling_method().polls) == ([30, 60], [90])


def test_done_and_status_ask_once_and_move_no_time(clock):
    poller = operation(clock, takes=60)
    assert (poller.status(), poller.done(), clock.now) == ("InProgress", False, 0)
    clock.advance(60 * SECOND)
    assert (poller.status(), poller.done(), clock.now) == ("Succeeded", True, 60_000)
    assert poller.result() == "ready at 60"


def test_a_wait_with_a_timeout_ends_at_it(clock):
    poller = operation(clock, takes=100)
    poller.wait(timeout=45)
    assert (clock.now, poller.done()) == (45_000, False)
    poller.wait(timeout=1000)
    assert poller.done()
    assert clock.now == 105_000


def test_callbacks_are_called_once(clock):
    called = []
    poller = operation(clock, takes=30)
    poller.add_done_callback(lambda method: called.append(clock.now))
    poller.result()
    poller.done()
    assert called == [30_000]
