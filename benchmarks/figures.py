"""What a benchmark has to say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was measured, beside what, what was asked for, and whether that is met."""

    what: str
    figure: str
    beside: str
    wanted: str
    met: bool
