"""A model's containers while they serve: started, asked whether they are well, and asked for inferences in their order.

Several instances of a variant run the same containers with the same files: one process of each stands for all of them,
and what it prints goes to the log of the instance that was asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from twoclouds.aws import catalog
from twoclouds.aws.images import serving_container
from twoclouds.aws.images.serving_container import Fetched
from twoclouds.world.clock import SECOND
from twoclouds.world.container import Line
from twoclouds.world.runner import Server

if TYPE_CHECKING:
    from twoclouds.aws.state import State


@dataclass(frozen=True)
class Reply:
    """What the last container that was asked has answered; `slept` seconds of virtual time later. `problem`: the answer
    of `hostname` could not be passed on, and why."""

    hostname: str
    status: int
    content_type: str
    attributes: str
    body: bytes
    slept: float
    problem: str = ""

    @property
    def good(self) -> bool:
        """Whether it can be given to who asked."""
        return 200 <= self.status < 300 and not self.problem


class Hosting:
    """The containers of one model. Nothing here may be called by who holds the world's lock, except `printed`."""

    def __init__(self, state: State, fetched: Sequence[Fetched], *, name: str, processors: int) -> None:
        self.hostnames = [one.hostname for one in fetched]
        self._state = state
        self._fetched = fetched
        self._name = name
        self._processors = processors
        self._servers: list[Server] = []
        self._started: list[int] = []
        self._told: list[Line | None] = []

    def start(self) -> None:
        """Start all containers at this virtual instant; a second time, all of them anew."""
        self.close()
        self._servers = [self._served(one) for one in self._fetched]
        self._started = [self._state.world.clock.now] * len(self._servers)
        self._told = [None] * len(self._servers)

    def _served(self, one: Fetched) -> Server:
        clock, runner = self._state.world.clock, self._state.world.runner
        made, port = serving_container.container(self._state, one, name=self._name, processors=self._processors)
        return runner.serve(made, send=self._state.send, now=lambda: clock.timestamp, port=port)

    def ill(self) -> list[str]:
        """The containers that do not answer `/ping` with 200."""
        return [
            hostname
            for hostname, server in zip(self.hostnames, self._servers, strict=True)
            if not server.alive or server.ask("GET", "/ping").status != 200
        ]

    @property
    def running(self) -> bool:
        """Whether it was started, and not closed since."""
        return bool(self._servers)

    @property
    def hopeless(self) -> bool:
        """Whether one has ended: no further `/ping` will help."""
        return any(not server.alive for server in self._servers)

    def ask(self, path: str, headers: Mapping[str, str], body: bytes, *, method: str = "POST") -> Reply:
        """Pass a request through the containers, each answer to the next, up to the first error.

        One whose process has ended meanwhile is started again, as SageMaker does.
        """
        limit, slept, passed = int(catalog.figure("pipeline_limit")), 0.0, dict(headers)
        reply = Reply("", 0, "", "", body, 0.0)
        for number, hostname in enumerate(self.hostnames):
            if not self._servers[number].alive:
                self._servers[number] = self._served(self._fetched[number])
                self._started[number], self._told[number] = self._state.world.clock.now, None
            if number and len(reply.body) > limit:
                said = (
                    f"Received response from {reply.hostname} with status code {reply.status}. However, the request "
                    f"payload from {reply.hostname} to {hostname} is {len(reply.body)} bytes, which has exceeded the "
                    "maximum limit of 5 MB."
                )
                return Reply(reply.hostname, reply.status, "", "", b"", slept, said)
            answer = self._servers[number].ask(method, path, passed, reply.body)
            slept += answer.slept
            found = {name.lower(): value for name, value in answer.headers.items()}
            kind, attributes = found.get("content-type", ""), found.get("x-amzn-sagemaker-custom-attributes", "")
            reply = Reply(hostname, answer.status, kind, attributes, answer.body, slept)
            if not reply.good:
                break
            passed["Content-Type"] = kind
        return reply

    def printed(self) -> dict[str, list[tuple[int, str]]]:
        """What each container has printed since this was last asked, as (ms since the lab opened, line)."""
        new: dict[str, list[tuple[int, str]]] = {}
        for number, (hostname, server) in enumerate(zip(self.hostnames, self._servers, strict=True)):
            told = self._told[number]
            fresh = list(takewhile(lambda line, told=told: line is not told, reversed(server.lines)))[::-1]  # type: ignore[misc]
            if fresh:
                self._told[number] = fresh[-1]
            began = self._started[number]
            new[hostname] = [(began + round(line.at * SECOND), line.text) for line in fresh]
        return new

    @property
    def pinned(self) -> list[str]:
        """Which image each container runs, by digest; "" for AWS's own."""
        return [one.pulled.pinned for one in self._fetched]

    @property
    def image_size(self) -> int:
        """Bytes of its images, as they are pulled."""
        return sum(one.pulled.size for one in self._fetched)

    @property
    def data_size(self) -> int:
        """Bytes of its artefacts, as they are fetched."""
        return sum(one.size for one in self._fetched)

    def close(self) -> None:
        """End all containers."""
        for server in self._servers:
            server.close()
        self._servers, self._started, self._told = [], [], []
