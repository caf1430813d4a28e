"""Requests and responses as plain values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Request:
    """What an SDK sent. Header names are in lower case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""

    @cached_property
    def parts(self) -> SplitResult:
        return urlsplit(self.url)

    @cached_property
    def host(self) -> str:
        """The host's name in lower case, without its port."""
        return (self.parts.hostname or "").lower()

    @cached_property
    def path(self) -> str:
        """The path, percent-decoded."""
        path = self.parts.path
        return unquote(path) if "%" in path else path

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's parameters; of one that is repeated, the last."""
        return dict(parse_qsl(self.parts.query, keep_blank_values=True))

    def json(self) -> Any:
        """The body as JSON; {} if it is empty. Raises ValueError."""
        return json.loads(self.body) if self.body else {}


@dataclass(frozen=True)
class Response:
    """What came back. `took` is how long it took, in ms of virtual time: 0 for whatever only reads."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    took: int = 0

    @classmethod
    def of_json(
        cls,
        value: Any,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        took: int = 0,
        content_type: str = "application/json",
    ) -> Response:
        """A response whose body is `value` as JSON."""
        return cls(status, {"Content-Type": content_type, **(headers or {})}, json.dumps(value).encode(), took)


@dataclass(frozen=True)
class Aside:
    """An answer that takes real work, such as asking a trained model: `work()` is done while nothing is locked, at this
    virtual instant, and `then(what it returned)` is the answer (a Response, or what a cloud makes one of), or more of
    the kind.

    So whoever works may itself send requests, and be interrupted.
    """

    work: Callable[[], Any]
    then: Callable[[Any], Any]
