"""azure-ai-ml, azure-identity, azure-storage-blob, msal: everything they send passes `HTTPAdapter.send`."""

from __future__ import annotations

from collections.abc import Callable
from http.client import responses as reasons
from io import BytesIO
from types import ModuleType
from typing import Any

from twoclouds.wire.http import Request, Response
from twoclouds.wire.patches import Patches
from twoclouds.wire.seams.sockets import is_loopback

MODULE = "requests.adapters"


def install(patches: Patches, module: ModuleType, send: Callable[[Request], Response]) -> None:
    """Answer what `requests` sends with `send`; what goes to this machine itself is left alone."""
    from urllib3.response import HTTPResponse

    adapter = module.HTTPAdapter
    real_send = adapter.send

    def send_prepared(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        wanted = _request(request)
        if is_loopback(wanted.host):
            return real_send(self, request, *args, **kwargs)
        response = send(wanted)
        return self.build_response(request, _raw(HTTPResponse, request.method, response))

    patches.attribute(adapter, "send", send_prepared)


def _request(request: Any) -> Request:
    body = request.body
    if hasattr(body, "read"):
        body = body.read()
    elif body is not None and not isinstance(body, (bytes, str)):
        body = b"".join(body)
    if isinstance(body, str):
        body = body.encode()
    return Request(request.method, request.url, {k.lower(): str(v) for k, v in request.headers.items()}, body or b"")


def _raw(kind: Any, method: str, response: Response) -> Any:
    headers = dict(response.headers)
    headers.setdefault("Content-Length", str(len(response.body)))
    return kind(
        body=BytesIO(b"" if method == "HEAD" else response.body),
        headers=headers,
        status=response.status,
        reason=reasons.get(response.status, ""),
        preload_content=False,
        enforce_content_length=False,
        request_method=method,
    )
