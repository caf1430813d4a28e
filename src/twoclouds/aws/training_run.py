"""A training job's life, from its request to its end.

Starting → Downloading → Training → Uploading → Completed, Failed or Stopped: as DescribeTrainingJob's documentation of
SecondaryStatus tells it. Billed is what lies between TrainingStartTime and TrainingEndTime.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from twoclouds.aws import archive, catalog, s3, training_container
from twoclouds.aws.account import CLOUD
from twoclouds.aws.logs import Stream, messages
from twoclouds.aws.training_container import FAILURE, MODEL, OUTPUT, DownloadFailed, Inputs
from twoclouds.world.clock import SECOND, Interrupt, seconds
from twoclouds.world.container import Container, Transcript
from twoclouds.world.replay import replay

if TYPE_CHECKING:
    from twoclouds.aws.state import State
    from twoclouds.aws.training import TrainingJob

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
GRACE = 120 * SECOND
"""How long a script has after SIGTERM, before it is killed."""

DRIVER_READY = "Executing command: "
"""The line with which ModelTrainer's driver hands over to the script."""

MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading the training image",
    "Training": "Training image download completed. Training in progress.",
    "Stopping": "Stopping the training job",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}

Life = Generator[Any, Any, Any]


class JobFailed(Exception):
    """The job ends as Failed, with this FailureReason."""


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


def start(state: State, job: TrainingJob) -> None:
    """Begin the job's life now."""
    _enter(state, job, "Starting")
    job.process = state.world.clock.start(
        _life(state, job), name=job.name, on_failure=lambda error: _internal_error(state, job, error)
    )


def stop(state: State, job: TrainingJob) -> None:
    """Ask the job to stop, now. While it uploads, it does that to its end."""
    job.stop_asked, job.status = True, "Stopping"
    if job.secondary != "Uploading":
        _enter(state, job, "Stopping")
        if job.requisition.machines:
            job.process.interrupt()


def _life(state: State, job: TrainingJob) -> Life:
    clock = state.world.clock
    try:
        try:
            outcome = yield from _phases(state, job)
        except Interrupt:
            outcome = "Stopped"
        except JobFailed as failed:
            job.failure, outcome = str(failed)[:1024], "Failed"
        if job.started is not None:
            yield clock.timeout((job.started - clock.now) % SECOND)
    finally:
        job.requisition.give_back()
    _end(state, job, "Stopped" if job.stop_asked and outcome == "Completed" else outcome)


def _phases(state: State, job: TrainingJob) -> Life:
    if job.stop_asked:
        return "Stopped"
    clock, requisition = state.world.clock, job.requisition
    yield from requisition.launch()
    job.started = clock.now
    _enter(state, job, "Downloading")
    yield from requisition.pull(job.image.uri, job.image.size)
    inputs = yield from _download(state, job)
    _enter(state, job, "Training")
    requisition.work()
    hosts = yield clock.outside(lambda: _run(state, job, inputs))
    outcome = yield from _train(state, job, inputs, hosts)
    _enter(state, job, "Uploading")
    yield from _upload(state, job, hosts, model=outcome != "Failed")
    return outcome


def _download(state: State, job: TrainingJob) -> Life:
    try:
        inputs = training_container.download(state, job)
    except DownloadFailed as failed:
        yield state.world.clock.timeout(catalog.duration(state.world, "download"))
        raise JobFailed(f"ClientError: Data download failed:{failed}") from None
    yield state.world.clock.timeout(catalog.duration(state.world, "download", size=inputs.size))
    return inputs


def _run(state: State, job: TrainingJob, inputs: Inputs) -> list[Host]:
    """Run the script on every host, to its end. It is told again, over the time that it takes, by `_train`."""
    world, hosts = state.world, []
    image = world.images.build(job.image.definition)
    for number in range(1, job.requisition.count + 1):
        made = training_container.container(state, job, inputs, image, host=number)
        name = f"{job.name}/algo-{number}-{int(world.clock.timestamp)}"
        transcript = world.runner.run(made, send=state.send)
        with world.clock.lock:
            stream = state.logs.stream(LOG_GROUP, name, now=world.clock.now)
            hosts.append(Host(made, transcript, stream))
    return hosts


def _train(state: State, job: TrainingJob, inputs: Inputs, hosts: list[Host]) -> Life:
    """Let the script's time pass: to its end, to the job's time limit, or until somebody stops the job."""
    clock, began, scripts = state.world.clock, state.world.clock.now, training_container.scripts(job, inputs)
    vcpus = catalog.machine_type(job.requisition.instance_type).vcpus
    span = max(state.world.workloads.duration(scripts, vcpus=vcpus, slept=host.transcript.slept) for host in hosts)
    for host in hosts:
        host.stream.events = _told(host.transcript, began, span)
    left = job.request["StoppingCondition"]["MaxRuntimeInSeconds"] * SECOND - (began - (job.started or 0))
    outcome = "Completed" if span <= left else "MaxRuntimeExceeded"
    try:
        yield clock.timeout(min(span, max(0, left)))
    except Interrupt:
        outcome = "Stopped"
    if outcome != "Completed":
        yield from _stop_scripts(state, hosts)
        return outcome
    _measure(state, job, hosts[0])
    job.failure = next((reason for host in hosts if (reason := _failure(host.transcript))), "")
    return "Failed" if job.failure else "Completed"


def _told(transcript: Transcript, began: int, span: int) -> list[tuple[int, str]]:
    """What was printed, and when. ModelTrainer's driver needs no time for its preamble: the time is the script's."""
    lines = transcript.lines
    preamble = next((number for number, line in enumerate(lines, 1) if line.text.startswith(DRIVER_READY)), 0)
    events, now = [(began, line.text) for line in lines[:preamble]], began
    for pause, text in replay(replace(transcript, lines=lines[preamble:]), span):
        now += pause
        events += [(now, line) for line in text.split("\n")]
    return messages(events)


def _stop_scripts(state: State, hosts: list[Host]) -> Life:
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
    for host, count, run in zip(hosts, printed, runs, strict=True):
        reached = run.lines[count - 1].at if count else 0.0
        host.transcript, host.stopped = run, True
        host.stream.events += messages(
            (clock.now + round((line.at - reached) * SECOND), line.text)
            for line in run.lines[count:]
            if (line.at - reached) * SECOND <= GRACE
        )
        longest = max(longest, min(GRACE, catalog.duration(state.world, "stop") + seconds(run.slept - reached)))
    yield clock.timeout(longest)


def _lines_printed(host: Host) -> int:
    """How many lines the script has printed, empty ones included, by the last event that was seen."""
    left = len(host.stream.events)
    for number, line in enumerate(host.transcript.lines):
        if left == 0:
            return number
        left -= bool(line.text)
    return len(host.transcript.lines)


def _failure(transcript: Transcript) -> str:
    """The FailureReason of a script that has run, or "" if it went well."""
    if transcript.outcome != "exited":
        return f"AlgorithmError: {transcript.lines[-1].text}"
    if not transcript.exit_code:
        return ""
    written = transcript.files.get(FAILURE, b"").decode("utf-8", "replace").strip()
    ending = f", exit code: {transcript.exit_code}"
    return f"AlgorithmError: {written[: 1024 - len('AlgorithmError: ' + ending)]}{ending}"


def _measure(state: State, job: TrainingJob, host: Host) -> None:
    """The last value of each metric whose regular expression finds one in the log."""
    for metric in job.request["AlgorithmSpecification"].get("MetricDefinitions", []):
        found = [
            {
                "MetricName": metric["Name"],
                "Value": float(match[1]),
                "Timestamp": state.epoch(time),
            }
            for time, message in host.stream.events
            for match in re.finditer(metric["Regex"], message)
        ]
        job.metrics += found[-1:]


def _upload(state: State, job: TrainingJob, hosts: list[Host], *, model: bool) -> Life:
    """Put model.tar.gz, output.tar.gz and the checkpoints where the request says. Raises JobFailed."""
    left = {path: data for host in hosts for path, data in host.files.items()}
    modified = int(state.world.clock.timestamp)
    uploads: dict[s3.Location, bytes] = {}
    for folder, name in ((MODEL, "model.tar.gz"), (OUTPUT, "output.tar.gz")):
        files = _below(left, folder)
        if files and (model or folder == OUTPUT):
            uploads[job.output.below(name)] = archive.tar_gz(files, modified=modified)
    if "CheckpointConfig" in job.request:
        prefix = s3.Location.of(job.request["CheckpointConfig"]["S3Uri"])
        checkpoints = _below(left, training_container.checkpoint_path(job))
        uploads |= {prefix.below(name): data for name, data in checkpoints.items()}
    yield state.world.clock.timeout(catalog.duration(state.world, "upload", size=sum(map(len, uploads.values()))))
    for location, data in uploads.items():
        try:
            s3.write(state, job.request["RoleArn"], location, data)
        except s3.S3Error as error:
            if not job.failure:
                raise JobFailed(f"ClientError: Artifact upload failed:{error.code}: {error} ({location})") from None


def _below(files: dict[str, bytes], folder: str) -> dict[str, bytes]:
    return {path.removeprefix(f"{folder}/"): data for path, data in files.items() if path.startswith(f"{folder}/")}


def _enter(state: State, job: TrainingJob, status: str) -> None:
    from twoclouds.aws.training import Transition

    job.transitions.append(Transition(status, MESSAGES[status], state.world.clock.now))
    state.world.events.record(f"job.{status.lower()}", f"{CLOUD}/{job.name}")


def _end(state: State, job: TrainingJob, outcome: str) -> None:
    job.ended = state.world.clock.now
    _enter(state, job, outcome)
    job.status = "Stopped" if outcome == "MaxRuntimeExceeded" else outcome


def _internal_error(state: State, job: TrainingJob, error: BaseException) -> None:
    """A lifecycle that raised: its job alone fails. The error itself is kept among the clock's failures."""
    job.failure = "InternalServerError: We encountered an internal error. Please try again."
    if job.ended is None:
        _end(state, job, "Failed")
    raise error
