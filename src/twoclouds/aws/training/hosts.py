"""The containers of one job, each on its own machine: really run, told again over virtual time, and stopped.

A script's run takes no virtual time; what it printed appears over the time that its workload takes. To stop it in the
middle means to run it again up to the line that it had reached, and to raise SIGTERM in it there.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from twoclouds.aws import catalog
from twoclouds.aws.logs import Stream, messages
from twoclouds.world.clock import SECOND, seconds
from twoclouds.world.container import Container, Transcript
from twoclouds.world.replay import replay

if TYPE_CHECKING:
    from twoclouds.aws.state import State

GRACE = 120 * SECOND
"""How long a script has after SIGTERM, before it is killed."""

DRIVER_READY = ("Executing command: ", "Invoking script with the following command:")
"""How the line begins with which ModelTrainer's driver, or an image's toolkit, hands over to the script."""

Waits = Generator[Any, Any, Any]


@dataclass
class Host:
    """One container of the job, what it printed, and its end."""

    container: Container
    transcript: Transcript
    stream: Stream
    stopped: bool = False

    @property
    def files(self) -> Mapping[str, bytes]:
        """What it leaves behind: nothing, if it was to be stopped, ran on without printing a line, and was killed."""
        return {} if self.stopped and self.transcript.outcome != "stopped" else self.transcript.files


def run(state: State, group: str, containers: Sequence[tuple[str, Callable[[], Container]]]) -> list[Host]:
    """Run a container for each (log stream, how to make it), to its end. Called outside the clock's lock."""
    world, hosts = state.world, []
    for name, make in containers:
        container = make()
        transcript = world.runner.run(container, send=state.send)
        with world.clock.lock:
            stream = state.logs.stream(group, name, now=world.clock.now)
            hosts.append(Host(container, transcript, stream))
    return hosts


def tell(state: State, hosts: Iterable[Host], scripts: Iterable[str], types: Sequence[str]) -> int:
    """Spread what was printed over the time that it takes on each machine's type, from now on: how long all take."""
    names, longest = list(scripts), 0
    for host, instance_type in zip(hosts, types, strict=True):
        vcpus = catalog.machine_type(instance_type).vcpus
        span = state.world.workloads.duration(names, vcpus=vcpus, slept=host.transcript.slept)
        host.stream.events = _told(host.transcript, state.world.clock.now, span)
        longest = max(longest, span)
    return longest


def _told(transcript: Transcript, began: int, span: int) -> list[tuple[int, str]]:
    """What was printed, and when. A driver or toolkit needs no time for its preamble: the time is the script's."""
    lines = transcript.lines
    preamble = next((number for number, line in enumerate(lines, 1) if line.text.startswith(DRIVER_READY)), 0)
    events, now = [(began, line.text) for line in lines[:preamble]], began
    for pause, text in replay(replace(transcript, lines=lines[preamble:]), span):
        now += pause
        events += [(now, line) for line in text.split("\n")]
    return messages(events)


def stop(state: State, hosts: Sequence[Host]) -> Waits:
    """SIGTERM at the line that each script has reached: it is run again up to there, and then has its grace."""
    clock = state.world.clock
    for host in hosts:
        host.stream.events = host.stream.seen(clock.now)
    printed = [_lines_printed(host) for host in hosts]
    runs = yield clock.outside(
        lambda: [
            state.world.runner.run(host.container, send=state.send, stop_after=count)
            for host, count in zip(hosts, printed, strict=True)
        ]
    )
    longest = 0
    for host, count, again in zip(hosts, printed, runs, strict=True):
        reached = again.lines[count - 1].at if count else 0.0
        host.transcript, host.stopped = again, True
        host.stream.events += messages(
            (clock.now + round((line.at - reached) * SECOND), line.text)
            for line in again.lines[count:]
            if (line.at - reached) * SECOND <= GRACE
        )
        longest = max(longest, min(GRACE, catalog.duration(state.world, "stop") + seconds(again.slept - reached)))
    yield clock.timeout(longest)


def _lines_printed(host: Host) -> int:
    """How many lines the script has printed, empty ones included, by the last event that was seen."""
    left = len(host.stream.events)
    for number, line in enumerate(host.transcript.lines):
        if left == 0:
            return number
        left -= bool(line.text)
    return len(host.transcript.lines)


def below(files: Mapping[str, bytes], folder: str) -> dict[str, bytes]:
    """The files in a folder, by their path in it."""
    return {path.removeprefix(f"{folder}/"): data for path, data in files.items() if path.startswith(f"{folder}/")}
