"""The directive `{simulated} azure` (or `aws`): what that cloud answers, from its own tables."""

from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

import twoclouds
from twoclouds.lab import Lab

COLUMNS = (("Operation", 38), ("Answered by", 30), ("Called in", 32))


class Simulated(SphinxDirective):
    """A table of a cloud's operations, in the order of its modules."""

    required_arguments = 1

    def run(self):
        package = self.arguments[0]
        for source in sorted(Path(twoclouds.__file__).parent.rglob("*.py")):
            self.env.note_dependency(str(source))
        rows = [(name, place(package, module), caller) for name, module, caller in getattr(Lab(), package).simulated()]
        table = nodes.table(classes=["simulated"])
        group = nodes.tgroup(cols=len(COLUMNS))
        group += [nodes.colspec(colwidth=width) for _, width in COLUMNS]
        group += nodes.thead("", row_of(*(nodes.paragraph(text=title) for title, _ in COLUMNS)))
        body = nodes.tbody()
        body += [
            row_of(nodes.paragraph(text=name), code(module), nodes.paragraph(text=caller))
            for name, module, caller in rows
        ]
        group += body
        table += group
        return [table]


def place(package, module):
    """A module as a path under src/twoclouds/; another library by its name."""
    return module if module == "moto" else f"{package}/{module.rsplit('.', 1)[-1]}.py"


def row_of(*cells):
    return nodes.row("", *(nodes.entry("", cell) for cell in cells))


def code(text):
    return nodes.paragraph("", "", nodes.literal(text=text))


def setup(app):
    app.add_directive("simulated", Simulated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
