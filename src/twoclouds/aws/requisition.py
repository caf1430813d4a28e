"""On SageMaker each job requisitions its own machines, and returns them: there is no pool, and nothing idles."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from twoclouds.aws import catalog, quotas
from twoclouds.aws.account import CLOUD
from twoclouds.world.machines import Machine

if TYPE_CHECKING:
    from twoclouds.aws.state import State


class Requisition:
    """`count` machines of one type for one job, from its create request until it ends.

    The account's quota counts them from the request on: what it does not cover is refused at once, not queued.
    """

    def __init__(self, state: State, *, job: str, instance_type: str, count: int) -> None:
        """Take `count` of the quota. Raises ResourceLimitExceeded."""
        self.state = state
        self.world = state.world
        self.job = job
        self.instance_type = instance_type
        self.count = count
        self.machines: list[Machine] = []
        quotas.take(state, instance_type, quotas.TRAINING, count)

    def launch(self) -> Generator[Any, Any, None]:
        """Starting: launch the machines side by side, and wait until they have booted. Nobody pays for this."""
        machine_type = catalog.machine_type(self.instance_type)
        for number in range(1, self.count + 1):
            name = f"{self.job}/algo-{number}"
            machine = self.world.machine(account=CLOUD, name=name, type=machine_type, owner=self.job)
            machine.enter("provisioning", billed=False)
            self.machines.append(machine)
        yield self.world.clock.timeout(catalog.duration(self.world, "start"))
        for machine in self.machines:
            yield from machine.boot(0)

    def pull(self, image: str, size: int) -> Generator[Any, Any, None]:
        """Downloading: fetch the image. From here on, the job pays for every second."""
        for machine in self.machines:
            machine.enter("provisioning", billed=True)
        yield self.world.clock.timeout(catalog.duration(self.world, "image", size=size))
        for machine in self.machines:
            yield from machine.pull(image, 0)

    def work(self) -> None:
        """Training and uploading."""
        for machine in self.machines:
            machine.enter("working")

    def give_back(self) -> None:
        """Return the machines, and the quota with them: the next job starts from nothing."""
        for machine in self.machines:
            machine.release()
        quotas.give_back(self.state, self.instance_type, quotas.TRAINING, self.count)
