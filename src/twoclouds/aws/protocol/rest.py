"""AWS's REST-JSON protocol, as a service's model describes it: operation, parameters and answer of a request.

Parameters stand in the path, in headers and in the body; members of an answer in headers and in the body.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from urllib.parse import unquote

from twoclouds.aws.protocol import contract, event_stream
from twoclouds.wire.http import Request, Response


def operation(service: str, request: Request) -> str:
    """The operation that a request's method and path stand for; "" for none of this service."""
    for name, method, path in _routes(service):
        if method == request.method and path.fullmatch(request.parts.path):
            return name
    return ""


def parameters(service: str, name: str, request: Request) -> dict[str, Any]:
    """The parameters of a request, by member; the payload as bytes."""
    shape = contract.operation_model(service, name).input_shape
    assert shape is not None
    path = next(path for found, _, path in _routes(service) if found == name)
    match = path.fullmatch(request.parts.path)
    given: dict[str, Any] = {key: unquote(value) for key, value in match.groupdict().items()} if match else {}
    payload = shape.serialization.get("payload")
    for member, held in shape.members.items():
        header = held.serialization.get("name", "")
        if held.serialization.get("location") == "header" and header.lower() in request.headers:
            text = request.headers[header.lower()]
            given[member] = int(text) if held.type_name == "integer" and re.fullmatch(r"-?\d+", text) else text
        elif member == payload and request.body:
            given[member] = request.body
    return given


def response(service: str, name: str, answer: dict[str, Any], *, request_id: str, took: int) -> Response:
    """The answer as it goes over the wire: its payload as it is or as events, other members in headers, or as JSON."""
    model = contract.operation_model(service, name)
    shape = model.output_shape
    assert shape is not None
    payload = shape.serialization.get("payload")
    headers, rest = {"x-amzn-RequestId": request_id}, {}
    for member, value in answer.items():
        if shape.members[member].serialization.get("location") == "header":
            headers[shape.members[member].serialization["name"]] = str(value)
        elif member != payload:
            rest[member] = value
    status = model.http.get("responseCode", 200)
    if payload is not None and shape.members[payload].type_name == "structure":
        headers["Content-Type"] = event_stream.CONTENT_TYPE
        return Response(status, headers, event_stream.encoded(answer[payload]), took)
    if payload is not None:
        return Response(status, headers, answer[payload], took)
    return Response.of_json(rest, status=status, headers=headers, took=took)


@cache
def _routes(service: str) -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    model = contract.service_model(service)
    routes = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        source = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(http["requestUri"]))
        routes.append((name, http["method"], re.compile(source)))
    return tuple(routes)
