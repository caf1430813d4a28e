"""CloudWatch Logs, as far as SageMaker writes and its users read them.

A stream is written whole when a script has run; each event becomes visible when its time has come.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account
from twoclouds.aws.errors import InvalidParameterException, ResourceNotFoundException
from twoclouds.aws.operations import Operation, Operations, Parameters
from twoclouds.wire.errors import NotSimulated

if TYPE_CHECKING:
    from twoclouds.aws.state import State

MOST_EVENTS = 10_000
"""GetLogEvents and FilterLogEvents return up to so many events a page."""


@dataclass
class Stream:
    """What one container printed: (ms since the lab opened, message), oldest first."""

    name: str
    created: int
    events: list[tuple[int, str]] = field(default_factory=list)

    def seen(self, now: int) -> list[tuple[int, str]]:
        """The events up to `now`."""
        return self.events[: bisect_right(self.events, now, key=lambda event: event[0])]


class Logs:
    """The log groups of the account."""

    def __init__(self) -> None:
        self._groups: dict[str, dict[str, Stream]] = {}

    def stream(self, group: str, name: str, *, now: int) -> Stream:
        """Make a stream, and its group if need be."""
        made = Stream(name, now)
        self._groups.setdefault(group, {})[name] = made
        return made

    def streams(self, group: str, prefix: str = "") -> list[Stream]:
        """A group's streams in order of their names. Raises ResourceNotFoundException."""
        if group not in self._groups:
            raise ResourceNotFoundException("The specified log group does not exist.")
        streams = self._groups[group]
        return [streams[name] for name in sorted(streams) if name.startswith(prefix)]

    def one(self, group: str, name: str) -> Stream:
        """A stream. Raises ResourceNotFoundException."""
        for stream in self.streams(group, name):
            if stream.name == name:
                return stream
        raise ResourceNotFoundException("The specified log stream does not exist.")


def describe_log_streams(state: State, parameters: Parameters) -> dict[str, Any]:
    """The streams of a group that are there now."""
    group = _group(parameters)
    streams = state.logs.streams(group, parameters.get("logStreamNamePrefix", ""))
    return {"logStreams": [_described(state, group, stream) for stream in streams]}


def _described(state: State, group: str, stream: Stream) -> dict[str, Any]:
    seen = stream.seen(state.world.clock.now)
    ends = (("firstEventTimestamp", 0), ("lastEventTimestamp", -1)) if seen else ()
    return {
        "logStreamName": stream.name,
        "creationTime": _epoch(state, stream.created),
        **{name: _epoch(state, seen[which][0]) for name, which in ends},
        "arn": f"arn:aws:logs:{account.REGION}:{account.ACCOUNT}:log-group:{group}:log-stream:{stream.name}",
        "storedBytes": 0,
    }


def get_log_events(state: State, parameters: Parameters) -> dict[str, Any]:
    """The events of a stream up to now: from the head, the tail, or where a token of an earlier answer points."""
    stream = state.logs.one(_group(parameters), parameters["logStreamName"])
    seen = [event for event in stream.seen(state.world.clock.now) if _wanted(state, parameters, event)]
    limit = parameters.get("limit", MOST_EVENTS)
    direction, position = _token(parameters)
    if direction == "f":
        first = position
        last = min(len(seen), first + limit)
    elif direction == "b":
        last = position
        first = max(0, last - limit)
    else:
        first = 0 if parameters.get("startFromHead") else max(0, len(seen) - limit)
        last = min(len(seen), first + limit)
    return {
        "events": [_event(state, event) for event in seen[first:last]],
        "nextForwardToken": f"f/{last:056d}",
        "nextBackwardToken": f"b/{first:056d}",
    }


def filter_log_events(state: State, parameters: Parameters) -> dict[str, Any]:
    """The events of all streams with a prefix that hold every term of the pattern, up to now, in order of time."""
    terms = _terms(parameters.get("filterPattern", ""))
    streams = state.logs.streams(_group(parameters), parameters.get("logStreamNamePrefix", ""))
    found = [
        {**_event(state, event), "logStreamName": stream.name, "eventId": f"{number:056d}"}
        for stream in streams
        for number, event in enumerate(stream.seen(state.world.clock.now))
        if _wanted(state, parameters, event) and all(term in event[1] for term in terms)
    ]
    found.sort(key=lambda event: event["timestamp"])
    _, first = _token(parameters, "/0")
    last = first + parameters.get("limit", MOST_EVENTS)
    return {"events": found[first:last], **({"nextToken": f"/{last:056d}"} if last < len(found) else {})}


def _group(parameters: Parameters) -> str:
    """The group that a request names. Raises InvalidParameterException if it names none."""
    if "logGroupIdentifier" in parameters:
        raise NotSimulated("CloudWatch Logs requests with logGroupIdentifier", "Name the group: logGroupName.")
    if "logGroupName" not in parameters:
        raise InvalidParameterException("Either logGroupName or logGroupIdentifier is required.")
    return str(parameters["logGroupName"])


def _token(parameters: Parameters, given: str = "/0") -> tuple[str, int]:
    """Where a page begins, or ("b") ends. Raises InvalidParameterException for what no answer has given out."""
    direction, _, position = parameters.get("nextToken", given).partition("/")
    if direction not in ("", "f", "b") or not position.isdigit():
        raise InvalidParameterException("The specified nextToken is invalid.")
    return direction, int(position)


def _wanted(state: State, parameters: Parameters, event: tuple[int, str]) -> bool:
    """Whether an event is from startTime or later, and from before endTime."""
    time, end = _epoch(state, event[0]), parameters.get("endTime")
    return bool(time >= parameters.get("startTime", 0) and (end is None or time < end))


def _terms(pattern: str) -> list[str]:
    """The terms of a filter pattern: words, or phrases in double quotes. Raises NotSimulated for anything more."""
    if re.search(r"[{}\[\]%?]|(^|\s)-", re.sub(r'"[^"]*"', "", pattern)):
        raise NotSimulated(f"logs:FilterLogEvents with filterPattern={pattern!r}")
    return [phrase or word for phrase, word in re.findall(r'"([^"]*)"|([^\s"]+)', pattern)]


def _event(state: State, event: tuple[int, str]) -> dict[str, Any]:
    time = _epoch(state, event[0])
    return {"timestamp": time, "message": event[1], "ingestionTime": time}


def _epoch(state: State, time: int) -> int:
    return round(state.epoch(time) * 1000)


def messages(lines: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    """Lines as events. CloudWatch takes no empty message: empty lines are dropped. What a container prints passes a
    system log on its way: a tab arrives as #011."""
    return [(time, text.replace("\t", "#011")) for time, text in lines if text]


OPERATIONS: Operations = {
    ("logs", "DescribeLogStreams"): Operation(describe_log_streams, "ModelTrainer.train(logs=True)"),
    ("logs", "GetLogEvents"): Operation(get_log_events, "ModelTrainer.train(logs=True)"),
    ("logs", "FilterLogEvents"): Operation(filter_log_events, "lesson 1: what the script printed"),
}
