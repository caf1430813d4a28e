"""Directive `{rosetta}`: a concept a row, its names on both clouds looked up in the SDKs, and the cells that use them.

A name that the installed SDK does not have is a warning, and so fails the build.
"""

import csv
import json
import os
import re
from html import escape
from importlib.metadata import version
from pathlib import Path

import symbols
from docutils import nodes
from simulated import table_of, text
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)

ROOT = Path(__file__).parent.parent.parent
DATA = ROOT / "book" / "data" / "rosetta.csv"
SDKS = ("azure-ai-ml", "boto3", "sagemaker")
COLUMNS = (("Concept, and what to beware of", 31), ("Azure ML", 23), ("boto3", 23), ("sagemaker", 23))
NO_NAMES = {"azureml", "./outputs", "acpt-pytorch-2.2"}


class Rosetta(SphinxDirective):
    """The whole table, one for each group of concepts, and the versions on which its names were looked up."""

    def run(self):
        os.environ.setdefault("AWS_DEFAULT_REGION", "us-west-2")  # without one, some modules cannot be imported
        self.env.note_dependency(str(DATA))
        lessons = sorted((ROOT / "notebooks").glob("*.ipynb"))
        for lesson in lessons:
            self.env.note_dependency(str(lesson))
        used = [cell for lesson in lessons for cell in vendor_cells(lesson)]
        rows = list(csv.DictReader(DATA.read_text("utf-8").splitlines()))
        made = [verified_on()]
        for group in dict.fromkeys(row["group"] for row in rows):
            section = nodes.section(ids=[f"rosetta-{group.lower()}"])
            section += nodes.title(text=group)
            table = table_of(COLUMNS, [self.cells(row, used) for row in rows if row["group"] == group])
            table["classes"] = ["rosetta", "filterable"]
            section += table
            made.append(section)
        return made

    def cells(self, row, used):
        for vendor in ("azure", "boto3", "sagemaker"):
            for name in set(symbols.CODE.findall(row[vendor])) - NO_NAMES:
                try:
                    getattr(symbols, vendor)(name)
                except symbols.Unknown:
                    logger.warning(f"{row['concept']}: the SDK has no {name}", location=self.get_location())
        concept = nodes.container()
        concept += nodes.paragraph("", "", nodes.strong(text=row["concept"]))
        if row["beware"]:
            concept += marked(row["beware"])
        concept += links(row, used)
        return concept, *(marked(row[vendor]) for vendor in ("azure", "boto3", "sagemaker"))


def verified_on():
    names = ", ".join(f"{name} {version(name)}" for name in SDKS)
    return text(f"Every name was looked up in these versions when this page was built: {names}.")


def marked(words):
    """Plain text with code in backticks and emphasis in asterisks."""
    made = nodes.paragraph()
    for part in re.split(r"(`[^`]+`|\*[^*]+\*)", words):
        if part.startswith("`"):
            made += nodes.raw("", name_of(part[1:-1]), format="html")
        elif part.startswith("*"):
            made += nodes.emphasis(text=part[1:-1])
        else:
            made += nodes.Text(part)
    return made


def name_of(name):
    """A name as code that may break after a dot or before a parenthesis, and nowhere else."""
    return f"<code>{re.sub(r'([.:,])|(?=[(])', lambda found: found[0] + '<wbr>', escape(name))}</code>"


def vendor_cells(path):
    """(page, anchor, code) of the cells of a lesson that hold vendor code."""
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code" and "lab" not in cell["metadata"].get("tags", ()):
            yield path.stem, f"cell-{cell['id']}", "".join(cell["source"])


def links(row, used):
    """The first cell of the lessons that calls what the row names, on each cloud."""
    made = nodes.paragraph("", "Seen in lesson ", classes=["seen"])
    for cloud, vendors in (("Azure ML", ("azure",)), ("SageMaker", ("sagemaker", "boto3"))):
        calls = [call(vendor, name) for vendor in vendors for name in symbols.CODE.findall(row[vendor])]
        found = next((place for *place, code in used if any(each and re.search(each, code) for each in calls)), None)
        if found:
            page, anchor = found
            where = nodes.reference("", f"{int(page[:2])} on {cloud}", refuri=f"../notebooks/{page}.html#{anchor}")
            made += [*([nodes.Text(", ")] if len(made) > 1 else []), where]
    return [made] if len(made) > 1 else []


def call(vendor, name):
    """How a cell uses a name, as a pattern."""
    word = name.partition("(")[0].rpartition(".")[2].rpartition(":")[2]
    if name in NO_NAMES or not word.isidentifier():
        return ""
    if vendor == "boto3":
        owner = name.partition(".")[0].rpartition(":")[2]
        if word == owner:
            return rf"\.{re.sub('(?<=[a-z0-9])(?=[A-Z])', '_', word).lower()}\("
        return rf"[\"']?{word}[\"']?\s*[:=]"
    given = re.findall(r"\w+", name.partition("(")[2])
    return rf"\b{word}\([^)]*\b{given[0]}=" if given else rf"\b{word}\("


def setup(app):
    app.add_directive("rosetta", Rosetta)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
