"""A job's network: HTTP goes to the runner, loopback stays, everything else is refused and says so."""

from __future__ import annotations

import http.client
import importlib.abc
import sys
from collections.abc import Sequence
from typing import Any

REFUSED = "Two Clouds: no network in here. {} is outside the two simulated clouds, and nothing leaves this machine."
APART = (
    "Two Clouds: the hosts of a job cannot talk to each other here, so {} cannot be reached: each runs by itself, "
    "one after the other."
)
FAILED = "x-twoclouds-failed"
"""Header of an answer that stands for an exception: its type name; the body is its message."""


def install(channel: str, neighbours: Sequence[str] = ()) -> None:
    """Send this process's HTTP(S) connections to the runner's ``channel``; refuse other connections to other
    machines, and say of ``neighbours`` that they are not simulated.
    """
    _refuse_sockets(neighbours)
    _divert(http.client.HTTPConnection, channel, "http")
    if hasattr(http.client, "HTTPSConnection"):
        _divert(http.client.HTTPSConnection, channel, "https")
    answered = http.client.HTTPConnection.getresponse

    def getresponse(self: Any) -> Any:
        response = answered(self)
        failed = response.getheader(FAILED)
        if failed:
            kind = type(failed, (RuntimeError,), {"__module__": "builtins"})
            raise kind(response.read().decode())
        return response

    http.client.HTTPConnection.getresponse = getresponse  # type: ignore[method-assign]
    sys.meta_path.insert(0, WhenImported("urllib3.connection", lambda module: _divert_urllib3(module, channel)))


def _divert(kind: Any, channel: str, scheme: str) -> None:
    direct = kind.connect

    def connect(self: Any) -> None:
        host, port = (
            (self._tunnel_host, self._tunnel_port) if getattr(self, "_tunnel_host", None) else (self.host, self.port)
        )
        if local(host):
            return direct(self)  # type: ignore[no-any-return]
        import socket

        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(channel)
        default = {"http": 80, "https": 443}[scheme]
        place = host if port in (None, default) else f"{host}:{port}"
        self.sock.sendall(f"{scheme} {place}\n".encode())
        self.is_verified = self.proxy_is_verified = True
        self._has_connected_to_proxy = False
        return None

    kind.connect = connect


def _divert_urllib3(module: Any, channel: str) -> None:
    _divert(module.HTTPConnection, channel, "http")
    _divert(module.HTTPSConnection, channel, "https")


def local(host: Any) -> bool:
    """Whether a host is this one (a server may listen on all of its addresses)."""
    return str(host).strip("[]") in ("localhost", "::1", "::", "0.0.0.0") or str(host).startswith("127.")


def refusal(host: str, neighbours: Sequence[str], place: str = "") -> Exception:
    """What a connection to ``host`` ends with."""
    if host in neighbours:
        kind = type("NotSimulated", (RuntimeError,), {"__module__": "builtins"})
        return kind(APART.format(host))
    return ConnectionRefusedError(REFUSED.format(place or host))


def _refuse_sockets(neighbours: Sequence[str]) -> None:
    """Refuse by the interpreter's own audit events: no socket code is replaced."""
    families = {"socket.connect": 1, "socket.sendto": 1}

    def watch(event: str, args: tuple[Any, ...]) -> None:
        if event == "socket.getaddrinfo" or event == "socket.gethostbyname":
            host = args[0].decode() if isinstance(args[0], bytes) else args[0]
            if host and not local(host):
                raise refusal(host, neighbours)
        elif event in families:
            address = args[families[event]]
            if isinstance(address, tuple) and not local(address[0]):
                raise refusal(address[0], neighbours, f"{address[0]}:{address[1]}")

    sys.addaudithook(watch)


class WhenImported(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Calls ``then(module)`` once, right after the module of that name has been imported."""

    def __init__(self, name: str, then: Any) -> None:
        self._name = name
        self._then = then
        self._loader: Any = None

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Find the module as without us, and load it through us."""
        if name != self._name:
            return None
        sys.meta_path.remove(self)
        from importlib.util import find_spec

        spec = find_spec(name)
        if spec and spec.loader:
            then, load = self._then, spec.loader.exec_module

            def exec_module(module: Any) -> None:
                load(module)
                then(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
