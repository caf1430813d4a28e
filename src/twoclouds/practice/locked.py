"""The lab inside an exercise: it can be watched, waited in and restarted, and its rules cannot be changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twoclouds.lab import Lab, Operation

if TYPE_CHECKING:
    from pathlib import Path

    from twoclouds.aws.images.image_push import PushedImage
    from twoclouds.figures import BillView, Timeline
    from twoclouds.progress import Progress
    from twoclouds.waits import Waits


class Locked(AttributeError):
    """An exercise sets this, and the learner cannot: quotas, prices, durations, and what is inside the clouds."""


class LockedLab:
    """What a learner may do with the lab of an exercise. Waiting is one of those things, for it is not free."""

    def __init__(self, lab: Lab, restart: Callable[[], object]) -> None:
        self._lab = lab
        self._restart = restart

    def skip(self, *, hours: float = 0, minutes: float = 0, seconds: float = 0) -> str:
        """Let time pass. Returns the time that it then is."""
        return self._lab.skip(hours=hours, minutes=minutes, seconds=seconds)

    def bill(self) -> BillView:
        """What everything has cost since the exercise began, and why."""
        return self._lab.bill()

    def timeline(self, *, machines: bool = False) -> Timeline:
        """What machines and jobs did on both clouds since the exercise began; `machines`: those alone."""
        return self._lab.timeline(machines=machines)

    def waits(self) -> Waits:
        """How long jobs waited on both clouds since the exercise began."""
        return self._lab.waits()

    def push_image(self, folder: str | Path, name: str) -> PushedImage:
        """`docker build` and `docker push` of a folder with a Dockerfile, as `repository:tag`."""
        return self._lab.push_image(folder, name)

    def simulated(self) -> list[Operation]:
        """Every operation that one of the clouds answers."""
        return self._lab.simulated()

    def progress(self, *, reset: bool = False) -> Progress:
        """The exercises that were begun and passed on this machine, and a code for them to paste; `reset` forgets."""
        return self._lab.progress(reset=reset)

    def restart(self) -> object:
        """Begin the exercise again: both clouds and the bill as they were at its start."""
        return self._restart()

    def __repr__(self) -> str:
        return repr(self._lab)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and hasattr(self._lab, name):
            raise Locked(
                f"lab.{name} is locked inside an exercise: its quotas, prices and durations are part of the task. "
                "You can use skip(), bill(), timeline(), waits(), push_image(), progress() and restart()."
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
