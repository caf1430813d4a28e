"""Running a container: the same contract for a subprocess and, where there are none (a browser), in this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Protocol

from twoclouds.world.container import Container, JobRequest, JobResponse, Transcript

Send = Callable[[JobRequest], JobResponse]


class Runner(Protocol):
    """Runs containers, each to its end, in real time and at no virtual cost."""

    def run(
        self, container: Container, *, send: Send, stop_after: int | None = None, budget: float = 20.0
    ) -> Transcript:
        """Run the container's command and return its transcript.

        ``send`` answers each HTTP request of the script, on any thread, while no lock is held; what it raises becomes
        an error in the script.
        ``stop_after=n`` raises SIGTERM inside the script when it has printed its n-th line. ``budget``: real seconds.
        """
        ...


def pick() -> Runner:
    """The runner for this machine: subprocesses, in a browser this process.

    The environment variable ``TWOCLOUDS_RUNNER`` asks for another: ``inprocess``, or ``pathmap`` for subprocesses
    without a root of their own, as where the system allows none.
    """
    asked = os.environ.get("TWOCLOUDS_RUNNER", "")
    if sys.platform == "emscripten" or asked == "inprocess":
        from twoclouds.world.runner.inprocess import InProcess

        return InProcess()
    from twoclouds.world.runner.subprocess import Subprocess

    return Subprocess(namespace=False) if asked == "pathmap" else Subprocess()
