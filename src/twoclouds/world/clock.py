"""Virtual time: one SimPy environment in integer milliseconds, moved only from outside.

A lifecycle is a generator that yields what it waits for and reads like a vendor's documentation. Nothing here knows
what time it really is.
"""

from __future__ import annotations

import datetime as dt
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import simpy
from simpy import Interrupt

__all__ = ["SECOND", "Clock", "ClockError", "Failure", "Interrupt", "seconds"]

SECOND = 1000

Lifecycle = Generator[simpy.Event, Any, Any]


def seconds(value: float) -> int:
    """Milliseconds of `value` seconds, rounded up to a whole second: the grain in which both vendors bill."""
    return -int(-value // 1) * SECOND


class ClockError(RuntimeError):
    """Time was asked to do what it cannot: run back, or be moved while it is moving."""


@dataclass(frozen=True)
class Failure:
    """A lifecycle that raised and had nobody to turn that into a modelled failure."""

    time: int
    name: str
    error: BaseException


class Clock:
    """The time of one lab: `now` milliseconds since `start`.

    Only the thread that runs the learner's cell may call `advance` and `advance_to`. Whoever touches the world from
    another thread holds `lock`; the clock holds it during each step and never while work runs `outside`.
    """

    def __init__(self, start: dt.datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("The clock's start needs a time zone, e.g. datetime(2026, 11, 30, 9, tzinfo=UTC).")
        self.start_at = start.astimezone(dt.UTC)
        self.lock = threading.RLock()
        self.moved: list[Callable[[Clock], None]] = []
        self.failures: list[Failure] = []
        self._environment = simpy.Environment(initial_time=0)
        self._outside: deque[tuple[simpy.Event, Callable[[], Any]]] = deque()
        self._shown = 0
        self._advancing = False

    @property
    def now(self) -> int:
        """Milliseconds since the lab opened."""
        return self._shown

    @property
    def datetime(self) -> dt.datetime:
        """The present as an aware UTC datetime."""
        return self.at(self.now)

    @property
    def timestamp(self) -> float:
        """The present in seconds since the Unix epoch."""
        return self.datetime.timestamp()

    @property
    def advancing(self) -> bool:
        """Whether time is being moved at this moment."""
        return self._advancing

    def at(self, time: int) -> dt.datetime:
        """The aware UTC datetime of `time` milliseconds since the lab opened."""
        return self.start_at + dt.timedelta(milliseconds=time)

    # What a lifecycle may wait for

    def timeout(self, milliseconds: int) -> simpy.Event:
        """An event that happens `milliseconds` from now."""
        if not isinstance(milliseconds, int) or milliseconds < 0:
            raise ClockError(f"A wait is a whole number of milliseconds, 0 or more; not {milliseconds!r}.")
        return self._environment.timeout(milliseconds)

    def event(self) -> simpy.Event:
        """An event that happens when somebody calls its `succeed(value)`."""
        return self._environment.event()

    def any_of(self, events: Iterable[simpy.Event]) -> simpy.Event:
        """An event that happens with the first of `events`."""
        return self._environment.any_of(events)

    def all_of(self, events: Iterable[simpy.Event]) -> simpy.Event:
        """An event that happens with the last of `events`."""
        return self._environment.all_of(events)

    def outside(self, work: Callable[[], Any]) -> simpy.Event:
        """An event whose value is `work()`, called at this virtual instant, with the lock free.

        What `work` raises is raised in the lifecycle that waits. If the learner interrupts it, it is called again when
        time next moves: so `work` must be something that can be done twice.
        """
        event = self._environment.event()
        self._outside.append((event, work))
        return event

    def start(
        self, lifecycle: Lifecycle, *, name: str, on_failure: Callable[[BaseException], None] | None = None
    ) -> simpy.Process:
        """Begin a lifecycle at this instant (its first step happens when time next moves, or at once if it is moving).

        If it raises, `on_failure(error)` turns that into a modelled failure; without one, or if that raises as well,
        the error is kept in `failures`. Either way time goes on for everybody else.
        """
        return self._environment.process(self._guard(lifecycle, name, on_failure))

    def _guard(self, lifecycle: Lifecycle, name: str, on_failure: Callable[[BaseException], None] | None) -> Lifecycle:
        try:
            return (yield from _driven(lifecycle))
        except Exception as error:
            try:
                if on_failure is None:
                    raise
                on_failure(error)
            except Exception as unhandled:
                self.failures.append(Failure(time=self.now, name=name, error=unhandled))
        return None

    # Moving time

    def due(self) -> bool:
        """Whether something is still to happen at this very instant."""
        return bool(self._outside) or self._environment.peek() <= self._shown

    def advance(self, milliseconds: int = 0) -> None:
        """Move time on by `milliseconds`; with 0, let happen what is due now."""
        self.advance_to(self.now + milliseconds)

    def advance_to(self, time: int) -> None:
        """Move time to `time`, through every event up to *and including* it.

        Ctrl-C waits for the end of the step that it meets; then it is raised here, and time stays where it was.
        Raises ClockError if `time` is in the past or time is moving already.
        """
        if self._advancing:
            raise ClockError("Time is moving already: it cannot be moved from inside a step.")
        if time < self.now:
            raise ClockError(f"Time does not run back: it is {self.now} ms, and {time} ms was asked for.")
        self._advancing = True
        try:
            with _deferred_interrupt() as interrupted:
                with self.lock:
                    self._environment.timeout(time - int(self._environment.now))
                while not interrupted():
                    if self._outside:
                        self._work_outside(interrupted)
                    elif not self._step(time):
                        break
        finally:
            self._advancing = False

    def _step(self, until: int) -> bool:
        with self.lock:
            due = self._environment.peek()
            if due > until:
                return False
            self._show(int(due))
            self._environment.step()
            return True

    def _show(self, time: int) -> None:
        if time != self._shown:
            self._shown = time
            for tell in self.moved:
                tell(self)

    def _work_outside(self, interrupted: _Interrupted) -> None:
        event, work = self._outside[0]
        try:
            with interrupted.let_through():
                value, error = work(), None
        except Exception as raised:
            value, error = None, raised
        self._outside.popleft()
        with self.lock:
            if error is None:
                event.succeed(value)
            else:
                event.fail(_Carried(error))


class _Carried(Exception):
    """Carries an error to the lifecycle that waits for it: SimPy throws copies, made from an exception's arguments."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


def _driven(lifecycle: Lifecycle) -> Lifecycle:
    """Like `yield from lifecycle`, except that an error from outside is raised in it as it was raised there."""
    resume: Callable[[Any], simpy.Event] = lifecycle.send
    value: Any = None
    while True:
        try:
            event = resume(value)
        except StopIteration as end:
            return end.value
        try:
            value = yield event
            resume = lifecycle.send
        except _Carried as carried:
            resume, value = lifecycle.throw, carried.error
        except Exception as error:
            resume, value = lifecycle.throw, error


class _Interrupted:
    """Ctrl-C as a flag instead of an exception, on the main thread; elsewhere there is no Ctrl-C to hold back."""

    def __init__(self) -> None:
        self._noted = False
        self._previous: Any = None
        self._holds = threading.current_thread() is threading.main_thread()

    def __call__(self) -> bool:
        return self._noted

    def hold(self) -> None:
        if self._holds:
            self._previous = signal.signal(signal.SIGINT, self._note)

    def release(self) -> None:
        if self._holds:
            signal.signal(signal.SIGINT, self._previous)

    @contextmanager
    def let_through(self) -> Iterator[None]:
        self.release()
        try:
            yield
        finally:
            self.hold()

    def _note(self, number: int, frame: object) -> None:
        self._noted = True


@contextmanager
def _deferred_interrupt() -> Iterator[_Interrupted]:
    interrupted = _Interrupted()
    interrupted.hold()
    try:
        yield interrupted
    finally:
        interrupted.release()
    if interrupted():
        raise KeyboardInterrupt
