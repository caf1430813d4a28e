"""Requests that no model of the SDK describes: what their bodies must look like, as plain shapes.

A shape is a type, a list of one shape, or fields with their shapes; a field whose name ends in `*` is required. What is
not named may be anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twoclouds.azure.errors import bad_request

SCALAR = (str, int, float, bool)
Shape = Any

SHAPES: dict[str, Shape] = {
    "Run History - Add Or Modify By Experiment Name": {
        "runId": str,
        "displayName": str,
        "description": str,
        "tags": {},
        "properties": {},
        "hidden": bool,
    },
    "Run History - Get Run Data": {"runId*": str},
    "Data Versions - Batch Get Resolved Uris": {"values*": [str]},
    "Run Artifacts - Batch Create Empty Artifacts": {"paths": [{"path*": str}]},
    "Artifacts - Batch Create Empty Artifacts": {"paths": [{"path*": str}]},
    "Role Assignments - Create": {"properties*": {"roleDefinitionId*": str, "principalId*": str}},
    "User Assigned Identities - Create Or Update": {"tags": {}, "location": str},
    "Batch Endpoints - Invoke": {"properties": {}},
    "Compute - Enable Sso": {"enableSSO": bool},
}
"""Operation → the shape of its request's body."""

_TEXTS = """
    artifact_location description experiment_id experiment_name filter filter_string key metric_key
    model_id model_type name new_name page_token path run_id run_name run_uuid run_view_type source
    source_run_id stage status user_id version view_type
"""
MLFLOW: Shape = {
    **dict.fromkeys(_TEXTS.split(), SCALAR),
    **dict.fromkeys(("start_time", "end_time", "timestamp", "step", "max_results"), int),
    "value": SCALAR,
    "metrics": [{"key*": str, "value": float, "timestamp": int, "step": int}],
    "params": [{"key*": str, "value": SCALAR}],
    "tags": [{"key*": str, "value": SCALAR}],
    "experiment_ids": [SCALAR],
    "order_by": [(str, dict)],
    "stages": [SCALAR],
    "datasets": [{}],
    "models": [{}],
}
"""The fields of MLflow's requests, all of them together: a name means the same in each."""


def check(operation: str, body: Any) -> None:
    """Raise AzureError (400) for a body that is none of this operation."""
    if not isinstance(body, dict):
        raise bad_request("The request is invalid: an object is expected.")
    for problem in problems(SHAPES.get(operation, {}), body, ""):
        raise bad_request(f"The request is invalid: {problem}")


def problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """What is wrong with a value. A field that is null is not there; a number may be written as text."""
    if isinstance(shape, Mapping):
        if not isinstance(value, dict):
            yield f"{path or 'the body'} is not an object"
            return
        for field, inner in shape.items():
            name, where = field.removesuffix("*"), f"{path}.{field.removesuffix('*')}".lstrip(".")
            if value.get(name) is None:
                if field.endswith("*"):
                    yield f"the field '{where}' is required"
            else:
                yield from problems(inner, value[name], where)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{path} is not a list"
            return
        for number, entry in enumerate(value):
            yield from problems(shape[0], entry, f"{path}[{number}]")
    elif not _is(shape, value):
        yield f"{value!r} is not a value of {path}"


def _is(kind: Any, value: Any) -> bool:
    if kind in (int, float):
        try:
            kind(value)
        except (TypeError, ValueError, OverflowError):
            return False
        return not isinstance(value, bool)
    return isinstance(value, kind)
