"""The cheat sheets: directive `{sheet} NAME` shows one of book/data/sheets.toml, and the build prints each as a PDF.

Both are made from the same data. A name in a sheet's code that the installed SDK does not have is a warning, and so
fails the build.
"""

import ast
import csv
import datetime
import json
import os
import re
import tomllib
from functools import cache
from importlib.metadata import version
from pathlib import Path

import symbols
import typst
from claims import read
from docutils import nodes
from rosetta import marked
from simulated import table_of, text
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)

BOOK = Path(__file__).parent.parent
DATA = BOOK / "data"
PAGE = "book/sheets"
TEMPLATE = BOOK / "sheets" / "sheet.typ"
SDKS = ("azure-ai-ml", "boto3", "sagemaker")
HEADS = {"azure": "Azure ML", "boto3": "boto3", "sagemaker": "sagemaker"}
PRINTED = datetime.datetime(2026, 11, 25, tzinfo=datetime.UTC)
"""The day that a PDF says it was made on; the build's own would change its bytes."""


@cache
def sheets():
    """The sheets by name, their concepts and false friends taken from the Rosetta."""
    with (DATA / "rosetta.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["concept"]: row for row in csv.DictReader(file)}
    made = tomllib.loads((DATA / "sheets.toml").read_text("utf-8"))
    for name, sheet in made.items():
        sheet["name"] = name
        columns = sheet["columns"]
        sheet["rows"] = [[each, *(short(rows[each][column]) for column in columns)] for each in sheet["concepts"]]
        sheet["heads"] = ["", *(HEADS[column] for column in columns)]
        sheet["friends"] = [[word, told(rows[concept])] for word, concept in sheet["friends"].items()]
        sheet["sources"] = list(dict.fromkeys(key for remark in remarks(sheet) for key in remark["sources"]))
        for code in sheet["code"]:
            code["lines"] = code["lines"].strip()
    return made


def remarks(sheet):
    return [item for group in sheet["remarks"] for item in group["items"]]


def short(names):
    """A cell of the Rosetta with its dotted paths cut to what one types after the import."""
    return re.sub(r"`((?:azure|sagemaker)\.[^`(]+)", lambda found: f"`{tail(found[1])}", names) or "none"


def tail(path):
    words = path.split(".")
    first = next((place for place, word in enumerate(words) if word[0].isupper()), len(words) - 2)
    return ".".join(words[first:])


def told(row):
    """What the Rosetta warns of."""
    return row["beware"].removeprefix("False friend: ")


# What the code names ------------------------------------------------------------------------------------------------


def named(code):
    """(vendor, name) of everything of an SDK's that the code imports, calls or gives a parameter to."""
    tree, imported, clients = ast.parse(code), {}, {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            vendor = "azure" if node.module.startswith("azure") else "sagemaker"
            imported |= {alias.name: (vendor, f"{node.module}.{alias.name}") for alias in node.names}
        elif isinstance(node, ast.Assign):
            clients |= dict(assigned(node.targets[0], node.value))
    yield from imported.values()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from called(node, imported, clients)


def assigned(target, value):
    """(variable, service) of the boto3 clients that an assignment makes."""
    pairs = zip(target.elts, value.elts, strict=True) if isinstance(target, ast.Tuple) else [(target, value)]
    return [(ast.unparse(name), found) for name, made in pairs if (found := service(made))]


def service(node):
    found = re.fullmatch(r"boto3\.client\('([\w-]+)'\)", ast.unparse(node))
    return found and found[1]


def called(node, imported, clients):
    """What one call names."""
    function = ast.unparse(node.func)
    given = [each.arg for each in node.keywords if each.arg]
    first, *rest = function.split(".")
    if first == "ml_client":
        yield "azure", re.match(r"\w+\.\w+\.\w+", function)[0]
    elif first in imported:
        vendor, path = imported[first]
        yield vendor, f"{'.'.join([path, *rest])}({', '.join(given)})"
    elif isinstance(node.func, ast.Attribute):
        owner = service(node.func.value) or clients.get(ast.unparse(node.func.value))
        if owner:
            name = operation(owner, node.func.attr)
            yield "boto3", f"{owner}:{name}"
            yield from (("boto3", f"{owner}:{name}.{each}") for each in given)


@cache
def operation(owner, method):
    """The operation that a method of a boto3 client calls."""
    from botocore import xform_name

    return next((each for each in symbols._model(owner).operation_names if xform_name(each) == method), method)


def unknown(sheet):
    """The names in a sheet's code that the installed SDKs do not have."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-west-2")  # without one, some modules cannot be imported
    code = "\n".join(part["lines"] for part in sheet["code"])
    for vendor, name in dict.fromkeys(named(code)):
        try:
            getattr(symbols, vendor)(name)
        except symbols.Unknown:
            yield name


# On the page --------------------------------------------------------------------------------------------------------


class Sheet(SphinxDirective):
    """The sheet as a part of a page."""

    required_arguments = 1

    def run(self):
        for path in (DATA / "sheets.toml", DATA / "rosetta.csv", DATA / "sources.csv"):
            self.env.note_dependency(str(path))
        sheets.cache_clear()
        sheet = sheets()[self.arguments[0]]
        for name in unknown(sheet):
            logger.warning(f"{sheet['title']}: the SDK has no {name}", location=self.get_location())
        address = f"../sheets/{sheet['name']}.pdf"
        link = nodes.reference("", f"{sheet['title']}, one page to print (PDF)", refuri=address, internal=True)
        made = section(sheet["name"], sheet["title"], text(sheet["lead"]), nodes.paragraph("", "", link))
        made += self.part(sheet, "Names", table(sheet))
        made += self.part(sheet, "False friends", listed(friend(*each) for each in sheet["friends"]))
        for code in sheet["code"]:
            block = nodes.literal_block(code["lines"], code["lines"], language="python")
            made += self.part(sheet, code["title"], block)
        for group in sheet["remarks"]:
            made += self.part(sheet, group["title"], listed(remark(item) for item in group["items"]))
        return [made]

    def part(self, sheet, title, *children):
        return section(f"{sheet['name']}-{nodes.make_id(title)}", title, *children)


def section(name, title, *children):
    return nodes.section("", nodes.title(text=title), *children, ids=[name])


def table(sheet):
    columns = [(head or "Concept", 25) for head in sheet["heads"]]
    rows = [(text(concept), *map(marked, cells)) for concept, *cells in sheet["rows"]]
    made = table_of(columns, rows)
    made["classes"] = ["sheet"]
    return made


def listed(paragraphs):
    return nodes.bullet_list("", *(nodes.list_item("", each) for each in paragraphs))


def friend(word, warning):
    return nodes.paragraph("", "", nodes.strong(text=f"{word}:"), nodes.Text(" "), *marked(warning).children)


def remark(item):
    """What is said, and the sources that say so."""
    known = read("sources")
    made = marked(item["text"])
    for place, key in enumerate(item["sources"]):
        made += nodes.Text("; " if place else " (")
        made += nodes.reference("", known[key]["short"], refuri=f"claims.html#source-{key}", internal=True)
        made += nodes.Text(f" {known[key]['date']}")
    made += nodes.Text(")")
    return made


# On paper -----------------------------------------------------------------------------------------------------------


def printed(sheet):
    """The sheet as a PDF."""
    known = read("sources")
    cited = [f"{known[key]['short']} {known[key]['date']}" for key in sheet["sources"]]
    versions = ", ".join(f"{name} {version(name)}" for name in SDKS)
    data = json.dumps({**sheet, "cited": cited, "versions": versions})
    return typst.compile(
        TEMPLATE.read_bytes(), ignore_system_fonts=True, timestamp=int(PRINTED.timestamp()), sys_inputs={"sheet": data}
    )


def write(app, exception):
    """Every sheet, into a site that has their page."""
    if exception is None and app.builder.format == "html" and PAGE in app.env.found_docs:
        folder = Path(app.outdir) / "sheets"
        folder.mkdir(exist_ok=True)
        for name, sheet in sheets().items():
            (folder / f"{name}.pdf").write_bytes(printed(sheet))


def setup(app):
    app.add_directive("sheet", Sheet)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
