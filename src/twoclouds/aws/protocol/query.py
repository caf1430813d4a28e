"""AWS's query protocol: a form comes in, XML goes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from twoclouds.wire.http import Request, Response

if TYPE_CHECKING:
    from twoclouds.aws.state import State


def form(request: Request) -> dict[str, str]:
    """The members of a request, as the form names them (`ActionNames.member.1`)."""
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))


def members(fields: Mapping[str, str], name: str) -> Iterator[str]:
    """A list in a form."""
    number = 1
    while f"{name}.member.{number}" in fields:
        yield fields[f"{name}.member.{number}"]
        number += 1


def xml(state: State, namespace: str, operation: str, result: Mapping[str, Any]) -> Response:
    """An operation's answer."""
    request_id = state.world.ids.uuid("request", operation)
    body = (
        f'<{operation}Response xmlns="{namespace}"><{operation}Result>{_element(result)}</{operation}Result>'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    )
    return Response(200, {"Content-Type": "text/xml", "x-amzn-RequestId": request_id}, body.encode())


def empty(state: State, namespace: str, operation: str) -> Response:
    """The answer of an operation that says nothing."""
    request_id = state.world.ids.uuid("request", operation)
    metadata = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
    body = f'<{operation}Response xmlns="{namespace}">{metadata}</{operation}Response>'
    return Response(200, {"Content-Type": "text/xml", "x-amzn-RequestId": request_id}, body.encode())


def _element(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(f"<{name}>{_element(held)}</{name}>" for name, held in value.items())
    if isinstance(value, (list, tuple)):
        return "".join(f"<member>{_element(held)}</member>" for held in value)
    return escape(str(value).lower() if isinstance(value, bool) else str(value))
