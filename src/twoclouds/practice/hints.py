"""Hints come in twos: the first when asked for, the second after a changed attempt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Hint:
    """Help for one way of going wrong: where to look, then what to do about it."""

    first: str
    second: str


class Hints:
    """The hints given so far in one exercise."""

    def __init__(self) -> None:
        self._asked_at: dict[Hint, str] = {}

    def next(self, hint: Hint, attempt: str) -> str:
        """The hint for somebody whose last attempt looks like `attempt` (a fingerprint of the clouds' state).

        That is the first, and the second as soon as the attempt is another one than when the first was asked for.
        """
        asked_at = self._asked_at.get(hint)
        if asked_at is None:
            self._asked_at[hint] = attempt
            return hint.first
        if asked_at == attempt:
            return f"{hint.first} (The second hint comes after you have changed something and checked again.)"
        return hint.second
