"""From a request to the function that answers it, by method, host and path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from twoclouds.wire.http import Aside, Request, Response

Handler = Callable[..., Response | Aside]


@dataclass(frozen=True)
class Route:
    """`method` on `host` and `path` is answered by `handler(service, request, **parameters)`.

    A host beginning with a dot stands for every name that ends in it. A path is a template, compared without regard
    to case (Azure Resource Manager's ids are case-insensitive): `{name}` is one segment, `{name:path}` the rest, a
    slash at its end included (elsewhere it does not count).
    `caller` names the lesson, exercise or public example that needs the route.
    """

    method: str
    host: str
    path: str
    handler: Handler
    operation: str
    caller: str = ""


class Router:
    """A table of routes, looked up by method and number of segments; the first that fits answers."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = list(routes)
        self._table: dict[tuple[str, int], list[tuple[re.Pattern[str], Route]]] = {}
        self._open_ended: dict[str, list[tuple[re.Pattern[str], Route]]] = {}
        for route in self.routes:
            entry = (_pattern(route.path), route)
            if ":path}" in route.path:
                self._open_ended.setdefault(route.method, []).append(entry)
            else:
                self._table.setdefault((route.method, route.path.count("/")), []).append(entry)

    def match(self, request: Request) -> tuple[Route, dict[str, Any]] | None:
        """The route for `request` and the parameters in its path, or None."""
        path = request.path.rstrip("/") or "/"
        exact = self._table.get((request.method, path.count("/")), ())
        for candidates, asked in ((exact, path), (self._open_ended.get(request.method, ()), request.path)):
            for pattern, route in candidates:
                if _host_fits(route.host, request.host) and (found := pattern.fullmatch(asked)):
                    return route, found.groupdict()
        return None


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)(:path)?\}", template)
    source = ""
    for position in range(0, len(parts), 3):
        source += re.escape(parts[position])
        if position + 1 < len(parts):
            source += f"(?P<{parts[position + 1]}>{'.+' if parts[position + 2] else '[^/]+'})"
    return re.compile(source, re.IGNORECASE)


def _host_fits(wanted: str, host: str) -> bool:
    return host.endswith(wanted) if wanted.startswith(".") else host == wanted
