"""MLflow tracking: experiments and runs. A job's script finds its job's run there, a notebook makes runs of its own."""

from __future__ import annotations

from typing import Any

from twoclouds.azure.account import CLIENT
from twoclouds.azure.history import runs
from twoclouds.azure.history.mlflow import ROOT, epoch, exists, invalid, not_found, pairs, required, route
from twoclouds.azure.history.mlflow_search import matching, ordered
from twoclouds.azure.history.runs import Experiment, Metric, Run
from twoclouds.azure.state import State

STATUS = {
    "NotStarted": "SCHEDULED", "Starting": "SCHEDULED", "Preparing": "SCHEDULED", "Queued": "SCHEDULED",
    "Running": "RUNNING", "Finalizing": "RUNNING", "CancelRequested": "RUNNING",
    "Completed": "FINISHED", "Failed": "FAILED", "Canceled": "KILLED",
}  # fmt: skip
"""Run history's states as MLflow's clients know them."""

HISTORY = {"SCHEDULED": "NotStarted", "RUNNING": "Running", "FINISHED": "Completed", "FAILED": "Failed",
           "KILLED": "Canceled"}  # fmt: skip

RUN_NAME, PARENT = "mlflow.runName", "mlflow.parentRunId"

Asked = dict[str, Any]


def find(state: State, asked: Asked) -> Run:
    """The run that a request is about. Raises MlflowError."""
    name = asked.get("run_id") or asked.get("run_uuid")
    if name not in state.history.runs:
        raise not_found(f"Run {name} was not found.")
    return state.history.runs[name]


# Experiments


def create_experiment(state: State, asked: Asked) -> dict[str, Any]:
    """A new experiment. Raises MlflowError if there is one of that name."""
    (name,) = required(asked, "name")
    if name in state.history.experiments:
        raise exists(f"Experiment '{name}' already exists.")
    found = runs.experiment(state, name)
    found.tags.update({tag["key"]: tag["value"] for tag in asked.get("tags", [])})
    return {"experiment_id": found.id}


def get_experiment(state: State, asked: Asked) -> dict[str, Any]:
    """An experiment by its id."""
    return {"experiment": _experiment(state, _by_id(state, asked.get("experiment_id", "")))}


def get_experiment_by_name(state: State, asked: Asked) -> dict[str, Any]:
    """An experiment by its name."""
    name = asked.get("experiment_name", "")
    if name not in state.history.experiments:
        raise not_found(f"Could not find experiment with name {name}")
    return {"experiment": _experiment(state, state.history.experiments[name])}


def search_experiments(state: State, asked: Asked) -> dict[str, Any]:
    """The experiments, newest first."""
    view = asked.get("view_type", "ACTIVE_ONLY")
    found = [e for e in state.history.experiments.values() if view == "ALL" or e.deleted == (view == "DELETED_ONLY")]
    found = [e for e in found if matching(asked.get("filter", ""), _experiment_values(e))]
    return {"experiments": [_experiment(state, e) for e in reversed(found)][: int(asked.get("max_results", 1000))]}


def _experiment_values(experiment: Experiment) -> dict[str, Any]:
    return {"attribute": {"name": experiment.name, "experiment_id": experiment.id}, "tag": experiment.tags}


def delete_experiment(state: State, asked: Asked) -> dict[str, Any]:
    """Archive an experiment."""
    _by_id(state, asked.get("experiment_id", "")).deleted = True
    return {}


def restore_experiment(state: State, asked: Asked) -> dict[str, Any]:
    """Bring an archived experiment back."""
    _by_id(state, asked.get("experiment_id", "")).deleted = False
    return {}


def tag_experiment(state: State, asked: Asked) -> dict[str, Any]:
    """Set a tag of an experiment."""
    key, value = required(asked, "key", "value")
    _by_id(state, asked.get("experiment_id", "")).tags[key] = value
    return {}


def _by_id(state: State, identifier: str) -> Experiment:
    for experiment in state.history.experiments.values():
        if identifier in (experiment.id, experiment.name):
            return experiment
    raise not_found(f"Could not find experiment with ID {identifier}")


def _experiment(state: State, experiment: Experiment) -> dict[str, Any]:
    return {
        "experiment_id": experiment.id,
        "name": experiment.name,
        "artifact_location": "",
        "lifecycle_stage": "deleted" if experiment.deleted else "active",
        "creation_time": epoch(state, experiment.created),
        "last_update_time": epoch(state, experiment.created),
        "tags": pairs(experiment.tags),
    }


# Runs


def create_run(state: State, asked: Asked) -> dict[str, Any]:
    """A run that begins now, in an experiment that exists; under another run if a tag names that."""
    experiment = _by_id(state, asked.get("experiment_id", ""))
    tags = {tag["key"]: tag["value"] for tag in asked.get("tags", [])}
    parent = tags.pop(PARENT, "")
    if parent and parent not in state.history.runs:
        raise not_found(f"Run {parent} was not found.")
    name = state.world.ids.uuid("azure/mlflow-run", experiment.name)
    run = runs.add(state, name, experiment.name, parent=parent, kind="azureml.mlflow")
    run.display_name = asked.get("run_name") or tags.pop(RUN_NAME, "") or name
    tags.pop(RUN_NAME, None)
    run.tags = tags
    runs.enter(state, run, "Running")
    return {"run": resource(state, run)}


def get_run(state: State, asked: Asked) -> dict[str, Any]:
    """A run."""
    return {"run": resource(state, find(state, asked))}


def update_run(state: State, asked: Asked) -> dict[str, Any]:
    """Set a run's name and status. A job's status is the job's: it does not change."""
    run = find(state, asked)
    run.display_name = asked.get("run_name") or run.display_name
    status = asked.get("status")
    if status and run.name not in state.jobs:
        if status not in HISTORY:
            raise invalid(f"Invalid value {status} for parameter 'status'.")
        if HISTORY[status] != run.status:
            runs.enter(state, run, HISTORY[status])
    return {"run_info": resource(state, run)["info"]}


def delete_run(state: State, asked: Asked) -> dict[str, Any]:
    """Archive a run."""
    find(state, asked).hidden = True
    return {}


def restore_run(state: State, asked: Asked) -> dict[str, Any]:
    """Bring an archived run back."""
    find(state, asked).hidden = False
    return {}


def search_runs(state: State, asked: Asked) -> dict[str, Any]:
    """The runs of some experiments that fit a filter, in the order asked for; newest first without one."""
    wanted = asked.get("experiment_ids") or []
    ids = set([wanted] if isinstance(wanted, str) else wanted)
    view = asked.get("run_view_type", "ACTIVE_ONLY")
    found = [
        run
        for run in reversed(state.history.runs.values())
        if {run.experiment.id, run.experiment.name} & ids and (view == "ALL" or run.hidden == (view == "DELETED_ONLY"))
    ]
    values = {run.name: _values(state, run) for run in found}
    found = [run for run in found if matching(asked.get("filter", ""), values[run.name])]
    found = ordered(found, asked.get("order_by") or [], lambda run: values[run.name])
    first, size = int(asked.get("page_token") or 0), int(asked.get("max_results") or 1000)
    answer: dict[str, Any] = {"runs": [resource(state, run) for run in found[first : first + size]]}
    if found[first + size :]:
        answer["next_page_token"] = str(first + size)
    return answer


def _values(state: State, run: Run) -> dict[str, Any]:
    """What a filter may ask of a run."""
    info = resource(state, run)["info"]
    info["created"] = info["start_time"]
    return {
        "attribute": info,
        "metric": {name: history[-1].value for name, history in run.metrics.items()},
        "param": run.params,
        "tag": _tags(state, run),
    }


# What a script tells of its run


def log_metric(state: State, asked: Asked) -> dict[str, Any]:
    """A value of a metric."""
    run = find(state, asked)
    _measure(run, asked)
    return {}


def log_param(state: State, asked: Asked) -> dict[str, Any]:
    """A parameter; one that is known keeps its value. Raises MlflowError for another one."""
    _set_param(find(state, asked), asked)
    return {}


def set_tag(state: State, asked: Asked) -> dict[str, Any]:
    """A tag, in place of the one of that name."""
    _set_tag(find(state, asked), asked)
    return {}


def delete_tag(state: State, asked: Asked) -> dict[str, Any]:
    """A tag is taken away. Raises MlflowError if there is none of that name."""
    run = find(state, asked)
    if asked.get("key") not in run.tags:
        raise not_found(f"No tag with name: {asked.get('key')} in run with id {run.name}")
    del run.tags[asked["key"]]
    return {}


def log_batch(state: State, asked: Asked) -> dict[str, Any]:
    """Metrics, parameters and tags at once; none of them if a parameter would change."""
    run = find(state, asked)
    for param in asked.get("params", []):
        _check_param(run, param)
    for metric in asked.get("metrics", []):
        _measure(run, metric)
    for param in asked.get("params", []):
        _set_param(run, param)
    for tag in asked.get("tags", []):
        _set_tag(run, tag)
    return {}


def get_history(state: State, asked: Asked) -> dict[str, Any]:
    """All values of a metric."""
    run, key = find(state, asked), asked.get("metric_key", "")
    return {"metrics": [_metric(key, metric) for metric in run.metrics.get(key, [])]}


def accept(state: State, asked: Asked) -> dict[str, Any]:
    """What MLflow tells beside (the data sets that a script read, the models it logged): the run must exist."""
    find(state, asked)
    return {}


def _measure(run: Run, asked: Asked) -> None:
    key, _ = required(asked, "key", "value")
    metric = Metric(float(asked["value"]), int(asked.get("timestamp") or 0), int(asked.get("step") or 0))
    run.metrics.setdefault(key, []).append(metric)


def _check_param(run: Run, asked: Asked) -> None:
    (key,) = required(asked, "key")
    kept, value = run.params.get(key), str(asked.get("value", ""))
    if kept is not None and kept != value:
        raise invalid(
            f"Changing param values is not allowed. Param with key='{key}' was already logged with value='{kept}' "
            f"for run ID='{run.name}'. Attempted logging new value '{value}'."
        )


def _set_param(run: Run, asked: Asked) -> None:
    _check_param(run, asked)
    run.params[asked["key"]] = str(asked.get("value", ""))


def _set_tag(run: Run, asked: Asked) -> None:
    (key,) = required(asked, "key")
    value = str(asked.get("value", ""))
    if key == RUN_NAME:
        run.display_name = value
    else:
        run.tags[key] = value


# As they go over the wire


def resource(state: State, run: Run) -> dict[str, Any]:
    """A run as MLflow's clients read it."""
    info = {
        "run_id": run.name,
        "run_uuid": run.name,
        "run_name": run.display_name,
        "experiment_id": run.experiment.id,
        "user_id": CLIENT,
        "status": STATUS[run.status],
        "start_time": epoch(state, run.created if run.started is None else run.started),
        "artifact_uri": artifact_uri(run),
        "lifecycle_stage": "deleted" if run.hidden else "active",
    }
    if run.ended is not None:
        info["end_time"] = epoch(state, run.ended)
    metrics = [_metric(name, history[-1]) for name, history in run.metrics.items()]
    data = {"metrics": metrics, "params": pairs(run.params), "tags": pairs(_tags(state, run))}
    return {"info": info, "data": data, "inputs": {}}


def artifact_uri(run: Run) -> str:
    """Where MLflow's clients find a run's artifacts."""
    return f"{ROOT}/experiments/{run.experiment.id}/runs/{run.name}/artifacts"


def _tags(state: State, run: Run) -> dict[str, str]:
    parent = {PARENT: run.parent} if run.parent else {}
    root = run
    while root.parent:
        root = state.history.runs[root.parent]
    return {RUN_NAME: run.display_name, "mlflow.rootRunId": root.name, "mlflow.user": CLIENT, **parent, **run.tags}


def _metric(key: str, metric: Metric) -> dict[str, Any]:
    return {"key": key, "value": metric.value, "timestamp": metric.time, "step": metric.step}


_JOB = "azureml-examples tutorials/get-started-notebooks/train-model (inside the job)"
_NOTEBOOK = "azureml-examples sdk/python/using-mlflow"

ROUTES = (
    route("POST", "experiments/create", create_experiment, _NOTEBOOK, takes_time=True),
    route("GET", "experiments/get", get_experiment, _JOB),
    route("GET", "experiments/get-by-name", get_experiment_by_name, _NOTEBOOK),
    route("POST", "experiments/search", search_experiments, _NOTEBOOK),
    route("POST", "experiments/delete", delete_experiment, _NOTEBOOK),
    route("POST", "experiments/restore", restore_experiment, _NOTEBOOK),
    route("POST", "experiments/set-experiment-tag", tag_experiment, _NOTEBOOK),
    route("POST", "runs/create", create_run, _NOTEBOOK, takes_time=True),
    route("GET", "runs/get", get_run, _JOB),
    route("POST", "runs/update", update_run, _NOTEBOOK),
    route("POST", "runs/delete", delete_run, _NOTEBOOK),
    route("POST", "runs/restore", restore_run, _NOTEBOOK),
    route("POST", "runs/search", search_runs, _NOTEBOOK),
    route("POST", "runs/log-metric", log_metric, _JOB),
    route("POST", "runs/log-parameter", log_param, _JOB),
    route("POST", "runs/set-tag", set_tag, _JOB),
    route("POST", "runs/delete-tag", delete_tag, _NOTEBOOK),
    route("POST", "runs/log-batch", log_batch, _JOB),
    route("POST", "runs/log-inputs", accept, _JOB),
    route("POST", "runs/outputs", accept, _JOB),
    route("GET", "metrics/get-history", get_history, _NOTEBOOK),
)
