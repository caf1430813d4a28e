"""What the owner of a cluster does to its pool: set other limits, and delete it."""

from __future__ import annotations

from twoclouds.azure.compute.nodes import beyond
from twoclouds.azure.compute.pool import Pool


def scale(pool: Pool, *, minimum: int, maximum: int, idle_time: int) -> None:
    """Set the limits; missing nodes come at once, idle ones go when they have been idle for `idle_time` ms."""
    pool.minimum, pool.maximum, pool.idle_time = minimum, maximum, idle_time
    for ticket in [each for each in pool.queue if each.wanted > maximum]:
        pool.queue.remove(ticket)
        ticket.lost(beyond(ticket.wanted, maximum))
    pool.reconsider()


def close(pool: Pool, why: str) -> None:
    """The cluster is deleted: every node is released, now, and whoever had or wanted one is told."""
    pool.gone = why
    running = dict.fromkeys(node.ticket for node in pool.nodes if node.ticket)
    for node in pool.nodes:
        node.machine.release()
    for ticket in (*running, *pool.queue):
        ticket.lost(why)
    pool.nodes.clear()
    pool.queue.clear()
    pool.changed()
