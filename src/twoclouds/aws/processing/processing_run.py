"""A processing job's life: machines, image, data; the script; its results; and nothing stays.

As "Build Your Own Processing Container" in the developer guide tells it. Billed like a training job: from when it has
its machines to its end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, catalog, s3
from twoclouds.aws.account import CLOUD
from twoclouds.aws.identity import job_credentials
from twoclouds.aws.training import channels, hosts
from twoclouds.aws.training.channels import DownloadFailed
from twoclouds.aws.training.hosts import Host
from twoclouds.aws.training.training_run import NO_CAPACITY
from twoclouds.world.clock import SECOND, Interrupt
from twoclouds.world.container import Container
from twoclouds.world.images import Image

if TYPE_CHECKING:
    from twoclouds.aws.processing.processing import ProcessingJob
    from twoclouds.aws.state import State

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
CONFIG, MESSAGE = "/opt/ml/config", "/opt/ml/output/message"
LONGEST = 1024
"""Characters of ExitMessage and FailureReason that are kept."""

SEE_LOGS = "AlgorithmError: See job logs for more information"

Life = Generator[Any, Any, Any]
Objects = Mapping[str, Mapping[str, bytes]]
"""The objects of each input, by its name."""


class JobFailed(Exception):
    """The job ends as Failed, with this FailureReason."""


def start(state: State, job: ProcessingJob) -> None:
    """Begin the job's life now."""
    _note(state, job, "starting")
    job.process = state.world.clock.start(
        _life(state, job), name=job.name, on_failure=lambda error: _internal_error(state, job, error)
    )


def stop(state: State, job: ProcessingJob) -> None:
    """Ask the job to stop, now. What it does at its end, such as uploading, it does to the end."""
    job.stop_asked, job.status, job.modified = True, "Stopping", state.world.clock.now
    _note(state, job, "stopping")
    if job.begun and not job.ending:
        job.process.interrupt()


def _life(state: State, job: ProcessingJob) -> Life:
    job.begun = True
    try:
        try:
            outcome = "Stopped" if job.stop_asked else (yield from _phases(state, job))
        except Interrupt:
            outcome = "Stopped"
        except JobFailed as failed:
            job.failure, outcome = str(failed)[:LONGEST], "Failed"
        job.ending = True
        yield from job.requisition.paying.finish_second()
    finally:
        job.requisition.give_back()
    _end(state, job, "Stopped" if job.stop_asked and outcome == "Completed" else outcome)


def _phases(state: State, job: ProcessingJob) -> Life:
    clock, requisition = state.world.clock, job.requisition
    claim = requisition.ask(lambda: None)
    if not claim.granted:
        yield clock.any_of([claim.ready, clock.timeout(catalog.duration(state.world, "capacity"))])
        if not claim.granted:
            raise JobFailed(NO_CAPACITY)
    yield from requisition.launch()
    job.started = job.modified = clock.now
    _note(state, job, "downloading")
    yield from requisition.pull(job.image.uri, job.image.size)
    objects = yield from _download(state, job)
    _note(state, job, "processing")
    requisition.work()
    run = yield clock.outside(lambda: _run(state, job, objects))
    outcome = yield from _process(state, job, run)
    _note(state, job, "uploading")
    yield from _upload(state, job, run, complete=outcome == "Completed")
    return outcome


def _download(state: State, job: ProcessingJob) -> Life:
    found: dict[str, Mapping[str, bytes]] = {}
    size = 0
    for given in job.request["ProcessingInputs"]:
        if given["AppManaged"]:
            continue
        try:
            found[given["InputName"]] = channels.fetch(state, job.request["RoleArn"], given["S3Input"])
        except DownloadFailed as failed:
            yield state.world.clock.timeout(catalog.duration(state.world, "download"))
            raise JobFailed(f"ClientError: Data download failed:{failed}") from None
        if given["S3Input"]["S3InputMode"] == "File":
            size += sum(map(len, found[given["InputName"]].values()))
    yield state.world.clock.timeout(catalog.duration(state.world, "download", size=size))
    return found


def _run(state: State, job: ProcessingJob, objects: Objects) -> list[Host]:
    image, now = state.world.images.build(job.image.definition), int(state.world.clock.timestamp)

    def made(host: int) -> Any:
        return lambda: _container(state, job, objects, image, host)

    numbers = range(1, len(job.requisition.types) + 1)
    return hosts.run(state, LOG_GROUP, [(f"{job.name}/algo-{n}-{now}", made(n)) for n in numbers])


def _process(state: State, job: ProcessingJob, run: list[Host]) -> Life:
    """Let the scripts' time pass: to their end, to the job's time limit, or until somebody stops the job."""
    clock = state.world.clock
    scripts = re.findall(r"[\w./-]+\.(?:py|sh)\b", " ".join(run[0].container.command))
    span = hosts.tell(state, run, scripts, job.requisition.types)
    left = (job.request["StoppingCondition"]["MaxRuntimeInSeconds"] - job.requisition.paying.seconds()) * SECOND
    outcome = "Completed" if span <= left else "Stopped"
    try:
        yield clock.timeout(min(span, max(0, left)))
    except Interrupt:
        outcome = "Stopped"
    job.ending = True
    if outcome == "Stopped":
        yield from hosts.stop(state, run)
    said = b"".join(host.files.get(MESSAGE, b"") for host in run)
    job.message = said.decode("utf-8", "replace")[:LONGEST]
    if outcome == "Completed" and any(host.transcript.exit_code for host in run):
        job.failure, outcome = SEE_LOGS, "Failed"
    ended = [host.transcript for host in run if host.transcript.outcome in ("over budget", "too much output")]
    if ended:
        job.failure, outcome = f"AlgorithmError: {ended[0].lines[-1].text}", "Failed"
    return outcome


def _upload(state: State, job: ProcessingJob, run: list[Host], *, complete: bool) -> Life:
    """Put the outputs where the request says: those of EndOfJob only if the job has come to its end. Raises
    JobFailed."""
    key = job.request.get("ProcessingOutputConfig", {}).get("KmsKeyId", "")
    left = {path: data for host in run for path, data in host.files.items()}
    uploads = {
        s3.Location.of(output["S3Uri"]).below(name): data
        for output in job.outputs
        if complete or output["S3UploadMode"] == "Continuous"
        for name, data in hosts.below(left, output["LocalPath"].rstrip("/")).items()
    }
    yield state.world.clock.timeout(catalog.duration(state.world, "upload", size=sum(map(len, uploads.values()))))
    for location, data in uploads.items():
        try:
            s3.write(state, job.request["RoleArn"], location, data, key=key)
        except s3.S3Error as error:
            if not job.failure:
                raise JobFailed(f"ClientError: Artifact upload failed:{error.code}: {error} ({location})") from None


def _container(state: State, job: ProcessingJob, objects: Objects, image: Image, host: int) -> Container:
    """The container of one host, `algo-<host>`, as it starts now."""
    names = [f"algo-{number}" for number in range(1, len(job.requisition.types) + 1)]
    files: dict[str, bytes] = {}
    streams: dict[str, Any] = {}
    folders = []
    for given in job.request["ProcessingInputs"]:
        if given["AppManaged"]:
            continue
        source, path = given["S3Input"], given["S3Input"]["LocalPath"].rstrip("/")
        held = objects[given["InputName"]]
        shared = channels.share(held, source["S3DataDistributionType"], host=host - 1, hosts=len(names))
        if source["S3InputMode"] == "Pipe":
            streams[path] = channels.stream(shared, {"CompressionType": source["S3CompressionType"]})
        else:
            folders.append(path)
            files |= {f"{path}/{name}": data for name, data in shared.items()}
    outputs = [output["LocalPath"].rstrip("/") for output in job.outputs]
    application = job.request["AppSpecification"]
    entrypoint = application.get("ContainerEntrypoint") or image.definition.entrypoint
    arguments = application.get("ContainerArguments") or (
        () if application.get("ContainerEntrypoint") else image.definition.command
    )
    return Container(
        name=f"{job.name}/{names[host - 1]}",
        image=image,
        command=(*entrypoint, *arguments),
        workdir=image.definition.workdir or "/",
        started=state.world.clock.timestamp,
        environment={
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": job_credentials.path_for(state, job.request["RoleArn"]),
            "AWS_REGION": account.REGION,
            "AWS_DEFAULT_REGION": account.REGION,
            "HOSTNAME": names[host - 1],
            **job.request.get("Environment", {}),
        },
        files={**files, **_configuration(job, names, host)},
        streams=streams,
        neighbours=tuple(name for name in names if name != names[host - 1]),
        directories=("/opt/ml/processing", "/opt/ml/output", *folders, *outputs),
        processors=catalog.machine_type(job.requisition.types[host - 1]).vcpus,
        install_seconds=catalog.duration(state.world, "pip_install") / SECOND,
        collect=(*outputs, MESSAGE),
    )


def _configuration(job: ProcessingJob, names: list[str], host: int) -> dict[str, bytes]:
    told = {
        "ProcessingJobArn": job.arn,
        "ProcessingJobName": job.name,
        **{member: value for member, value in job.request.items() if member not in ("Tags", "ProcessingJobName")},
    }
    nulls = {"ContainerEntrypoint": None, "ContainerArguments": None}
    told["AppSpecification"] = {**nulls, **job.request["AppSpecification"]}
    resources = {"current_host": names[host - 1], "hosts": sorted(names)}
    return {
        f"{CONFIG}/processingjobconfig.json": json.dumps(told).encode(),
        f"{CONFIG}/resourceconfig.json": json.dumps(resources).encode(),
    }


def _note(state: State, job: ProcessingJob, event: str) -> None:
    state.world.events.record(f"job.{event}", f"{CLOUD}/{job.name}")


def _end(state: State, job: ProcessingJob, outcome: str) -> None:
    job.ended = job.modified = state.world.clock.now
    job.process, job.status = None, outcome
    _note(state, job, outcome.lower())


def _internal_error(state: State, job: ProcessingJob, error: BaseException) -> None:
    """A lifecycle that raised: its job alone fails. The error itself is kept among the clock's failures."""
    job.failure = "InternalServerError: We encountered an internal error. Please try again."
    if job.ended is None:
        _end(state, job, "Failed")
    raise error
