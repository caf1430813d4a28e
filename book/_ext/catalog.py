"""Directive `{catalog} aws/durations`: a table of the figures in a cloud's `data/`, each with its date and its source.

The option `columns` names those to show, with a heading for each: `seconds: seconds, usd_per_hour: $ an hour`. Sources
that many rows share are listed once, under the table.
"""

from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from simulated import code, table_of, text
from sphinx.util.docutils import SphinxDirective

import twoclouds
from twoclouds.world.catalog import Catalog

DATA = Path(twoclouds.__file__).parent


class CatalogTable(SphinxDirective):
    """A table, and the list of its sources."""

    required_arguments = 1
    option_spec = {"columns": directives.unchanged_required, "first": directives.unchanged}

    def run(self):
        cloud, _, name = self.arguments[0].partition("/")
        path = DATA / cloud / "data" / f"{name}.csv"
        self.env.note_dependency(str(path))
        catalog = Catalog(path)
        shown = dict(each.strip().split(": ") for each in self.options["columns"].split(","))
        sources = list(dict.fromkeys(catalog[key].source for key in catalog))
        anchor = f"source-{cloud}-{name}"
        heads = ((self.options.get("first", "name"), 30), *((head, 12) for head in shown.values()))
        rows = [self.row(key, catalog[key], shown, sources, anchor) for key in catalog]
        table = table_of((*heads, ("looked up", 12), ("source", 8)), rows)
        table["classes"] = ["catalog", "filterable"]
        return [table, listed(sources, anchor)]

    def row(self, key, row, shown, sources, anchor):
        number = sources.index(row.source)
        link = nodes.reference("", str(number + 1), refid=f"{anchor}-{number + 1}", internal=True)
        dated = nodes.paragraph(text=row.date)
        if row.assumed:
            dated += [nodes.Text(" "), nodes.inline("", "assumed", classes=["assumed"])]
        values = [text(row[column] or "–") for column in shown]
        return (code(key), *values, dated, nodes.paragraph("", "", link))


def listed(sources, anchor):
    """The sources, numbered."""
    made = nodes.enumerated_list(classes=["sources"])
    for number, source in enumerate(sources, 1):
        made += nodes.list_item("", text(source), ids=[f"{anchor}-{number}"])
    return made


def setup(app):
    app.add_directive("catalog", CatalogTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
