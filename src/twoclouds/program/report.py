"""What a run has to say at its end: the outcome of each cell, what stood in for what, the timeline and the bill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from twoclouds.program.outcome import Outcome

if TYPE_CHECKING:
    from twoclouds.lab import Lab

HEADINGS = {
    "not here": "Not here (the real cloud may well do it)",
    "follows": "Not run, because of that",
    "failed": "Failed",
    "not run": "Not run, because a cell before failed",
}


def lines(lab: Lab, outcomes: list[Outcome]) -> Iterator[str]:
    """The report, line by line."""
    stood_in = lab.world.events.of("stand-in")
    if stood_in:
        yield "\nStood in for"
        yield from dict.fromkeys(f"  {event.subject}: {event.detail['by']}" for event in stood_in)
    if failed := lab.failed():
        yield "\nFailed on the clouds"
        yield from (f"  {name}: {_first_line(reason)}" for name, reason in failed)
    yield "\nTimeline"
    yield repr(lab.timeline())
    yield "\nBill"
    yield repr(lab.bill())
    yield ""
    for kind, heading in HEADINGS.items():
        found = [outcome for outcome in outcomes if outcome.kind == kind]
        if found:
            yield heading
            yield from (f"  cell {one.cell.number}{f': {one.remark}' if one.remark else ''}" for one in found)
    counts = Counter(outcome.kind for outcome in outcomes)
    others = ", ".join(f"{count} {kind}" for kind, count in counts.items() if kind != "ran")
    yield f"{counts['ran']} of {len(outcomes)} cells ran{f'; {others}' if others else ''}."


def _first_line(text: str) -> str:
    return text.strip().split("\n")[0][:300]
