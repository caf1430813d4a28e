"""azure-core's long-running operations: polled when somebody asks, not by a thread in the background.

With a polling thread, what the learner's thread sees depends on who was quicker; only the cell's thread may move time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

from twoclouds.wire.patches import Patches

MODULE = "azure.core.polling._poller"


def install(patches: Patches, module: ModuleType) -> None:
    """Run each `LROPoller` at its `result()`, `wait()`, `done()` and `status()`, on the thread that calls them."""
    patches.attribute(module, "threading", SimpleNamespace(Thread=_OnDemand, Event=threading.Event))
    poller = module.LROPoller
    real_wait, real_done, real_status = poller.wait, poller.done, poller.status

    def wait(self: Any, timeout: float | None = None) -> None:
        if timeout is not None and not _poll_until(self, time.time() + timeout):
            return
        real_wait(self)

    def done(self: Any) -> bool:
        _poll_once(self)
        return bool(real_done(self))

    def status(self: Any) -> str:
        _poll_once(self)
        return str(real_status(self))

    patches.attribute(poller, "wait", wait)
    patches.attribute(poller, "done", done)
    patches.attribute(poller, "status", status)


class _OnDemand:
    """Stands where a polling thread stood: alive until it is joined, and then it has run."""

    daemon = True

    def __init__(self, target: Callable[[], None], name: str = "") -> None:
        self.name = name
        self._target: Callable[[], None] | None = target

    def start(self) -> None:
        """Nothing happens until somebody waits."""

    def is_alive(self) -> bool:
        return self._target is not None

    def join(self, timeout: float | None = None) -> None:
        target, self._target = self._target, None
        if target is not None:
            target()


def _poll_once(poller: Any) -> bool:
    thread, method = poller._thread, poller._polling_method
    if isinstance(thread, _OnDemand) and thread.is_alive():
        if not method.finished():
            method.update_status()
        if method.finished():
            thread.join()
    return bool(method.finished())


def _poll_until(poller: Any, deadline: float) -> bool:
    while not _poll_once(poller):
        left = deadline - time.time()
        if left <= 0:
            return False
        time.sleep(min(left, poller._polling_method._extract_delay()))
    return True
