"""A lab whose Azure answers are all held against the vendor's models, and whose scripts do not really run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

import twoclouds
from twoclouds.azure import account, contract
from twoclouds.lab import Lab
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Aside, Request, Response
from twoclouds.world.clock import SECOND
from twoclouds.world.container import Container, Line, Transcript

SKLEARN = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"


HELLO = Transcript(lines=(Line(0, "stdout", "hello"),), exit_code=0, outcome="exited")


@dataclass
class Scripted:
    """A runner that plays a transcript, and remembers the containers it was given. A run that is stopped ends at that
    line; `last_words` are what it then prints."""

    transcript: Transcript = HELLO
    containers: list[Container] = field(default_factory=list)
    last_words: tuple[Line, ...] = ()

    def run(self, container: Container, *, stop_after: int | None = None, **_: Any) -> Transcript:
        self.containers.append(container)
        if stop_after is None:
            return self.transcript
        lines = self.transcript.lines[:stop_after] + self.last_words
        return replace(self.transcript, lines=lines, exit_code=143, outcome="stopped")


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

    def instance(self, name: str = "mine", **settings: Any) -> Any:
        from azure.ai.ml.entities import ComputeInstance

        settings = {"size": "Standard_D4s_v5", **settings}
        return self.client.compute.begin_create_or_update(ComputeInstance(name=name, **settings)).result()

    def submit(self, command: str = "python train.py", **settings: Any) -> Any:
        from azure.ai.ml import command as make

        settings = {"environment": SKLEARN, "compute": "cpu", "experiment_name": "test", **settings}
        return self.client.jobs.create_or_update(make(command=command, **settings))

    def refuses(self, call: Callable[[Session], Any], kind: str, code: str, message: str) -> None:
        """Check that `call` raises an error of that class, code and message, and that it leaves nothing behind."""
        from azure.core import exceptions

        before = self._made()
        with pytest.raises(exceptions.HttpResponseError) as refusal:
            call(self)
        assert (type(refusal.value).__name__, refusal.value.error.code) == (kind, code)
        assert message in refusal.value.message
        assert self._made() == before

    def lacks(self, call: Callable[[Session], Any], operation: str) -> None:
        """Check that `call` raises NotSimulated, naming the operation, and that it leaves nothing behind."""
        before = self._made()
        with pytest.raises(NotSimulated, match=operation):
            call(self)
        assert self._made() == before

    def uncalled(self, *modules: str) -> set[str]:
        """The operations of these modules that the SDK has not called so far, or that were always refused."""
        return {name for name, module, _ in self.lab.azure.simulated() if module in modules} - self.operations

    def _made(self) -> object:
        """What a refused call must not have changed."""
        state, quotas = self.lab.azure.state, self.lab.world.quotas
        taken = {name: quotas.used(name) for name in quotas}
        return (
            list(state.computes),
            list(state.jobs),
            [(name, sorted(endpoint.deployments), endpoint.traffic) for name, endpoint in state.endpoints.items()],
            [(name, sorted(endpoint.deployments)) for name, endpoint in state.batch_endpoints.items()],
            list(state.data.named),
            list(state.environments.named),
            list(state.models.named),
            taken,
        )


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

    def send(request: Request) -> Response | Aside:
        route, _ = azure._router.match(request) or (None, {})
        return checked(route, real(request))

    def checked(route: Any, response: Response | Aside) -> Response | Aside:
        if isinstance(response, Aside):
            aside = response
            return Aside(aside.work, lambda done: checked(route, aside.then(done)))
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


def events(azure: Session, kind: str = "") -> list[tuple[float, str]]:
    """(second, event) of what happened so far, of one kind or all."""
    return [
        (event.time / SECOND, f"{event.kind} {event.subject.removeprefix('azure/')}")
        for event in azure.lab.world.events.of(kind)
    ]


def stream(azure: Session, job: Any, capsys: pytest.CaptureFixture[str]) -> str:
    """What `jobs.stream` prints of a job."""
    capsys.readouterr()
    azure.client.jobs.stream(job.name)
    return capsys.readouterr().out


def data_input(path: str) -> Any:
    """A folder as a job's input."""
    from azure.ai.ml import Input

    return Input(type="uri_folder", path=path)
