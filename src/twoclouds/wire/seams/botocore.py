"""boto3 and sagemaker: everything they send passes `URLLib3Session.send`."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from types import ModuleType
from typing import Any

from twoclouds.wire.http import Request, Response
from twoclouds.wire.patches import Patches

MODULE = "botocore.httpsession"


def install(patches: Patches, module: ModuleType, send: Callable[[Request], Response]) -> None:
    """Answer botocore's requests with `send`; its serialiser, signer, retries and parser stay above."""
    from botocore.awsrequest import AWSResponse

    def send_prepared(self: Any, request: Any) -> Any:
        response = send(_request(request))
        return AWSResponse(request.url, response.status, _headers(response), _Raw(response.body))

    patches.attribute(module.URLLib3Session, "send", send_prepared)


def _request(request: Any) -> Request:
    body = request.body
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        body = body.encode()
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
    }
    return Request(request.method, request.url, headers, bytes(body or b""))


def _headers(response: Response) -> Any:
    from botocore.compat import HTTPHeaders

    headers = HTTPHeaders()
    for name, value in response.headers.items():
        headers[name] = value
    if "Content-Length" not in headers:
        headers["Content-Length"] = str(len(response.body))
    return headers


class _Raw(BytesIO):
    """A body as urllib3 hands it over."""

    def stream(self, amt: int = 65536, decode_content: bool | None = None) -> Any:
        while chunk := self.read(amt):
            yield chunk

    def release_conn(self) -> None:
        self.close()
