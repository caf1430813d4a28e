"""What is so in every world, whatever was asked of its clouds."""

from itertools import pairwise


def check_now(lab):
    """At any moment: no quota is overdrawn or negative, and no lifecycle broke in a way nobody thought of."""
    world = lab.world
    for name in world.quotas:
        assert world.quotas.used(name) >= 0, f"{name} is overdrawn"
        assert world.quotas.used(name) <= world.quotas.limit(name), f"more of {name} is taken than there is"
    for failure in world.clock.failures:
        if str(failure.error) != "the runner broke":
            raise AssertionError(f"the lifecycle {failure.name} raised") from failure.error


def check_bill(world, instants=()):
    """The sum over anything is the total, and nothing is billed twice at a time."""
    for at in [*instants, world.clock.now]:
        total = world.bill.total(at=at)
        for field in ("account", "resource", "phase", "item", "owner"):
            assert sum(world.bill.by(field, at=at).values()) == total
    by_machine = {}
    for line in world.bill:
        by_machine.setdefault((line.account, line.resource, line.item), []).append(line)
    for lines in by_machine.values():
        ends = [world.clock.now if line.end is None else line.end for line in lines]
        starts = [line.start for line in lines]
        assert all(end <= start for (end, _), (_, start) in pairwise(zip(ends, starts, strict=True))), lines
