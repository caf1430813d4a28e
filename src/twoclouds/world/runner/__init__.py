"""Running a container: the same contract for a subprocess and, where there are none (a browser), in this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from twoclouds.world.container import Answer, Container, JobRequest, JobResponse, Line, Transcript

Send = Callable[[JobRequest], JobResponse]
Now = Callable[[], float]
"""The virtual time, in seconds since the epoch."""


class Server(Protocol):
    """A container that stays, and answers requests one at a time.

    ``lines`` are those it has printed so far, its start-up's first (the latest 5,000); a line's ``at`` counts from the
    container's ``started``, and ``startup`` is how many virtual seconds its start took. It is ``alive`` once it has
    started, until its process ends. Of a container that does not start (an import error, an ``init()`` that raises) the
    lines say why, and it is not alive; nor is one whose program ended, or was ended, in the middle of a request: serve
    it again for a fresh one.

    Only a few processes are kept. Of more servers, the one that was asked longest ago loses its process, and starts
    again, quietly and at the same virtual time as before, when it is asked next: a program that keeps a count in
    memory then counts from its start again, and can tell in no other way.
    """

    @property
    def lines(self) -> Sequence[Line]: ...

    @property
    def startup(self) -> float: ...

    @property
    def alive(self) -> bool: ...

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        budget: float = 20.0,
    ) -> Answer:
        """Hand one request to the program, at the virtual time that it is now. ``path`` may have a query; ``budget``:
        real seconds. Never raises for what the program does: see :class:`twoclouds.world.container.Answer`.
        """
        ...

    def close(self) -> None:
        """End it; a second time does nothing."""
        ...


class Runner(Protocol):
    """Runs containers, in real time and at no virtual cost: each to its end, or serving until it is closed."""

    def run(
        self, container: Container, *, send: Send, stop_after: int | None = None, budget: float = 20.0
    ) -> Transcript:
        """Run the container's command and return its transcript.

        ``send`` answers each HTTP request of the script, on any thread, while no lock is held; what it raises becomes
        an error in the script.
        ``stop_after=n`` raises SIGTERM inside the script when it has printed its n-th line. ``budget``: real seconds.
        """
        ...

    def serve(
        self, container: Container, *, send: Send, now: Now | None = None, port: int = 0, budget: float = 60.0
    ) -> Server:
        """Start a container that serves, and return when it is ready for requests, or has failed to be.

        Its command is ``python3 FILE [ARGUMENT...]``, where FILE is a WSGI application of the container: importing it
        leaves ``app(environ, start_response)`` and is the start-up. With ``port``, the command is any program that
        listens on that port of the container's own loopback, and requests are passed on to it (subprocesses only).
        The program's clock stands at ``container.started`` during start-up, and is set to ``now()`` at each request;
        from there only sleeping on the main thread moves it. ``send`` answers the program's own requests, while no
        lock is held: so neither this nor ``ask`` may be called by who holds the world's lock. ``budget``: real seconds
        for the start-up.
        """
        ...

    def close(self) -> None:
        """End every server that is still there."""
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
