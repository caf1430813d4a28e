"""The web server of the first-party algorithms."""

from __future__ import annotations

import json
import os
from importlib import import_module

from . import tables
from .algorithm import MODULES, load
from .wsgi import App, Request, Response
from .wsgi import application as wsgi_application


def application(algorithm: str) -> App:
    """Load the model, and answer."""
    module, model = import_module(f".{MODULES[algorithm]}", __package__), load()

    def invoke(request: Request) -> Response:
        kind, parameters = tables.content_type(request.accept or "")
        if not kind or kind == "*/*":
            kind = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", tables.JSON)
        try:
            points = tables.request(request.body, request.content_type)
        except tables.Unsupported as error:
            return Response(f"Unsupported content-type '{error}'", "text/plain", 415)
        except tables.Unreadable as error:
            return Response(f"unable to evaluate payload provided: {error}", "text/plain", 400)
        width = _width(model)
        if points.shape[1] != width:
            message = f"cannot copy sequence with size {points.shape[1]} to array axis with dimension {width}"
            return Response(f"unable to evaluate payload provided: {message}", "text/plain", 400)
        rows = module.predict(model, points, parameters.get("verbose") == "true")
        try:
            return Response(tables.answer(rows, module.TOP, kind), kind)
        except tables.Unsupported as error:
            return Response(f"Unsupported accept type '{error}'", "text/plain", 406)

    def parameters() -> Response:
        value = {"MaxConcurrentTransforms": 1, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}
        return Response(json.dumps(value))

    return wsgi_application(invoke, lambda: Response(b""), execution_parameters=parameters)


def _width(model: dict[str, object]) -> int:
    """How many features a record has to have."""
    for name, axis in (("weight", 0), ("centres", 1), ("projection", 0), ("v", 0)):
        if name in model:
            return int(model[name].shape[axis])  # type: ignore[attr-defined]
    return int(model["boxes"].shape[1]) // 2  # type: ignore[attr-defined]
