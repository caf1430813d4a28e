"""Directives: `{simulated} azure` (or `aws`) shows what that cloud answers, from its own tables;
`{operations} azure` (or `sagemaker`) every operation that the vendor's SDK has, answered here or not."""

import csv
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

import twoclouds
from twoclouds.lab import Lab

ANSWERED = (("Operation", 38), ("Answered by", 30), ("Called in", 32))
OFFERED = (("Operation", 38), ("Simulated", 12), ("Called in", 50))
AZURE_OPERATIONS = Path(__file__).parent.parent / "data" / "azure_operations.csv"


class Simulated(SphinxDirective):
    """A table of a cloud's operations, in the order of its modules."""

    required_arguments = 1

    def run(self):
        package = self.arguments[0]
        for source in sorted(Path(twoclouds.__file__).parent.rglob("*.py")):
            self.env.note_dependency(str(source))
        answered = getattr(Lab(), package).simulated()
        rows = [(text(name), code(place(package, module)), text(caller)) for name, module, caller in answered]
        return [table_of(ANSWERED, rows)]


class Operations(SphinxDirective):
    """A table of an SDK's operations: simulated, for whom, or not."""

    required_arguments = 1

    def run(self):
        self.env.note_dependency(str(AZURE_OPERATIONS))
        for source in sorted(Path(twoclouds.__file__).parent.rglob("*.py")):
            self.env.note_dependency(str(source))
        found = azure_operations() if self.arguments[0] == "azure" else sagemaker_operations()
        return [table_of(OFFERED, [(code(name), text(answered), text(caller)) for name, answered, caller in found])]


def azure_operations():
    """(operation, answered, caller) of every operation of MLClient, as a test has found them by calling."""
    with AZURE_OPERATIONS.open(encoding="utf-8", newline="") as file:
        return [(row["operation"], row["answered"], row["caller"]) for row in csv.DictReader(file)]


def sagemaker_operations():
    """(operation, answered, caller) of every operation in botocore's model of SageMaker."""
    from twoclouds.aws.protocol.contract import service_model

    ours = {name: caller for name, _, caller in Lab().aws.simulated()}
    for name in service_model("sagemaker").operation_names:
        yield name, "yes" if f"sagemaker:{name}" in ours else "no", ours.get(f"sagemaker:{name}", "")


def table_of(columns, rows):
    """A table with that head."""
    table = nodes.table(classes=["simulated"])
    group = nodes.tgroup(cols=len(columns))
    group += [nodes.colspec(colwidth=width) for _, width in columns]
    group += nodes.thead("", row_of(*(text(title) for title, _ in columns)))
    body = nodes.tbody()
    body += [row_of(*cells) for cells in rows]
    group += body
    table += group
    return table


def place(package, module):
    """A module as a path under src/twoclouds/; another library by its name."""
    root = Path(twoclouds.__file__).parent
    found = sorted((root / package).rglob(f"{module.rpartition('.')[2]}.py"))
    return found[0].relative_to(root).as_posix() if found else module


def row_of(*cells):
    return nodes.row("", *(nodes.entry("", cell) for cell in cells))


def text(words):
    return nodes.paragraph(text=words)


def code(words):
    return nodes.paragraph("", "", nodes.literal(text=words))


def setup(app):
    app.add_directive("simulated", Simulated)
    app.add_directive("operations", Operations)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
