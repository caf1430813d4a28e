"""HTTP from a script that runs in this process: urllib3, botocore, requests and http.client, handed to a function."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from twoclouds.world.container import JobRequest, JobResponse
from twoclouds.world.runner.borrow import patched
from twoclouds.world.runner.channel import read_request, wire
from twoclouds.world.runner.job.network import FAILED, local, refusal

Answer = Callable[[JobRequest], JobResponse]


@contextlib.contextmanager
def diverted(answer: Answer, here: Callable[[], bool], neighbours: Sequence[str] = ()) -> Iterator[None]:
    """Hand the HTTP requests of this thread's script to ``answer``, while ``here()``; refuse its other connections."""
    with contextlib.ExitStack() as stack:
        for scheme, kind in _connections():
            stack.enter_context(_set(kind, "connect", _connect(kind.connect, scheme, answer, here)))
        stack.enter_context(
            _set(http.client.HTTPConnection, "getresponse", _checked(http.client.HTTPConnection.getresponse))
        )
        import socket

        stack.enter_context(_set(socket, "create_connection", _refuse(socket.create_connection, here, neighbours)))
        stack.enter_context(_set(socket, "getaddrinfo", _refuse(socket.getaddrinfo, here, neighbours)))
        later = _Later(stack, answer, here)
        sys.meta_path.insert(0, later)
        stack.callback(lambda: sys.meta_path.remove(later) if later in sys.meta_path else None)
        for name in HOOKS:
            if name in sys.modules:
                HOOKS[name](sys.modules[name], stack, answer, here)
        yield


def _set(holder: Any, name: str, value: Any) -> contextlib.AbstractContextManager[None]:
    return patched((holder, name, value))


def _connections() -> Iterator[tuple[str, Any]]:
    yield "http", http.client.HTTPConnection
    if hasattr(http.client, "HTTPSConnection"):
        yield "https", http.client.HTTPSConnection


class _Socket:
    """The socket of a connection that goes nowhere: what is sent is parsed and answered when the answer is read."""

    def __init__(self, scheme: str, place: str, answer: Answer) -> None:
        self._scheme, self._place, self._answer = scheme, place, answer
        self._sent = b""

    def sendall(self, data: Any) -> None:
        """Take a part of a request."""
        self._sent += bytes(data)

    def makefile(self, mode: str = "rb", *args: Any) -> io.BytesIO:
        """The bytes of the answer."""
        request = read_request(io.BytesIO(self._sent), self._scheme, self._place, lambda data: None)
        self._sent = b""
        if request is None:
            return io.BytesIO()
        return io.BytesIO(wire(self._answer(request), request.method))

    def close(self) -> None:
        """Nothing to close."""

    def settimeout(self, seconds: Any) -> None:
        """No answer takes time."""

    def setsockopt(self, *args: Any) -> None:
        """No options."""

    def shutdown(self, how: int) -> None:
        """Nothing to shut down."""

    def fileno(self) -> int:
        """There is no file."""
        return -1


def _connect(direct: Any, scheme: str, answer: Answer, here: Callable[[], bool]) -> Any:
    def connect(self: Any) -> None:
        host, port = (
            (self._tunnel_host, self._tunnel_port) if getattr(self, "_tunnel_host", None) else (self.host, self.port)
        )
        if not here() or local(host):
            direct(self)
            return
        place = host if port in (None, {"http": 80, "https": 443}[scheme]) else f"{host}:{port}"
        self.sock = _Socket(scheme, place, answer)
        self.is_verified = self.proxy_is_verified = True
        self._has_connected_to_proxy = False

    return connect


def _checked(answered: Any) -> Any:
    def getresponse(self: Any) -> Any:
        response = answered(self)
        _raise(response.getheader(FAILED), response)
        return response

    return getresponse


def _raise(failed: str | None, response: Any) -> None:
    if failed:
        raise type(failed, (RuntimeError,), {"__module__": "builtins"})(response.read().decode())


def _refuse(direct: Any, here: Callable[[], bool], neighbours: Sequence[str]) -> Any:
    def call(address: Any, *args: Any, **kwargs: Any) -> Any:
        host = address[0] if isinstance(address, tuple) else address
        if here() and host is not None and not local(host):
            raise refusal(host, neighbours)
        return direct(address, *args, **kwargs)

    return call


def _hook_urllib3(module: Any, stack: contextlib.ExitStack, answer: Answer, here: Callable[[], bool]) -> None:
    for scheme, kind in (("http", module.HTTPConnection), ("https", module.HTTPSConnection)):
        stack.enter_context(_set(kind, "connect", _connect(kind.connect, scheme, answer, here)))
    wait = importlib.import_module("urllib3.util.wait")
    stack.enter_context(_set(wait, "wait_for_read", _ready(wait.wait_for_read)))
    stack.enter_context(_set(wait, "wait_for_socket", _ready(wait.wait_for_socket)))


def _ready(direct: Any) -> Any:
    return lambda sock, *args, **kwargs: False if isinstance(sock, _Socket) else direct(sock, *args, **kwargs)


def _hook_botocore(module: Any, stack: contextlib.ExitStack, answer: Answer, here: Callable[[], bool]) -> None:
    direct = module.URLLib3Session.send

    def send(self: Any, request: Any) -> Any:
        if not here():
            return direct(self, request)
        awsrequest = importlib.import_module("botocore.awsrequest")
        body = request.body
        content = (
            body.read() if hasattr(body, "read") else body.encode() if isinstance(body, str) else bytes(body or b"")
        )
        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else str(value)
            for name, value in request.headers.items()
        }
        response = answer(JobRequest(method=request.method, url=request.url, headers=headers, body=content))
        raw = _Body(response.body)
        _raise(response.headers.get(FAILED), raw)
        return awsrequest.AWSResponse(request.url, response.status, dict(response.headers), raw)

    stack.enter_context(_set(module.URLLib3Session, "send", send))


class _Body(io.BytesIO):
    """A body as botocore streams it."""

    def stream(self, amount: int = 1 << 16, **kwargs: Any) -> Iterator[bytes]:
        """The content, in parts."""
        while part := self.read(amount):
            yield part


def _hook_requests(module: Any, stack: contextlib.ExitStack, answer: Answer, here: Callable[[], bool]) -> None:
    direct = module.HTTPAdapter.send

    def send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        if not here():
            return direct(self, request, *args, **kwargs)
        urllib3 = importlib.import_module("urllib3")
        body = request.body
        content = (
            body.read() if hasattr(body, "read") else body.encode() if isinstance(body, str) else bytes(body or b"")
        )
        headers = {name.lower(): str(value) for name, value in request.headers.items()}
        response = answer(JobRequest(method=request.method, url=request.url, headers=headers, body=content))
        _raise(response.headers.get(FAILED), io.BytesIO(response.body))
        raw = urllib3.HTTPResponse(
            body=io.BytesIO(response.body),
            headers=dict(response.headers),
            status=response.status,
            reason=http.client.responses.get(response.status, ""),
            preload_content=False,
        )
        return self.build_response(request, raw)

    stack.enter_context(_set(module.HTTPAdapter, "send", send))


HOOKS: dict[str, Callable[..., None]] = {
    "urllib3.connection": _hook_urllib3,
    "botocore.httpsession": _hook_botocore,
    "requests.adapters": _hook_requests,
}


class _Later:
    """Hooks a module right after the script has imported it."""

    def __init__(self, stack: contextlib.ExitStack, answer: Answer, here: Callable[[], bool]) -> None:
        self._arguments = stack, answer, here
        self._busy = False

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """See :class:`importlib.abc.MetaPathFinder`."""
        if name not in HOOKS or self._busy:
            return None
        self._busy = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._busy = False
        if spec and spec.loader:
            load, hook, arguments = spec.loader.exec_module, HOOKS[name], self._arguments

            def exec_module(module: Any) -> None:
                load(module)
                hook(module, *arguments)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
