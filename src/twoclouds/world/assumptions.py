"""What no vendor publishes and the clouds go by all the same: it may be moved, to see whether a conclusion flips."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite

from twoclouds.world.catalog import Row


class NotAssumed(ValueError):
    """Something was to be moved that is not an assumption, or to a value that it cannot have."""


Value = int | bool | Decimal


@dataclass(frozen=True)
class Assumption:
    """A figure that was assumed: a number of `unit` (a whole one, unless `value` is a Decimal), up to `most` of them,
    or whether something is so; and why."""

    name: str
    value: Value
    why: str
    date: str
    unit: str = "seconds"
    most: int | None = None


class Assumptions:
    """The assumptions of all clouds of one world, and where the learner has moved them."""

    def __init__(self) -> None:
        self._given: dict[str, Assumption] = {}
        self._moved: dict[str, Value] = {}

    def declare(
        self,
        account: str,
        rows: Iterable[tuple[str, Value, Row]],
        *,
        unit: str = "seconds",
        most: int | None = None,
    ) -> None:
        """Name those of a cloud's (name, value, row) that are assumed, as `account/name`."""
        for name, value, row in rows:
            if row.assumed:
                self._given[f"{account}/{name}"] = Assumption(
                    f"{account}/{name}", value, row.source, row.date, unit, most
                )

    def move(self, name: str, value: float) -> None:
        """Go by `value` instead, from now on. Raises NotAssumed."""
        if name not in self._given:
            names = ", ".join(self._given)
            raise NotAssumed(f"{name!r} is not among what is assumed. These may be moved: {names}.")
        given = self._given[name]
        if isinstance(given.value, bool) != isinstance(value, bool):
            wanted = "True or False" if isinstance(given.value, bool) else f"a number of {given.unit}"
            raise NotAssumed(f"{name} is {wanted}; not {value!r}.")
        whole = not isinstance(given.value, Decimal)
        if not isfinite(value) or value < 0 or (whole and value != int(value)):
            raise NotAssumed(f"{name} is a {'whole ' * whole}number of {given.unit}, 0 or more; not {value!r}.")
        if given.most is not None and value > given.most:
            raise NotAssumed(f"{name} is {given.most} {given.unit} at most; not {value!r}.")
        self._moved[name] = type(given.value)(value if whole else str(value))

    def number(self, name: str, given: int) -> int:
        """How many seconds (or of another unit) to go by, where a cloud's table says `given`."""
        return int(self._moved.get(name, given))

    def amount(self, name: str, given: Decimal) -> Decimal:
        """How many of its unit to go by, such as dollars, where a cloud's table says `given`."""
        return Decimal(self._moved.get(name, given))

    def holds(self, name: str, given: bool) -> bool:
        """Whether to go by it, where a cloud's table says `given`."""
        return bool(self._moved.get(name, given))

    def now(self, name: str) -> Value:
        """The value in force."""
        return self._moved.get(name, self._given[name].value)

    def __iter__(self) -> Iterator[Assumption]:
        return iter(self._given.values())
