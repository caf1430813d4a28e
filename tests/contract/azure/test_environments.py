"""Environments, own and curated, through the real azure-ai-ml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contract.azure_lab import Session, events, folder
from twoclouds.world.clock import SECOND


def test_versions_count_up_and_an_environment_with_other_content_is_a_new_one(azure: Session, tmp_path: Path) -> None:
    from azure.ai.ml.entities import Data, Environment

    path = folder(tmp_path / "data", sensors_csv="1")
    image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"
    data = [Data(name="d", path=path, type="uri_folder") for _ in range(3)]
    versions = [azure.client.data.create_or_update(asset).version for asset in data]
    conda = [{"name": "x", "dependencies": ["python=3.11", {"pip": [name]}]} for name in ("joblib", "joblib", "numpy")]
    made = [
        azure.client.environments.create_or_update(Environment(name="own", image=image, conda_file=file)).version
        for file in conda
    ]
    assert (versions, made) == (["1", "2", "3"], ["1", "1", "2"])


def test_an_image_is_built_once_for_a_definition(azure: Session) -> None:
    from azure.ai.ml.entities import Environment

    image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"
    conda = {"name": "x", "dependencies": ["python=3.11", {"pip": ["joblib"]}]}
    for name in ("one", "two"):
        azure.client.environments.create_or_update(Environment(name=name, version="1", image=image, conda_file=conda))
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


def _environment(**settings: str) -> Any:
    from azure.ai.ml.entities import Environment

    return Environment(image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04", **settings)


def _unknown_image() -> Any:
    from azure.ai.ml.entities import Environment

    return Environment(name="e", image="nope")


REFUSALS = [
    ("unknown environment", lambda a: a.client.environments.get("e", version="1"), "ResourceNotFoundError", "UserError",
     "environments/e/versions/1"),
    ("reserved name", lambda a: a.client.environments.create_or_update(_environment(name="AzureML-mine", version="1")),
     "HttpResponseError", "UserError", "Environment name can not start with the prefix AzureML"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "call", "kind", "code", "message"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_refusals(azure: Session, case: str, call: Any, kind: str, code: str, message: str) -> None:
    azure.cluster()
    azure.refuses(call, kind, code, message)


@pytest.mark.parametrize(
    ("call", "operation"),
    [
        (lambda a: a.client.environments.create_or_update(_unknown_image()), "the image nope"),
    ],
)
def test_what_is_not_simulated_says_so(azure: Session, call: Any, operation: str) -> None:
    azure.cluster()
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
    assert [found.name for found in client.environments.list()] == ["e"]
    assert [found.version for found in client.environments.list("e")] == ["1"]
    client.environments.archive("e")
    client.environments.restore("e")
    assert azure.uncalled("environments", "registry") == set()
