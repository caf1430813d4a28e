"""Stands in front of the program of a container that serves: takes requests from the runner, one at a time.

The program is a WSGI application in this process, or a server that listens on a port itself.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import os
import select
import signal
import socket
import sys
import types
import urllib.parse
from collections.abc import Callable, Iterable
from typing import Any

from .output import hide

Request = dict[str, Any]
Reply = tuple[int, list[tuple[str, str]], bytes]
Program = Callable[[Request, bytes], Reply]
HOP = ("connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-authenticate", "te", "trailer")


def main(lab: str) -> None:
    """Start the program that argv names (``:PORT COMMAND...`` or ``FILE [ARGUMENT...]``), and serve until the runner
    goes."""
    words = sys.argv[1:]
    for name in [name for name in sys.modules if name.partition(".")[0] == (__package__ or "").partition(".")[0]]:
        del sys.modules[name]
    try:
        if words[0].startswith(":"):
            program = relay(int(words[0][1:]), words[1:])
        else:
            app = application(sys.orig_argv[2], words)
            program = lambda request, body: call(app, request, body, report)  # noqa: E731
    except SystemExit:
        raise
    except BaseException as error:
        report(error)
        sys.exit(1)
    with socket.socket(socket.AF_UNIX) as channel:
        channel.connect(os.path.join(lab, "requests"))
        with channel.makefile("rb") as incoming:
            _send(channel, {}, b"")
            while head := incoming.readline():
                request = json.loads(head)
                status, headers, body = program(request, incoming.read(request["length"]))
                _send(channel, {"status": status, "headers": headers}, body)
    os.killpg(0, signal.SIGKILL)


def _send(channel: socket.socket, head: dict[str, Any], body: bytes) -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError, OSError):
            stream.flush()
    channel.sendall(json.dumps({**head, "length": len(body)}).encode() + b"\n" + body)


def report(error: BaseException) -> None:
    """Print an error as the interpreter does, without the frames of this package."""
    hide(error, set())
    sys.__excepthook__(type(error), error, error.__traceback__)


def application(path: str, words: list[str]) -> Callable[..., Iterable[bytes]]:
    """Import a file, as a web server does that was given its name, and take its ``app``. ``words`` become argv."""
    sys.argv = list(words)
    sys.path.insert(0, os.path.dirname(path))
    name = os.path.basename(path).removesuffix(".py")
    module = types.ModuleType(name)
    module.__file__ = path
    sys.modules[name] = module
    with open(path, "rb") as file:
        source = file.read()
    exec(compile(source, path, "exec"), module.__dict__)
    app: Callable[..., Iterable[bytes]] = module.__dict__["app"]
    return app


def call(
    app: Callable[..., Iterable[bytes]], request: Request, body: bytes, report: Callable[[BaseException], None]
) -> Reply:
    """Call a WSGI application. What it raises is reported, and becomes a 500; ``SystemExit`` is its own affair."""
    started: list[Any] = []
    written: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], failed: Any = None) -> Callable[[bytes], None]:
        started[:] = [int(status.split(" ", 1)[0]), [(str(name), str(value)) for name, value in headers]]
        return written.append

    try:
        parts = app(environ(request, body), start_response)
        try:
            written.extend(parts)
        finally:
            getattr(parts, "close", lambda: None)()
        return started[0], started[1], b"".join(written)
    except Exception as error:
        report(error)
        return 500, [("Content-Type", "text/plain")], b"Internal Server Error"


def environ(request: Request, body: bytes) -> dict[str, Any]:
    """A request as WSGI has it (PEP 3333)."""
    path, _, query = request["path"].partition("?")
    headers = {name.lower(): value for name, value in request["headers"].items()}
    return {
        "REQUEST_METHOD": request["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": urllib.parse.unquote(path, "latin-1"),
        "QUERY_STRING": query,
        "CONTENT_TYPE": headers.pop("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **{"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()},
    }


def relay(port: int, command: list[str]) -> Program:
    """Start a program that listens on ``port``, and wait until it does; it ends, this ends."""
    import subprocess

    try:
        child = subprocess.Popen(command)
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {os.strerror(error.errno or 0)}\n")
        sys.exit(127 if error.errno == 2 else 126)
    while True:
        _ended(child)
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            break
        select.select([], [], [], 0.02)

    def pass_on(request: Request, body: bytes) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        headers = {name: value for name, value in request["headers"].items() if name.lower() not in HOP}
        try:
            connection.request(request["method"], request["path"], body, headers)
            response = connection.getresponse()
            kept = [(name, value) for name, value in response.getheaders() if name.lower() not in HOP]
            return response.status, kept, response.read()
        except OSError as error:
            select.select([], [], [], 0.1)
            _ended(child)
            sys.stderr.write(f"The server on port {port} gave no answer: {error}\n")
            return 502, [], b""
        finally:
            connection.close()

    return pass_on


def _ended(child: Any) -> None:
    """End as the program did, if it has."""
    code = child.poll()
    if code is not None:
        sys.exit(128 - code if code < 0 else code)
