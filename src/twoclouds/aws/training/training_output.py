"""What a training job leaves: its model and other files in S3, metrics from its log, and the reason of a failure."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any

from twoclouds.aws import archive, catalog, s3
from twoclouds.aws.training import training_container, warm_pool
from twoclouds.aws.training.hosts import Host, below
from twoclouds.aws.training.training_container import FAILURE, MODEL, OUTPUT
from twoclouds.world.container import Transcript

if TYPE_CHECKING:
    from twoclouds.aws.state import State
    from twoclouds.aws.training.training import TrainingJob

LONGEST = 1024
"""Characters of a FailureReason that are kept."""

Uploads = dict[s3.Location, bytes]


class JobFailed(Exception):
    """The job ends as Failed, with this FailureReason."""


def failure(job: TrainingJob, transcript: Transcript) -> str:
    """The FailureReason of a script that has run, or "" if it went well. AWS's algorithms end with 2 if it was the
    caller's error."""
    if transcript.outcome != "exited":
        return f"AlgorithmError: {transcript.lines[-1].text}"
    if not transcript.exit_code:
        return ""
    written = transcript.files.get(FAILURE, b"").decode("utf-8", "replace").strip()
    ending = f", exit code: {transcript.exit_code}"
    whose = "ClientError: " if job.image.kind == "algorithm" and transcript.exit_code == 2 else "AlgorithmError: "
    return f"{whose}{written[: LONGEST - len(whose + ending)]}{ending}"


def measured(state: State, job: TrainingJob, run: list[Host]) -> list[dict[str, Any]]:
    """The last value of each metric whose regular expression finds a number in the logs."""
    events = sorted((event for host in run for event in host.stream.events), key=lambda event: event[0])
    last = []
    for metric in job.request["AlgorithmSpecification"].get("MetricDefinitions", []):
        pattern = re.compile(metric["Regex"])
        found = [
            {"MetricName": metric["Name"], "Value": value, "Timestamp": state.epoch(time)}
            for time, message in events
            for match in pattern.finditer(message)
            if (value := _number(match)) is not None
        ]
        last += found[-1:]
    return last


def _number(match: re.Match[str]) -> float | None:
    try:
        return float(match[1])
    except (IndexError, ValueError, TypeError):
        return None


def leave_on_machines(job: TrainingJob, run: list[Host]) -> None:
    """What the containers wrote to the warm pool's cache stays on their machines, for as long as these live."""
    for machine, host in zip(job.requisition.machines, run, strict=True):
        kept = {path: data for path, data in host.files.items() if path.startswith(f"{warm_pool.CACHE}/")}
        machine.disk = kept if host.files else machine.disk


def upload(state: State, job: TrainingJob, run: list[Host], *, model: bool) -> Generator[Any, Any, None]:
    """Put the model, output.tar.gz, checkpoints and TensorBoard's files where the request says. Raises JobFailed."""
    left = _left(run)
    uploads = _model(state, job, left) if model else {}
    if files := below(left, OUTPUT):
        modified = int(state.world.clock.timestamp)
        uploads[job.output.below("output.tar.gz")] = archive.tar_gz(files, modified=modified)
    uploads |= _checkpoints(job, left) | _tensorboard(job, left)
    yield state.world.clock.timeout(catalog.duration(state.world, "upload", size=sum(map(len, uploads.values()))))
    _put(state, job, uploads)


def save_checkpoints(state: State, job: TrainingJob, run: list[Host]) -> None:
    """Spot machines are taken away: what was in the checkpoint folder is in S3 by then. Raises JobFailed."""
    _put(state, job, _checkpoints(job, _left(run)))


def _left(run: list[Host]) -> dict[str, bytes]:
    return {path: data for host in run for path, data in host.files.items()}


def _model(state: State, job: TrainingJob, left: Mapping[str, bytes]) -> Uploads:
    files = below(left, MODEL)
    if job.request["OutputDataConfig"]["CompressionType"] == "NONE":
        return {job.output.below("model", name): data for name, data in files.items()}
    packed = archive.tar_gz(files, modified=int(state.world.clock.timestamp))
    return {job.output.below("model.tar.gz"): packed} if files else {}


def _checkpoints(job: TrainingJob, left: Mapping[str, bytes]) -> Uploads:
    if "CheckpointConfig" not in job.request:
        return {}
    prefix = s3.Location.of(job.request["CheckpointConfig"]["S3Uri"])
    return {prefix.below(name): data for name, data in below(left, training_container.checkpoint_path(job)).items()}


def _tensorboard(job: TrainingJob, left: Mapping[str, bytes]) -> Uploads:
    if "TensorBoardOutputConfig" not in job.request:
        return {}
    prefix = s3.Location.of(job.request["TensorBoardOutputConfig"]["S3OutputPath"]).below(
        job.name, "tensorboard-output"
    )
    return {prefix.below(name): data for name, data in below(left, training_container.tensorboard_path(job)).items()}


def _put(state: State, job: TrainingJob, uploads: Uploads) -> None:
    key = job.request["OutputDataConfig"]["KmsKeyId"]
    for location, data in uploads.items():
        try:
            s3.write(state, job.request["RoleArn"], location, data, key=key)
        except s3.S3Error as error:
            if not job.failure:
                raise JobFailed(f"ClientError: Artifact upload failed:{error.code}: {error} ({location})") from None
