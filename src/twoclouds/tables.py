"""Tables that read well as text and as HTML, and the way in which money and time are written in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape


def dollars(amount: Fraction) -> str:
    """Dollars with four decimals."""
    return f"${float(amount):.4f}"


def duration(milliseconds: int) -> str:
    """Hours, minutes and seconds, as 1:05:09."""
    total = milliseconds // 1000
    return f"{total // 3600}:{total // 60 % 60:02}:{total % 60:02}"


@dataclass(frozen=True)
class Table:
    """Rows under a head. `foot` are sums: a name, and an amount below the last column."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    foot: Sequence[tuple[str, str]] = ()

    def __repr__(self) -> str:
        table = [tuple(self.head), *self.rows]
        widths = [max(len(row[column]) for row in table) for column in range(len(self.head))]
        lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in table]
        sums = [f"{name}: {amount}" for name, amount in self.foot]
        return "\n".join([*lines, "", *sums] if sums else lines)

    def _repr_html_(self) -> str:
        header = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.head)
        body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in self.rows)
        span = len(self.head) - 1
        sums = "".join(
            f'<tr><th scope="row" colspan="{span}">{escape(name)}</th><td>{escape(amount)}</td></tr>'
            for name, amount in self.foot
        )
        return (
            f'<table class="tc-table"><caption>{escape(self.caption)}</caption>'
            f"<thead><tr>{header}</tr></thead><tbody>{body}</tbody>{f'<tfoot>{sums}</tfoot>' if sums else ''}</table>"
        )
