"""What happens to a batch job: on its nodes the scoring script goes over the files, and its results are put together.

Files are dealt to the nodes in mini-batches, in order and in turn. The processes that a node has
(`max_concurrency_per_instance`) are one here: the script is initialised once on each node.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from twoclouds.azure.account import ARTIFACT_CONTAINER, CLOUD
from twoclouds.azure.assets import base_images
from twoclouds.azure.catalog import duration, pull_duration
from twoclouds.azure.compute.nodes import ComputeGone, Node
from twoclouds.azure.endpoints import batch_container, deployment_image
from twoclouds.azure.errors import AzureError
from twoclouds.azure.history import runs
from twoclouds.azure.jobs import job_outputs
from twoclouds.azure.jobs.job_run import Cancel
from twoclouds.azure.jobs.jobs import Job
from twoclouds.azure.state import State
from twoclouds.world.bill import Line
from twoclouds.world.clock import Interrupt, Lifecycle, seconds
from twoclouds.world.container import Transcript
from twoclouds.world.images import BuildFailed, Image
from twoclouds.world.replay import replay

COMMAND = "python driver/amlbi_main.py"
OVERVIEW = "logs/job_progress_overview.txt"
STEPS = "logs/azureml/executionlogs.txt"


class Failed(Exception):
    """The job cannot go on, and why."""


@dataclass
class Share:
    """What a node has done: its part of the work as a fraction, what it printed, and its results."""

    part: float
    transcript: Transcript
    done: list[dict[str, Any]]


def start(state: State, parent: Job, step: Job, settings: dict[str, Any]) -> None:
    """Begin the job's life now."""
    parent.run.status = step.run.status = "Starting"
    process = state.world.clock.start(
        _life(state, parent, step, settings),
        name=f"{CLOUD}/{parent.name}",
        on_failure=lambda error: _fail(state, parent, step, f"{type(error).__name__}: {error}"),
    )
    parent.process = step.process = process


def _life(state: State, parent: Job, step: Job, settings: dict[str, Any]) -> Lifecycle:
    """A job from its submission to its end. Whatever way it ends, its compute has its nodes back."""
    clock = state.world.clock
    waiting = [_open_wait(state, step)]
    tickets = []
    try:
        yield clock.timeout(duration(state.world, "job_start"))
        runs.enter(state, parent.run, "Running")
        _say(state, parent, f"Submitting 1 runs, first five are: {step.name[:8]}:{step.name}")
        image = yield from _image(state, step, settings)
        runs.enter(state, step.run, "Queued")
        ticket = step.target.request(step.name, settings["resources"]["instanceCount"], lost=step.interrupt)
        tickets.append(ticket)
        nodes = yield ticket.ready
        state.world.bill.close(waiting.pop())
        yield from _on_nodes(state, step, settings, nodes, image)
        _say(state, parent, f"Completing processing run id {step.name}.")
        runs.enter(state, step.run, "Completed")
        runs.enter(state, parent.run, "Completed")
    except Interrupt as interrupt:
        if isinstance(interrupt.cause, Cancel):
            yield from _canceled(state, parent, step, interrupt.cause.because)
        else:
            _fail(state, parent, step, str(interrupt.cause))
    except BuildFailed as failed:
        job_outputs.store(state, step.run, "azureml-logs/20_image_build_log.txt", "\n".join(failed.log) + "\n")
        _fail(state, parent, step, "Image build failed. For more details, check the build log.")
    except (ComputeGone, AzureError, Failed) as error:
        _fail(state, parent, step, str(error))
    finally:
        for line in waiting:
            state.world.bill.close(line)
        for ticket in tickets:
            step.target.withdraw(ticket)
        parent.process = step.process = None


def _image(state: State, step: Job, settings: dict[str, Any]) -> Lifecycle:
    runs.enter(state, step.run, "Preparing")
    asked = {"environmentId": settings.get("environmentId"), "model": settings["model"]["assetId"]}
    image = yield from deployment_image.obtain(state, asked)
    if deployment_image.installs(asked):
        yield state.world.clock.timeout(duration(state.world, "mlflow_packages"))
        image = yield state.world.clock.outside(lambda: deployment_image.installed(state, asked))
    return image


def _on_nodes(state: State, step: Job, settings: dict[str, Any], nodes: list[Node], image: Image) -> Lifecycle:
    """On the nodes: pull the image, fetch model, code and files, score, and store the results."""
    world, clock, run = state.world, state.world.clock, step.run
    for node in nodes:
        node.enter("provisioning")
    size = pull_duration(world, base_images.size_gib(image.definition.base))
    yield clock.all_of(clock.start(node.machine.pull(image.key, size), name=node.machine.name) for node in nodes)
    yield clock.timeout(duration(world, "job_prepare"))
    layout = batch_container.lay_out(state, step, settings, len(nodes))
    runs.enter(state, run, "Running")
    for node in nodes:
        node.enter("working")
    started, machines = clock.timestamp, [node.machine.type.vcpus for node in nodes]
    containers = [
        batch_container.container(step, layout, number, image, started=started, processors=vcpus)
        for number, vcpus in enumerate(machines)
    ]
    transcripts = yield clock.outside(lambda: [world.runner.run(one, send=state.send) for one in containers])
    shares = [
        Share(layout.part(number), transcript, batch_container.done(layout, transcript))
        for number, transcript in enumerate(transcripts)
    ]
    yield from _pass_time(state, step, settings, shares, machines)
    runs.enter(state, run, "Finalizing")
    yield clock.timeout(duration(world, "job_finalize"))
    _keep(state, step, settings, layout, shares)


def _pass_time(
    state: State, step: Job, settings: dict[str, Any], shares: list[Share], machines: list[int]
) -> Lifecycle:
    """The nodes work side by side, each on its part; what they print is told as they go."""
    world, clock, began = state.world, state.world.clock, state.world.clock.now
    script = (settings.get("codeConfiguration") or {}).get("scoringScript") or "mlflow"
    told: list[tuple[int, int, str]] = []
    for number, (share, vcpus) in enumerate(zip(shares, machines, strict=True)):
        whole = world.workloads.duration([script], vcpus=vcpus)
        span, time = seconds(whole * share.part / 1000) + seconds(share.transcript.slept), 0
        for pause, text in replay(share.transcript, span):
            time += pause
            told.append((time, number, text))
    logs = [""] * len(shares)
    for time, number, text in sorted(told, key=lambda entry: entry[:2]):
        yield clock.timeout(began + time - clock.now)
        if text:
            logs[number] += text
            job_outputs.store(state, step.run, f"logs/user/stdout/node_{number}/process000.stdout.txt", logs[number])


def _keep(
    state: State, step: Job, settings: dict[str, Any], layout: batch_container.Layout, shares: list[Share]
) -> None:
    """Put the results of all mini-batches together, in order. Raises Failed if too many files have failed."""
    for share in shares:
        if share.transcript.exit_code != 0:
            lines = share.transcript.lines
            raise Failed(f"The scoring script failed: {lines[-1].text if lines else share.transcript.outcome}")
    done = sorted((batch for share in shares for batch in share.done), key=lambda batch: int(batch["number"]))
    failed, files = sum(batch["failed"] for batch in done), sum(batch["files"] for batch in done)
    job_outputs.store(
        state,
        step.run,
        OVERVIEW,
        f"Mini-batches: {len(done)}. Input files: {files}. Files that failed: {failed}. "
        f"Error threshold: {settings['errorThreshold']}.\n",
    )
    rows = "".join(batch["rows"] for batch in done) if settings["outputAction"] == "AppendRow" else None
    batch_container.keep(state, step, layout, [share.transcript for share in shares], settings["outputFileName"], rows)
    if 0 <= settings["errorThreshold"] < failed:
        raise Failed(
            f"The job has failed because {failed} of {files} files failed, which is more than the error threshold "
            f"({settings['errorThreshold']})."
        )


def _say(state: State, parent: Job, text: str) -> None:
    """Add a line to the pipeline's log."""
    key = f"{parent.folder}/{STEPS}"
    said = state.blobs.get(ARTIFACT_CONTAINER, key).data.decode() if state.blobs.exists(ARTIFACT_CONTAINER, key) else ""
    now = state.world.clock.datetime
    job_outputs.store(state, parent.run, STEPS, f"{said}[{now:%Y-%m-%d %H:%M:%S}Z] {text}\n")


def _fail(state: State, parent: Job, step: Job, message: str) -> None:
    for run in (step.run, parent.run):
        run.error = message
        runs.enter(state, run, "Failed")


def _canceled(state: State, parent: Job, step: Job, because: str) -> Lifecycle:
    """It is taken down; then it is canceled, and its nodes are free."""
    yield state.world.clock.timeout(duration(state.world, "job_cancel"))
    for run in (step.run, parent.run):
        run.canceled_because = because
        runs.enter(state, run, "Canceled")


def _open_wait(state: State, step: Job) -> Line:
    return state.world.bill.open(
        account=CLOUD, resource=step.name, item="job", phase="waiting", hourly=Decimal(0), owner=step.name
    )
