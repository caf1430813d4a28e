"""Runs: what the workspace's history holds of a job, or of an experiment that a notebook tracks with MLflow.

Every job is a run of the same name. Its description, tags and archiving may change while it lasts and afterwards; its
parameters, metrics and tags come from the script.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twoclouds.azure.account import CLOUD
from twoclouds.azure.errors import user_error

if TYPE_CHECKING:
    from twoclouds.azure.history.logged_models import LoggedModel
    from twoclouds.azure.state import State

TERMINAL = ("Completed", "Failed", "Canceled")


@dataclass(frozen=True, slots=True)
class Metric:
    """A value at `time` (ms since the epoch, as the client says) and `step`."""

    value: float
    time: int
    step: int


@dataclass
class Experiment:
    """A name for runs that belong together. `created` is in ms since the lab opened."""

    id: str
    name: str
    created: int
    tags: dict[str, str] = field(default_factory=dict)
    deleted: bool = False


@dataclass
class Run:
    """What is known of a run. Times are ms since the lab opened; `parent` is "" for one that stands by itself."""

    name: str
    experiment: Experiment
    number: int
    created: int
    parent: str = ""
    kind: str = "azureml.scriptrun"
    display_name: str = ""
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    hidden: bool = False
    status: str = "NotStarted"
    started: int | None = None
    ended: int | None = None
    error: str = ""
    canceled_because: str = ""
    children: list[str] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, list[Metric]] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether nothing more happens to it."""
        return self.status in TERMINAL

    @property
    def folder(self) -> str:
        """Where the artifact store keeps what it leaves behind."""
        return f"ExperimentRun/dcid.{self.name}"


@dataclass
class History:
    """All runs of the workspace by name, its experiments by name, and the models that runs have logged by id."""

    runs: dict[str, Run] = field(default_factory=dict)
    models: dict[str, LoggedModel] = field(default_factory=dict)
    experiments: dict[str, Experiment] = field(default_factory=dict)
    made: int = 0


def experiment(state: State, name: str) -> Experiment:
    """The experiment of that name; it is made if there is none."""
    found = state.history.experiments.get(name)
    if found is None:
        found = Experiment(state.world.ids.uuid("azure/experiment", name), name, state.world.clock.now)
        state.history.experiments[name] = found
    return found


def add(state: State, name: str, experiment_name: str, *, parent: str = "", kind: str = "azureml.scriptrun") -> Run:
    """A new run, made now."""
    history = state.history
    history.made += 1
    run = Run(name, experiment(state, experiment_name), history.made, state.world.clock.now, parent=parent, kind=kind)
    history.runs[name] = run
    if parent:
        history.runs[parent].children.append(name)
    return run


def find(state: State, name: str) -> Run:
    """A run. Raises AzureError (404)."""
    try:
        return state.history.runs[name]
    except KeyError:
        raise user_error(404, f"Run {name} was not found.") from None


def enter(state: State, run: Run, status: str) -> None:
    """A run changes its status, now; its first `Running` and its end are noted with their time."""
    run.status = status
    if status == "Running" and run.started is None:
        run.started = state.world.clock.now
    if run.over:
        run.ended = state.world.clock.now
    state.world.events.record(f"job.{status.lower()}", f"{CLOUD}/{run.name}")


def forget(state: State, run: Run) -> None:
    """Take a run out of the history, with the runs under it."""
    for child in list(run.children):
        forget(state, state.history.runs[child])
    del state.history.runs[run.name]
    if run.parent:
        state.history.runs[run.parent].children.remove(run.name)
