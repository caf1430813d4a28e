"""One world, on which all clouds of a lab stand."""

from __future__ import annotations

from datetime import UTC, datetime

from twoclouds.world.assumptions import Assumptions
from twoclouds.world.bill import Bill
from twoclouds.world.capacity import Capacity
from twoclouds.world.clock import Clock
from twoclouds.world.events import Events
from twoclouds.world.ids import Ids
from twoclouds.world.images import Images
from twoclouds.world.machines import Machine, MachineType
from twoclouds.world.quotas import Quotas
from twoclouds.world.runner import Runner, pick
from twoclouds.world.throttles import Throttles
from twoclouds.world.workloads import Workloads

START = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
"""A lab opens on a Monday morning."""


class World:
    """Time, money, quotas, images and runs, shared by everything in one lab."""

    def __init__(self, *, seed: int = 1, start: datetime = START, runner: Runner | None = None) -> None:
        self.clock = Clock(start)
        self.ids = Ids(seed)
        self.events = Events(self.clock)
        self.bill = Bill(self.clock)
        self.quotas = Quotas()
        self.capacity = Capacity(self.clock)
        self.throttles = Throttles(self.clock)
        self.assumptions = Assumptions()
        self.images = Images()
        self.workloads = Workloads()
        self.runner = runner or pick()

    def machine(self, *, account: str, name: str, type: MachineType, owner: str = "") -> Machine:
        """Ask for a machine. It costs nothing until it enters a phase that is billed."""
        return Machine(
            clock=self.clock,
            bill=self.bill,
            events=self.events,
            account=account,
            name=name,
            type=type,
            owner=owner,
        )

    def close(self) -> None:
        """End what really runs: servers. A runner of a test's own may have none."""
        getattr(self.runner, "close", lambda: None)()
