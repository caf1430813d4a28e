"""Requests and responses of the containers' web servers, as WSGI has them."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

StartResponse = Callable[..., Any]
App = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]


@dataclass(frozen=True)
class Request:
    """What /invocations is asked."""

    content_type: str
    accept: str
    body: bytes


@dataclass(frozen=True)
class Response:
    """What it answers."""

    body: bytes | str
    content_type: str = "application/json"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


HTML = "text/html; charset=utf-8"
PAGE = "<!doctype html>\n<html lang=en>\n<title>{0}</title>\n<h1>{1}</h1>\n<p>{2}</p>\n"
BROKEN = (
    "The server encountered an internal error and was unable to complete your request. Either the server is "
    "overloaded or there is an error in the application."
)


def application(
    invoke: Callable[[Request], Response],
    ping: Callable[[], Response],
    *,
    execution_parameters: Callable[[], Response] | None = None,
    failed: Callable[[Exception], Response] | None = None,
) -> App:
    """The application with the routes that SageMaker asks for. What a route raises is logged, and becomes `failed`'s
    answer: by default Flask's page of an internal error."""

    def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        try:
            if path == "/ping" and method == "GET":
                response = ping()
            elif path == "/execution-parameters" and method == "GET" and execution_parameters:
                response = execution_parameters()
            elif path == "/invocations" and method == "POST":
                response = invoke(_request(environ))
            else:
                response = page(404, "The requested URL was not found on the server.")
        except Exception as error:
            print(f"Exception on {path} [{method}]\n{traceback.format_exc()}", flush=True)
            response = (failed or internal_error)(error)
        body = response.body.encode() if isinstance(response.body, str) else response.body
        headers = [("Content-Type", response.content_type), ("Content-Length", str(len(body)))]
        phrase = HTTPStatus(response.status).phrase
        start_response(f"{response.status} {phrase}", headers + list(response.headers.items()))
        return [body]

    return app


def page(status: int, text: str) -> Response:
    """A page as Flask answers with where nobody else does."""
    phrase = HTTPStatus(status).phrase
    return Response(PAGE.format(f"{status} {phrase}", phrase, text), HTML, status)


def internal_error(error: Exception) -> Response:
    """Flask's page of an error that nobody caught."""
    return page(500, BROKEN)


def _request(environ: dict[str, Any]) -> Request:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    return Request(
        environ.get("CONTENT_TYPE", "") or "",
        environ.get("HTTP_ACCEPT", "") or "",
        environ["wsgi.input"].read(length),
    )
