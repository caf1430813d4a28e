"""The pool: the nodes of a compute cluster. It grows when a job waits, and shrinks when a node has been idle too long.

As Microsoft documents AmlCompute (how-to-create-attach-compute-cluster.md, how-to-manage-optimize-cost.md): the cluster
scales between its minimum and its maximum number of nodes; a job that finds no free node waits in the cluster's queue;
a node without a job stays, and is billed, until the idle time before scale-down has passed.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from itertools import islice

from twoclouds.azure.account import CLOUD
from twoclouds.azure.catalog import billed, duration
from twoclouds.azure.compute.nodes import ComputeGone, Node, Ticket, not_told
from twoclouds.world.clock import Lifecycle
from twoclouds.world.machines import MachineType
from twoclouds.world.world import World


class Pool:
    """The nodes of one cluster: never more than `maximum`, and once they are there never fewer than `minimum`.

    `changed` is called whenever nodes come, are there, leave or are gone.
    """

    def __init__(
        self,
        world: World,
        *,
        name: str,
        type: MachineType,
        minimum: int,
        maximum: int,
        idle_time: int,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.type = type
        self.minimum = minimum
        self.maximum = maximum
        self.idle_time = idle_time
        self.nodes: list[Node] = []
        self.queue: deque[Ticket] = deque()
        self.gone = ""
        self._world = world
        self._clock = world.clock
        self._made = 0
        self._changed = changed

    # What jobs do with it

    def request(self, job: str, nodes: int = 1, *, lost: Callable[[str], None] = not_told) -> Ticket:
        """Queue for `nodes` nodes, which come all at once. Raises ComputeGone."""
        if self.gone:
            raise ComputeGone(self.gone)
        if nodes > self.maximum:
            raise ComputeGone(self._too_many(nodes))
        ticket = Ticket(job, nodes, self._clock.event(), lost)
        self.queue.append(ticket)
        self._serve()
        return ticket

    def withdraw(self, ticket: Ticket) -> None:
        """A job needs nothing more: it leaves the queue, or its nodes are free for the next."""
        if ticket in self.queue:
            self.queue.remove(ticket)
            self._serve()
            self._rest_again()
        for node in list(ticket.nodes):
            self.give_back(node)

    def give_back(self, node: Node) -> None:
        """A job has ended: the node is free for the next."""
        if node.ticket is not None and not self.gone:
            node.ticket.nodes.remove(node)
            self._rest(node)

    # What happens to the nodes

    def scale(self, *, minimum: int, maximum: int, idle_time: int) -> None:
        """Set the limits; missing nodes come at once, idle ones go when they have been idle for `idle_time` ms."""
        self.minimum, self.maximum, self.idle_time = minimum, maximum, idle_time
        for ticket in [each for each in self.queue if each.wanted > maximum]:
            self.queue.remove(ticket)
            ticket.lost(self._too_many(ticket.wanted))
        self._serve()
        self._rest_again()

    def _rest_again(self) -> None:
        """The idle time of every idle node begins anew."""
        for node in self._in("idle"):
            self._rest(node)

    def _serve(self) -> None:
        """Jobs take idle nodes, in the order in which they came; for those that still wait, the pool grows."""
        while self.queue and self.queue[0].wanted <= len(idle := self._in("idle")):
            ticket = self.queue.popleft()
            ticket.give(idle[: ticket.wanted])
        if self._in("leaving"):
            return  # "a new job has to wait for the cluster to scale down and then scale up"
        wanted = sum(ticket.wanted for ticket in islice(self.queue, self.maximum))
        while len(self.nodes) < self.maximum and (self._free() < wanted or len(self.nodes) < self.minimum):
            self._grow()

    def _grow(self) -> None:
        """Ask for one more machine."""
        self._made += 1
        machine = self._world.machine(account=CLOUD, name=f"{self.name}/node-{self._made}", type=self.type)
        identifier = self._world.ids.hex("azure/node", self.name)
        node = Node(f"tvmps_{identifier}_d", machine, self._world)
        self.nodes.append(node)
        self._changed()
        self._clock.start(self._prepare(node), name=machine.name)

    def _prepare(self, node: Node) -> Lifecycle:
        """A node starts up, then is there for jobs."""
        node.machine.enter("provisioning", billed=billed(self._world, "preparing"))
        yield from node.machine.boot(duration(self._world, "node_boot"))
        if not self.gone:
            self._rest(node)
            self._changed()

    def _rest(self, node: Node) -> None:
        """A node has nothing to do: it takes the next job in the queue, or waits for one, and the idle time begins.

        If there are more than the maximum by now, it leaves at once.
        """
        node.rests += 1
        node.state, node.ticket = "idle", None
        if self.staying() > self.maximum:
            self._let_go(node)
        self._serve()
        if node.state == "idle":
            node.machine.enter("idle", billed=billed(self._world, "idle"), owner="")
            self._clock.start(self._leave_when_idle(node, node.rests), name=node.machine.name)

    def _leave_when_idle(self, node: Node, rest: int) -> Lifecycle:
        """When it has been idle for so long, a node that no job waits for and that is more than the minimum leaves."""
        yield self._clock.timeout(self.idle_time)
        if node.state == "idle" and node.rests == rest and not self.queue and self.staying() > self.minimum:
            self._let_go(node)

    def _let_go(self, node: Node) -> None:
        """A node begins to leave."""
        node.state = "leaving"
        node.machine.enter("idle", billed=billed(self._world, "leaving"), owner="")
        self._changed()
        self._clock.start(self._leave(node), name=node.machine.name)

    def _leave(self, node: Node) -> Lifecycle:
        """A node is taken down, then its machine is released."""
        yield self._clock.timeout(duration(self._world, "node_leave"))
        if not self.gone:
            node.machine.release()
            self.nodes.remove(node)
            self._serve()
            self._changed()

    def close(self, why: str) -> None:
        """The cluster is deleted: every node is released, now, and whoever had or wanted one is told."""
        self.gone = why
        running = dict.fromkeys(node.ticket for node in self.nodes if node.ticket)
        for node in self.nodes:
            node.machine.release()
        for ticket in (*running, *self.queue):
            ticket.lost(why)
        self.nodes.clear()
        self.queue.clear()
        self._changed()

    # What can be seen of it

    def count(self) -> Counter[str]:
        """How many nodes are in each state."""
        return Counter(node.state for node in self.nodes)

    def staying(self) -> int:
        """How many nodes there are without those that leave."""
        return len(self.nodes) - len(self._in("leaving"))

    @property
    def resizing(self) -> bool:
        """Whether nodes are coming or going."""
        return any(node.state in ("preparing", "leaving") for node in self.nodes)

    def _too_many(self, nodes: int) -> str:
        return f"Requested {nodes} nodes but AzureMLCompute cluster only has {self.maximum} maximum nodes."

    def _in(self, state: str) -> list[Node]:
        return [node for node in self.nodes if node.state == state]

    def _free(self) -> int:
        return len(self._in("idle")) + len(self._in("preparing"))
