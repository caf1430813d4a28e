"""Containers that serve: the runner's end of one, and how many have a process at a time."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twoclouds.world.container import Answer, Container, Line, ServerOutcome
from twoclouds.world.runner import Now, folder
from twoclouds.world.runner.transcribe import OVER_REQUEST, OVER_START, TOO_MUCH

if TYPE_CHECKING:
    from twoclouds.world.runner.subprocess import Job

MOST_LIVE = 4
"""Servers of one runner that have a process at the same time."""
KEPT = 5000
"""Lines that are kept of a server."""


def program(container: Container) -> tuple[str, ...]:
    """The file of a container's WSGI application, and its arguments. Raises ``ValueError`` for another command."""
    python, *words = container.command
    if os.path.basename(python) not in ("python", "python3") or not words or not words[0].endswith(".py"):
        raise ValueError(f"python3 and the file of a WSGI application serve; not {' '.join(container.command)}")
    return (os.path.join(container.workdir, words[0]), *words[1:])


class Servers:
    """The servers of one runner that have a process, the one that was asked longest ago first."""

    def __init__(self) -> None:
        self._live: list[Served] = []
        self._lock = threading.Lock()

    def use(self, server: Served) -> None:
        """``server`` is about to be asked: make room for it."""
        with self._lock:
            others = [other for other in self._live if other is not server]
            surplus = others[: max(0, len(others) + 1 - MOST_LIVE)]
            rivals = [other for other in others if server.port and other.port == server.port]
            resting = [other for other in others if (other in surplus or other in rivals) and other.rest(wait=False)]
            self._live = [*(other for other in others if other not in resting), server]

    def forget(self, server: Served) -> None:
        """``server`` has no process any more."""
        with self._lock, contextlib.suppress(ValueError):
            self._live.remove(server)

    def close(self) -> None:
        """Close them all."""
        for server in list(self._live):
            server.close()


class Served:
    """A server whose program runs in a subprocess. ``port``: one that no other server may use at the same time."""

    def __init__(
        self, job: Callable[[Path], Job], servers: Servers, *, now: Now | None, started: float, port: int
    ) -> None:
        self.port = port
        self.lines: list[Line] = []
        self.startup = 0.0
        self.alive = False
        self._make = job
        self._servers = servers
        self._now = now or (lambda: started)
        self._started = started
        self._budget = 0.0
        self._seen = 0
        self._process: _Process | None = None
        self._lock = threading.RLock()

    def start(self, budget: float) -> None:
        """Start up, and note whether it can serve."""
        self._budget = budget
        with self._lock:
            self._servers.use(self)
            self._launch(0)

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        budget: float = 20.0,
    ) -> Answer:
        """See :class:`twoclouds.world.runner.Server`."""
        with self._lock:
            if self.alive:
                self._servers.use(self)
                if self._process is None:
                    self._launch(self._seen)
            if not self.alive or self._process is None:
                return Answer(outcome="exited")
            head = dict(method=method, path=path, headers=dict(headers or {}))
            try:
                answer = self._process.exchange(head, body, self._now() - self._started, budget)
            except BaseException:
                self.rest()
                raise
            self._take()
            if answer.outcome != "answered":
                self.close()
            return answer

    def rest(self, *, wait: bool = True) -> bool:
        """Lose the process, until it is asked again. Without ``wait``, not if it is being asked: then false."""
        if not self._lock.acquire(blocking=wait):
            return False
        try:
            process, self._process = self._process, None
            if process is not None:
                process.end()
            return True
        finally:
            self._lock.release()

    def close(self) -> None:
        """See :class:`twoclouds.world.runner.Server`."""
        self.alive = False
        self._servers.forget(self)
        self.rest()

    def _launch(self, known: int) -> None:
        """Start the process. Of its start-up's lines, the first ``known`` have been seen before."""
        self._process = _Process(self._make)
        try:
            self.alive = self._process.ready(self._budget)
        except BaseException:
            self.close()
            raise
        self._seen = len(self._process.lines)
        self.startup = self._process.slept
        del self._process.lines[:known]
        self._take()
        if not self.alive:
            self.close()

    def _take(self) -> None:
        assert self._process is not None
        self.lines.extend(self._process.lines)
        self._process.lines.clear()
        del self.lines[:-KEPT]


class _Process:
    """One process of a server, from its start to its end."""

    def __init__(self, job: Callable[[Path], Job]) -> None:
        self._stack = contextlib.ExitStack()
        self._job = job(self._stack.enter_context(folder.scratch()))
        self.lines = self._job.text.lines
        self._listener = socket.socket(socket.AF_UNIX)
        self._stack.callback(self._listener.close)
        self._listener.bind(str(self._job.lab / "requests"))
        self._listener.listen(1)
        self._channel: socket.socket | None = None
        self._job.start()
        self._stack.callback(self._job.end)

    @property
    def slept(self) -> float:
        """How far its clock has moved since the container's start, in seconds."""
        return round(self._job.shared.slept, 6)

    def end(self) -> None:
        """Whatever it is doing, it ends; nothing of it stays."""
        if self._channel is not None:
            self._channel.close()
        self._stack.close()

    def ready(self, budget: float) -> bool:
        """Whether it starts up."""
        deadline = time.monotonic() + budget
        outcome = self._wait(self._listener, lambda: True, deadline)
        if outcome == "answered":
            self._channel, _ = self._listener.accept()
            outcome, _, _ = self._reply(deadline)
        self._explain(outcome, OVER_START.format(budget))
        return outcome == "answered"

    def exchange(self, head: dict[str, Any], body: bytes, elapsed: float, budget: float) -> Answer:
        """One request and its answer, ``elapsed`` virtual seconds after the container's start."""
        assert self._channel is not None
        shared, text = self._job.shared, self._job.text
        shared.slept, text.size = elapsed, 0
        shared.turn += 1
        outcome: ServerOutcome = "exited"
        reply: dict[str, Any] = {}
        content = b""
        try:
            self._channel.settimeout(budget)
            self._channel.sendall(json.dumps({**head, "length": len(body)}).encode() + b"\n" + body)
            outcome, reply, content = self._reply(time.monotonic() + budget)
        except OSError:
            self._drain()
        self._explain(outcome, OVER_REQUEST.format(budget))
        slept = round(shared.slept - elapsed, 6)
        self._job.channel.requests.clear()
        if outcome != "answered":
            return Answer(outcome=outcome, slept=slept)
        return Answer(status=reply["status"], headers=dict(reply["headers"]), body=content, slept=slept)

    def _reply(self, deadline: float) -> tuple[ServerOutcome, dict[str, Any], bytes]:
        assert self._channel is not None
        channel, data = self._channel, bytearray()
        head: dict[str, Any] = {}

        def whole() -> bool:
            part = channel.recv(1 << 20)
            if not part:
                raise EOFError
            data.extend(part)
            if not head and b"\n" in data:
                line, _, rest = bytes(data).partition(b"\n")
                head.update(json.loads(line))
                data[:] = rest
            return bool(head) and len(data) >= head["length"]

        outcome = self._wait(channel, whole, deadline)
        return outcome, head, bytes(data)

    def _wait(self, source: socket.socket, whole: Callable[[], bool], deadline: float) -> ServerOutcome:
        """Read what is printed until ``source`` has had something to read and it is ``whole()``."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._job.queue, selectors.EVENT_READ)
            selector.register(source, selectors.EVENT_READ)
            while True:
                left = deadline - time.monotonic()
                if left <= 0:
                    return "over budget"
                ended = self._job.process.poll() is not None
                ready = {key.fileobj for key, _ in selector.select(0 if ended else min(0.05, left))}
                if self._job.queue in ready and not self._read():
                    selector.unregister(self._job.queue)
                if self._job.text.full:
                    return "too much output"
                try:
                    if source in ready and whole():
                        self._drain()
                        return "answered"
                except EOFError:
                    selector.unregister(source)
                    self._job.process.wait(timeout=max(0.1, left))
                if ended and not ready:
                    return "exited"

    def _read(self) -> bool:
        """Take a part of what is printed; false at its end."""
        shared = self._job.shared
        at = round(shared.slept, 6)
        shared.reading = 1
        try:
            data = os.read(self._job.queue, 1 << 16)
            self._job.text.feed(data, at)
        finally:
            shared.reading = 0
        return bool(data)

    def _drain(self) -> None:
        """Take all that has been printed so far."""
        with contextlib.suppress(BlockingIOError):
            while self._read():
                pass
        self._job.text.close(round(self._job.shared.slept, 6))

    def _explain(self, outcome: ServerOutcome, over: str) -> None:
        at = round(self._job.shared.slept, 6)
        self._job.text.close(at)
        if outcome in ("over budget", "too much output"):
            self._job.text.say(over if outcome == "over budget" else TOO_MUCH, at)
