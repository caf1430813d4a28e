"""The tables of `which_seconds`: what the bill of a lab says about each stretch of a machine's time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from twoclouds.aws import catalog as aws_catalog
from twoclouds.azure import catalog as azure_catalog
from twoclouds.explorables.laboratory import Assumed, laboratory
from twoclouds.explorables.which_seconds import calls, stories
from twoclouds.explorables.which_seconds.stories import Movable, Stretch
from twoclouds.lab import Lab
from twoclouds.world.bill import Line
from twoclouds.world.clock import SECOND

Data = dict[str, Any]
TABLE_OF = {"azure": azure_catalog.read, "aws": aws_catalog.table}


def job(assumed: Assumed | None = None) -> Data:
    """One job on each cloud, with nothing set beyond the defaults."""
    with laboratory(stories.FILES, assumed=assumed) as lab:
        calls.cluster(min_instances=0)
        calls.azure_job("sensors")
        lab.skip(minutes=4)
        calls.aws_job("sensors")
        tracks = [
            track(lab, "azure/cpu-cluster/node-1", "one node of a cluster", stories.AZURE_JOB),
            track(lab, "aws/sensors/algo-1", "the machine of one training job", stories.AWS_JOB),
        ]
        return {**stories.JOB, "tracks": tracks, "assumptions": movable(lab, stories.JOB_MOVABLE)}


def pool(assumed: Assumed | None = None) -> Data:
    """A job whose machine is kept: by a minimum of one node; by a warm pool; and by a warm pool without its quota."""
    with laboratory(stories.FILES, assumed=assumed) as lab:
        calls.cluster(min_instances=1)
        lab.skip(seconds=float(lab.world.assumptions.now("azure/node_boot")) + 16 * 60)
        calls.azure_job("sensors")
        lab.skip(minutes=60)
        azure = track(lab, "azure/cpu-cluster/node-1", "a cluster with min_instances=1", stories.AZURE_POOL)
        calls.aws_job("refused", keep_alive_period_in_seconds=1800)
        calls.allow_a_warm_pool()
        lab.skip(minutes=60)
        calls.aws_job("kept", keep_alive_period_in_seconds=1800)
        lab.skip(minutes=60)
        tracks = [
            azure,
            track(lab, "aws/kept/algo-1", "a job with a warm pool of half an hour", stories.AWS_POOL),
            track(lab, "aws/refused/algo-1", "the same, without a quota for warm pools", stories.AWS_NO_POOL),
        ]
        return {**stories.POOL, "tracks": tracks, "assumptions": movable(lab, stories.JOB_MOVABLE)}


def endpoint(assumed: Assumed | None = None) -> Data:
    """A model that is served from Friday to Monday, and one that fails to be."""
    with laboratory(stories.FILES, assumed=assumed) as lab:
        calls.azure_endpoint()
        calls.azure_deployment("blue", "score.py")
        lab.skip(hours=67)
        served = track(lab, "azure/sensors/blue/instance-1", "a deployment", stories.AZURE_SERVED)
        calls.azure_deployment("broken", "wrong.py")
        lab.skip(hours=66)
        broken = track(lab, "azure/sensors/broken/instance-1", "a deployment that fails", stories.AZURE_BROKEN)
        calls.aws_endpoint("sensors", "inference.py")
        lab.skip(hours=67)
        tracks = [
            served,
            broken,
            track(lab, "aws/sensors/AllTraffic-1", "an endpoint", stories.AWS_SERVED),
        ]
        calls.aws_endpoint("broken", "wrong.py")
        lab.skip(hours=66)
        tracks.append(track(lab, "aws/broken/AllTraffic-1", "an endpoint that fails", stories.AWS_BROKEN))
        return {**stories.ENDPOINT, "tracks": tracks, "assumptions": movable(lab, stories.ENDPOINT_MOVABLE)}


TABLES: dict[str, Callable[[], Data]] = {"job": job, "pool": pool, "endpoint": endpoint}


def track(lab: Lab, machine: str, what: str, stretches: Sequence[Stretch]) -> Data:
    """The time of one machine up to now, as the bill has it, cut into stretches that have names."""
    cloud, _, name = machine.partition("/")
    holder, _, last = name.rpartition("/")
    same = [line for line in lab.world.bill if line.account == cloud and held_by(line, holder)]
    lines = [line for line in same if line.resource.endswith(f"/{last}")]
    parts = list(cut(lines, stretches, lab.world.clock.now))
    before = stretches[0].seconds if stretches[0].phase is None else 0
    return {
        "cloud": cloud,
        "what": what,
        "machine": lines[0].item,
        "hourly": str(lab_price(cloud, lines[0].item)),
        "run": sum(seconds for stretch, seconds, _ in parts if stretch.phase == "working" and stretch.seconds),
        "stretches": [told(stretch, seconds, billed) for stretch, seconds, billed in parts],
        "beside": beside([line for line in same if line not in lines], lines[0].start - before * SECOND, parts),
    }


def held_by(line: Line, holder: str) -> bool:
    """Whether a line is for something of a cluster, job or deployment; a job of the SDK has the time in its name."""
    owner = line.resource.rpartition("/")[0]
    return owner == holder or owner.startswith(f"{holder}-2026")


def lab_price(cloud: str, item: str) -> Any:
    """What an hour of a machine costs, from the cloud's price list."""
    return {"azure": azure_catalog.machine_type, "aws": aws_catalog.machine_type}[cloud](item).hourly


def cut(lines: Sequence[Line], stretches: Sequence[Stretch], now: int) -> Iterator[tuple[Stretch, int, bool]]:
    """(stretch, seconds, billed) for each: a line of the bill is one stretch, or several of which all but the last say
    how long they are; a stretch in which there is no machine is on no line. A line that is still open may go on after
    the last stretch."""
    rest = list(lines)
    used = 0
    for stretch in stretches:
        if stretch.phase is None:
            kept = bool(stretch.bills and rest and rest.pop(0).hourly)  # where it is assumed that there is none
            yield stretch, stretch.seconds, kept
            continue
        left = rest[0].lasted(now) // SECOND - used
        seconds = stretch.seconds or left
        yield stretch, seconds, rest[0].hourly > 0
        used += seconds
        if seconds == left:
            rest.pop(0)
            used = 0
    if [line for line in rest if line.end is not None]:
        raise ValueError(f"The bill has what no stretch tells of: {rest}")


def told(stretch: Stretch, seconds: int, billed: bool) -> Data:
    """A stretch as the figure shows it."""
    return {
        "name": stretch.name,
        "phase": stretch.phase,
        "seconds": seconds,
        "billed": billed,
        "because": stretch.because,
        "source": source(stretch.row) if stretch.row else "",
        "assumed": stretch.assumed,
        "length": stretch.length,
        "bills": stretch.bills,
    }


def source(row: str) -> str:
    """What a row of a cloud's data is taken from, and when."""
    cloud, table, name = row.split("/")
    found = TABLE_OF[cloud](table)[name]
    return f"{found.source}; {found.date}"


def beside(others: Sequence[Line], start: int, parts: Sequence[tuple[Stretch, int, bool]]) -> list[Data]:
    """What else is billed in the machine's time: from which stretch to which."""
    edges = [start + sum(seconds for _, seconds, _ in parts[:place]) * SECOND for place in range(len(parts) + 1)]
    found: dict[str, Data] = {}
    for line in others:
        if not line.hourly:
            continue
        first = edges.index(line.start)
        last = len(parts) - 1 if line.end is None else edges.index(line.end) - 1
        before = found.get(line.item, {"first": first})
        found[line.item] = {**before, "name": line.item, "hourly": str(line.hourly * line.count), "last": last}
    return list(found.values())


def movable(lab: Lab, chosen: Sequence[Movable]) -> list[Data]:
    """What is assumed and may be moved, with the reason and the date of its row."""
    given = {assumption.name: assumption for assumption in lab.world.assumptions}
    return [
        {
            "name": one.name,
            "label": one.label,
            "value": given[one.name].value,
            "most": one.most,
            "why": given[one.name].why,
            "date": given[one.name].date,
        }
        for one in chosen
    ]
