"""What an exercise says: paragraphs and a list, as text and as plain HTML that a screen reader reads in order."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from textwrap import TextWrapper

_WRAPPER = TextWrapper(width=88, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


@dataclass(frozen=True)
class Words:
    """`title` says how things stand; `points` are (label, text) pairs; `after` comes last. The label carries the
    meaning, so nothing depends on a colour."""

    title: str
    points: tuple[tuple[str, str], ...] = ()
    after: str = ""

    def __repr__(self) -> str:
        points = [f"{label}: {text}" for label, text in self.points]
        after = [self.after] if self.after else []
        return "\n".join(_WRAPPER.fill(line) for line in [self.title, *points, *after])

    def _repr_html_(self) -> str:
        points = "".join(f"<li><strong>{escape(label)}:</strong> {escape(text)}</li>" for label, text in self.points)
        return (
            f'<div class="tc-words"><p><strong>{escape(self.title)}</strong></p>'
            f"{f'<ul>{points}</ul>' if points else ''}{f'<p>{escape(self.after)}</p>' if self.after else ''}</div>"
        )
