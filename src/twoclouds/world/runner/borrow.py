"""Lending this process to a script, and having it back as it was: modules, environment, folder, streams, logging,
clocks.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import random
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from twoclouds.world.runner.job.clock import READING

ALONE = threading.RLock()
"""Held by whoever has borrowed this process."""


@contextlib.contextmanager
def state(*, folder: str, environment: dict[str, str]) -> Iterator[None]:
    """Give a script this process's environment, folder, argv, streams, random state, warnings and logging; take them
    back.
    """
    saved = (
        dict(os.environ),
        os.getcwd(),
        sys.argv,
        sys.path,
        sys.stdin,
        sys.stdout,
        sys.stderr,
        sys.executable,
        sys.dont_write_bytecode,
    )
    root = logging.getLogger()
    loggers, drawn = Loggers(), random.getstate()
    with warnings.catch_warnings():
        _environ(environment)
        os.chdir(folder)
        root.handlers[:] = []
        root.setLevel(logging.WARNING)
        try:
            yield
        finally:
            _environ(saved[0])
            os.chdir(saved[1])
            _, _, sys.argv, sys.path, sys.stdin, sys.stdout, sys.stderr, sys.executable, sys.dont_write_bytecode = saved
            loggers.restore()
            random.setstate(drawn)


class Loggers:
    """How this process logs: who is told what."""

    def __init__(self) -> None:
        self._disabled = logging.root.manager.disable
        self._shapes = {
            name: (list(logger.handlers), logger.level, logger.propagate, logger.disabled)
            for name, logger in self._all().items()
        }

    def restore(self) -> None:
        """As it was; loggers that have come since have nobody to tell."""
        logging.disable(self._disabled)
        for name, logger in self._all().items():
            shape = self._shapes.get(name, ([], 0, True, False))
            logger.handlers[:], logger.level, logger.propagate, logger.disabled = shape
        logging.root.manager._clear_cache()  # type: ignore[attr-defined]

    def _all(self) -> dict[str, logging.Logger]:
        found = {name: one for name, one in logging.root.manager.loggerDict.items() if isinstance(one, logging.Logger)}
        return {"": logging.root, **found}


@contextlib.contextmanager
def callers(environment: dict[str, str], folder: str, streams: tuple[Any, Any]) -> Iterator[None]:
    """The caller's environment, folder and streams again, for as long as its code has to run."""
    job = dict(os.environ), os.getcwd(), (sys.stdout, sys.stderr)
    _environ(environment)
    os.chdir(folder)
    sys.stdout, sys.stderr = streams
    try:
        yield
    finally:
        _environ(job[0])
        os.chdir(job[1])
        sys.stdout, sys.stderr = job[2]


def _environ(values: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(values)


@contextlib.contextmanager
def patched(*changes: tuple[Any, str, Any]) -> Iterator[None]:
    """Set attributes, and put back what was there."""
    saved = [(holder, name, getattr(holder, name)) for holder, name, _ in changes]
    try:
        for holder, name, value in changes:
            setattr(holder, name, value)
        yield
    finally:
        for holder, name, value in reversed(saved):
            setattr(holder, name, value)


class Clock:
    """A script's clock in this process: only the thread it runs on sees it and moves it. Modules in ``waiting`` really
    sleep: they wait for threads of their own."""

    def __init__(self, started: float, waiting: Sequence[str] = ()) -> None:
        self.slept = 0.0
        self._waiting = waiting
        self._pause = time.sleep
        self._started = started
        self._read = 0.0
        self._thread = threading.get_ident()
        self._aside = False
        self._travel = _travel()

    def turn(self, elapsed: float) -> None:
        """Stand at so many seconds since the container's start, for a request on this thread."""
        self.slept, self._read, self._thread = elapsed, 0.0, threading.get_ident()

    def here(self) -> bool:
        """Whether the script runs, on this thread."""
        return threading.get_ident() == self._thread and not self._aside

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """The caller's own clock again, for as long as its code has to run."""
        stack = self._travel.traveller_stack if self._travel else []
        if self in stack:
            stack.remove(self)
        self._aside = True
        try:
            yield
        finally:
            self._aside = False
            stack.append(self)

    def elapsed(self) -> float:
        """Seconds since the container started."""
        if self.here():
            self._read += READING
        return self.slept + self._read

    def time(self) -> float:
        """Like ``time.time``."""
        return self._started + self.elapsed()

    def time_ns(self) -> int:
        """Like ``time.time_ns``."""
        return round(self.time() * 1e6) * 1000

    def sleep(self, seconds: float) -> None:
        """Like ``time.sleep``, at once."""
        if not seconds >= 0:
            raise ValueError("sleep length must be non-negative")
        if self._waiting and sys._getframe(2).f_globals.get("__name__") in self._waiting:
            self._pause(min(seconds, 0.01))
        else:
            self.slept += seconds

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Answer for this process's clock functions meanwhile."""
        virtual: dict[str, Callable[..., Any]] = dict(
            sleep=self.sleep,
            monotonic=lambda: 1000.0 + self.elapsed(),
            perf_counter=lambda: 1000.0 + self.elapsed(),
            monotonic_ns=lambda: round((1000.0 + self.elapsed()) * 1e9),
            perf_counter_ns=lambda: round((1000.0 + self.elapsed()) * 1e9),
        )
        if self._travel is None:
            virtual.update(time=self.time, time_ns=self.time_ns)
        changes = [(time, name, self._only_here(getattr(time, name), value)) for name, value in virtual.items()]
        with patched(*changes), self._travelling():
            yield

    def _only_here(self, real: Callable[..., Any], virtual: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args: virtual(*args) if self.here() else real(*args)

    @contextlib.contextmanager
    def _travelling(self) -> Iterator[None]:
        """Be the innermost of time-machine's travellers, where it is installed: ``datetime`` reads the clock through
        it.
        """
        if self._travel is None:
            yield
            return
        stack, extension = self._travel.traveller_stack, self._travel._time_machine
        started = not stack
        if started:
            extension.patch()
        stack.append(self)
        try:
            yield
        finally:
            stack.remove(self)
            if started:
                extension.unpatch()


def _travel() -> Any:
    try:
        return importlib.import_module("time_machine")
    except ImportError:
        return None


class Signals:
    """Signal handlers a script sets, kept from this process."""

    def __init__(self) -> None:
        self._handlers: dict[int, Any] = {}

    def set(self, number: int, handler: Any) -> Any:
        """Like ``signal.signal``."""
        before = self._handlers.get(int(number), signal.SIG_DFL)
        self._handlers[int(number)] = handler
        return before

    def get(self, number: int) -> Any:
        """Like ``signal.getsignal``."""
        return self._handlers.get(int(number), signal.SIG_DFL)

    def send(self, number: int) -> None:
        """Like ``signal.raise_signal``."""
        handler = self.get(number)
        if callable(handler):
            handler(int(number), sys._getframe(1))
        elif handler != signal.SIG_IGN:
            raise Killed(int(number))


class Killed(BaseException):
    """A signal that ends a process, in a script that has none of its own."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = 128 + number


class OverBudget(BaseException):
    """A script's real time is over."""


@contextlib.contextmanager
def limited(seconds: float, folder: str) -> Iterator[None]:
    """Raise :class:`OverBudget` in this thread after so many real seconds, again and again until it leaves.

    Where there are no threads, the lines of the files under ``folder`` are watched instead.
    """
    clock = time.perf_counter
    end = clock() + seconds
    over = threading.Event()
    thread = threading.get_ident()

    def watch() -> None:
        import ctypes

        pause = seconds
        while not over.wait(pause):
            pause = 0.2
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(OverBudget))

    def trace(frame: Any, event: str, argument: Any) -> Any:
        if clock() > end:
            raise OverBudget
        return trace if frame.f_code.co_filename.startswith(folder) else None

    watcher = threading.Thread(target=watch, daemon=True, name="job budget")
    try:
        watcher.start()
    except RuntimeError:
        sys.settrace(trace)
    try:
        yield
    finally:
        over.set()
        sys.settrace(None) if watcher.ident is None else watcher.join()
