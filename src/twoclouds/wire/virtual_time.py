"""Virtual time in Python: every reading of the clock, and every sleep on the thread that runs the cell."""

from __future__ import annotations

import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Protocol

from twoclouds.wire.patches import Patches

INFRASTRUCTURE = (
    "asyncio",
    "concurrent",
    "debugpy",
    "ipykernel",
    "IPython",
    "jupyter",
    "multiprocessing",
    "nbclient",
    "prompt_toolkit",
    "_pydevd",
    "pydevd",
    "queue",
    "selectors",
    "subprocess",
    "threading",
    "tornado",
    "traitlets",
    "twoclouds.world.runner",
    "zmq",
)
"""Whose sleeps on the cell's thread stay real: what keeps a kernel alive, and what waits for a child process."""

IDENTIFIED = ("azure", "boto3", "botocore", "moto", "msal", "s3transfer", "sagemaker")
"""Whose random UUIDs are made the same every time."""

OTHER_THREADS_WAIT = 0.05
"""Real seconds, at most, for which a sleep on any other thread lasts: it waits for time, and never moves it."""


class MovableClock(Protocol):
    """What virtual time needs of a clock."""

    moved: list[Callable[[Any], None]]

    @property
    def timestamp(self) -> float: ...

    @property
    def advancing(self) -> bool: ...

    def advance(self, milliseconds: int) -> None: ...


def install(patches: Patches, clock: MovableClock) -> None:
    """From here until `patches.undo()`: `time.time()`, `datetime.now()` and their like read `clock`; a sleep on this
    thread moves it. Monotonic clocks stay real, so that the kernel's event loop lives."""
    _install_readings(patches, clock)
    _install_sleep(patches, clock)


def _install_readings(patches: Patches, clock: MovableClock) -> None:
    import time_machine

    travel = time_machine.travel(clock.timestamp, tick=False)
    traveller = travel.start()
    patches.later(travel.stop)

    def follow(moved: Any) -> None:
        traveller.move_to(clock.timestamp)

    clock.moved.append(follow)
    patches.later(lambda: clock.moved.remove(follow))


def _install_sleep(patches: Patches, clock: MovableClock) -> None:
    cell_thread = threading.get_ident()
    real_sleep = time.sleep

    def sleep(seconds: float, /) -> None:
        """Wait for `seconds` of virtual time."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        if threading.get_ident() != cell_thread:
            real_sleep(min(seconds, OTHER_THREADS_WAIT))
        elif _is_infrastructure(sys._getframe(1).f_globals.get("__name__", "")):
            real_sleep(seconds)
        elif not clock.advancing:
            clock.advance(-int(-seconds * 1000 // 1))

    patches.attribute(time, "sleep", sleep)


def _is_infrastructure(module: str) -> bool:
    return any(module == name or module.startswith((name + ".", name + "_")) for name in INFRASTRUCTURE)


def install_identifiers(patches: Patches, seed: int, drawn: Counter[str]) -> None:
    """Make the UUIDs that the SDKs draw the same every time; everybody else's stay random.

    `drawn` is how many each module has drawn so far: it is counted on.
    """
    real_uuid4 = uuid.uuid4

    def uuid4() -> uuid.UUID:
        """Generate a UUID: random, or for an SDK the next in a fixed sequence of its own."""
        caller = sys._getframe(1).f_globals.get("__name__", "")
        if caller.partition(".")[0] not in IDENTIFIED:
            return real_uuid4()
        drawn[caller] += 1
        digest = sha256(f"{seed}\0{caller}\0{drawn[caller]}".encode()).digest()
        return uuid.UUID(bytes=digest[:16], version=4)

    patches.attribute(uuid, "uuid4", uuid4)
