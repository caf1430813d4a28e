"""The pool: the nodes of a compute cluster. It grows when a job waits, and shrinks when a node has been idle too long.

As Microsoft documents AmlCompute (how-to-create-attach-compute-cluster.md, how-to-manage-optimize-cost.md): the cluster
scales between its minimum and its maximum number of nodes; a job that finds no free node waits in the cluster's queue;
a node without a job stays, and is billed, until the idle time before scale-down has passed.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, Literal

from twoclouds.azure.account import CLOUD
from twoclouds.azure.catalog import billed, duration
from twoclouds.world.clock import Lifecycle
from twoclouds.world.machines import Machine, MachineType
from twoclouds.world.world import World

NodeState = Literal["preparing", "idle", "running", "leaving"]


@dataclass
class Node:
    """A virtual machine of the pool. `job` is the one it works for."""

    name: str
    machine: Machine
    state: NodeState = "preparing"
    job: str = ""
    rests: int = 0


@dataclass
class Ticket:
    """A job's place in the queue; `ready` happens, with the node as its value, when it is the job's turn."""

    job: str
    ready: Any
    node: Node | None = field(default=None)


class Pool:
    """The nodes of one cluster: never more than `maximum`, and once they are there never fewer than `minimum`."""

    def __init__(
        self, world: World, *, name: str, type: MachineType, minimum: int, maximum: int, idle_time: int
    ) -> None:
        self.name = name
        self.type = type
        self.minimum = minimum
        self.maximum = maximum
        self.idle_time = idle_time
        self.nodes: list[Node] = []
        self.queue: deque[Ticket] = deque()
        self.closed = False
        self._world = world
        self._clock = world.clock
        self._made = 0

    # What jobs do with it

    def request(self, job: str) -> Ticket:
        """Queue for a node."""
        ticket = Ticket(job, self._clock.event())
        self.queue.append(ticket)
        self._serve()
        return ticket

    def give_back(self, node: Node) -> None:
        """A job has ended: the node is free for the next."""
        self._rest(node)

    # What happens to the nodes

    def scale(self, *, minimum: int, maximum: int, idle_time: int) -> None:
        """Set the limits; missing nodes come at once, surplus ones go when they have been idle for `idle_time` ms."""
        self.minimum, self.maximum, self.idle_time = minimum, maximum, idle_time
        self._serve()
        for node in self.nodes:
            if node.state == "idle":
                self._rest(node)

    def _serve(self) -> None:
        """Idle nodes take the jobs that wait, oldest first; for those that are left, the pool grows."""
        for node in self.nodes:
            if node.state == "idle" and self.queue:
                ticket = self.queue.popleft()
                node.state, node.job, ticket.node = "running", ticket.job, node
                ticket.ready.succeed(node)
        while len(self.nodes) < self.maximum and (self._coming() < len(self.queue) or self._staying() < self.minimum):
            self._grow()

    def _grow(self) -> None:
        """Ask for one more machine."""
        self._made += 1
        machine = self._world.machine(account=CLOUD, name=f"{self.name}/node-{self._made}", type=self.type)
        identifier = self._world.ids.hex("azure/node", self.name)
        node = Node(f"tvmps_{identifier}_d", machine)
        self.nodes.append(node)
        self._clock.start(self._prepare(node), name=machine.name)

    def _prepare(self, node: Node) -> Lifecycle:
        """A node starts up, then is there for jobs."""
        node.machine.enter("provisioning", billed=billed(self._world, "preparing"))
        yield from node.machine.boot(duration(self._world, "node_boot"))
        if not self.closed:
            self._rest(node)

    def _rest(self, node: Node) -> None:
        """A node has nothing to do: it takes the next job in the queue, or waits for one, and the idle time begins."""
        node.rests += 1
        node.state, node.job = "idle", ""
        self._serve()
        if node.state == "idle":
            node.machine.enter("idle", billed=billed(self._world, "idle"), owner="")
            self._clock.start(self._leave_when_idle(node, node.rests), name=node.machine.name)

    def _leave_when_idle(self, node: Node, rest: int) -> Lifecycle:
        """When it has been idle for so long, a node that is more than the minimum leaves."""
        yield self._clock.timeout(self.idle_time)
        if node.state != "idle" or node.rests != rest or self._staying() <= self.minimum:
            return
        node.state = "leaving"
        node.machine.enter("idle", billed=billed(self._world, "leaving"))
        yield self._clock.timeout(duration(self._world, "node_leave"))
        if not self.closed:
            node.machine.release()
            self.nodes.remove(node)
            self._serve()

    def close(self) -> None:
        """The cluster is deleted: every node is released, now."""
        self.closed = True
        for node in self.nodes:
            node.machine.release()
        self.nodes.clear()
        self.queue.clear()

    # What can be seen of it

    def count(self) -> Counter[str]:
        """How many nodes are in each state."""
        return Counter(node.state for node in self.nodes)

    @property
    def resizing(self) -> bool:
        """Whether nodes are coming or going."""
        return any(node.state in ("preparing", "leaving") for node in self.nodes)

    def _coming(self) -> int:
        return self.count()["preparing"]

    def _staying(self) -> int:
        return len(self.nodes) - self.count()["leaving"]
