"""Directive `{retirements}`: what the vendors have taken out of service, or will, in order of its date."""

import csv
from pathlib import Path

from docutils import nodes
from rosetta import marked
from simulated import table_of, text
from sphinx.util.docutils import SphinxDirective

DATA = Path(__file__).parent.parent / "data" / "retirements.csv"
COLUMNS = (("Date", 12), ("Cloud", 14), ("What", 46), ("Source", 28))


class Retirements(SphinxDirective):
    """The table."""

    def run(self):
        self.env.note_dependency(str(DATA))
        rows = sorted(csv.DictReader(DATA.read_text("utf-8").splitlines()), key=lambda row: row["date"])
        cells = [(text(row["date"]), text(row["cloud"]), marked(row["what"]), source(row)) for row in rows]
        table = table_of(COLUMNS, cells)
        table["classes"] = ["retirements", "filterable"]
        return [table]


def source(row):
    return nodes.paragraph("", f"{row['source']}; looked up {row['looked_up']}")


def setup(app):
    app.add_directive("retirements", Retirements)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
