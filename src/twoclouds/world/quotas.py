"""How much of each thing an account may hold at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping


class QuotaExceeded(Exception):
    """More was asked for than the quota leaves."""

    def __init__(self, *, name: str, limit: int, used: int, requested: int) -> None:
        super().__init__(f"{name}: limit {limit}, in use {used}, requested {requested}")
        self.name = name
        self.limit = limit
        self.used = used
        self.requested = requested


class Quotas:
    """Named limits and what is taken of them. A quota nobody has set is 0.

    Whenever there may be more to take than before, everybody in `freed` is called.
    """

    def __init__(self) -> None:
        self.freed: list[Callable[[], None]] = []
        self._limits: dict[str, int] = {}
        self._used: dict[str, int] = {}

    def set(self, name: str, limit: int) -> None:
        """Set the limit of `name`; what is already taken stays taken."""
        if limit < 0:
            raise ValueError(f"A quota is 0 or more; not {limit}.")
        self._limits[name] = limit
        self._tell()

    def limit(self, name: str) -> int:
        """The limit of `name`."""
        return self._limits.get(name, 0)

    def used(self, name: str) -> int:
        """How much of `name` is taken now."""
        return self._used.get(name, 0)

    def take(self, name: str, amount: int) -> None:
        """Take `amount` of `name`, or raise QuotaExceeded and take nothing."""
        self.take_all({name: amount})

    def take_all(self, amounts: Mapping[str, int]) -> None:
        """Take so much of each, or raise QuotaExceeded for the first that is short and take nothing."""
        for name, amount in amounts.items():
            if self.used(name) + amount > self.limit(name):
                raise QuotaExceeded(name=name, limit=self.limit(name), used=self.used(name), requested=amount)
        for name, amount in amounts.items():
            self._used[name] = self.used(name) + amount

    def give_back(self, name: str, amount: int) -> None:
        """Return `amount` of `name`."""
        self.give_back_all({name: amount})

    def give_back_all(self, amounts: Mapping[str, int]) -> None:
        """Return so much of each."""
        for name, amount in amounts.items():
            if amount > self.used(name):
                raise ValueError(f"{amount} of {name} cannot be given back: only {self.used(name)} is taken.")
            self._used[name] = self.used(name) - amount
        self._tell()

    def _tell(self) -> None:
        for tell in self.freed:
            tell()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._limits))
