"""What a run's script tells the history of it, and how to take that back: a canceled script is run a second time, up to
the line that it had reached, and must not be counted twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twoclouds.azure.account import ARTIFACT_CONTAINER
from twoclouds.azure.history import runs
from twoclouds.azure.history.runs import Run

if TYPE_CHECKING:
    from twoclouds.azure.state import State


@dataclass(frozen=True)
class Snapshot:
    """What the history held of a run before its script began."""

    tags: dict[str, str]
    artifacts: frozenset[str]
    models: int


def snapshot(state: State, run: Run) -> Snapshot:
    """What the history holds now."""
    held = frozenset(state.blobs.list(ARTIFACT_CONTAINER, f"{run.folder}/"))
    return Snapshot(dict(run.tags), held, state.models.count)


def restore(state: State, run: Run, before: Snapshot) -> None:
    """Take back what the script told since: parameters, metrics, tags, artifacts, runs under this one, models."""
    run.params.clear()
    run.metrics.clear()
    run.tags = dict(before.tags)
    for child in list(run.children):
        runs.forget(state, state.history.runs[child])
    for key in state.blobs.list(ARTIFACT_CONTAINER, f"{run.folder}/"):
        if key not in before.artifacts and "/user_logs/" not in key:
            state.blobs.delete(ARTIFACT_CONTAINER, key)
    for model in list(state.models.every()):
        if model.number > before.models and model.properties.get("jobName") == run.name:
            del state.models.named[model.name].versions[model.version]
            if not state.models.named[model.name].versions:
                del state.models.named[model.name]
