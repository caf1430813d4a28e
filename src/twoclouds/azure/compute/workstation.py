"""A compute instance as jobs see it: one machine, on which as many jobs run side by side as it has vCPUs.

As Microsoft documents it (concept-compute-instance.md): one job for each vCPU, the others queue. While the machine is
off, they wait for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from twoclouds.azure.account import CLOUD
from twoclouds.azure.catalog import billed
from twoclouds.azure.compute.nodes import ComputeGone, Node, Ticket, not_told
from twoclouds.world.bill import Phase
from twoclouds.world.machines import Machine, MachineType
from twoclouds.world.world import World


@dataclass(eq=False)
class Slot(Node):
    """The share of the machine that one job has."""

    station: Workstation | None = None
    phase: Phase = "provisioning"

    def enter(self, phase: Phase) -> None:
        """Its job begins a phase now."""
        self.phase = phase
        if self.station is not None:
            self.station.show()


class Workstation:
    """The machine of one compute instance. `rested` is called whenever it has nothing to do."""

    def __init__(self, world: World, *, name: str, type: MachineType, rested: Callable[[], None]) -> None:
        self.name = name
        self.type = type
        self.machine: Machine | None = None
        self.on = False
        self.gone = ""
        self.slots: list[Slot] = []
        self.queue: deque[Ticket] = deque()
        self._world = world
        self._rested = rested
        self._images: set[str] = set()

    # What jobs do with it

    def request(self, job: str, nodes: int = 1, *, lost: Callable[[str], None] = not_told) -> Ticket:
        """Queue for a share of the machine. Raises ComputeGone."""
        if self.gone or nodes > 1:
            raise ComputeGone(self.gone or f"Requested {nodes} nodes but compute instance {self.name} is one machine.")
        ticket = Ticket(job, 1, self._world.clock.event(), lost)
        self.queue.append(ticket)
        self._serve()
        return ticket

    def withdraw(self, ticket: Ticket) -> None:
        """A job needs nothing more: it leaves the queue, or its share is free for the next."""
        if ticket in self.queue:
            self.queue.remove(ticket)
        for node in list(ticket.nodes):
            self.give_back(node)

    def give_back(self, node: Node) -> None:
        """A job has ended."""
        if isinstance(node, Slot) and node in self.slots:
            self.slots.remove(node)
            if node.ticket:
                node.ticket.nodes.remove(node)
            self._serve()

    # Its power

    def start(self) -> None:
        """Ask for the machine; what its disk holds is still there."""
        self.machine = self._world.machine(account=CLOUD, name=self.name, type=self.type)
        self.machine.images = self._images
        self.machine.enter("provisioning", billed=billed(self._world, "preparing"))

    def ready(self) -> None:
        """The machine has started: it takes jobs."""
        self.on = True
        self._serve()

    def pause(self, why: str, phase: Phase, *, billed: bool) -> None:
        """The machine takes no jobs any more; those that run are lost, those that wait go on waiting."""
        self.on = False
        slots, self.slots = self.slots, []
        for slot in slots:
            if slot.ticket:
                slot.ticket.nodes.clear()
                slot.ticket.lost(why)
        if self.machine is not None:
            self.machine.enter(phase, billed=billed, owner="")

    def release(self) -> None:
        """The machine is gone; nothing of it is billed from here on."""
        if self.machine is not None:
            self.machine.release()
            self.machine = None

    def close(self, why: str) -> None:
        """The instance is deleted: whoever runs on it or waits for it is told."""
        self.gone = why
        self.pause(why, "idle", billed=False)
        self.release()
        while self.queue:
            self.queue.popleft().lost(why)

    # What happens on it

    def _serve(self) -> None:
        """Jobs take the free shares, in the order in which they came."""
        while self.on and self.queue and len(self.slots) < self.type.vcpus and self.machine:
            slot = Slot(self.name, self.machine, self._world, station=self)
            self.slots.append(slot)
            self.queue.popleft().give([slot])
        self.show()

    def show(self) -> None:
        """What the machine does is what the busiest of its jobs does, and is billed for it; with none, it idles."""
        if self.machine is None or not self.on:
            return
        phases = [slot.phase for slot in self.slots]
        phase: Phase = "working" if "working" in phases else "provisioning" if phases else "idle"
        owner = next((slot.job for slot in self.slots if slot.phase == phase), "")
        if (self.machine.phase, self.machine.owner) != (phase, owner):
            self.machine.enter(phase, billed=billed(self._world, "running" if phases else "idle"), owner=owner)
            if not phases:
                self._rested()
