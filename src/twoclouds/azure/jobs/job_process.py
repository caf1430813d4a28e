"""The processes of a job: each runs to its end when its time comes, and what it printed is told again over its span."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twoclouds.azure.catalog import duration
from twoclouds.azure.compute.nodes import Node
from twoclouds.azure.history.runs import Run
from twoclouds.azure.jobs import distribution, job_container, job_outputs, tracking
from twoclouds.azure.jobs.distribution import Process
from twoclouds.azure.jobs.job_container import Layout
from twoclouds.azure.jobs.tracking import Snapshot
from twoclouds.azure.state import State
from twoclouds.world.clock import SECOND, Interrupt, Lifecycle, seconds
from twoclouds.world.container import Container, Transcript
from twoclouds.world.images import Image
from twoclouds.world.replay import replay

if TYPE_CHECKING:
    from twoclouds.azure.jobs.jobs import Job

BUDGET = 120.0
"""Real seconds that a process may take: logging one model with MLflow, which tries it in a Python of its own, takes
several, and more on a busy machine."""

TAIL = 1000
"""Characters of what the script wrote to stderr that the error message repeats at most (assumed)."""


class Stopped(Exception):
    """The processes are to end before they have ended by themselves: canceled, or over their time limit."""

    def __init__(self, *, over_time: bool) -> None:
        super().__init__()
        self.over_time = over_time


@dataclass
class Execution:
    """One process: what ran, what it left, for how long it runs (ms), and what its log holds so far."""

    process: Process
    container: Container
    transcript: Transcript
    span: int
    log: str = ""


def execute(state: State, job: Job, layout: Layout, image: Image, nodes: list[Node]) -> Lifecycle:
    """Run every process of the job to its end, at this instant; returns the executions."""
    world = state.world
    machines = [node.machine.type for node in nodes]
    containers = [
        (
            process,
            job_container.container(
                state,
                job,
                layout,
                image,
                process,
                processors=machines[process.node].vcpus,
                started=world.clock.timestamp,
            ),
        )
        for process in distribution.processes(job.properties)
    ]
    transcripts = yield world.clock.outside(
        lambda: [world.runner.run(container, send=state.send, budget=BUDGET) for _, container in containers]
    )
    scripts = job_container.scripts(job)
    return [
        Execution(
            process,
            container,
            transcript,
            world.workloads.duration(scripts, vcpus=container.processors, slept=transcript.slept),
        )
        for (process, container), transcript in zip(containers, transcripts, strict=True)
    ]


def pass_time(state: State, run: Run, executions: list[Execution], *, limit: int | None) -> Lifecycle:
    """Let the processes' time pass, and their logs grow, to the end of the longest. Raises Stopped if the job is
    canceled meanwhile, or when it has run for `limit` ms."""
    clock, began = state.world.clock, state.world.clock.now
    for time, execution, text in sorted(_told(executions), key=lambda entry: (entry[0], entry[1].process.rank)):
        over = limit is not None and time > limit
        try:
            yield clock.timeout(began + (limit if over and limit is not None else time) - clock.now)
        except Interrupt as interrupt:
            if isinstance(interrupt.cause, str):
                raise
            raise Stopped(over_time=False) from None
        if over:
            raise Stopped(over_time=True)
        execution.log += text
        job_outputs.store(state, run, execution.process.log, execution.log)


def _told(executions: list[Execution]) -> Iterator[tuple[int, Execution, str]]:
    """(ms after the beginning, process, text that it has then printed)."""
    for execution in executions:
        time = 0
        for pause, text in replay(execution.transcript, execution.span):
            time += pause
            yield time, execution, text


def stop(state: State, job: Job, executions: list[Execution], before: Snapshot) -> Lifecycle:
    """SIGTERM at the line that each process has reached: it is run again up to there, on what the history held of it
    `before`, and then has its grace."""
    world, clock = state.world, state.world.clock
    printed = [execution.log.count("\n") for execution in executions]
    tracking.restore(state, job.run, before)
    stopped = yield clock.outside(
        lambda: [
            world.runner.run(execution.container, send=state.send, stop_after=count, budget=BUDGET)
            if count
            else _killed()
            for execution, count in zip(executions, printed, strict=True)
        ]
    )
    grace = duration(world, "cancel_grace")
    longest = 0
    for execution, count, transcript in zip(executions, printed, stopped, strict=True):
        reached = transcript.lines[count - 1].at if count else 0.0
        said = [line for line in transcript.lines[count:] if (line.at - reached) * SECOND <= grace]
        execution.transcript = transcript if transcript.outcome == "stopped" else _killed()
        execution.log += "".join(f"{line.text}\n" for line in said)
        longest = max(longest, min(grace, seconds(transcript.slept - reached)))
    yield clock.timeout(longest)
    for execution in executions:
        if execution.log:
            job_outputs.store(state, job.run, execution.process.log, execution.log)


def _killed() -> Transcript:
    """What is left of a process that had printed nothing when it was to stop: nothing."""
    return Transcript(lines=(), exit_code=None, outcome="stopped")


def failure(job: Job, executions: list[Execution]) -> str:
    """What the service says of the first process that went wrong; "" if none did."""
    for execution in executions:
        transcript = execution.transcript
        if transcript.outcome != "exited":
            return transcript.lines[-1].text if transcript.lines else f"The run was {transcript.outcome}."
        if transcript.exit_code:
            return _user_error(job, execution)
    return ""


def _user_error(job: Job, execution: Execution) -> str:
    transcript = execution.transcript
    name = shlex.split(job_container.program(job))[0].rsplit("/", 1)[-1]
    text = (
        f"Execution failed. User process '{name}' exited with status code {transcript.exit_code}. "
        f"Please check log file '{execution.process.log}' for error details."
    )
    errors = "\n".join(line.text for line in transcript.lines if line.stream == "stderr")
    return f"{text} Error: {errors[-TAIL:]}\n" if errors else text
