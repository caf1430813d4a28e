"""The MLflow service of a workspace: how its routes are declared, and what it says when it says no.

azureml-mlflow, which stands behind a tracking URI that begins with `azureml://`, sends MLflow's own REST requests
(https://mlflow.org/docs/latest/rest-api.html) to `/mlflow/v1.0` or `v2.0` and the workspace's path.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twoclouds.azure.account import API, WORKSPACE_ID, WORKSPACE_PATH
from twoclouds.azure.bodies import MLFLOW, problems
from twoclouds.azure.catalog import duration
from twoclouds.azure.errors import AzureError
from twoclouds.azure.state import State
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route

ROOT = f"azureml://{API}/mlflow/v2.0{WORKSPACE_ID}"

Answer = Callable[..., dict[str, Any]]
"""(state, what the request asks, **parameters of the path) → the answer's body."""


class MlflowError(AzureError):
    """Becomes an error as MLflow's clients read it."""

    def response(self) -> Response:
        """The answer as it goes over the wire."""
        return Response.of_json({"error_code": self.code, "message": self.message}, status=self.status)


def not_found(message: str) -> MlflowError:
    """There is no such run, experiment or model."""
    return MlflowError(404, "RESOURCE_DOES_NOT_EXIST", message)


def invalid(message: str) -> MlflowError:
    """The request cannot be met as it is."""
    return MlflowError(400, "INVALID_PARAMETER_VALUE", message)


def exists(message: str) -> MlflowError:
    """There is one of that name already."""
    return MlflowError(400, "RESOURCE_ALREADY_EXISTS", message)


def route(method: str, path: str, answer: Answer, caller: str, *, takes_time: bool = False) -> Route:
    """A route of MLflow's REST API, `path` being what follows `/api/2.0/mlflow/`. A request that makes something takes
    the time that every create request takes; what a script tells of its run takes none."""

    def handle(state: State, request: Request, version: str, **parameters: str) -> Response:
        asked = {**request.query, **_told(request)}
        for problem in problems(MLFLOW, asked, ""):
            raise invalid(f"Invalid value: {problem}.")
        took = duration(state.world, "request_create") if takes_time else 0
        return Response.of_json(answer(state, asked, **parameters), took=took)

    template = f"/mlflow/{{version}}{WORKSPACE_PATH}/api/2.0/mlflow/{path}"
    return Route(method, API, template, handle, f"MLflow - {method} {path}", caller)


def _told(request: Request) -> dict[str, Any]:
    """The body's fields; one that is null is not there. Raises MlflowError."""
    try:
        body = request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise MlflowError(400, "MALFORMED_REQUEST", "Malformed request: the body is not a JSON object.")
    return {name: value for name, value in body.items() if value is not None}


def required(asked: dict[str, Any], *names: str) -> list[str]:
    """These fields of a request. Raises MlflowError for one that is missing."""
    for name in names:
        if asked.get(name) in (None, ""):
            raise invalid(f"Missing value for required parameter '{name}'.")
    return [str(asked[name]) for name in names]


def epoch(state: State, time: int) -> int:
    """A time of the lab in ms since the Unix epoch."""
    return round(state.world.clock.at(time).timestamp() * 1000)


def pairs(values: dict[str, str]) -> list[dict[str, str]]:
    """A bag of values as MLflow writes it."""
    return [{"key": key, "value": value} for key, value in values.items()]
