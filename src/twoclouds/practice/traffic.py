"""A day of customers who ask the endpoint `sensors`, on whichever cloud it is, while a learner's design runs it.

The customers are no part of the design: they come at their time, whatever the learner's code waits for meanwhile, and
note whether they got an answer that the model would give, and after how long. All times are virtual.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from typing import Any

from twoclouds.lab import Lab
from twoclouds.practice.worlds import SENSORS, course_file
from twoclouds.practice.worlds.lesson05 import ENDPOINT, fitted
from twoclouds.tables import dollars
from twoclouds.wire.http import Request, Response
from twoclouds.world.clock import SECOND, Lifecycle

HOUR, DAY = 3600, 86400
FEATURES = ("age", "load", "temperature", "vibration")
CLOSE_ENOUGH = 1e-9

Operate = Callable[[int, int, int], object]
"""A design: called as `operate(hour, opens, closes)` at the start of each hour of the day, 0 to 23."""


@dataclass(frozen=True)
class Day:
    """Opening hours, and the second of the day in which each customer comes; those at night expect nothing."""

    name: str
    opens: int
    closes: int
    comes: tuple[int, ...]

    def in_hours(self, second: int) -> bool:
        return self.opens * HOUR <= second < self.closes * HOUR


@dataclass(frozen=True)
class Asked:
    """What a customer got: the model's answer or not, after how many ms."""

    second: int
    good: bool
    took: int


@dataclass(frozen=True)
class Served:
    """A day that is over: its customers in opening hours, and all that was billed from midnight to midnight."""

    day: Day
    asked: tuple[Asked, ...]
    cost: Fraction

    @property
    def unanswered(self) -> tuple[Asked, ...]:
        return tuple(one for one in self.asked if not one.good)

    def slower_than(self, milliseconds: int) -> tuple[Asked, ...]:
        """Those who were answered later than that."""
        return tuple(one for one in self.asked if one.good and one.took > milliseconds)

    def __repr__(self) -> str:
        slow = max((one.took for one in self.asked if one.good), default=0)
        return (
            f"{self.day.name}, open from {self.day.opens} to {self.day.closes}: {len(self.asked)} customers, "
            f"{len(self.unanswered)} without an answer, the slowest after {slow / SECOND:.2f} s; {dollars(self.cost)}."
        )


def serve(lab: Lab, day: Day, operate: Operate | None) -> Served:
    """Let the next whole day pass, from midnight to midnight, with its customers; `operate` is called at each hour.

    What `operate` raises is raised here, and the customers stay away from then on.
    """
    clock = lab.world.clock
    now = clock.datetime
    midnight = clock.now + (DAY - (now.hour * 60 + now.minute) * 60 - now.second) * SECOND - now.microsecond // 1000
    clock.advance_to(midnight)
    book = _Book()
    before = lab.world.bill.total()
    with clock.lock:
        clock.start(_customers(lab, day, midnight, book), name=f"the customers of {day.name}")
    try:
        for hour in range(24):
            clock.advance_to(max(clock.now, midnight + hour * HOUR * SECOND))
            if operate is not None:
                operate(hour, day.opens, day.closes)
        clock.advance_to(max(clock.now, midnight + DAY * SECOND))
    finally:
        book.closed = True
    return Served(day, tuple(book.asked), lab.world.bill.total() - before)


@dataclass
class _Book:
    """What customers have noted so far; once it is closed, nobody comes any more."""

    asked: list[Asked] = field(default_factory=list)
    closed: bool = False


def _customers(lab: Lab, day: Day, midnight: int, book: _Book) -> Lifecycle:
    clock = lab.world.clock
    for second, (body, expected) in zip(day.comes, _questions(), strict=False):
        yield clock.timeout(max(0, midnight + second * SECOND - clock.now))
        if book.closed:
            return
        response = yield clock.outside(partial(_ask, lab, body))
        if day.in_hours(second):
            book.asked.append(Asked(second, _is_good(response, expected), response.took if response else 0))


def _questions() -> Iterator[tuple[bytes, float]]:
    """The machines of the sensor table, over and over: what is asked, and what the model says."""
    import runpy

    predict = runpy.run_path(str(course_file(f"{SENSORS}/src/train.py")))["predict"]
    model = fitted(8)
    with course_file(f"{SENSORS}/data/sensors.csv").open(encoding="utf-8", newline="") as file:
        rows = [[float(row[name]) for name in FEATURES] for row in csv.DictReader(file)]
    answers = [(json.dumps(row).encode(), predict(model, row)) for row in rows]
    while True:
        yield from answers


def _ask(lab: Lab, body: bytes) -> Response | None:
    """One question over the network; None if there is no address to send it to."""
    request = _to_sagemaker(lab, body) or _to_azure(lab, body)
    return lab.send(request) if request else None


def _to_sagemaker(lab: Lab, body: bytes) -> Request | None:
    if ENDPOINT not in lab.aws.state.endpoints:
        return None
    import boto3
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    session: Any = boto3.Session()
    url = f"https://runtime.sagemaker.{session.region_name}.amazonaws.com/endpoints/{ENDPOINT}/invocations"
    signed = AWSRequest("POST", url, {"Content-Type": "application/json"}, body)
    SigV4Auth(session.get_credentials(), "sagemaker", session.region_name).add_auth(signed)
    return Request("POST", url, {name.lower(): value for name, value in signed.headers.items()}, body)


def _to_azure(lab: Lab, body: bytes) -> Request | None:
    endpoint = lab.azure.state.endpoints.get(ENDPOINT)
    if endpoint is None:
        return None
    headers = {"authorization": f"Bearer {endpoint.keys['Primary']}", "content-type": "application/json"}
    return Request("POST", f"https://{endpoint.host}/score", {"host": endpoint.host, **headers}, body)


def _is_good(response: Response | None, expected: float) -> bool:
    if response is None or response.status != 200:
        return False
    try:
        return abs(float(json.loads(response.body)) - expected) < CLOSE_ENOUGH
    except (TypeError, ValueError):
        return False
