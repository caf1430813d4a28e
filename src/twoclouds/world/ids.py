"""Identifiers that are the same every time: from the seed, a kind, a name, and how often that pair was asked for."""

from __future__ import annotations

import uuid
from collections import Counter
from hashlib import sha256


class Ids:
    """Makes identifiers. Two callers with different kinds or names never disturb each other's."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._asked: Counter[tuple[str, str]] = Counter()

    def hex(self, kind: str, name: str = "", *, length: int = 32) -> str:
        """`length` (at most 64) hexadecimal digits."""
        self._asked[kind, name] += 1
        source = "\0".join((str(self._seed), kind, name, str(self._asked[kind, name])))
        return sha256(source.encode()).hexdigest()[:length]

    def uuid(self, kind: str, name: str = "") -> str:
        """A version 4 UUID in its usual form."""
        return str(uuid.UUID(hex=self.hex(kind, name), version=4))
