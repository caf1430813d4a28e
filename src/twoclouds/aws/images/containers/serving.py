"""`docker run IMAGE serve`: the web server of an algorithm, or of the toolkit with the user's handlers."""

from __future__ import annotations

import contextlib
import json
import os
import traceback
from collections.abc import Callable

from . import encoders, places
from .wsgi import App, Request, Response
from .wsgi import application as wsgi_application

ANY = "*/*"


def application() -> App:
    """The application that this image serves with."""
    image = places.image()
    if image["kind"] == "algorithm" and image["algorithm"] != "xgboost":
        from .serve_algorithm import application as algorithm

        return algorithm(image["algorithm"])
    if image["framework"] == "xgboost" and not os.environ.get("SAGEMAKER_PROGRAM"):
        from .serve_xgboost import application as xgboost

        return xgboost()
    return (
        _flask(image["framework"])
        if image["framework"] in ("sklearn", "xgboost")
        else _model_server(image["framework"])
    )


def _loader(framework: str) -> Callable[[], object]:
    """Loads module and model while the server starts; a failure stays, as the worker that could not start does."""
    from .handlers import Handlers, module

    kept: list[Handlers] = []
    failed: list[Exception] = []

    def load() -> Handlers:
        if failed:
            raise failed[0]
        if not kept:
            try:
                handlers = Handlers(module(framework), framework)
                handlers.load()
            except Exception as error:
                failed.append(error)
                raise
            kept.append(handlers)
        return kept[0]

    with contextlib.suppress(Exception):
        load()
    return load


def _asked(request: Request) -> tuple[str, str, object]:
    """Content type, accept and content of a request, with the toolkits' defaults."""
    kind = request.content_type or encoders.JSON
    accept = request.accept
    if not accept or accept == ANY:
        accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", encoders.JSON)
    return kind, accept, request.body.decode() if kind in encoders.UTF8_TYPES else request.body


def _flask(framework: str) -> App:
    """Flask behind gunicorn, as the images of scikit-learn and XGBoost have it."""
    from .handlers import NotTaken

    load = _loader(framework)

    def invoke(request: Request) -> Response:
        handlers = load()
        kind, accept, data = _asked(request)
        try:
            result = handlers.transform(data, kind, accept)  # type: ignore[attr-defined]
        except NotTaken as error:
            body = {
                "error": "UnsupportedFormatError",
                "error-message": str(error),
                "stack-trace": traceback.format_exc(),
            }
            return Response(json.dumps(body), encoders.JSON, error.status)
        return _response(result, accept)

    def ping() -> Response:
        load()
        return Response(b"", encoders.JSON)

    return wsgi_application(invoke, ping)


def _model_server(framework: str) -> App:
    """A model server (TorchServe, MMS) with the inference toolkit."""
    load = _loader(framework)

    def invoke(request: Request) -> Response:
        kind, accept, data = _asked(request)
        return _response(load().transform(data, kind, accept), accept)  # type: ignore[attr-defined]

    def ping() -> Response:
        load()
        return Response('{\n  "status": "Healthy"\n}\n', encoders.JSON)

    def failed(error: Exception) -> Response:
        return Response(f"{error}\n{traceback.format_exc()}", "text/plain", getattr(error, "status", 500))

    return wsgi_application(invoke, ping, failed=failed)


def _response(result: object, accept: str) -> Response:
    """What a handler returned: a body, a body and its content type, or an object that has both."""
    body, kind = result if isinstance(result, tuple) else (result, accept)
    if hasattr(body, "get_data"):
        return Response(body.get_data(), body.mimetype, body.status_code)
    if isinstance(body, Response):
        return body
    if not isinstance(body, str | bytes | bytearray):
        body = encoders.encode(body, encoders.JSON) if body is not None else ""
    return Response(bytes(body) if isinstance(body, bytearray) else body, str(kind))
