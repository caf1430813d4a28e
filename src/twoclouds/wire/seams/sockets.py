"""Python's own sockets: nothing leaves this machine through them."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Any

from twoclouds.wire.errors import NetworkRefused
from twoclouds.wire.patches import Patches


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine under one of its own names."""
    name = host.strip("[]").partition("%")[0].lower()
    if name in ("", "localhost") or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def install(patches: Patches) -> None:
    """Refuse to look up or contact any other host, with an explanation."""
    real_connect, real_connect_ex = socket.socket.connect, socket.socket.connect_ex
    real_sendto, real_getaddrinfo = socket.socket.sendto, socket.getaddrinfo
    real_gethostbyname = socket.gethostbyname

    def connect(self: socket.socket, address: Any, /) -> None:
        _check(self, address)
        return real_connect(self, address)

    def connect_ex(self: socket.socket, address: Any, /) -> int:
        _check(self, address)
        return real_connect_ex(self, address)

    def sendto(self: socket.socket, data: Any, *args: Any) -> int:
        _check(self, args[-1])
        return real_sendto(self, data, *args)

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        _check_host(host)
        return real_getaddrinfo(host, *args, **kwargs)

    def gethostbyname(hostname: str, /) -> str:
        _check_host(hostname)
        return real_gethostbyname(hostname)

    patches.attribute(socket.socket, "connect", connect)
    patches.attribute(socket.socket, "connect_ex", connect_ex)
    patches.attribute(socket.socket, "sendto", sendto)
    patches.attribute(socket, "getaddrinfo", getaddrinfo)
    patches.attribute(socket, "gethostbyname", gethostbyname)


def _check(connection: socket.socket, address: Any) -> None:
    if connection.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
        _check_host(address[0])


def _check_host(host: Any) -> None:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")
    if not is_loopback(name) and name != socket.gethostname():
        raise NetworkRefused(name)
