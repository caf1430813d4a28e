"""The containers of a job, one for each process, as its contract lays them out (reference-yaml-job-command.md)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twoclouds.azure.assets import mltable
from twoclouds.azure.catalog import duration
from twoclouds.azure.errors import AzureError, user_error
from twoclouds.azure.identity.principals import Principal
from twoclouds.azure.jobs import job_environment, job_identity
from twoclouds.azure.jobs.distribution import Process
from twoclouds.azure.jobs.job_request import OPTIONAL
from twoclouds.azure.state import State
from twoclouds.azure.storage import data_paths
from twoclouds.world.clock import SECOND
from twoclouds.world.container import Container
from twoclouds.world.images import Image

if TYPE_CHECKING:
    from twoclouds.azure.jobs.jobs import Job

WAITING = ("azureml.mlflow._common.async_utils.task_queue",)
"""Where azureml-mlflow sleeps until its threads have uploaded an artifact."""

EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
SHELL = re.compile(r"[|&;<>()$`\\\n*?~#]|^\w+=")
"""What makes a command one for a shell."""


@dataclass
class Layout:
    """What all processes of a job find on their nodes, and where they leave what is kept.

    `who` is the identity as which the job reads and writes data; `values` says what stands for `inputs.x` and
    `outputs.y` in the command; `outputs` maps a declared output to its folder.
    """

    root: str
    who: Principal
    files: dict[str, bytes] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)

    @property
    def workdir(self) -> str:
        """Where the code is, and the command runs."""
        return f"{self.root}/exe/wd"

    @property
    def artifacts(self) -> dict[str, str]:
        """The folders beside the code that are kept without being declared, by their name among the artifacts."""
        return {name: f"{self.workdir}/{name}" for name in ("outputs", "logs")}


def lay_out(state: State, job: Job) -> Layout:
    """Fetch a job's code and its inputs. Raises AzureError for an input that is not there."""
    who = job_identity.of(state, job.name, job.properties)
    layout = Layout(f"/mnt/azureml/cr/j/{state.world.ids.hex('azure/run', job.name)}", who)
    if code := job.properties.get("codeId"):
        layout.files |= _under(layout.workdir, _code(state, code))
    data = f"{layout.root}/cap/data-capability/wd"
    for key, value in job.properties["inputs"].items():
        layout.values[f"inputs.{key}"] = _input(state, layout, key, value, f"{data}/INPUT_{key}")
    for key, value in job.properties["outputs"].items():
        if key != "default":
            layout.values[f"outputs.{key}"] = _output(state, layout, key, value, f"{data}/{key}")
    return layout


def container(
    state: State, job: Job, layout: Layout, image: Image, process: Process, *, processors: int, started: float
) -> Container:
    """What runs for one process. `started` is in seconds since the epoch."""
    folders = (*layout.artifacts.values(), *layout.outputs.values())
    return Container(
        name=job.name,
        image=image,
        command=command(str(job.properties["command"]), layout.values),
        workdir=layout.workdir,
        started=started,
        environment=job_environment.variables(state, job, layout.values, process),
        files=layout.files,
        directories=folders,
        collect=folders,
        processors=processors,
        waiting=WAITING,
        answers=_as_asked(image),
        install_seconds=duration(state.world, "pip_install") / SECOND,
    )


def _as_asked(image: Image) -> tuple[tuple[str, str, str], ...]:
    """An older MLflow, for which this lab's may stand in, writes scikit-learn's models by cloudpickle, not by skops."""
    if any(one.package in ("mlflow", "mlflow-skinny") for one in image.substitutions):
        return (("mlflow.sklearn", "_get_default_serialization_format", "cloudpickle"),)
    return ()


def _code(state: State, code: str) -> dict[str, bytes]:
    if "/codes/" in code:
        *_, name, _, version = code.split("/")
        code = state.codes.get(name, version).properties["codeUri"]
    return data_paths.read(state, code)


def _input(state: State, layout: Layout, key: str, value: dict[str, Any], folder: str) -> str:
    """Bring an input to the node; what stands for it in the command."""
    if value["jobInputType"] == "literal":
        return str(value["value"])
    if value["mode"] == "Direct":
        return data_paths.settle(state, value["uri"])[0]
    try:
        found = data_paths.mount(state, value["uri"], layout.who)
        if value["mode"].startswith("Eval"):
            found = mltable.evaluate(state, found, layout.who)
    except AzureError as error:
        raise user_error(400, f"Failed to mount input '{key}': {error.message}") from None
    layout.files |= _under(folder, found)
    return f"{folder}/{next(iter(found))}" if _is_file(state, value) else folder


def _is_file(state: State, value: dict[str, Any]) -> bool:
    """Whether an input is one file: a uri_file, or a model that is registered as one."""
    if value["jobInputType"] == "uri_file":
        return True
    uri = data_paths.place(state, value["uri"])
    return value["jobInputType"].endswith("_model") and state.blobs.exists(*data_paths.resolve(state, uri))


def _output(state: State, layout: Layout, key: str, value: dict[str, Any], folder: str) -> str:
    """Make room for an output on the node; what stands for it in the command. A mounted one shows what is there."""
    if value["mode"] == "Direct":
        return data_paths.settle(state, value["uri"])[0]
    layout.outputs[key] = folder
    if value["jobOutputType"] == "uri_file":
        return f"{folder}/{file_name(value)}"
    if value["mode"] == "ReadWriteMount":
        layout.files |= _under(folder, data_paths.read(state, value["uri"], layout.who))
    return folder


def file_name(output: Mapping[str, Any]) -> str:
    """The name of the file that a uri_file output is."""
    return str(output["uri"]).rstrip("/").rsplit("/", 1)[-1]


def _under(folder: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{folder}/{name}": data for name, data in files.items()}


def command(asked: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """The command with its inputs and outputs filled in; through a shell if it uses one's syntax."""
    text = EXPRESSION.sub(lambda match: values.get(match[1], match[0]), _with_optional(asked.strip(), values))
    if SHELL.search(text):
        return ("bash", "-c", text)
    return tuple(shlex.split(text))


def _with_optional(asked: str, values: Mapping[str, str]) -> str:
    """`$[[--x ${{inputs.x}}]]` without its brackets if the input was given, and else not at all."""

    def part(match: re.Match[str]) -> str:
        return match[1] if all(name in values for name in EXPRESSION.findall(match[1])) else ""

    return OPTIONAL.sub(part, asked)


def program(job: Job) -> str:
    """The command without what its inputs and outputs stand for."""
    return re.sub(r"\$\{\{.*?\}\}", "x", OPTIONAL.sub(r"\1", str(job.properties["command"])))


def scripts(job: Job) -> list[str]:
    """The scripts that the command names."""
    return re.findall(r"[\w./-]+\.(?:py|sh|R)\b", program(job))
