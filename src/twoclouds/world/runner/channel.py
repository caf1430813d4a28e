"""The runner's end of a job's HTTP connections: reads requests off a Unix socket, asks ``send``, writes the answers."""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import threading
from collections.abc import Callable
from typing import BinaryIO

from twoclouds.world.container import JobRequest, JobResponse
from twoclouds.world.runner.job.network import FAILED

BODILESS = (204, 304)


class Channel:
    """Serves one job's connections until closed; ``requests`` are those it passed on, in order."""

    def __init__(self, path: str, answer: Callable[[JobRequest], JobResponse]) -> None:
        self.requests: list[JobRequest] = []
        self._answer = answer
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True, name="job channel").start()

    def close(self) -> None:
        """Take no more connections and end those there are."""
        for sock in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True, name="job connection").start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as incoming:
                scheme, _, place = incoming.readline().decode().strip().partition(" ")
                while request := read_request(incoming, scheme, place, connection.sendall):
                    with self._lock:
                        self.requests.append(request)
                        response = answer(self._answer, request)
                    connection.sendall(wire(response, request.method))
        except OSError:
            return


def answer(send: Callable[[JobRequest], JobResponse], request: JobRequest) -> JobResponse:
    """The answer of ``send``; what it raises becomes an answer that the job turns back into an exception."""
    try:
        return send(request)
    except Exception as error:
        return JobResponse(status=599, headers={FAILED: type(error).__name__}, body=str(error).encode())


def read_request(
    incoming: BinaryIO | io.BufferedReader, scheme: str, place: str, reply: Callable[[bytes], None]
) -> JobRequest | None:
    """The next request of a connection, or nothing at its end. ``reply`` sends the interim answer some clients wait
    for.
    """
    line = incoming.readline().decode("latin-1").strip()
    if not line:
        return None
    method, target, _ = line.split(" ", 2)
    headers = {name.lower(): value for name, value in http.client.parse_headers(incoming).items()}  # type: ignore[arg-type]
    if headers.pop("expect", "").lower() == "100-continue":
        reply(b"HTTP/1.1 100 Continue\r\n\r\n")
    if headers.get("transfer-encoding", "").lower() == "chunked":
        del headers["transfer-encoding"]
        body = _chunks(incoming)
    else:
        body = incoming.read(int(headers.get("content-length", 0)))
    url = target if target.startswith("http") else f"{scheme}://{place}{target}"
    return JobRequest(method=method, url=url, headers=headers, body=body)


def _chunks(incoming: BinaryIO | io.BufferedReader) -> bytes:
    body = b""
    while size := int(incoming.readline().split(b";")[0], 16):
        body += incoming.read(size)
        incoming.readline()
    while incoming.readline().strip():
        pass
    return body


def wire(response: JobResponse, method: str) -> bytes:
    """A response's bytes on an HTTP/1.1 connection."""
    phrase = http.client.responses.get(response.status, "")
    kept = {
        name: value
        for name, value in response.headers.items()
        if name.lower() not in ("transfer-encoding", "connection")
    }
    bodiless = method == "HEAD" or response.status in BODILESS
    if not bodiless or "content-length" not in {name.lower() for name in kept}:
        kept = {name: value for name, value in kept.items() if name.lower() != "content-length"}
        kept["content-length"] = str(len(response.body))
    head = "".join(f"{name}: {value}\r\n" for name, value in kept.items())
    return f"HTTP/1.1 {response.status} {phrase}\r\n{head}\r\n".encode("latin-1") + (b"" if bodiless else response.body)
