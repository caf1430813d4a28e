"""How many processors a job sees: its machine's, not this one's."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any


def readings(count: int) -> list[tuple[str, Callable[..., Any]]]:
    """What the functions of :mod:`os` answer instead, those that this Python has."""
    answers: dict[str, Callable[..., Any]] = {
        "cpu_count": lambda: count,
        "process_cpu_count": lambda: count,
        "sched_getaffinity": lambda process: set(range(count)),
    }
    return [(name, answer) for name, answer in answers.items() if hasattr(os, name)]


def install(count: int) -> None:
    """Answer so from here on."""
    for name, answer in readings(count):
        setattr(os, name, answer)
