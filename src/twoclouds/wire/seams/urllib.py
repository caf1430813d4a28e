"""Python's own `urllib`, with which pandas reads a URL: answered by the lab, or refused with an explanation."""

from __future__ import annotations

from collections.abc import Callable
from http.client import HTTPResponse
from http.client import responses as reasons
from io import BytesIO
from types import ModuleType
from typing import Any

from twoclouds.wire.errors import NetworkRefused, NotSimulated
from twoclouds.wire.http import Request, Response
from twoclouds.wire.patches import Patches
from twoclouds.wire.seams.sockets import is_loopback

MODULE = "urllib.request"


def install(patches: Patches, module: ModuleType, send: Callable[[Request], Response]) -> None:
    """Answer what `urlopen` sends to a host of the clouds; what goes to this machine itself is left alone."""
    real_open = module.AbstractHTTPHandler.do_open

    def do_open(self: Any, http_class: Any, request: Any, **options: Any) -> Any:
        wanted = _request(request)
        if is_loopback(wanted.host):
            return real_open(self, http_class, request, **options)
        try:
            answer = _parsed(request.get_method(), send(wanted))
        except NotSimulated as nothing:
            if nothing.operation.startswith(wanted.method):  # no cloud has this host
                raise NetworkRefused(wanted.host) from None
            raise
        answer.url, answer.msg = request.get_full_url(), answer.reason  # type: ignore[assignment]
        return answer

    patches.attribute(module.AbstractHTTPHandler, "do_open", do_open)


def _request(request: Any) -> Request:
    headers = {name.lower(): str(value) for name, value in request.header_items()}
    body = request.data or b""
    if not isinstance(body, bytes):
        body = body.read() if hasattr(body, "read") else b"".join(body)
    return Request(request.get_method(), request.full_url, headers, body)


class _Wire:
    """What an answer is read from in place of a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, *_: object) -> BytesIO:
        return BytesIO(self._data)


def _parsed(method: str, response: Response) -> HTTPResponse:
    lines = [f"HTTP/1.1 {response.status} {reasons.get(response.status, '')}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items() if name.lower() != "content-length"]
    lines.append(f"Content-Length: {len(response.body)}")
    head = "\r\n".join(lines) + "\r\n\r\n"
    answer = HTTPResponse(_Wire(head.encode("latin-1") + response.body), method=method)  # type: ignore[arg-type]
    answer.begin()
    return answer
