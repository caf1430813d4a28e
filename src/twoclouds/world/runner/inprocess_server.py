"""A container that serves, in this process: its application is called in place, with this process lent to it."""

from __future__ import annotations

import contextlib
import os
import random
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from twoclouds.world.container import Answer, Container, Line, ServerOutcome
from twoclouds.world.runner import Now, Send, borrow, folder
from twoclouds.world.runner.inprocess import OURS, PREFIX, Run, TooMuch
from twoclouds.world.runner.job import host
from twoclouds.world.runner.job.output import hide
from twoclouds.world.runner.serving import KEPT, program
from twoclouds.world.runner.transcribe import OVER_REQUEST, OVER_START, TOO_MUCH

NO_PORT = "a server that listens on a port itself does not run inside the page's own Python."


class Served:
    """See :class:`twoclouds.world.runner.Server`. What the program leaves in this process (modules, environment,
    loggers, folder) is put away between requests."""

    def __init__(self, container: Container, *, send: Send, now: Now | None, port: int) -> None:
        self.lines: list[Line] = []
        self.startup = 0.0
        self.alive = False
        self._port = port
        self._words = () if port else program(container)
        self._now = now or (lambda: container.started)
        self._started = container.started
        self._stack = contextlib.ExitStack()
        self._root = self._stack.enter_context(folder.scratch())
        folder.lay_out(container, self._root)
        self._run = Run(container, self._root, send, None, 0)
        self._place = container.workdir
        self._environment = dict(folder.environment(container, f"{PREFIX}/bin:/usr/local/bin:/usr/bin:/bin"))
        self._path: list[str] = []
        self._modules: dict[str, Any] = {}
        self._loggers: borrow.Loggers | None = None
        self._drawn: Any = None
        self._app: Callable[..., Any] = lambda environ, start_response: ()

    def start(self, budget: float) -> None:
        """Start up, and note whether it can serve."""
        if self._port:
            self._run.text.say(NO_PORT, 0.0)
        else:
            self.alive = True
            self._do(self._load, 0.0, budget, OVER_START)
            self.startup = round(self._run.clock.slept, 6)
        self._take()

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
        if not self.alive:
            return Answer(outcome="exited")
        request = dict(method=method, path=path, headers=dict(headers or {}))
        reply: list[host.Reply] = []

        def work() -> None:
            reply.append(host.call(self._app, request, body, _report))

        elapsed = self._now() - self._started
        outcome = self._do(work, elapsed, budget, OVER_REQUEST)
        slept = round(self._run.clock.slept - elapsed, 6)
        self._take()
        if not reply or outcome != "answered":
            return Answer(outcome=outcome, slept=slept)
        status, pairs, content = reply[0]
        return Answer(status=status, headers=dict(pairs), body=content, slept=slept)

    def close(self) -> None:
        """See :class:`twoclouds.world.runner.Server`."""
        self.alive = False
        self._modules.clear()
        self._stack.close()

    def _load(self) -> None:
        self._app = host.application(str(self._run.paths.real(self._words[0])), list(self._words))

    def _do(self, work: Callable[[], None], elapsed: float, budget: float, over: str) -> ServerOutcome:
        """Let the program work, at that many seconds after its start; if it does not come through, it is closed."""
        outcome: ServerOutcome = "exited"
        run = self._run

        def through() -> None:
            nonlocal outcome
            work()
            outcome = "answered"

        with borrow.ALONE:
            run.clock.turn(elapsed)
            run.text.size = 0
            try:
                with borrow.limited(budget, str(self._root)), self._lent():
                    run.ended(through)
            except borrow.OverBudget:
                outcome = "over budget"
            except TooMuch:
                outcome = "too much output"
            at = round(run.clock.slept, 6)
            run.text.close(at)
            if outcome in ("over budget", "too much output"):
                run.text.say(over.format(budget) if outcome == "over budget" else TOO_MUCH, at)
            if outcome != "answered":
                self.close()
        return outcome

    @contextlib.contextmanager
    def _lent(self) -> Iterator[None]:
        """This process is the program's, as it left it."""
        displaced = {name: sys.modules.get(name) for name in self._modules}
        with self._run.inside(self._place, self._environment):
            sys.modules.update(self._modules)
            sys.path[:] = self._path or sys.path
            if self._loggers is not None:
                self._loggers.restore()
                random.setstate(self._drawn)
            try:
                yield
            finally:
                self._place, self._environment = os.getcwd(), dict(os.environ)
                self._path, self._loggers, self._drawn = list(sys.path), borrow.Loggers(), random.getstate()
                self._modules = {
                    name: module
                    for name, module in sys.modules.items()
                    if str(getattr(module, "__file__", "") or "").startswith(str(self._root))
                }
                for stream in self._run.streams:
                    with contextlib.suppress(ValueError):
                        stream.flush()
        for name, module in displaced.items():
            if module is not None:
                sys.modules[name] = module

    def _take(self) -> None:
        lines = self._run.text.lines
        self.lines.extend(lines)
        lines.clear()
        del self.lines[:-KEPT]


def _report(error: BaseException) -> None:
    hide(error, set(), OURS)
    sys.stderr.write("".join(traceback.format_exception(error)))
