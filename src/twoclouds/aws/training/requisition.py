"""On SageMaker each job requisitions its own machines, and returns them: there is no pool, and nothing idles.

The exception is a job that asks for it: its machines stay behind for the next one that is alike (`warm_pool.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from twoclouds.aws import catalog, quotas
from twoclouds.aws.account import CLOUD
from twoclouds.aws.training import capacity
from twoclouds.aws.training.paying import Paying
from twoclouds.world.capacity import Claim
from twoclouds.world.clock import SECOND, Lifecycle
from twoclouds.world.machines import Machine

if TYPE_CHECKING:
    from twoclouds.aws.state import State
    from twoclouds.aws.training.warm_pool import WarmPool


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
        self.state, self.world, self.job, self.types, self.use, self.pool = state, state.world, job, types, use, pool
        self.share = catalog.spot_share(state.world) if use == quotas.SPOT else Decimal(1)
        self.paying = Paying(state.world, job=job, gigabytes=gigabytes * len(types), use=use)
        self.born: int = pool.born if pool else state.world.clock.now
        self.machines: list[Machine] = []
        self.claim: Claim | None = None
        if pool is None:
            quotas.take_all(state, Counter(types), use)
        else:
            self.machines, self.claim = pool.hand_over(job)

    def ask(self, on_loss: Callable[[], None]) -> Claim:
        """Ask for capacity: it is there at once, unless it is scarce. Spot machines can be lost again."""
        if self.claim is None:
            spot = self.use == quotas.SPOT
            wanted = capacity.kinds(self.types, spot=spot)
            self.claim = self.world.capacity.request(wanted, on_loss=on_loss if spot else None)
        return self.claim

    def launch(self) -> Lifecycle:
        """Starting: the machines come side by side, and boot. Nobody pays for this."""
        if self.pool is not None:
            yield self.world.clock.timeout((self.pool.since - self.world.clock.now) % SECOND)
            self.pool.stop_paying()
        for number, name in enumerate(self.types[len(self.machines) :], 1):
            priced = catalog.machine_type(name)
            priced = replace(priced, hourly=priced.hourly * self.share)
            self.machines.append(self.world.machine(account=CLOUD, name=f"{self.job}/algo-{number}", type=priced))
        for machine in self.machines:
            machine.enter("provisioning", billed=False, owner=self.job)
        yield self.world.clock.timeout(catalog.duration(self.world, "warm_start" if self.pool else "start"))
        for machine in self.machines:
            yield from machine.boot(0)

    def pull(self, image: str, size: int) -> Lifecycle:
        """Downloading: fetch the image, if it is not there. From here on, the job pays for every second."""
        self.paying.begin()
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

    def let_go(self) -> None:
        """Return the machines and keep the quota: others may come, as after an interruption of spot machines."""
        self.paying.stop()
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
