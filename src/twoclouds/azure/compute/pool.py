"""The pool: the nodes of a compute cluster. It grows when a job waits, and shrinks when a node has been idle too long.

As Microsoft documents AmlCompute (how-to-create-attach-compute-cluster.md, how-to-manage-optimize-cost.md): the cluster
scales between its minimum and its maximum number of nodes; a job that finds no free node waits in the cluster's queue;
a node without a job stays, and is billed, until the idle time before scale-down has passed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from itertools import islice

from twoclouds.azure.account import CLOUD
from twoclouds.azure.catalog import duration
from twoclouds.azure.compute.nodes import ComputeGone, Node, Nodes, Ticket, beyond, not_told
from twoclouds.world.clock import Lifecycle
from twoclouds.world.machines import MachineType
from twoclouds.world.world import World


@dataclass(eq=False)
class Pool:
    """The nodes of one cluster: never more than `maximum`, and once they are there never fewer than `minimum`.

    `changed` is called whenever nodes come, are there, leave or are gone. `idle_time` is in ms.
    """

    world: World
    _: KW_ONLY
    name: str
    type: MachineType
    minimum: int
    maximum: int
    idle_time: int
    changed: Callable[[], None] = lambda: None
    gone: str = ""
    nodes: Nodes = field(default_factory=Nodes)
    queue: deque[Ticket] = field(default_factory=deque)
    made: int = 0

    def request(self, job: str, nodes: int = 1, *, lost: Callable[[str], None] = not_told) -> Ticket:
        """Queue for `nodes` nodes, which come all at once. Raises ComputeGone."""
        if refused := self.gone or beyond(nodes, self.maximum):
            raise ComputeGone(refused)
        ticket = Ticket(job, nodes, self.world.clock.event(), lost)
        self.queue.append(ticket)
        self._serve()
        return ticket

    def withdraw(self, ticket: Ticket) -> None:
        """A job needs nothing more: it leaves the queue, or its nodes are free for the next."""
        if ticket in self.queue:
            self.queue.remove(ticket)
            self.reconsider()
        for node in list(ticket.nodes):
            self.give_back(node)

    def give_back(self, node: Node) -> None:
        """A job has ended: the node is free for the next."""
        if node.ticket is not None and not self.gone:
            node.ticket.nodes.remove(node)
            self._rest(node)

    def reconsider(self) -> None:
        """Fewer or more nodes may be wanted now: those who wait are served, and idle times begin anew."""
        self._serve()
        for node in self.nodes.those("idle"):
            self._rest(node)

    def _serve(self) -> None:
        """Jobs take idle nodes, in the order in which they came; for those that still wait, the pool grows."""
        while self.queue and self.queue[0].wanted <= len(idle := self.nodes.those("idle")):
            ticket = self.queue.popleft()
            ticket.give(idle[: ticket.wanted])
        if self.nodes.those("leaving"):
            return  # "a new job has to wait for the cluster to scale down and then scale up"
        wanted = sum(ticket.wanted for ticket in islice(self.queue, self.maximum))
        missing = max(wanted - len(self.nodes.those("idle", "preparing")), self.minimum - len(self.nodes))
        for _ in range(min(missing, self.maximum - len(self.nodes))):
            self._grow()

    def _grow(self) -> None:
        """Ask for one more machine."""
        self.made += 1
        machine = self.world.machine(account=CLOUD, name=f"{self.name}/node-{self.made}", type=self.type)
        node = Node(f"tvmps_{self.world.ids.hex('azure/node', self.name)}_d", machine, self.world)
        self.nodes.append(node)
        self.changed()
        self.world.clock.start(self._prepare(node), name=machine.name)

    def _prepare(self, node: Node) -> Lifecycle:
        """A node starts up, then is there for jobs."""
        yield from node.prepare()
        if not self.gone:
            self._rest(node)
            self.changed()

    def _rest(self, node: Node) -> None:
        """A node has nothing to do: it takes the next job in the queue, or waits for one, and the idle time begins.

        If there are more than the maximum by now, it leaves at once.
        """
        node.rest()
        if self.nodes.staying > self.maximum:
            self._let_go(node)
        self._serve()
        if node.state == "idle":
            node.wait()
            self.world.clock.start(self._leave_when_idle(node, node.rests), name=node.machine.name)

    def _leave_when_idle(self, node: Node, rest: int) -> Lifecycle:
        """When it has been idle for so long, a node that no job waits for and that is more than the minimum leaves."""
        yield self.world.clock.timeout(self.idle_time)
        if node.state == "idle" and node.rests == rest and not self.queue and self.nodes.staying > self.minimum:
            self._let_go(node)

    def _let_go(self, node: Node) -> None:
        """A node begins to leave."""
        node.leave()
        self.changed()
        self.world.clock.start(self._leave(node), name=node.machine.name)

    def _leave(self, node: Node) -> Lifecycle:
        """A node is taken down, then its machine is released."""
        yield self.world.clock.timeout(duration(self.world, "node_leave"))
        if not self.gone:
            node.machine.release()
            self.nodes.remove(node)
            self._serve()
            self.changed()
