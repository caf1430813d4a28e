"""What all explorables are: plain data, shown alive in a notebook and as a still element in what is stored of it."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from twoclouds.explorables import bundle
from twoclouds.tables import Table

Data = dict[str, Any]


class Explorable(anywidget.AnyWidget):
    """An interactive figure of the data that a lab has made, which `figure.js` in its folder draws.

    `question` is what it asks. A notebook stores the same bytes for the same data: a table as text, and an element
    that holds the data and the table, which the book's script makes into the figure.
    """

    folder: Path
    question: str
    data = traitlets.Dict().tag(sync=True)

    def __init_subclass__(cls, **options: Any) -> None:
        if "folder" in vars(cls):  # and not a class that ipywidgets makes of it, to add traits
            cls._esm = bundle.script(cls.folder)
            cls._css = bundle.style(cls.folder)
        super().__init_subclass__(**options)

    def __init__(self, data: Data) -> None:
        super().__init__(data=data)

    def table(self) -> Table:
        """The same in words and numbers, for who sees no figure."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        live, metadata = super()._repr_mimebundle_(**options)
        return {**live, "text/plain": f"{self.question}\n\n{self.table()!r}", "text/html": self.still()}, metadata

    def still(self) -> str:
        """The element of a page: the data, and the table for who has no JavaScript."""
        data = json.dumps(self.data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
        return (
            f'<div class="tc-x" data-explorable="{self.folder.name}">'
            f'<p class="tc-x-question">{escape(self.question)}</p>'
            f"<details><summary>The answer, as a table</summary>{self.table()._repr_html_()}</details>"
            f'<script type="application/json">{data}</script></div>'
        )


def stored(folder: Path, name: str) -> Data:
    """A table that a lab has made, from the folder's `data/` (see `twoclouds.explorables.build`)."""
    data: Data = json.loads((folder / "data" / f"{name}.json").read_text(encoding="utf-8"))
    return data
