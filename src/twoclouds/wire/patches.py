"""Changes to running Python that can be taken back."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

_ABSENT: Any = object()


class Patches:
    """Attributes, environment variables and other things set for a while; `undo` restores them, last first."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def attribute(self, owner: Any, name: str, value: Any) -> Any:
        """Set `owner.name`, and return what was there."""
        inherited = isinstance(owner, type) and name not in vars(owner)
        before = _ABSENT if inherited else getattr(owner, name, _ABSENT)
        previous = getattr(owner, name, None)
        setattr(owner, name, value)
        self._undo.append(lambda: delattr(owner, name) if before is _ABSENT else setattr(owner, name, before))
        return previous

    def environment(self, variables: Mapping[str, str | None]) -> None:
        """Set environment variables; None removes one."""
        for name, value in variables.items():
            before = os.environ.get(name)
            _set_variable(name, value)
            self._undo.append(lambda name=name, before=before: _set_variable(name, before))  # type: ignore[misc]

    def later(self, undo: Callable[[], None]) -> None:
        """Call `undo` when the rest is undone."""
        self._undo.append(undo)

    def undo(self) -> None:
        """Put everything back as it was."""
        while self._undo:
            self._undo.pop()()


def _set_variable(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
