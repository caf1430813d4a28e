"""A training job's life, from its request to its end.

Starting → Downloading → Training → Uploading → Completed, Failed or Stopped: as DescribeTrainingJob's documentation of
SecondaryStatus tells it. Without capacity it is Pending; on spot machines, Interrupted and Starting again ("Managed
Spot Training Lifecycle" in the developer guide). Billed is the time from TrainingStartTime to TrainingEndTime, on spot
machines only that on machines, at a lower price.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from twoclouds.aws import catalog
from twoclouds.aws.account import CLOUD
from twoclouds.aws.training import hosts, training_container, training_output, training_request, warm_pool
from twoclouds.aws.training.hosts import Host
from twoclouds.aws.training.training_container import DownloadFailed, Inputs
from twoclouds.aws.training.training_output import JobFailed
from twoclouds.world.clock import SECOND, Interrupt

if TYPE_CHECKING:
    from twoclouds.aws.state import State
    from twoclouds.aws.training.training import TrainingJob

LOG_GROUP = "/aws/sagemaker/TrainingJobs"

NO_CAPACITY = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type."
)
MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Pending": "Waiting for compute capacity",
    "Downloading": "Downloading the training image",
    "Training": "Training image download completed. Training in progress.",
    "Interrupted": "Training job interrupted: the spot instances were taken back",
    "Stopping": "Stopping the training job",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
    "MaxWaitTimeExceeded": "Training job exceeded MaxWaitTimeInSeconds provided",
}
UNHEALTHY = ("CapacityError", "InternalServerError")
"""What a job's failure begins with if its machines are not to be kept."""

Life = Generator[Any, Any, Any]


def start(state: State, job: TrainingJob) -> None:
    """Begin the job's life now."""
    enter(state, job, "Starting")
    job.process = state.world.clock.start(
        _life(state, job), name=job.name, on_failure=lambda error: _internal_error(state, job, error)
    )


def stop(state: State, job: TrainingJob) -> None:
    """Ask the job to stop, now. What it does at its end, such as uploading, it does to the end."""
    job.stop_asked, job.status = True, "Stopping"
    if not job.ending:
        enter(state, job, "Stopping")
        _interrupt(job)


def _interrupt(job: TrainingJob) -> None:
    if job.begun and not job.ending:
        job.process.interrupt()


def _life(state: State, job: TrainingJob) -> Life:
    job.begun, outcome = True, "Failed"
    job.failure = "InternalServerError"
    try:
        outcome = yield from _attempts(state, job)
    finally:
        if not job.failure.startswith(UNHEALTHY):
            job.pool = warm_pool.keep(state, job.requisition, job.request)
        if job.pool is None:
            job.requisition.give_back()
    _end(state, job, "Stopped" if job.stop_asked and outcome == "Completed" else outcome)


def _attempts(state: State, job: TrainingJob) -> Life:
    """Once, or on spot machines as often as it takes: how it ended."""
    while True:
        job.ending, job.failure = False, ""
        try:
            outcome = yield from _attempt(state, job)
        except Interrupt:
            outcome = "Stopped" if job.stop_asked else "Interrupted"
        except JobFailed as failed:
            job.failure, outcome = str(failed)[:1024], "Failed"
        job.ending = True
        yield from job.requisition.paying.finish_second()
        if outcome != "Interrupted":
            return outcome
        job.requisition.let_go()
        enter(state, job, "Interrupted")
        enter(state, job, "Starting")


def _attempt(state: State, job: TrainingJob) -> Life:
    clock, requisition = state.world.clock, job.requisition
    if job.stop_asked or not (yield from _get_machines(state, job)):
        return "Stopped" if job.stop_asked else "MaxWaitTimeExceeded"
    if job.started is None:
        job.started = clock.now
    enter(state, job, "Downloading")
    yield from requisition.pull(job.image.uri, job.image.size)
    inputs = yield from _download(state, job)
    enter(state, job, "Training")
    requisition.work()
    run = yield clock.outside(lambda: _run(state, job, inputs))
    outcome = yield from _train(state, job, inputs, run)
    if outcome == "Interrupted":
        training_output.save_checkpoints(state, job, run)
        return outcome
    enter(state, job, "Uploading")
    yield from training_output.upload(state, job, run, model=outcome != "Failed")
    return outcome


def _get_machines(state: State, job: TrainingJob) -> Life:
    """Wait for capacity, then for the machines to boot. False if a job on spot machines has waited too long for them;
    raises JobFailed if another has."""
    clock, spot = state.world.clock, job.request["EnableManagedSpotTraining"]
    claim = job.requisition.ask(lambda: _interrupt(job))
    if not claim.granted:
        limit = training_request.pending_limit(job.request)
        patience = catalog.duration(state.world, "capacity") if limit is None else limit * SECOND
        if not spot:
            enter(state, job, "Pending")
        yield clock.any_of([claim.ready, clock.timeout(_wait_left(state, job) if spot else patience)])
    if claim.granted:
        yield from job.requisition.launch()
    elif spot:
        enter(state, job, "Stopping")
    else:
        raise JobFailed(NO_CAPACITY)
    return claim.granted


def _download(state: State, job: TrainingJob) -> Life:
    try:
        inputs = training_container.download(state, job)
    except DownloadFailed as failed:
        yield state.world.clock.timeout(catalog.duration(state.world, "download"))
        raise JobFailed(f"ClientError: Data download failed:{failed}") from None
    yield state.world.clock.timeout(catalog.duration(state.world, "download", size=inputs.size))
    return inputs


def _run(state: State, job: TrainingJob, inputs: Inputs) -> list[Host]:
    image, now = state.world.images.build(job.image.definition), int(state.world.clock.timestamp)

    def made(host: int) -> Any:
        return lambda: training_container.container(state, job, inputs, image, host=host)

    numbers = range(1, len(job.hosts) + 1)
    return hosts.run(state, LOG_GROUP, [(f"{job.name}/algo-{n}-{now}", made(n)) for n in numbers])


def _train(state: State, job: TrainingJob, inputs: Inputs, run: list[Host]) -> Life:
    """Let the scripts' time pass: to their end, to one of the job's time limits, or until something stops them."""
    clock = state.world.clock
    span = hosts.tell(state, run, training_container.scripts(job, inputs), job.requisition.types)
    runtime = job.request["StoppingCondition"]["MaxRuntimeInSeconds"] - job.requisition.paying.seconds()
    ends = [(span, "Completed"), (runtime * SECOND, "MaxRuntimeExceeded")]
    if job.request["EnableManagedSpotTraining"]:
        ends.append((_wait_left(state, job), "MaxWaitTimeExceeded"))
    wait, outcome = min(ends, key=lambda end: end[0])
    try:
        yield clock.timeout(max(0, wait))
    except Interrupt:
        outcome = "Stopped" if job.stop_asked else "Interrupted"
    job.ending = True
    if outcome == "MaxWaitTimeExceeded":
        enter(state, job, "Stopping")
    if outcome != "Completed":
        yield from hosts.stop(state, run)
    job.metrics += training_output.measured(state, job, run)
    training_output.leave_on_machines(job, run)
    if outcome == "Completed":
        job.failure = next((reason for host in run if (reason := training_output.failure(job, host.transcript))), "")
    return "Failed" if job.failure else outcome


def _wait_left(state: State, job: TrainingJob) -> int:
    """Milliseconds until MaxWaitTimeInSeconds are over."""
    limit: int = job.request["StoppingCondition"]["MaxWaitTimeInSeconds"] * SECOND
    return max(0, job.created + limit - state.world.clock.now)


def enter(state: State, job: TrainingJob, status: str) -> None:
    """The job's secondary status is `status` from now on."""
    from twoclouds.aws.training.training import Transition

    job.transitions.append(Transition(status, MESSAGES[status], state.world.clock.now))
    state.world.events.record(f"job.{status.lower()}", f"{CLOUD}/{job.name}")


def _end(state: State, job: TrainingJob, outcome: str) -> None:
    job.ended, job.process = state.world.clock.now, None
    enter(state, job, outcome)
    job.status = "Stopped" if outcome.startswith("Max") else outcome


def _internal_error(state: State, job: TrainingJob, error: BaseException) -> None:
    """A lifecycle that raised: its job alone fails. The error itself is kept among the clock's failures."""
    job.failure = "InternalServerError: We encountered an internal error. Please try again."
    if job.ended is None:
        _end(state, job, "Failed")
    raise error
