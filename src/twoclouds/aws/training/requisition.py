"""On SageMaker each job requisitions its own machines, and returns them: there is no pool, and nothing idles.

The exception is a job that asks for it: its machines stay behind for the next one that is alike (`warm_pool.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from twoclouds.aws import catalog, quotas
from twoclouds.aws.account import CLOUD
from twoclouds.aws.notebooks import volumes
from twoclouds.world.bill import Line, Phase
from twoclouds.world.capacity import Claim
from twoclouds.world.clock import SECOND
from twoclouds.world.machines import Machine, MachineType

if TYPE_CHECKING:
    from twoclouds.aws.state import State
    from twoclouds.aws.training.warm_pool import WarmPool
    from twoclouds.world.world import World

Waits = Generator[Any, Any, None]


class Requisition:
    """A machine of each of `types` (algo-1, algo-2, …) for one job, from its create request until it ends.

    The account's quota counts them from the request on: what it does not cover is refused at once, not queued. What
    AWS has no capacity for at that moment is waited for. Each machine has a volume of so many `gigabytes`. `pool`:
    machines that an earlier job has left.
    """

    def __init__(
        self,
        state: State,
        *,
        job: str,
        types: Sequence[str],
        gigabytes: int,
        use: str = quotas.TRAINING,
        pool: WarmPool | None = None,
    ) -> None:
        """Take the quota, unless the pool has it. Raises ResourceLimitExceeded."""
        self.state = state
        self.world = state.world
        self.job = job
        self.types = tuple(types)
        self.gigabytes = gigabytes * len(self.types)
        self.use = use
        self.share = catalog.spot_share(state.world) if use == quotas.SPOT else Decimal(1)
        self.pool = pool
        self.born = pool.born if pool else state.world.clock.now
        self.machines: list[Machine] = []
        """Those it has now."""
        self.claim: Claim | None = None
        self.spans: list[tuple[int, int]] = []
        self._began: int | None = None
        self._volume: Line | None = None
        if pool is None:
            quotas.take_all(state, Counter(self.types), use)
        else:
            self.machines, self.claim = pool.hand_over(job)

    def ask(self, on_loss: Callable[[], None]) -> Claim:
        """Ask for capacity: it is there at once, unless it is scarce. Spot machines can be lost again."""
        if self.claim is None:
            spot = self.use == quotas.SPOT
            kinds = Counter(kind(name, spot=spot) for name in self.types)
            self.claim = self.world.capacity.request(kinds, on_loss=on_loss if spot else None)
        return self.claim

    def launch(self) -> Waits:
        """Starting: the machines come side by side, and boot. Nobody pays for this."""
        if self.pool is not None:
            yield self.world.clock.timeout((self.pool.since - self.world.clock.now) % SECOND)
            self.pool.stop_paying()
        else:
            for number, name in enumerate(self.types, 1):
                machine = self.world.machine(account=CLOUD, name=f"{self.job}/algo-{number}", type=self._priced(name))
                self.machines.append(machine)
        for machine in self.machines:
            machine.enter("provisioning", billed=False, owner=self.job)
        yield self.world.clock.timeout(catalog.duration(self.world, "warm_start" if self.pool else "start"))
        for machine in self.machines:
            yield from machine.boot(0)

    def pull(self, image: str, size: int) -> Waits:
        """Downloading: fetch the image, if it is not there. From here on, the job pays for every second."""
        self._began = self.world.clock.now
        self._volume = self.attach_volume("working")
        for machine in self.machines:
            machine.enter("provisioning", billed=True)
        if any(image not in machine.images for machine in self.machines):
            yield self.world.clock.timeout(catalog.duration(self.world, "image", size=size))
        for machine in self.machines:
            yield from machine.pull(image, 0)

    def work(self) -> None:
        """Training and uploading."""
        for machine in self.machines:
            machine.enter("working")

    def finish_second(self) -> Waits:
        """Every second that has begun is paid for."""
        if self._began is not None:
            yield self.world.clock.timeout((self._began - self.world.clock.now) % SECOND)

    def let_go(self) -> None:
        """Return the machines and keep the quota: others may come, as after an interruption of spot machines."""
        self.stop_paying()
        if self.pool is not None:
            self.pool.stop_paying()
        for machine in self.machines:
            machine.release()
        if self.claim is not None:
            self.world.capacity.release(self.claim)
        self.machines, self.claim, self.pool = [], None, None

    def give_back(self) -> None:
        """Return the machines, and the quota with them: the next job starts from nothing."""
        self.let_go()
        quotas.give_back_all(self.state, Counter(self.types), self.use)

    def stop_paying(self) -> None:
        """The job pays no more, from now on."""
        if self._began is not None:
            self.spans.append((self._began, self.world.clock.now))
            self._began = None
        if self._volume is not None:
            self.world.bill.close(self._volume)
            self._volume = None

    def attach_volume(self, phase: Phase) -> Line:
        """Begin to bill for the volumes of its machines."""
        rate = "processing_volume" if self.use == quotas.PROCESSING else "training_volume"
        return volumes.attach(self.world, self.job, self.gigabytes, rate=rate, phase=phase)

    def seconds(self) -> int:
        """How many seconds the job has had its machines up to now."""
        spans = list(self.spans)
        if self._began is not None:
            spans.append((self._began, self.world.clock.now))
        return sum(end - start for start, end in spans) // SECOND

    def _priced(self, name: str) -> MachineType:
        """A type at what an hour of it costs this job."""
        machine_type = catalog.machine_type(name)
        return replace(machine_type, hourly=machine_type.hourly * self.share)


def kind(instance_type: str, *, spot: bool) -> str:
    """What the capacity of a type is called: "aws/ml.m5.xlarge", or "aws/ml.m5.xlarge spot"."""
    return f"{CLOUD}/{instance_type}{' spot' if spot else ''}"


def declare_capacity(world: World) -> None:
    """Name all kinds of machines, so that they can be made scarce."""
    types = catalog.table("instance_types")
    world.capacity.declare(kind(name, spot=spot) for name in types for spot in (False, True))
