"""Serverless compute: a job that names no compute gets machines of its own, which go when it ends.

As Microsoft documents it (how-to-use-serverless-compute.md): the same price and the same quota as a cluster; a job that
asks for more cores than the quota fails, one that asks for cores that are in use waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from twoclouds.azure import quota
from twoclouds.azure.account import CLOUD
from twoclouds.azure.catalog import billed, duration
from twoclouds.azure.nodes import Node, Ticket, not_told
from twoclouds.world.clock import Lifecycle
from twoclouds.world.machines import MachineType
from twoclouds.world.quotas import QuotaExceeded
from twoclouds.world.world import World


class Serverless:
    """The machines of all serverless jobs, and the queue of those that wait for cores, which are served in order."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.queue: deque[tuple[Ticket, MachineType]] = deque()
        world.quotas.freed.append(self.serve)

    def request(self, job: str, size: MachineType, nodes: int, lost: Callable[[str], None]) -> Ticket:
        """Queue for `nodes` new machines of this size."""
        ticket = Ticket(job, nodes, self.world.clock.event(), lost)
        self.queue.append((ticket, size))
        self.serve()
        return ticket

    def serve(self) -> None:
        """Jobs get their cores in the order in which they came; one whose family is short holds up only that family."""
        waiting: deque[tuple[Ticket, MachineType]] = deque()
        short: set[str] = set()
        for ticket, size in self.queue:
            if size.family not in short and self._take(size, ticket.wanted):
                self.world.clock.start(self._launch(ticket, size), name=f"{CLOUD}/{ticket.job}")
            else:
                short.add(size.family)
                waiting.append((ticket, size))
        self.queue = waiting

    def _take(self, size: MachineType, nodes: int) -> bool:
        try:
            quota.take(self.world, size, nodes)
        except QuotaExceeded:
            return False
        return True

    def _launch(self, ticket: Ticket, size: MachineType) -> Lifecycle:
        """The machines start up side by side; the job has them when all are there."""
        for number in range(1, ticket.wanted + 1):
            machine = self.world.machine(account=CLOUD, name=f"serverless/{ticket.job}/node-{number}", type=size)
            machine.enter("provisioning", billed=billed(self.world, "preparing"), owner=ticket.job)
            ticket.nodes.append(Node(f"{ticket.job}-{number}", machine, self.world, ticket=ticket))
        yield self.world.clock.timeout(duration(self.world, "node_boot"))
        if ticket.nodes:
            for node in ticket.nodes:
                yield from node.machine.boot(0)
            ticket.give(ticket.nodes)

    def withdraw(self, ticket: Ticket) -> None:
        """A job leaves the queue, or its machines go."""
        self.queue = deque(entry for entry in self.queue if entry[0] is not ticket)
        for node in list(ticket.nodes):
            self.give_back(node)

    def give_back(self, node: Node) -> None:
        """A machine is released, and its cores with it."""
        if node.ticket is not None and node in node.ticket.nodes:
            node.ticket.nodes.remove(node)
            node.machine.release()
            quota.give_back(self.world, node.machine.type, 1)


class Sized:
    """Serverless compute as one job asked for it: machines of one size."""

    def __init__(self, serverless: Serverless, size: MachineType) -> None:
        self.serverless = serverless
        self.size = size

    def request(self, job: str, nodes: int = 1, *, lost: Callable[[str], None] = not_told) -> Ticket:
        """Queue for `nodes` machines."""
        return self.serverless.request(job, self.size, nodes, lost)

    def withdraw(self, ticket: Ticket) -> None:
        """The job needs nothing more."""
        self.serverless.withdraw(ticket)

    def give_back(self, node: Node) -> None:
        """The job needs this machine no more."""
        self.serverless.give_back(node)
