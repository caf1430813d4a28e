"""Exercises and solutions share their text; in the book each page says which it is, and the one leads to the other."""

from pathlib import PurePosixPath

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

MARKS = ("### BEGIN SOLUTION", "### END SOLUTION", "#|")  # twoclouds.practice.build makes the exercise from them


class Solutions(SphinxTransform):
    """Under solutions/, `Solution 1.1: …` without the marks; under exercises/, a last line that links to it."""

    default_priority = 200

    def apply(self):
        place = PurePosixPath(self.env.docname)
        title = next(iter(self.document.findall(nodes.title)), None)
        if title is None:
            return
        if place.parent.name == "solutions":
            words = title.astext().replace("Exercise", "Solution", 1)
            title.children = []
            title += nodes.Text(words)
            for code in self.document.findall(nodes.literal_block):
                lines = [line for line in code.astext().splitlines() if not line.lstrip().startswith(MARKS)]
                code.rawsource = "\n".join(lines)
                code.children = [nodes.Text(code.rawsource)]
        elif place.parent.name == "exercises":
            title.parent += nodes.paragraph("", "", to_solution(place), nodes.Text(", once yours has passed."))


def to_solution(place):
    link = addnodes.pending_xref(
        "", nodes.inline(text="Compare with the solution"), refdomain="std", reftype="doc", refexplicit=True
    )
    link["reftarget"] = f"/solutions/{place.name}"
    link["refdoc"] = str(place)
    return link


def setup(app):
    app.add_transform(Solutions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
