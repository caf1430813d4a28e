"""The ledger of claims: directive `{claims}` and `{sources}`, and the admonitions of class `claim` in the lessons.

How to write one is in book/conventions.md. A quote that is not the ledger's, or a claim in a cell that the ledger does
not know of, is a warning, and so fails the build.
"""

import csv
import json
import re
from pathlib import Path

from docutils import nodes
from simulated import table_of, text
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)

ROOT = Path(__file__).parent.parent.parent
DATA = ROOT / "book" / "data"
TITLE = re.compile(r'(?:\d+\. )?(C\d\d): "(.+)"')
COLUMNS = (("Claim", 30), ("Said of", 11), ("Verdict", 12), ("What we found", 37), ("Settled in", 10))
CHOSEN = ("Said of", "Verdict")
SUBJECTS = {"azure": "Azure ML", "sagemaker": "SageMaker AI", "both": "both"}
VERDICTS = {
    "holds": r"holds(?!,? with)",
    "holds with nuance": r"holds,? with (a )?nuance",
    "outdated": r"outdated",
    "contestable": r"contestable",
}
"""A verdict, and how a lesson may put it."""


def read(name):
    """The rows of a table in book/data, by their first column."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {next(iter(row.values())): row for row in csv.DictReader(file)}


def plain(words):
    """Words as they were written, before quotes were curled."""
    return " ".join(words.translate({0x201C: '"', 0x201D: '"', 0x2018: "'", 0x2019: "'"}).split())


def problems(claim, quote, verdict_in, lesson, cell):
    """What is wrong with a claim as a lesson takes it up; `claim` is its row, None for an unknown id."""
    if claim is None:
        yield "the ledger has no claim of that id"
        return
    if quote != claim["quote"]:
        yield f'the ledger\'s quote is "{claim["quote"]}"'
    if (lesson, cell) != (claim["lesson"], claim["cell"]):
        there = f"lesson {claim['lesson']}, cell {claim['cell'] or '(none)'}"
        yield f"the ledger has it in {there}; this is lesson {lesson}, cell {cell}"
    if not re.search(VERDICTS[claim["verdict"]], plain(verdict_in).lower()):
        yield f"the ledger's verdict is '{claim['verdict']}': the text does not say so"


def taken_up(path):
    """(id, quote, text, cell) of every claim that a notebook takes up, from its Markdown."""
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        for title, body in re.findall(r"^:{3,}\{admonition\} *(.+)\n((?:.*\n)*?):{3,} *$", source + "\n", re.MULTILINE):
            if cell["cell_type"] == "markdown" and ":class: claim" in body:
                number, _, quote = title.partition(": ")
                yield number, quote.strip().strip('"'), body, cell["id"]


class Claims(SphinxTransform):
    """Check the claims of a lesson, and link each with its row in the ledger."""

    default_priority = 845  # after anchors, before questions move text about

    def apply(self):
        source = Path(self.document["source"])
        notes = [note for note in self.document.findall(nodes.admonition) if "claim" in note["classes"]]
        if not notes:
            return
        ledger = read("claims")
        self.env.note_dependency(str(DATA / "claims.csv"))
        cells = {number: cell for number, _, _, cell in taken_up(source)} if source.suffix == ".ipynb" else {}
        for note in notes:
            title, *body = note.children
            found = TITLE.fullmatch(plain(title.astext()))
            if found is None:
                logger.warning('a claim\'s title is its id and its quote, as in C03: "…"', location=note)
                continue
            number, quote = found.groups()
            said = " ".join(part.astext() for part in body)
            lesson = source.name.partition("-")[0].lstrip("0")
            for problem in problems(ledger.get(number), quote, said, lesson, cells.get(number, "")):
                logger.warning(f"claim {number}: {problem}", location=note)
            if number in ledger:
                note["ids"].append(f"claim-{number.lower()}")
                note += back_link(number, ledger[number]["verdict"])


def back_link(number, verdict):
    """The last line of a claim in a lesson."""
    link = nodes.reference("", f"{number} in the ledger of claims", refuri=f"../book/claims.html#{number.lower()}")
    return nodes.paragraph("", "", link, nodes.Text(f": {verdict}."), classes=["ledger"])


class Ledger(SphinxDirective):
    """The table of all claims."""

    def run(self):
        for name in ("claims", "sources"):
            self.env.note_dependency(str(DATA / f"{name}.csv"))
        lessons = {str(int(path.stem[:2])): path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
        for path in lessons.values():
            self.env.note_dependency(str(path))
        sources = read("sources")
        claims = read("claims")
        table = table_of(COLUMNS, [row_of(claim, sources, lessons) for claim in claims.values()])
        table["classes"] = ["claims", "filterable"]
        for entry in next(table.findall(nodes.thead)).findall(nodes.entry):
            if entry.astext() in CHOSEN:
                entry["classes"].append("choose")
        for row, number in zip(next(table.findall(nodes.tbody)), claims, strict=True):
            row["ids"].append(number.lower())
        return [table]


def row_of(claim, sources, lessons):
    """The cells of a claim's row."""
    quote = nodes.paragraph("", "", nodes.strong(text=claim["id"]), nodes.Text(f" “{claim['quote']}”"))
    found = nodes.container("", text(claim["nuance"]), cited(claim, sources))
    return quote, text(SUBJECTS[claim["subject"]]), text(claim["verdict"]), found, place(claim, lessons)


def cited(claim, sources):
    """The sources of a claim, each linked with what is known of it."""
    made = nodes.paragraph("", "", classes=["cited"])
    for key in claim["sources"].split("; "):
        made += nodes.Text("; " if len(made) else "Sources: ")
        made += nodes.reference("", sources[key]["short"], refuri=f"#source-{key}")
        made += nodes.Text(f" ({sources[key]['date']})")
    return made


def place(claim, lessons):
    """Where a claim is settled: the cell of a lesson, or the number of one that is still to be written."""
    path, words = lessons.get(claim["lesson"]), f"lesson {claim['lesson']}"
    if not claim["cell"] or path is None:
        return nodes.paragraph("", f"{words}, to be written")
    link = nodes.reference("", words, refuri=f"../notebooks/{path.stem}.html#{claim['cell']}")
    return nodes.paragraph("", "", link)


class Sources(SphinxDirective):
    """What the claims were judged by, in the order of the titles."""

    def run(self):
        self.env.note_dependency(str(DATA / "sources.csv"))
        made = nodes.bullet_list(classes=["sources"])
        for source in sorted(read("sources").values(), key=lambda source: source["title"].lower()):
            link = nodes.reference("", source["title"], refuri=source["address"])
            more = f"; {source['remark']}" if source["remark"] else ""
            words = nodes.paragraph("", "", link, nodes.Text(f", {source['date']}{more}"))
            made += nodes.list_item("", words, ids=[f"source-{source['key']}"])
        return [made]


def setup(app):
    app.add_directive("claims", Ledger)
    app.add_directive("sources", Sources)
    app.add_transform(Claims)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
