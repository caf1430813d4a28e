"""What happens to a command job: it waits for its image and a node, runs its script, and keeps what the script leaves.

The states are those of `RunHistoryConstants` in azure-ai-ml 1.35.2; how long each lasts is in `data/durations.csv`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from twoclouds.azure import base_images, data_paths, image_builds
from twoclouds.azure.account import (
    API,
    ARTIFACT_CONTAINER,
    CLOUD,
    RESOURCE_GROUP,
    SUBSCRIPTION,
    WORKSPACE,
    WORKSPACE_GUID,
    WORKSPACE_ID,
)
from twoclouds.azure.catalog import duration, pull_duration
from twoclouds.azure.errors import AzureError, user_error
from twoclouds.azure.nodes import ComputeGone, Node
from twoclouds.azure.state import State
from twoclouds.world.bill import Line
from twoclouds.world.clock import Interrupt, Lifecycle
from twoclouds.world.container import Container, Transcript
from twoclouds.world.images import BuildFailed, Image
from twoclouds.world.replay import replay

if TYPE_CHECKING:
    from twoclouds.azure.jobs import Job

LOG = "user_logs/std_log.txt"
BUILD_LOG = "azureml-logs/20_image_build_log.txt"
TAIL = 1000
"""Characters of what the script wrote to stderr that the error message repeats at most (assumed)."""


def run(state: State, job: Job) -> Lifecycle:
    """A job from its submission to its end. Whatever way it ends, its compute has its nodes back."""
    waiting = [_open_wait(state, job)]
    ticket = None
    try:
        yield state.world.clock.timeout(duration(state.world, "job_start"))
        image = yield from _image(state, job)
        _enter(state, job, "Queued")
        ticket = job.target.request(job.name, lost=job.interrupt)
        (node,) = yield ticket.ready
        state.world.bill.close(waiting.pop())
        yield from _on_node(state, job, node, image)
    except ComputeGone as gone:
        fail(state, job, str(gone))
    except Interrupt as interrupt:
        fail(state, job, str(interrupt.cause))
    except BuildFailed as failed:
        _store(state, job, BUILD_LOG, "\n".join(failed.log) + "\n")
        fail(state, job, f"Image build failed. For more details, check log file {BUILD_LOG}.")
    finally:
        for line in waiting:
            state.world.bill.close(line)
        if ticket is not None:
            job.target.withdraw(ticket)


def _image(state: State, job: Job) -> Lifecycle:
    """The environment's image: it is there, or it is built first, which is done once for each definition."""
    environment = job.properties["environmentId"]
    image, log = yield from image_builds.obtain(state, environment, waits=lambda: _enter(state, job, "Preparing"))
    if log:
        _store(state, job, BUILD_LOG, "\n".join(log) + "\n")
    return image


def _on_node(state: State, job: Job, node: Node, image: Image) -> Lifecycle:
    """On the node: pull the image, fetch code and inputs, run the script, keep its outputs."""
    clock, machine = state.world.clock, node.machine
    node.enter("provisioning")
    _enter(state, job, "Preparing")
    yield from machine.pull(image.key, pull_duration(state.world, base_images.size_gib(image.definition.base)))
    yield clock.timeout(duration(state.world, "job_prepare"))
    try:
        container = _container(state, job, image, processors=machine.type.vcpus)
    except AzureError as error:
        return fail(state, job, error.message)
    _enter(state, job, "Running")
    job.started = clock.now
    node.enter("working")
    transcript = yield clock.outside(lambda: state.world.runner.run(container, send=state.send))
    span = state.world.workloads.duration(_scripts(job), vcpus=machine.type.vcpus, slept=transcript.slept)
    log = ""
    for pause, text in replay(transcript, span):
        yield clock.timeout(pause)
        log += text
        _store(state, job, LOG, log)
    _enter(state, job, "Finalizing")
    yield clock.timeout(duration(state.world, "job_finalize"))
    _keep(state, job, container, transcript)
    _end(state, job, transcript)


def _end(state: State, job: Job, transcript: Transcript) -> None:
    if transcript.outcome != "exited":
        fail(state, job, transcript.lines[-1].text if transcript.lines else f"The run was {transcript.outcome}.")
    elif transcript.exit_code:
        fail(state, job, _user_error(job, transcript))
    else:
        job.ended = state.world.clock.now
        _enter(state, job, "Completed")


def fail(state: State, job: Job, message: str) -> None:
    """A job ends in failure, now."""
    job.error, job.ended = message, state.world.clock.now
    _enter(state, job, "Failed")


def _user_error(job: Job, transcript: Transcript) -> str:
    process = shlex.split(_program(job))[0].rsplit("/", 1)[-1]
    text = (
        f"Execution failed. User process '{process}' exited with status code {transcript.exit_code}. "
        f"Please check log file '{LOG}' for error details."
    )
    errors = "\n".join(line.text for line in transcript.lines if line.stream == "stderr")
    return f"{text} Error: {errors[-TAIL:]}\n" if errors else text


def _enter(state: State, job: Job, status: str) -> None:
    job.status = status
    state.world.events.record(f"job.{status.lower()}", f"{CLOUD}/{job.name}")


def _open_wait(state: State, job: Job) -> Line:
    return state.world.bill.open(
        account=CLOUD, resource=job.name, item="job", phase="waiting", hourly=Decimal(0), owner=job.name
    )


# The container, as the job's contract lays it out (reference-yaml-job-command.md)


def _container(state: State, job: Job, image: Image, *, processors: int) -> Container:
    """What runs on the node. Raises AzureError for an input that is not there."""
    root = f"/mnt/azureml/cr/j/{state.world.ids.hex('azure/run', job.name)}"
    workdir, data = f"{root}/exe/wd", f"{root}/cap/data-capability/wd"
    files: dict[str, bytes] = {}
    values: dict[str, str] = {}
    directories = [f"{workdir}/outputs"]
    if code := job.properties.get("codeId"):
        *_, name, _, version = code.split("/")
        files |= _under(workdir, data_paths.read(state, state.codes.get(name, version).properties["codeUri"]))
    for key, value in job.properties["inputs"].items():
        if value["jobInputType"] == "literal":
            values[f"inputs.{key}"] = str(value["value"])
            continue
        try:
            found = data_paths.mount(state, value["uri"])
        except AzureError as error:
            raise user_error(400, f"Failed to mount input '{key}': {error.message}") from None
        folder = f"{data}/INPUT_{key}"
        files |= _under(folder, found)
        single = value["jobInputType"] == "uri_file"
        values[f"inputs.{key}"] = f"{folder}/{next(iter(found))}" if single else folder
    for key, value in _declared_outputs(job):
        directories.append(f"{data}/{key}")
        single = value["jobOutputType"] == "uri_file"
        values[f"outputs.{key}"] = f"{data}/{key}/{_file_name(value)}" if single else f"{data}/{key}"
    return Container(
        name=job.name,
        image=image,
        command=_command(job, values),
        workdir=workdir,
        started=state.world.clock.timestamp,
        environment=_environment(state, job, values),
        files=files,
        directories=tuple(directories),
        collect=tuple(directories),
        processors=processors,
    )


def _declared_outputs(job: Job) -> list[tuple[str, dict[str, Any]]]:
    return [(key, value) for key, value in job.properties["outputs"].items() if key != "default"]


def _file_name(output: dict[str, Any]) -> str:
    return str(output["uri"]).rstrip("/").rsplit("/", 1)[-1]


def _under(folder: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{folder}/{name}": data for name, data in files.items()}


def _program(job: Job) -> str:
    return re.sub(r"\$\{\{.*?\}\}", "x", str(job.properties["command"]))


def _command(job: Job, values: dict[str, str]) -> tuple[str, ...]:
    """The command with its inputs and outputs filled in; through a shell if it uses one's syntax."""
    asked = str(job.properties["command"]).strip()
    command = re.sub(r"\$\{\{\s*([\w.-]+)\s*\}\}", lambda match: values[match[1]], asked)
    if re.search(r"[|&;<>()$`\\\n*?~#]|^\w+=", command):
        return ("bash", "-c", command)
    return tuple(shlex.split(command))


def _scripts(job: Job) -> Iterable[str]:
    return re.findall(r"[\w./-]+\.(?:py|sh|R)\b", _program(job))


def _environment(state: State, job: Job, values: dict[str, str]) -> dict[str, str]:
    """What the platform sets, and what the job asks for."""
    tracking = f"azureml://{API}/mlflow/v1.0{WORKSPACE_ID}"
    experiment = job.properties["experimentName"]
    paths = {
        f"AZURE_ML_{group[:-1].upper()}_{key}": value
        for group, _, key, value in ((*name.partition("."), value) for name, value in values.items())
    }
    return {
        "AZUREML_ARM_PROJECT_NAME": experiment,
        "AZUREML_ARM_RESOURCEGROUP": RESOURCE_GROUP,
        "AZUREML_ARM_SUBSCRIPTION": SUBSCRIPTION,
        "AZUREML_ARM_WORKSPACE_NAME": WORKSPACE,
        "AZUREML_DISCOVERY_SERVICE_ENDPOINT": f"https://{API}/discovery",
        "AZUREML_EXPERIMENT_ID": state.world.ids.uuid("azure/experiment", experiment),
        "AZUREML_RUN_ID": job.name,
        "AZUREML_RUN_TOKEN": state.world.ids.hex("azure/run-token", job.name),
        "AZUREML_SERVICE_ENDPOINT": f"https://{API}",
        "AZUREML_WORKSPACE_ID": WORKSPACE_GUID,
        "MLFLOW_TRACKING_URI": tracking,
        **paths,
        **(job.properties.get("environmentVariables") or {}),
    }


def _keep(state: State, job: Job, container: Container, transcript: Transcript) -> None:
    """Store `./outputs` with the logs, and each declared output where it belongs."""
    folders = dict(zip(("", *(key for key, _ in _declared_outputs(job))), container.directories, strict=True))
    for key, folder in folders.items():
        found = {
            path.removeprefix(f"{folder}/"): data
            for path, data in transcript.files.items()
            if path.startswith(f"{folder}/")
        }
        if not key:
            for name, data in found.items():
                _store(state, job, f"outputs/{name}", data)
            continue
        output = job.properties["outputs"][key]
        uri = str(output["uri"])
        if output["jobOutputType"] == "uri_file":
            uri = uri.rstrip("/").rsplit("/", 1)[0]
        data_paths.write(state, uri, found)


def _store(state: State, job: Job, name: str, content: str | bytes) -> None:
    data = content.encode() if isinstance(content, str) else content
    state.blobs.put(ARTIFACT_CONTAINER, f"{job.folder}/{name}", data)
