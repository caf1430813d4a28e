"""Environments, own and curated, through the real azure-ai-ml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contract.azure_lab import Session, events, folder
from twoclouds.world.clock import SECOND

IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"
CURATED = "azureml://registries/azureml/environments/{}"


def test_versions_count_up_and_an_environment_with_other_content_is_a_new_one(azure: Session, tmp_path: Path) -> None:
    from azure.ai.ml.entities import Data, Environment

    path = folder(tmp_path / "data", sensors_csv="1")
    data = [Data(name="d", path=path, type="uri_folder") for _ in range(3)]
    versions = [azure.client.data.create_or_update(asset).version for asset in data]
    conda = [{"name": "x", "dependencies": ["python=3.11", {"pip": [name]}]} for name in ("joblib", "joblib", "numpy")]
    made = [
        azure.client.environments.create_or_update(Environment(name="own", image=IMAGE, conda_file=file)).version
        for file in conda
    ]
    assert (versions, made) == (["1", "2", "3"], ["1", "1", "2"])


@pytest.mark.parametrize(
    "environment",
    [
        "AzureML-sklearn-1.5@latest",
        "azureml:AzureML-sklearn-1.5@latest",
        "AzureML-sklearn-1.5:40",
        CURATED.format("sklearn-1.5/versions/40"),
    ],
)
def test_a_curated_environment_by_each_of_its_names(azure: Session, environment: str) -> None:
    azure.cluster()
    job = azure.client.jobs.get(azure.submit(environment=environment).name)
    assert job.environment.endswith(("AzureML-sklearn-1.5:40", "sklearn-1.5/versions/40"))
    azure.lab.skip(hours=1)
    assert "scikit-learn" in azure.runner.containers[0].image.packages


def test_two_jobs_wait_for_one_build(azure: Session) -> None:
    from azure.ai.ml.entities import Environment

    conda = {"name": "x", "dependencies": ["python=3.11", {"pip": ["joblib"]}]}
    azure.client.environments.create_or_update(Environment(name="own", version="1", image=IMAGE, conda_file=conda))
    azure.cluster(max_instances=2)
    jobs = [azure.submit(environment="own:1", name=name) for name in ("first", "second")]
    azure.lab.skip(hours=1)
    assert [azure.client.jobs.get(job.name).status for job in jobs] == ["Completed", "Completed"]
    assert [what for _, what in events(azure, "image.")] == ["image.building own", "image.built own"]


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"image": IMAGE, "conda_file": {"dependencies": [{"pip": ["no-such-package"]}]}},
         "ERROR: No matching distribution found for no-such-package"),
        ({"image": IMAGE, "conda_file": {"dependencies": [{"pip": ["-r requirements.txt"]}]}},
         "ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'requirements.txt'"),
        ({"dockerfile": "FROM python:3.11\nRUN cargo build\n"}, "RUN cargo build: this lab's builds install packages"),
        ({"dockerfile": "FROM nowhere.azurecr.io/mine:1\n"}, "this lab does not know what that image holds"),
    ],
)  # fmt: skip
def test_a_build_that_fails_says_why_in_its_log(
    azure: Session, tmp_path: Path, settings: dict[str, Any], line: str
) -> None:
    from azure.ai.ml.entities import BuildContext, Environment

    if text := settings.pop("dockerfile", None):
        settings["build"] = BuildContext(path=folder(tmp_path / "context", Dockerfile=text))
    azure.client.environments.create_or_update(Environment(name="own", version="1", **settings))
    azure.cluster()
    job = azure.submit(environment="own:1")
    azure.lab.skip(hours=1)
    state = azure.lab.azure.state
    log = state.blobs.get("azureml", f"ExperimentRun/dcid.{job.name}/azureml-logs/20_image_build_log.txt").data
    assert line in log.decode()
    assert state.jobs[job.name].error.startswith("Image build failed.")
    assert azure.client.jobs.get(job.name).status == "Failed"
    assert {line.resource for line in azure.lab.world.bill if line.hourly} == {"serverless/build/own/node-1"}


def test_a_job_runs_in_a_folder_with_a_dockerfile(azure: Session, tmp_path: Path) -> None:
    from azure.ai.ml.entities import BuildContext, Environment

    text = f"FROM {IMAGE}:latest\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nENV MODE=test\n"
    build = BuildContext(path=folder(tmp_path / "context", Dockerfile=text, requirements_txt="joblib\ntorch\n"))
    made = azure.client.environments.create_or_update(Environment(name="own", build=build))
    assert made.version == azure.client.environments.create_or_update(Environment(name="own", build=build)).version
    azure.cluster()
    azure.submit(environment=f"own:{made.version}")
    azure.lab.skip(hours=1)
    image = azure.runner.containers[0].image
    assert "joblib" in image.packages
    assert "torch" in image.definition.absent
    assert image.definition.environment == {"MODE": "test"}


def test_an_image_is_built_once_for_a_definition(azure: Session) -> None:
    from azure.ai.ml.entities import Environment

    conda = {"name": "x", "dependencies": ["python=3.11", {"pip": ["joblib"]}]}
    for name in ("one", "two"):
        azure.client.environments.create_or_update(Environment(name=name, version="1", image=IMAGE, conda_file=conda))
    azure.cluster()
    times = []
    for environment in ("one:1", "two:1"):
        job = azure.submit(environment=environment)
        began = azure.lab.world.clock.now
        azure.client.jobs.stream(job.name)
        states = [what.split()[0] for _, what in events(azure, "job.") if job.name in what]
        times.append((azure.lab.world.clock.now - began > 12 * 60 * SECOND, states.count("job.preparing")))
    assert times == [(True, 2), (False, 1)]
    assert len(azure.lab.world.events.of("image.built")) == 1


# What is refused


def _environment(**settings: Any) -> Any:
    from azure.ai.ml.entities import Environment

    return Environment(image=IMAGE, **settings)


def _unknown_image() -> Any:
    from azure.ai.ml.entities import Environment

    return Environment(name="own", version="1", image="nope")


REFUSALS = [
    ("unknown environment", lambda a: a.client.environments.get("e", version="1"), "ResourceNotFoundError", "UserError",
     "environments/e/versions/1"),
    ("reserved name", lambda a: a.client.environments.create_or_update(_environment(name="AzureML-mine", version="1")),
     "HttpResponseError", "UserError", "Environment name can not start with the prefix AzureML"),
    ("curated ones stay as they are", lambda a: a.client.environments.archive("AzureML-sklearn-1.5", "40"),
     "HttpResponseError", "UserError", "To alter a curated environment first create a copy of it."),
    ("no curated one of that name", lambda a: a.submit(environment="AzureML-nope@latest"), "ResourceNotFoundError",
     "UserError", "The specified resource was not found."),
    ("no conda file",
     lambda a: a.client.environments.create_or_update(_environment(name="e", conda_file={"name": "x"})),
     "HttpResponseError", "BadRequest", "The conda file is not one"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "call", "kind", "code", "message"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_refusals(azure: Session, case: str, call: Any, kind: str, code: str, message: str) -> None:
    azure.cluster()
    azure.refuses(call, kind, code, message)


@pytest.mark.parametrize(
    ("call", "operation"),
    [
        (lambda a: a.submit(environment="own:1"), "the image nope"),
        (lambda a: a.submit(environment=CURATED.format("acft-hf-nlp-gpu/labels/latest")), "curated/acft-hf-nlp-gpu"),
        (lambda a: a.submit(environment=CURATED.format("sklearn-1.5/versions/3")), "version 3 of the curated"),
    ],
)
def test_what_is_not_simulated_says_so(azure: Session, call: Any, operation: str) -> None:
    azure.cluster()
    azure.client.environments.create_or_update(_unknown_image())
    azure.lacks(call, operation)


def test_every_operation_is_called_by_the_sdk(azure: Session) -> None:
    from azure.ai.ml import MLClient

    client = azure.client
    registry = MLClient(client._credential, registry_name="azureml")
    assert registry.environments.get("sklearn-1.5", label="latest").version == "40"
    assert registry.environments.get("sklearn-1.5", version="40").id.endswith("sklearn-1.5/versions/40")
    for _ in range(2):
        client.environments.create_or_update(_environment(name="e"))
    client.environments.get("e", version="1")
    client.environments.get("e", label="latest")
    found = [environment.name for environment in client.environments.list()]
    assert (found[0], found.count("AzureML-sklearn-1.5")) == ("e", 1)
    assert client.environments.get("AzureML-sklearn-1.5", label="latest").version == "40"
    assert {"sklearn-1.5", "acpt-pytorch-2.2-cuda12.1"} < {entry.name for entry in registry.environments.list()}
    assert registry.environments._get("sklearn-1.5").properties.latest_version == "40"
    assert [found.version for found in client.environments.list("e")] == ["1"]
    client.environments.archive("e")
    client.environments.restore("e")
    assert azure.uncalled("environments", "registry") == set()
