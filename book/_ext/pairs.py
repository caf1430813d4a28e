"""The same step on both clouds: cells tagged `azure` next to cells tagged `aws` become a pair of panels.

How to write one is in book/conventions.md. A mistake in one is a warning, and so fails the build.
"""

import json
from itertools import groupby
from pathlib import Path

from docutils import nodes
from questions import element, is_pair
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

logger = logging.getLogger(__name__)

NAMES = {"azure": "Azure ML", "aws": "SageMaker AI"}
NARROWEST, WIDEST = 60, 92
"""A panel's share of the width follows its longest line of code, between these numbers of characters."""


class Pairs(SphinxTransform):
    """Put the cells of each pair into its two panels."""

    default_priority = 845  # after anchors.py, before questions.py folds what follows a cell

    def apply(self):
        source = Path(self.document["source"])
        if source.suffix != ".ipynb":
            return
        cells = json.loads(source.read_text("utf-8"))["cells"]
        for number, runs in enumerate(matched(cells), 1):
            try:
                wrap(self.document, runs, number)
            except ValueError as mistake:
                ids = [cells[index]["id"] for _, indices in runs for index in indices]
                logger.warning(f"pair {number} ({', '.join(ids)}): {mistake}", location=self.document)


def side(cell):
    """The cloud whose tag a cell has, or None."""
    return next((cloud for cloud in NAMES if cloud in cell["metadata"].get("tags", [])), None)


def matched(cells):
    """Runs of cells with the same tag, `(cloud, indices)`, two by two; a run without a partner stays alone."""
    runs = [(cloud, list(run)) for cloud, run in groupby(range(len(cells)), lambda index: side(cells[index]))]
    pairs, waiting = [], None
    for run in runs:
        if waiting and run[0]:
            pairs.append([waiting, run])
            waiting = None
        else:
            pairs += [[waiting]] if waiting else []
            waiting = run if run[0] else None
    return pairs + ([[waiting]] if waiting else [])


def wrap(document, runs, number):
    """Move what the cells of two runs became into a pair. Raises ValueError where the conventions are not kept."""
    if len(runs) != 2:
        raise ValueError("cells of one cloud need cells of the other directly before or after them")
    found = [nodes_of(document, indices) for _, indices in runs]
    parent = found[0][0].parent
    if any(node.parent is not parent for group in found for node in group):
        raise ValueError("a pair holds no heading")
    if any({"prediction", "question"} & set(note["classes"]) for group in found for note in notes(group)):
        raise ValueError("a pair holds no question: whoever looks at the other cloud would miss it")
    place = parent.index(found[0][0])
    for node in [node for group in found for node in group]:
        parent.remove(node)
    clouds = [cloud for cloud, _ in runs]
    name = f"pair-{number}"
    panels = [panel(cloud, group) for cloud, group in zip(clouds, found, strict=True)]
    shares = " ".join(f"minmax(0, {share(group)}fr)" for group in found)
    pair = element("div", choice(clouds, name), *panels, class_="pair", id=name, style=f"--shares: {shares}")
    parent.insert(place, pair)


def nodes_of(document, indices):
    """What some cells became: the outermost nodes whose line is theirs (MyST-NB counts 10,000 lines a cell)."""
    found = {index: [] for index in indices}

    def look(parent):
        index = None
        for node in parent.children:
            line = getattr(node, "line", None)
            index = line // 10000 - 1 if line else index
            if index in found and not isinstance(node, nodes.section):
                found[index].append(node)
            elif isinstance(node, nodes.section):
                if index in found:
                    raise ValueError("a pair holds no heading")
                look(node)

    look(document)
    if not all(found.values()):
        raise ValueError("a cell of it shows nothing")
    return [node for index in indices for node in found[index]]


def notes(group):
    return [note for node in group for note in node.findall(nodes.admonition)]


def share(group):
    """How many characters the longest line of code in a panel has, within bounds."""
    lines = [
        line
        for cell in group
        if cell.get("nb_element") == "cell_code"
        for block in cell.children[0].findall(nodes.literal_block)
        for line in block.astext().splitlines()
    ]
    return min(max([len(line) for line in lines] + [NARROWEST]), WIDEST)


def choice(clouds, name):
    """The tabs, as native radio buttons: arrow keys and all. pairs.js makes them work."""
    tabs = [
        element(
            "label",
            element("input", type="radio", name=f"{name}-cloud", value=cloud, autocomplete="off"),
            element("span", nodes.Text(NAMES[cloud])),
            class_=f"pair-tab {cloud}",
        )
        for cloud in clouds
    ]
    return element("fieldset", *tabs, class_="pair-tabs", aria_label="Which cloud")


def panel(cloud, group):
    """What is shown of one cloud, under its name."""
    heading = element("p", nodes.Text(NAMES[cloud]), class_="pair-name")
    return element("div", heading, *group, class_=f"pair-panel {cloud}", role="group", aria_label=NAMES[cloud])


def add_script(app, pagename, templatename, context, doctree):
    """Only a page with a pair loads the script."""
    if doctree is not None and any(is_pair(node) for node in doctree.findall(nodes.Element)):
        app.add_js_file("pairs.js")


def setup(app):
    app.add_transform(Pairs)
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
