"""What a job pays for its machines: whole seconds of each, and as long the volumes that its data lie on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twoclouds.aws import quotas
from twoclouds.aws.notebooks import volumes
from twoclouds.world.bill import Line, Phase
from twoclouds.world.clock import SECOND, Lifecycle

if TYPE_CHECKING:
    from twoclouds.world.world import World


class Paying:
    """The seconds for which one job pays, in as many spans as it had machines. `gigabytes`: of all its volumes."""

    def __init__(self, world: World, *, job: str, gigabytes: int, use: str) -> None:
        self.world = world
        self.job = job
        self.gigabytes = gigabytes
        self.rate = "processing_volume" if use == quotas.PROCESSING else "training_volume"
        self.spans: list[tuple[int, int]] = []
        self._began: int | None = None
        self._volume: Line | None = None

    def begin(self) -> None:
        """From now on, the job pays for every second."""
        self._began = self.world.clock.now
        self._volume = self.volume("working")

    def stop(self) -> None:
        """The job pays no more, from now on."""
        if self._began is not None:
            self.spans.append((self._began, self.world.clock.now))
            self._began = None
        if self._volume is not None:
            self.world.bill.close(self._volume)
            self._volume = None

    def finish_second(self) -> Lifecycle:
        """Every second that has begun is paid for."""
        if self._began is not None:
            yield self.world.clock.timeout((self._began - self.world.clock.now) % SECOND)

    def seconds(self) -> int:
        """How many seconds the job has had its machines up to now."""
        spans = list(self.spans)
        if self._began is not None:
            spans.append((self._began, self.world.clock.now))
        return sum(end - start for start, end in spans) // SECOND

    def volume(self, phase: Phase) -> Line:
        """Begin to bill for the volumes of its machines."""
        return volumes.attach(self.world, self.job, self.gigabytes, rate=self.rate, phase=phase)
