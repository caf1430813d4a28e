"""What a job leaves behind: its logs and artifacts in the artifact store, its outputs where they belong, and assets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from twoclouds.azure.account import ARTIFACT_CONTAINER, CLOUD
from twoclouds.azure.assets import models
from twoclouds.azure.errors import AzureError, user_error
from twoclouds.azure.jobs.job_container import Layout
from twoclouds.azure.jobs.job_request import MODELS
from twoclouds.azure.state import State
from twoclouds.azure.storage import data_paths
from twoclouds.world.container import Transcript

if TYPE_CHECKING:
    from twoclouds.azure.history.runs import Run
    from twoclouds.azure.jobs.jobs import Job


def store(state: State, run: Run, name: str, content: str | bytes) -> None:
    """Write one of a run's artifacts or logs."""
    data = content.encode() if isinstance(content, str) else content
    state.blobs.put(ARTIFACT_CONTAINER, f"{run.folder}/{name}", data)


def artifacts(state: State, run: Run) -> list[str]:
    """The names of a run's artifacts and logs."""
    prefix = f"{run.folder}/"
    return [key.removeprefix(prefix) for key in state.blobs.list(ARTIFACT_CONTAINER, prefix)]


def keep(state: State, job: Job, layout: Layout, transcripts: Iterable[Transcript], *, ended: bool) -> None:
    """Store `./outputs`, `./logs` and the declared outputs. What is mounted is stored as it is written; what is to be
    uploaded only if the script `ended` by itself."""
    for transcript in transcripts:
        for name, folder in layout.artifacts.items():
            for path, data in _below(transcript.files, folder).items():
                store(state, job.run, f"{name}/{path}", data)
        for key, folder in layout.outputs.items():
            output = job.properties["outputs"][key]
            if ended or output["mode"] != "Upload":
                data_paths.write(state, _folder(output), _below(transcript.files, folder), layout.who)


def register(state: State, job: Job) -> None:
    """Make an asset of every output that has a name. Raises AzureError for one that is not what it is said to be."""
    for key, output in job.properties["outputs"].items():
        if not output.get("assetName"):
            continue
        is_model = output["jobOutputType"] in MODELS
        assets, name = (state.models if is_model else state.data), output["assetName"]
        version = output.get("assetVersion") or (assets.named[name].next_version if name in assets.named else "1")
        uri, _ = data_paths.settle(state, output["uri"])
        asked: dict[str, Any] = {"isArchived": False, "isAnonymous": False, "tags": {}, "properties": {}}
        if is_model:
            asked |= {"modelType": output["jobOutputType"], "modelUri": uri, "jobName": job.name}
            try:
                asked = models.complete(state, name, asked)
            except AzureError as error:
                reason = error.details[0][1] if error.details else error.message
                raise user_error(400, f"The output '{key}' cannot be registered: {reason}") from None
        else:
            asked |= {"dataType": output["jobOutputType"], "dataUri": uri}
        assets.put(name, version, asked)
        job.properties["outputs"][key] = {**output, "assetVersion": version}
        state.world.events.record(f"{assets.kind.singular}.created", f"{CLOUD}/{name}:{version}", job=job.name)


def _folder(output: Mapping[str, Any]) -> str:
    uri = str(output["uri"]).rstrip("/")
    return uri.rsplit("/", 1)[0] if output["jobOutputType"] == "uri_file" else uri


def _below(files: Mapping[str, bytes], folder: str) -> dict[str, bytes]:
    return {path.removeprefix(f"{folder}/"): data for path, data in files.items() if path.startswith(f"{folder}/")}
