"""The containers of a batch job, one for each node: model, code, files, and the driver that goes over them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from twoclouds.azure.endpoints import deployment_run, scoring_container
from twoclouds.azure.errors import AzureError, user_error
from twoclouds.azure.identity.principals import Principal
from twoclouds.azure.jobs import job_identity
from twoclouds.azure.jobs.jobs import Job
from twoclouds.azure.programs import source
from twoclouds.azure.state import State
from twoclouds.azure.storage import data_paths
from twoclouds.world.container import Container, Transcript
from twoclouds.world.images import Image


@dataclass
class Layout:
    """What the nodes find, and where they leave what is kept: `plans` says what each of them has to do."""

    root: str
    who: Principal
    files: dict[str, bytes] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    plans: list[dict[str, Any]] = field(default_factory=list)

    @property
    def workdir(self) -> str:
        """Where the code is."""
        return f"{self.root}/exe/wd"

    @property
    def score(self) -> str:
        """The folder of the output."""
        return f"{self.root}/cap/data-capability/wd/score"

    @property
    def results(self) -> str:
        """Where the driver leaves what it has done."""
        return f"{self.root}/driver"

    def part(self, node: int) -> float:
        """A node's part of all mini-batches."""
        every = sum(len(plan["batches"]) for plan in self.plans)
        return len(self.plans[node]["batches"]) / every if every else 0.0


def lay_out(state: State, step: Job, settings: dict[str, Any], nodes: int) -> Layout:
    """Fetch model, code and files, and deal the files to the nodes. Raises AzureError for what is not there."""
    root = f"/mnt/azureml/cr/j/{state.world.ids.hex('azure/run', step.name)}"
    layout = Layout(root, job_identity.of(state, step.name, step.properties))
    model, layout.environment = scoring_container.model_files(state, {"model": settings["model"]["assetId"]})
    layout.files |= model
    code = settings.get("codeConfiguration") or {}
    if code.get("codeId"):
        *_, name, _, version = code["codeId"].split("/")
        found = data_paths.mount(state, state.codes.get(name, version).properties["codeUri"])
        layout.files |= {f"{layout.workdir}/{path}": content for path, content in found.items()}
        script = code["scoringScript"]
    else:
        script = "mlflow_score_script.py"
        layout.files[f"{layout.workdir}/{script}"] = source("mlflow_batch_script")
    layout.files[f"{layout.results}/amlbi_main.py"] = source("batch_driver")
    batches = list(enumerate(_batches(state, step, layout, settings["miniBatchSize"])))
    retry = settings["retrySettings"]
    for node in range(nodes):
        layout.plans.append(
            {
                "script": f"{layout.workdir}/{script}",
                "batches": batches[node::nodes],
                "retries": retry["maxRetries"],
                "timeout": deployment_run.seconds_of(retry["timeout"]),
            }
        )
    return layout


def _batches(state: State, step: Job, layout: Layout, size: int) -> Iterable[list[str]]:
    """Bring the input to the node, and cut it: so many files at a time, in order of their names."""
    data = step.properties["inputs"]["job_data_path"]
    folder = f"{layout.root}/cap/data-capability/wd/INPUT_job_data_path"
    try:
        found = data_paths.mount(state, data["uri"], layout.who)
    except AzureError as error:
        raise user_error(400, f"Failed to mount input 'job_data_path': {error.message}") from None
    layout.files |= {f"{folder}/{name}": content for name, content in found.items()}
    names = [f"{folder}/{name}" for name in sorted(found)]
    return (names[first : first + size] for first in range(0, len(names), size))


def container(step: Job, layout: Layout, node: int, image: Image, *, started: float, processors: int) -> Container:
    """What runs on a node. `started` is in seconds since the epoch."""
    plan = f"{layout.results}/plan.json"
    return Container(
        name=step.name,
        image=image,
        command=("python3", f"{layout.results}/amlbi_main.py"),
        workdir=layout.workdir,
        started=started,
        environment={
            "AZUREML_RUN_ID": step.name,
            "AZUREML_BI_OUTPUT_PATH": layout.score,
            "AZUREML_BATCH_PLAN": plan,
            "AZUREML_BATCH_RESULT": f"{layout.results}/result.json",
            **layout.environment,
            **step.properties["environmentVariables"],
        },
        files={**layout.files, plan: json.dumps(layout.plans[node]).encode()},
        directories=(layout.score, layout.results),
        collect=(layout.score, f"{layout.results}/result.json"),
        processors=processors,
    )


def done(layout: Layout, transcript: Transcript) -> list[dict[str, Any]]:
    """What a node has done, as its driver says; nothing if that did not come to its end."""
    content = transcript.files.get(f"{layout.results}/result.json")
    return list(json.loads(content)) if content else []


def keep(state: State, step: Job, layout: Layout, transcripts: list[Transcript], name: str, rows: str | None) -> None:
    """Store what the script wrote to the output folder, and the rows."""
    files = {
        path.removeprefix(f"{layout.score}/"): content
        for transcript in transcripts
        for path, content in transcript.files.items()
        if path.startswith(f"{layout.score}/")
    }
    if rows is not None:
        files[name] = rows.encode()
    data_paths.write(state, step.properties["outputs"]["score"]["uri"], files, layout.who)
