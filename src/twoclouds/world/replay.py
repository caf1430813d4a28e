"""A finished run, told again over the virtual time that it takes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from twoclouds.world.clock import SECOND
from twoclouds.world.container import Transcript

STEPS = 60
"""A log grows in so many steps at most, however long it is."""


def replay(transcript: Transcript, span: int) -> Iterator[tuple[int, str]]:
    """(ms to wait, text that the script has then printed), until `span` ms have passed; the last text may be empty.

    The script's work is spread evenly over its lines; where it slept, time passes as it slept.
    """
    now = 0
    for time, text in _batches(transcript, span):
        yield time - now, text
        now = time
    yield span - now, ""


def _batches(transcript: Transcript, span: int) -> Iterator[tuple[int, str]]:
    lines = transcript.lines
    slept = round(transcript.slept * SECOND)
    asleep = min(slept, span)
    grain = max(1, -(-len(lines) // STEPS))

    def time_of(number: int) -> int:
        last = min(len(lines), (number // grain + 1) * grain)
        before = round(lines[last - 1].at * SECOND * asleep / slept) if slept else 0
        return before + (span - asleep) * last // (len(lines) + 1)

    for time, group in groupby(range(len(lines)), key=time_of):
        yield time, "".join(f"{lines[number].text}\n" for number in group)
