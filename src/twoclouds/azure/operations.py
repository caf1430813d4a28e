"""Long-running operations: what a client polls until it is done.

https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations
"""

from __future__ import annotations

from dataclasses import dataclass

from twoclouds.azure.account import ARM, PROVIDER, REGION, SUBSCRIPTION
from twoclouds.azure.errors import AzureError
from twoclouds.azure.state import State
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route

RETRY_AFTER = 5
"""Seconds after which a client is asked to look again."""


@dataclass
class Operation:
    """Something under way since `started` (ms)."""

    name: str
    subject: str
    started: int
    status: str = "InProgress"
    ended: int | None = None
    error: tuple[str, str] | None = None


def begin(state: State, subject: str) -> Operation:
    """Note that something has begun."""
    name = state.world.ids.uuid("azure/operation", subject)
    operation = state.operations[name] = Operation(name, subject, state.world.clock.now)
    return operation


def end(state: State, operation: Operation, status: str = "Succeeded") -> None:
    """Note that it is over, now: it has succeeded, or was `Canceled`."""
    operation.status, operation.ended = status, state.world.clock.now


def fail(state: State, operation: Operation, code: str, message: str) -> None:
    """Note that it has failed, now: the client's poller raises an error with that code and message."""
    operation.status, operation.ended, operation.error = "Failed", state.world.clock.now, (code, message)


def headers(operation: Operation) -> dict[str, str]:
    """What tells a client where to look, and how often."""
    path = f"/subscriptions/{SUBSCRIPTION}/providers/{PROVIDER}/locations/{REGION}/operationsStatus/{operation.name}"
    url = f"https://{ARM}{path}?api-version=2025-12-01"
    return {"Azure-AsyncOperation": url, "Location": url, "Retry-After": str(RETRY_AFTER)}


def get(state: State, request: Request, location: str, name: str) -> Response:
    """How far an operation is."""
    if name not in state.operations:
        raise AzureError(404, "NotFound", f"The operation '{name}' was not found.")
    operation = state.operations[name]
    body = {"name": name, "status": operation.status, "startTime": state.time(operation.started)}
    if operation.ended is not None:
        error = {"error": dict(zip(("code", "message"), operation.error, strict=True))} if operation.error else {}
        return Response.of_json({**body, "endTime": state.time(operation.ended), **error})
    return Response.of_json(body, headers={"Retry-After": str(RETRY_AFTER)})


ROUTES = (
    Route(
        "GET",
        ARM,
        f"/subscriptions/{{subscription}}/providers/{PROVIDER}/locations/{{location}}/operationsStatus/{{name}}",
        get,
        "Operation Status - Get",
        "lesson 1 (a poller)",
    ),
)
