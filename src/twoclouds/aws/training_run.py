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
    from twoclouds.aws.cloud import Aws
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


def start(cloud: Aws, job: TrainingJob) -> None:
    """Begin the job's life now."""
    _enter(cloud, job, "Starting")
    job.process = cloud.world.clock.start(
        _life(cloud, job), name=job.name, on_failure=lambda error: _internal_error(cloud, job, error)
    )


def stop(cloud: Aws, job: TrainingJob) -> None:
    """Ask the job to stop, now. While it uploads, it does that to its end."""
    job.stop_asked, job.status = True, "Stopping"
    if job.secondary != "Uploading":
        _enter(cloud, job, "Stopping")
        if job.requisition.machines:
            job.process.interrupt()


def _life(cloud: Aws, job: TrainingJob) -> Life:
    clock = cloud.world.clock
    try:
        try:
            outcome = yield from _phases(cloud, job)
        except Interrupt:
            outcome = "Stopped"
        except JobFailed as failed:
            job.failure, outcome = str(failed)[:1024], "Failed"
        if job.started is not None:
            yield clock.timeout((job.started - clock.now) % SECOND)
    finally:
        job.requisition.give_back()
    _end(cloud, job, "Stopped" if job.stop_asked and outcome == "Completed" else outcome)


def _phases(cloud: Aws, job: TrainingJob) -> Life:
    if job.stop_asked:
        return "Stopped"
    clock, requisition = cloud.world.clock, job.requisition
    yield from requisition.launch()
    job.started = clock.now
    _enter(cloud, job, "Downloading")
    yield from requisition.pull(job.image.uri, job.image.size)
    inputs = yield from _download(cloud, job)
    _enter(cloud, job, "Training")
    requisition.work()
    hosts = yield clock.outside(lambda: _run(cloud, job, inputs))
    outcome = yield from _train(cloud, job, inputs, hosts)
    _enter(cloud, job, "Uploading")
    yield from _upload(cloud, job, hosts, model=outcome != "Failed")
    return outcome


def _download(cloud: Aws, job: TrainingJob) -> Life:
    try:
        inputs = training_container.download(cloud, job)
    except DownloadFailed as failed:
        yield cloud.world.clock.timeout(catalog.duration(cloud.world, "download"))
        raise JobFailed(f"ClientError: Data download failed:{failed}") from None
    yield cloud.world.clock.timeout(catalog.duration(cloud.world, "download", size=inputs.size))
    return inputs


def _run(cloud: Aws, job: TrainingJob, inputs: Inputs) -> list[Host]:
    """Run the script on every host, to its end. It is told again, over the time that it takes, by `_train`."""
    world, hosts = cloud.world, []
    image = world.images.build(job.image.definition)
    for number in range(1, job.requisition.count + 1):
        made = training_container.container(cloud, job, inputs, image, host=number)
        name = f"{job.name}/algo-{number}-{int(world.clock.timestamp)}"
        transcript = world.runner.run(made, send=cloud.send_from_job)
        with world.clock.lock:
            stream = cloud.logs.stream(LOG_GROUP, name, now=world.clock.now)
            hosts.append(Host(made, transcript, stream))
    return hosts


def _train(cloud: Aws, job: TrainingJob, inputs: Inputs, hosts: list[Host]) -> Life:
    """Let the script's time pass: to its end, to the job's time limit, or until somebody stops the job."""
    clock, began, scripts = cloud.world.clock, cloud.world.clock.now, training_container.scripts(job, inputs)
    vcpus = catalog.machine_type(job.requisition.instance_type).vcpus
    span = max(cloud.world.workloads.duration(scripts, vcpus=vcpus, slept=host.transcript.slept) for host in hosts)
    for host in hosts:
        host.stream.events = _told(host.transcript, began, span)
    left = job.request["StoppingCondition"]["MaxRuntimeInSeconds"] * SECOND - (began - (job.started or 0))
    outcome = "Completed" if span <= left else "MaxRuntimeExceeded"
    try:
        yield clock.timeout(min(span, max(0, left)))
    except Interrupt:
        outcome = "Stopped"
    if outcome != "Completed":
        yield from _stop_scripts(cloud, hosts)
        return outcome
    _measure(cloud, job, hosts[0])
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


def _stop_scripts(cloud: Aws, hosts: list[Host]) -> Life:
    """SIGTERM at the line that each script has reached: it is run again up to there, and then has its grace."""
    clock = cloud.world.clock
    for host in hosts:
        host.stream.events = host.stream.seen(clock.now)
    printed = [_lines_printed(host) for host in hosts]
    runs = yield clock.outside(
        lambda: [
            cloud.world.runner.run(host.container, send=cloud.send_from_job, stop_after=count)
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
        longest = max(longest, min(GRACE, catalog.duration(cloud.world, "stop") + seconds(run.slept - reached)))
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


def _measure(cloud: Aws, job: TrainingJob, host: Host) -> None:
    """The last value of each metric whose regular expression finds one in the log."""
    for metric in job.request["AlgorithmSpecification"].get("MetricDefinitions", []):
        found = [
            {
                "MetricName": metric["Name"],
                "Value": float(match[1]),
                "Timestamp": cloud.epoch(time),
            }
            for time, message in host.stream.events
            for match in re.finditer(metric["Regex"], message)
        ]
        job.metrics += found[-1:]


def _upload(cloud: Aws, job: TrainingJob, hosts: list[Host], *, model: bool) -> Life:
    """Put model.tar.gz, output.tar.gz and the checkpoints where the request says. Raises JobFailed."""
    left = {path: data for host in hosts for path, data in host.files.items()}
    modified = int(cloud.world.clock.timestamp)
    uploads: dict[s3.Location, bytes] = {}
    for folder, name in ((MODEL, "model.tar.gz"), (OUTPUT, "output.tar.gz")):
        files = _below(left, folder)
        if files and (model or folder == OUTPUT):
            uploads[job.output.below(name)] = archive.tar_gz(files, modified=modified)
    if "CheckpointConfig" in job.request:
        prefix = s3.Location.of(job.request["CheckpointConfig"]["S3Uri"])
        checkpoints = _below(left, training_container.checkpoint_path(job))
        uploads |= {prefix.below(name): data for name, data in checkpoints.items()}
    yield cloud.world.clock.timeout(catalog.duration(cloud.world, "upload", size=sum(map(len, uploads.values()))))
    for location, data in uploads.items():
        try:
            s3.write(cloud, job.request["RoleArn"], location, data)
        except s3.S3Error as error:
            if not job.failure:
                raise JobFailed(f"ClientError: Artifact upload failed:{error.code}: {error} ({location})") from None


def _below(files: dict[str, bytes], folder: str) -> dict[str, bytes]:
    return {path.removeprefix(f"{folder}/"): data for path, data in files.items() if path.startswith(f"{folder}/")}


def _enter(cloud: Aws, job: TrainingJob, status: str) -> None:
    from twoclouds.aws.training import Transition

    job.transitions.append(Transition(status, MESSAGES[status], cloud.world.clock.now))
    cloud.world.events.record(f"job.{status.lower()}", f"{CLOUD}/{job.name}")


def _end(cloud: Aws, job: TrainingJob, outcome: str) -> None:
    job.ended = cloud.world.clock.now
    _enter(cloud, job, outcome)
    job.status = "Stopped" if outcome == "MaxRuntimeExceeded" else outcome


def _internal_error(cloud: Aws, job: TrainingJob, error: BaseException) -> None:
    """A lifecycle that raised: its job alone fails. The error itself is kept among the clock's failures."""
    job.failure = "InternalServerError: We encountered an internal error. Please try again."
    if job.ended is None:
        _end(cloud, job, "Failed")
    raise error
