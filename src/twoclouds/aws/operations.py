"""What a noun's table of operations is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twoclouds.aws.state import State
    from twoclouds.wire.http import Aside

Parameters = Mapping[str, Any]
Answer = Callable[["State", Parameters], "dict[str, Any] | Aside"]
"""What the service says, by member; or the work that has to be done first, whose `then` is that."""

CREATION = 1000
"""Milliseconds of virtual time that a create request takes (assumed), so that names made from the time differ."""


class Timed(dict[str, Any]):
    """An answer that took `took` ms of virtual time, whatever its operation usually takes."""

    def __init__(self, members: Mapping[str, Any], *, took: int) -> None:
        super().__init__(members)
        self.took = took


@dataclass(frozen=True)
class Operation:
    """`answer(state, parameters)` is what the service says; `caller` the lesson or SDK that asks; `took` in ms."""

    answer: Answer
    caller: str
    took: int = 0


Operations = Mapping[tuple[str, str], Operation]
"""(service, operation) → how it is answered."""
