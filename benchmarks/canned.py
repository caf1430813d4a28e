"""The same SDK calls against answers that were written down: what the SDK itself takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import twoclouds
from twoclouds.wire.http import Request, Response
from twoclouds.wire.plug import Plug
from twoclouds.world.clock import Clock
from twoclouds.world.world import START


class Recorder:
    """Writes down what a lab answers, in order."""

    def __init__(self, lab: twoclouds.Lab) -> None:
        self.responses: list[Response] = []
        self.start = START
        self.environment: dict[str, str | None] = {}
        for cloud in lab.clouds:
            self.environment.update(cloud.environment())
        self._lab = lab
        self._send = lab.send

    @contextmanager
    def recording(self) -> Iterator[None]:
        plug = self._plug(self._note, self._lab.world.clock)
        plug.install()
        try:
            yield
        finally:
            plug.remove()

    def _note(self, request: Request) -> Response:
        response = self._send(request)
        self.responses.append(response)
        return response

    @contextmanager
    def replaying(self, *, start: datetime = START, forever: bool = False) -> Iterator[None]:
        """Answer with what was written down, in the same order; with `forever`, the last one again and again."""
        answers = iter(self.responses)
        last = self.responses[-1]
        clock = Clock(start)

        def send(request: Request) -> Response:
            response = last if forever else next(answers)
            if response.took:
                clock.advance(response.took)
            return response

        plug = self._plug(send, clock)
        plug.install()
        try:
            yield
        finally:
            plug.remove()

    def _plug(self, send: object, clock: Clock) -> Plug:
        return Plug(send=send, clock=clock, seed=1, environment=self.environment)  # type: ignore[arg-type]
