"""What happens to a command job: it waits for its image and its nodes, runs its script, and keeps what that leaves.

The states are those of `RunHistoryConstants` in azure-ai-ml 1.35.2; how long each lasts is in `data/durations.csv`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from twoclouds.azure.account import CLOUD
from twoclouds.azure.assets import base_images, image_builds
from twoclouds.azure.catalog import duration, pull_duration
from twoclouds.azure.compute.nodes import ComputeGone, Node
from twoclouds.azure.errors import AzureError
from twoclouds.azure.history import runs
from twoclouds.azure.jobs import distribution, job_outputs, job_process, job_request, tracking
from twoclouds.azure.jobs.job_container import lay_out
from twoclouds.azure.jobs.job_process import Stopped
from twoclouds.azure.state import State
from twoclouds.world.bill import Line
from twoclouds.world.clock import Interrupt, Lifecycle
from twoclouds.world.images import BuildFailed, Image

if TYPE_CHECKING:
    from twoclouds.azure.jobs.jobs import Job

LOG = "user_logs/std_log.txt"
BUILD_LOG = "azureml-logs/20_image_build_log.txt"


@dataclass(frozen=True)
class Cancel:
    """Why a job is interrupted that somebody cancels."""

    because: str


def start(state: State, job: Job) -> None:
    """Begin the job's life now."""
    job.run.status = "Starting"
    job.process = state.world.clock.start(
        _life(state, job),
        name=f"{CLOUD}/{job.name}",
        on_failure=lambda error: fail(state, job, f"{type(error).__name__}: {error}"),
    )


def cancel(state: State, job: Job, because: str) -> None:
    """Ask the job to end, now: it leaves its queue, or its script is sent SIGTERM."""
    job.run.canceled_because = because
    runs.enter(state, job.run, "CancelRequested")
    job.process.interrupt(Cancel(because))


def fail(state: State, job: Job, message: str) -> None:
    """The job ends in failure, now."""
    job.run.error = message
    runs.enter(state, job.run, "Failed")


def _life(state: State, job: Job) -> Lifecycle:
    """A job from its submission to its end. Whatever way it ends, its compute has its nodes back."""
    waiting = [_open_wait(state, job)]
    tickets = []
    try:
        yield state.world.clock.timeout(duration(state.world, "job_start"))
        image = yield from _image(state, job)
        runs.enter(state, job.run, "Queued")
        ticket = job.target.request(job.name, distribution.nodes(job.properties), lost=job.interrupt)
        tickets.append(ticket)
        nodes = yield ticket.ready
        state.world.bill.close(waiting.pop())
        yield from _on_nodes(state, job, nodes, image)
    except Interrupt as interrupt:
        if isinstance(interrupt.cause, Cancel):
            yield from _canceled(state, job)
        else:
            fail(state, job, str(interrupt.cause))
    except BuildFailed as failed:
        job_outputs.store(state, job.run, BUILD_LOG, "\n".join(failed.log) + "\n")
        fail(state, job, f"Image build failed. For more details, check log file {BUILD_LOG}.")
    except (ComputeGone, AzureError) as error:
        fail(state, job, str(error))
    finally:
        for line in waiting:
            state.world.bill.close(line)
        for ticket in tickets:
            job.target.withdraw(ticket)
        job.process = None


def _image(state: State, job: Job) -> Lifecycle:
    """The environment's image: it is there, or it is built first, which is done once for each definition."""
    environment = job.properties["environmentId"]
    image, log = yield from image_builds.obtain(
        state, environment, waits=lambda: runs.enter(state, job.run, "Preparing")
    )
    if log:
        job_outputs.store(state, job.run, BUILD_LOG, "\n".join(log) + "\n")
    return image


def _on_nodes(state: State, job: Job, nodes: list[Node], image: Image) -> Lifecycle:
    """On the nodes: pull the image, fetch code and inputs, run the script, keep its outputs."""
    clock, run = state.world.clock, job.run
    for node in nodes:
        node.enter("provisioning")
    runs.enter(state, run, "Preparing")
    size = pull_duration(state.world, base_images.size_gib(image.definition.base))
    yield clock.all_of(clock.start(node.machine.pull(image.key, size), name=node.machine.name) for node in nodes)
    yield clock.timeout(duration(state.world, "job_prepare"))
    layout = lay_out(state, job)
    runs.enter(state, run, "Running")
    for node in nodes:
        node.enter("working")
    limit = job_request.time_limit(job.properties)
    before = tracking.snapshot(state, run)
    executions = yield from job_process.execute(state, job, layout, image, nodes)
    try:
        yield from job_process.pass_time(state, run, executions, limit=limit)
    except Stopped as stopped:
        if stopped.over_time:
            run.canceled_because = "The job exceeded its time limit."
            runs.enter(state, run, "CancelRequested")
        yield from job_process.stop(state, job, executions, before)
        job_outputs.keep(state, job, layout, [one.transcript for one in executions], ended=False)
        yield from _canceled(state, job)
        return
    runs.enter(state, run, "Finalizing")
    yield clock.timeout(duration(state.world, "job_finalize"))
    job_outputs.keep(state, job, layout, [one.transcript for one in executions], ended=True)
    if problem := job_process.failure(job, executions):
        fail(state, job, problem)
    else:
        job_outputs.register(state, job)
        runs.enter(state, run, "Completed")


def _canceled(state: State, job: Job) -> Lifecycle:
    """The job is taken down; then it is canceled, and its nodes are free."""
    yield state.world.clock.timeout(duration(state.world, "job_cancel"))
    runs.enter(state, job.run, "Canceled")


def _open_wait(state: State, job: Job) -> Line:
    return state.world.bill.open(
        account=CLOUD, resource=job.name, item="job", phase="waiting", hourly=Decimal(0), owner=job.name
    )
