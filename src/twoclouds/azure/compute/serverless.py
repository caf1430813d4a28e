"""Serverless compute: a job that names no compute gets machines of its own, which go when it ends.

As Microsoft documents it (how-to-use-serverless-compute.md): the same price and the same quota as a cluster; a job that
asks for more cores than the quota fails, one that asks for cores that are in use waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from twoclouds.azure.account import CLOUD, REGION
from twoclouds.azure.catalog import billed, duration, machine_type, read
from twoclouds.azure.compute import quota
from twoclouds.azure.compute.compute_resource import find_size
from twoclouds.azure.compute.nodes import Node, Ticket, not_told
from twoclouds.azure.state import State
from twoclouds.wire.errors import NotSimulated
from twoclouds.world.clock import Lifecycle
from twoclouds.world.machines import MachineType
from twoclouds.world.quotas import QuotaExceeded
from twoclouds.world.world import World


class Serverless:
    """The machines of all serverless jobs, and the queue of those that wait for cores, which are served in order."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.queues: dict[MachineType, deque[Ticket]] = {}
        self.nodes: set[Node] = set()
        world.quotas.freed.append(self.serve)

    def request(self, job: str, size: MachineType, nodes: int, lost: Callable[[str], None]) -> Ticket:
        """Queue for `nodes` new machines of this size."""
        ticket = Ticket(job, nodes, self.world.clock.event(), lost)
        self.queues.setdefault(size, deque()).append(ticket)
        self.serve()
        return ticket

    def serve(self) -> None:
        """Jobs get their cores in the order in which they came; one that waits holds up only those of its size."""
        for size, queue in self.queues.items():
            while queue and self._take(size, queue[0].wanted):
                self._launch(queue.popleft(), size)

    def build(self, name: str, time: int) -> Lifecycle:
        """A machine that builds an image for `time` ms, its own start included; then it goes. It waits for its cores,
        and is billed, like a job's."""
        ticket = self.request(f"build/{name}", default_size(self.world, 1), 1, not_told)
        try:
            (node,) = yield ticket.ready
            node.enter("working")
            yield self.world.clock.timeout(max(0, time - duration(self.world, "node_boot")))
        finally:
            self.withdraw(ticket)

    def cores(self, family: str) -> int:
        """How many cores of a family the jobs hold."""
        return sum(node.machine.type.vcpus for node in self.nodes if node.machine.type.family == family)

    def _take(self, size: MachineType, nodes: int) -> bool:
        try:
            quota.take(self.world, size, nodes)
        except QuotaExceeded:
            return False
        return True

    def _launch(self, ticket: Ticket, size: MachineType) -> None:
        """Ask for the machines; they start up side by side."""
        for number in range(1, ticket.wanted + 1):
            machine = self.world.machine(account=CLOUD, name=f"serverless/{ticket.job}/node-{number}", type=size)
            machine.enter("provisioning", billed=billed(self.world, "preparing"), owner=ticket.job)
            ticket.nodes.append(Node(f"{ticket.job}-{number}", machine, self.world, ticket=ticket))
        self.nodes.update(ticket.nodes)
        self.world.clock.start(self._boot(ticket), name=f"{CLOUD}/serverless/{ticket.job}")

    def _boot(self, ticket: Ticket) -> Lifecycle:
        """The job has its machines when all are there."""
        yield self.world.clock.timeout(duration(self.world, "node_boot"))
        for node in ticket.nodes:
            yield from node.machine.boot(0)
        if ticket.nodes:
            ticket.give(ticket.nodes)

    def withdraw(self, ticket: Ticket) -> None:
        """A job leaves the queue, or its machines go."""
        for queue in self.queues.values():
            if ticket in queue:
                queue.remove(ticket)
                self.serve()
        for node in list(ticket.nodes):
            self.give_back(node)

    def give_back(self, node: Node) -> None:
        """A machine is released, and its cores with it."""
        if node.ticket is not None and node in node.ticket.nodes:
            node.ticket.nodes.remove(node)
            self.nodes.remove(node)
            node.machine.release()
            quota.give_back(self.world, node.machine.type, 1)


def target(state: State, resources: dict[str, Any], queue: dict[str, Any]) -> Sized:
    """Where a job that names no compute runs. Raises AzureError if the quota would never cover it."""
    if queue.get("jobTier") == "Spot":
        raise NotSimulated(
            "Azure ML serverless jobs on spot machines",
            "No source says whether they outlived the retirement of low-priority machines on 2026-03-31.",
        )
    nodes = resources.get("instanceCount") or 1
    asked = resources.get("instanceType")
    size = find_size(asked, REGION) if asked else default_size(state.world, nodes)
    try:
        quota.check(state.world, size, nodes)
    except QuotaExceeded as short:
        raise quota.refusal(size, nodes, short) from None
    return Sized(state.serverless, size)


def default_size(world: World, nodes: int) -> MachineType:
    """The first of `data/serverless.csv` whose quota has room now; or else the first that ever could have."""
    sizes = [machine_type(name) for name in read("serverless")]
    return next(
        (size for size in sizes if quota.room(world, size) >= nodes),
        next((size for size in sizes if quota.room(world, size, at_most=True) >= nodes), sizes[0]),
    )


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
