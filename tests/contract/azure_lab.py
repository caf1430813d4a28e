"""A lab whose Azure answers are all held against the vendor's models, and whose scripts do not really run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import twoclouds
from twoclouds.azure import account, contract
from twoclouds.lab import Lab
from twoclouds.wire.http import Request, Response
from twoclouds.world.container import Container, Line, Transcript

SKLEARN = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"


HELLO = Transcript(lines=(Line(0, "stdout", "hello"),), exit_code=0, outcome="exited")


@dataclass
class Scripted:
    """A runner that plays a transcript, and remembers the containers it was given."""

    transcript: Transcript = HELLO
    containers: list[Container] = field(default_factory=list)

    def run(self, container: Container, **_: Any) -> Transcript:
        self.containers.append(container)
        return self.transcript


@dataclass
class Session:
    """An open lab, a client that is signed in to it, and what was wrong with answers so far."""

    lab: Lab
    client: Any
    runner: Scripted
    problems: list[str] = field(default_factory=list)
    operations: set[str] = field(default_factory=set)

    def cluster(self, name: str = "cpu", **settings: Any) -> Any:
        from azure.ai.ml.entities import AmlCompute

        settings = {"size": "Standard_D4s_v5", "max_instances": 1, **settings}
        return self.client.compute.begin_create_or_update(AmlCompute(name=name, **settings)).result()

    def submit(self, command: str = "python train.py", **settings: Any) -> Any:
        from azure.ai.ml import command as make

        settings = {"environment": SKLEARN, "compute": "cpu", "experiment_name": "test", **settings}
        return self.client.jobs.create_or_update(make(command=command, **settings))


@contextmanager
def session(**settings: Any) -> Iterator[Session]:
    """A lab for one test."""
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential

    with twoclouds.open(**settings) as lab:
        names = (account.SUBSCRIPTION, account.RESOURCE_GROUP, account.WORKSPACE)
        client = MLClient(DefaultAzureCredential(), *names, show_progress=False)
        found = Session(lab, client, Scripted())
        lab.world.runner = found.runner
        _validate(found)
        yield found
    assert not found.problems, found.problems
    assert lab.world.clock.failures == []


def _validate(found: Session) -> None:
    azure = found.lab.azure
    real = azure.send

    def send(request: Request) -> Response:
        response = real(request)
        route, _ = azure._router.match(request) or (None, {})
        if route and response.status < 300:
            found.operations.add(route.operation)
            if response.body and route.operation in contract.ANSWERS:
                found.problems += contract.answer_problems(route.operation, json.loads(response.body))
        return response

    azure.send = send  # type: ignore[method-assign]


def folder(path: Path, **files: str) -> str:
    """A folder with these files (`train_py="..."` is `train.py`)."""
    path.mkdir()
    for name, text in files.items():
        (path / name.replace("_", ".")).write_text(text)
    return str(path)
