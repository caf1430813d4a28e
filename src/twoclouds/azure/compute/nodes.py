"""What a job asks its compute for, whatever kind that is: nodes, for which it holds a ticket while it waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from twoclouds.azure.catalog import billed, duration
from twoclouds.world.bill import Phase
from twoclouds.world.clock import Lifecycle
from twoclouds.world.machines import Machine
from twoclouds.world.world import World

NodeState = Literal["preparing", "idle", "running", "leaving"]


class ComputeGone(Exception):
    """The compute that a job was sent to is not there any more."""


@dataclass(eq=False)
class Ticket:
    """A job's claim to `wanted` nodes. `ready` happens, with the list of them as its value, when all are there.

    If the compute is taken away before the job is done, `lost(why)` is called.
    """

    job: str
    wanted: int
    ready: Any
    lost: Callable[[str], None]
    nodes: list[Node] = field(default_factory=list)

    def give(self, nodes: list[Node]) -> None:
        """These nodes are the job's, from now on."""
        self.nodes = nodes
        for node in nodes:
            node.state, node.ticket = "running", self
        self.ready.succeed(nodes)


@dataclass(eq=False)
class Node:
    """A virtual machine, and the ticket of the job that it works for."""

    name: str
    machine: Machine
    world: World
    state: NodeState = "preparing"
    ticket: Ticket | None = None
    rests: int = 0

    @property
    def job(self) -> str:
        """The name of the job that it works for."""
        return self.ticket.job if self.ticket else ""

    def enter(self, phase: Phase) -> None:
        """Its job begins a phase now (`provisioning` or `working`): for a running node the customer pays."""
        self.machine.enter(phase, billed=billed(self.world, "running"), owner=self.job)

    def prepare(self) -> Lifecycle:
        """It starts up."""
        self.machine.enter("provisioning", billed=billed(self.world, "preparing"))
        yield from self.machine.boot(duration(self.world, "node_boot"))

    def rest(self) -> None:
        """It has no job, from now on."""
        self.rests += 1
        self.state, self.ticket = "idle", None

    def wait(self) -> None:
        """It waits for a job, and somebody pays for that."""
        self.machine.enter("idle", billed=billed(self.world, "idle"), owner="")

    def leave(self) -> None:
        """It is being taken down, from now on."""
        self.state = "leaving"
        self.machine.enter("idle", billed=billed(self.world, "leaving"), owner="")


class Nodes(list[Node]):
    """The nodes of a cluster, in the order in which they came."""

    def those(self, *states: NodeState) -> list[Node]:
        """The nodes in one of these states."""
        return [node for node in self if node.state in states]

    def by_state(self) -> Counter[str]:
        """How many nodes are in each state."""
        return Counter(node.state for node in self)

    @property
    def staying(self) -> int:
        """How many nodes there are without those that leave."""
        return len(self) - len(self.those("leaving"))

    @property
    def resizing(self) -> bool:
        """Whether nodes are coming or going."""
        return bool(self.those("preparing", "leaving"))


class Target(Protocol):
    """Where a job runs: the pool of a cluster, serverless compute, or a compute instance."""

    def request(self, job: str, nodes: int = 1, *, lost: Callable[[str], None] = ...) -> Ticket:
        """Queue for so many nodes. `lost(why)` is called if the compute goes before the job is done.

        Raises ComputeGone if it has gone already.
        """

    def withdraw(self, ticket: Ticket) -> None:
        """The job needs nothing more: it leaves the queue, or gives back the nodes that it still has."""

    def give_back(self, node: Node) -> None:
        """The job needs this node no more."""


def not_told(why: str) -> None:
    """What `lost` is for those who need not be told."""


def beyond(nodes: int, maximum: int) -> str:
    """What is said of more nodes than a cluster can have; "" where it can."""
    said = f"Requested {nodes} nodes but AzureMLCompute cluster only has {maximum} maximum nodes."
    return said if nodes > maximum else ""
