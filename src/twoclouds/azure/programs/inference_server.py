"""Serves a scoring script: its `init()` is called once, its `run()` for each request to /score.

To the script and its log it is what the package azureml-inference-server-http is
(https://learn.microsoft.com/azure/machine-learning/how-to-inference-server-http); to its host, a WSGI application.
"""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import io
import json
import logging
import os
import sys
import time
import traceback
import urllib.parse
from collections.abc import Callable, Iterable
from typing import Any

ROOT = os.environ.get("AML_APP_ROOT", "/var/azureml-app")
SCRIPT = os.path.join(ROOT, os.environ["AZUREML_ENTRY_SCRIPT"])
PORT = 31311
PROCESS = 31
VERSION = "1.4.1"
MESSAGE = "An unexpected error occurred in scoring script. Check the logs for more info."

Response = tuple[int, dict[str, str], bytes]
logger = logging.getLogger("azmlinfsrv")
script_logger = logging.getLogger("azmlinfsrv.user_script")


class Printed(io.TextIOBase):
    """What the script prints, as messages of the log."""

    def __init__(self) -> None:
        self._logger = logging.getLogger("azmlinfsrv.print")
        self._partial = ""

    def writable(self) -> bool:
        """See `io.TextIOBase`."""
        return True

    def write(self, text: str, /) -> int:
        """See `io.TextIOBase`."""
        *lines, self._partial = (self._partial + text).split("\n")
        for line in lines:
            self._logger.info("%s", line)
        return len(text)


def configure_logging() -> None:
    """One format for all that is logged or printed."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter(f"%(asctime)s %(levelname).1s [{PROCESS}] %(name)s - %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)


def announce() -> None:
    """What the server says before it loads the script."""
    insights = os.environ.get("AML_APP_INSIGHTS_ENABLED", "false")
    sys.stdout.write(
        f"Azure ML Inferencing HTTP server v{VERSION}\n\n\n"
        "Server Settings\n---------------\n"
        f"Entry Script Name: {SCRIPT}\n"
        f"Model Directory: {os.environ.get('AZUREML_MODEL_DIR')}\n"
        f"Worker Count: {os.environ.get('WORKER_COUNT', '1')}\n"
        f"Worker Timeout (seconds): {os.environ.get('WORKER_TIMEOUT', '300')}\n"
        f"Server Port: {PORT}\n"
        f"Application Insights Enabled: {insights}\n"
        f"Inferencing HTTP server version: azmlinfsrv/{VERSION}\n\n\n"
        "Server Routes\n---------------\n"
        f"Liveness Probe: GET   127.0.0.1:{PORT}/\n"
        f"Score:          POST  127.0.0.1:{PORT}/score\n\n"
    )


class Script:
    """The scoring script."""

    def __init__(self, path: str) -> None:
        sys.path.insert(0, os.path.dirname(path))
        spec = importlib.util.spec_from_file_location("entry_module", path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{path} is not a Python file.")
        module = importlib.util.module_from_spec(spec)
        sys.modules["entry_module"] = module
        spec.loader.exec_module(module)
        for name in ("init", "run"):
            if not hasattr(module, name):
                raise AttributeError(f"User script at {path} does not have a {name}() function defined.")
        script_logger.info("Found user script at %s", path)
        self._init: Callable[[], object] = module.init
        self._run: Callable[..., Any] = module.run
        names = list(inspect.signature(module.run).parameters)
        self._wants_headers = "request_headers" in names
        inputs = [name for name in names if name != "request_headers"]
        if not inputs:
            raise TypeError("run() needs to accept an argument for input data.")
        self._input = inputs[0]
        script_logger.info("run() is not decorated. Server will invoke it with the input in JSON string.")

    def init(self) -> None:
        """Call the script's `init()`."""
        script_logger.info("Invoking user's init function")
        self._init()
        script_logger.info("Users's init has completed successfully")

    def run(self, data: str, headers: dict[str, str]) -> Any:
        """Call the script's `run()` with a request's body."""
        more = {"request_headers": headers} if self._wants_headers else {}
        return self._run(**{self._input: data}, **more)


def start() -> Script:
    """Load the script and initialise it; if that fails, the worker does not boot."""
    configure_logging()
    announce()
    try:
        with contextlib.redirect_stdout(printed):
            script = Script(SCRIPT)
            script.init()
    except BaseException:
        logger.error("%s", traceback.format_exc().rstrip())
        logging.getLogger("gunicorn.error").error("Reason: Worker failed to boot.")
        sys.exit(3)
    logging.getLogger("azmlinfsrv.swagger").info("Swaggers are prepared for the following versions: [2, 3, 3.1].")
    logger.info("Scoring timeout is set to %s", os.environ.get("SCORING_TIMEOUT_MS", "3600000"))
    logger.info("Worker with pid %s ready for serving traffic", PROCESS)
    return script


def of_json(status: int, value: Any, **headers: str) -> Response:
    """A response whose body is JSON."""
    return status, {"Content-Type": "application/json", **headers}, json.dumps(value).encode()


def failure(status: int, message: str, **headers: str) -> Response:
    """An error, after its traceback has been logged."""
    logger.error("Encountered Exception: %s", traceback.format_exc().rstrip())
    return of_json(status, {"message": message}, **headers)


def score(environ: dict[str, Any]) -> Response:
    """Answer a request to /score."""
    method = environ["REQUEST_METHOD"]
    if method == "OPTIONS":
        return 200, {}, b""
    if method not in ("GET", "POST"):
        return of_json(405, {"message": "Method not allowed"})
    headers = {name[5:].replace("_", "-").title(): text for name, text in environ.items() if name.startswith("HTTP_")}
    began = time.monotonic()
    try:
        data = environ["wsgi.input"].read().decode()
        if method == "GET":
            data = json.dumps(dict(urllib.parse.parse_qsl(environ["QUERY_STRING"])))
        with contextlib.redirect_stdout(printed):
            output = script.run(data, headers)
    except Exception:
        return failure(500, MESSAGE, **{"x-ms-run-function-failed": "True"})
    took = {"x-ms-run-fn-exec-ms": f"{(time.monotonic() - began) * 1000:.3f}"}
    if hasattr(output, "get_data") and hasattr(output, "status_code"):
        script_logger.info("run() output is HTTP Response")
        return int(output.status_code), {**dict(output.headers), **took}, bytes(output.get_data())
    try:
        return of_json(200, output, **took)
    except (TypeError, ValueError):
        return failure(500, "An unexpected internal error occurred. Check the logs for more details.")


def swagger() -> Response:
    """The description of the service: the script's own swagger.json, or a general one."""
    path = os.path.join(os.path.dirname(SCRIPT), "swagger.json")
    if os.path.isfile(path):
        with open(path, "rb") as file:
            return 200, {"Content-Type": "application/json"}, file.read()
    anything = {"type": "object", "example": {}}
    body = {"in": "body", "name": "serviceInputPayload", "schema": {"$ref": "#/definitions/ServiceInput"}}
    answers = {"200": {"description": "The service processed the input correctly", "schema": anything}}
    return of_json(
        200,
        {
            "swagger": "2.0",
            "info": {"title": "ML service", "description": "API specification for the Azure Machine Learning service",
                     "version": "1.0"},
            "schemes": ["https"],
            "consumes": ["application/json"],
            "produces": ["application/json"],
            "paths": {
                "/": {"get": {"operationId": "ServiceHealthCheck", "responses": {"200": {"description": "Healthy"}}}},
                "/score": {"post": {"operationId": "RunMLService", "parameters": [body], "responses": answers}},
            },
            "definitions": {"ServiceInput": anything, "ServiceOutput": anything},
        },
    )  # fmt: skip


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The server."""
    path, began = environ["PATH_INFO"], time.monotonic()
    if path == "/score":
        status, headers, body = score(environ)
    elif path == "/":
        status, headers, body = 200, {"Content-Type": "application/json"}, b"Healthy"
    elif path == "/swagger.json":
        status, headers, body = swagger()
    else:
        status, headers, body = of_json(404, {"message": "The requested URL was not found on the server."})
    took = (time.monotonic() - began) * 1000
    logger.info("%s %s %s %.3fms %s", environ["REQUEST_METHOD"], path, status, took, len(body))
    start_response(f"{status} ", [*headers.items()])
    return [body]


printed = Printed()
script = start()
