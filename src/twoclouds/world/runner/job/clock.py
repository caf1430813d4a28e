"""A job's clock: it starts at the container's time, and only sleeping moves it. All processes of a job share it."""

from __future__ import annotations

import mmap
import struct
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

READING = 0.001
"""Seconds that pass at each reading, so that a script which measures itself never divides by zero."""


class Shared:
    """Four numbers that the runner and all processes of a job see: seconds slept, the runner is reading, stop now, and
    which request it is, in a container that serves.
    """

    SIZE = 32

    def __init__(self, path: str) -> None:
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), self.SIZE)

    def _number(offset: int) -> Any:  # type: ignore[misc]
        def get(self: Shared) -> float:
            return float(struct.unpack_from("d", self._map, offset)[0])

        def put(self: Shared, value: float) -> None:
            struct.pack_into("d", self._map, offset, value)

        return property(get, put)

    slept = _number(0)
    reading = _number(8)
    stop = _number(16)
    turn = _number(24)


class Clock:
    """Virtual seconds since the epoch, as :mod:`time` and :mod:`datetime` report them in this process."""

    def __init__(self, shared: Shared, started: float) -> None:
        self._shared = shared
        self._started = started
        self._read = self._stood = 0.0
        self._waiter = 0
        self._turn = shared.turn

    def elapsed(self) -> float:
        """Seconds since the container started."""
        if self._turn != self._shared.turn:
            self._turn, self._read = self._shared.turn, 0.0
        if threading.current_thread() is threading.main_thread():
            self._read += READING
        return float(self._shared.slept) + self._read

    def stand(self, waiter: int) -> None:
        """The same ``waiter`` waits on: its readings of the clock since it last waited have not moved it."""
        if self._waiter == waiter:
            self._read = self._stood
        self._waiter, self._stood = waiter, self._read

    def time(self) -> float:
        """Like ``time.time``."""
        return self._started + self.elapsed()

    def time_ns(self) -> int:
        """Like ``time.time_ns``; the extension asks this too."""
        return round(self.time() * 1e6) * 1000


def install(
    shared: Shared, *, started: float, extension: str, waiting: Sequence[str], before_sleep: Callable[[], None]
) -> None:
    """Replace this process's clocks; ``extension`` is time-machine's compiled part, or empty where there is none.
    Modules in ``waiting`` really sleep, for they wait for threads of their own.
    """
    clock = Clock(shared, started)
    pause = time.sleep

    def sleep(seconds: Any, /) -> None:
        if not seconds >= 0:
            raise ValueError("sleep length must be non-negative")
        caller = sys._getframe(1)
        if caller.f_globals.get("__name__") in waiting:
            clock.stand(id(caller))
            pause(min(float(seconds), 0.01))
        elif threading.current_thread() is threading.main_thread():
            before_sleep()
            shared.slept += seconds
        else:
            pause(min(float(seconds), 0.01))

    time.sleep = sleep
    time.monotonic = time.perf_counter = lambda: 1000.0 + clock.elapsed()
    time.monotonic_ns = time.perf_counter_ns = lambda: round((1000.0 + clock.elapsed()) * 1e9)
    if extension:
        _travel(extension, clock)
    else:
        time.time, time.time_ns = clock.time, clock.time_ns


def _travel(path: str, clock: Clock) -> None:
    """Let the compiled part of time-machine answer for the interpreter's own clock functions, without its package."""
    from importlib.machinery import ExtensionFileLoader
    from importlib.util import module_from_spec, spec_from_file_location
    from types import ModuleType

    spec = spec_from_file_location("_time_machine", path, loader=ExtensionFileLoader("_time_machine", path))
    assert spec is not None
    assert spec.loader is not None
    extension = module_from_spec(spec)
    spec.loader.exec_module(extension)
    package: Any = ModuleType("time_machine")
    package._time_machine = extension
    package.traveller_stack = [clock]
    sys.modules["time_machine"] = package
    extension.patch()
