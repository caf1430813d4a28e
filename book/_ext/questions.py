"""Questions that are plain Markdown in a notebook and a form in the book; results that stay folded until an answer.

How to write them is in book/conventions.md. A mistake in one is a warning, and so fails the build.
"""

import json
import re

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

logger = logging.getLogger(__name__)

AFTER = re.compile(r"tag_after-prediction(?:-(\d+))?")
RANGE = re.compile(r"else|[<>]?-?\d+(\.\d+)?|-?\d+(\.\d+)?\.\.-?\d+(\.\d+)?")


class tag(nodes.General, nodes.Element):
    """An HTML element, with its `name` and its `html` attributes; its children are ordinary nodes."""


def visit_tag(self, node):
    html = dict(node["html"])
    ids = [html.pop("id")] if "id" in html else []
    self.body.append(self.starttag(node, node["name"], suffix="", ids=ids, **html))


def depart_tag(self, node):
    if node["name"] != "input":
        self.body.append(f"</{node['name']}>")


def element(name, /, *children, **html):
    """A `tag`; a trailing underscore is dropped and inner ones become hyphens (`class_`, `data_kind`)."""
    made = tag("", name=name, html={key.rstrip("_").replace("_", "-"): value for key, value in html.items()})
    made.extend(children)
    return made


class Questions(SphinxTransform):
    """Turn admonitions of class `prediction` or `question` into forms, then fold what follows a prediction."""

    default_priority = 850

    def apply(self):
        counts = {"prediction": 0, "question": 0}
        for note in list(self.document.findall(nodes.admonition)):
            role = next((role for role in counts if role in note["classes"]), None)
            if role is None:
                continue
            counts[role] += 1
            try:
                form = question(note, role, f"{role}-{counts[role]}")
            except ValueError as mistake:
                logger.warning(f"{role} {counts[role]}: {mistake}", location=note)
            else:
                note.replace_self(form)
        fold_results(self.document)


def question(note, role, name):
    """The form that an admonition stands for. Raises ValueError where it is not written as the conventions say."""
    title, *body = note.children
    options = next((child for child in body if isinstance(child, nodes.bullet_list)), None)
    remarks = next((child for child in body if child.get("design_component") == "dropdown"), None)
    if options is None:
        raise ValueError("it offers no answers: write them as a bullet list")
    if role == "question" and remarks is None:
        raise ValueError("it explains no answer: add a dropdown with one remark for each")
    prompt = [child for child in body if child is not options and child is not remarks]
    html = {"class": f"ask {role}", "id": name, "data-kind": "number" if len(options) == 1 else "choice"}
    form = tag("", name="div", html=html)
    form += element("p", *title.children, class_="ask-title", id=f"{name}-title")
    form += element("div", *prompt, class_="ask-prompt", id=f"{name}-prompt")
    form += element("fieldset", *fields(options, name), aria_labelledby=f"{name}-title {name}-prompt")
    word = "Commit" if role == "prediction" else "Check"
    form += element(
        "div",
        element("button", nodes.Text(word), type="button", hidden="hidden"),
        element("div", class_="ask-said", role="status"),
        class_="ask-act",
    )
    if remarks is not None:
        answers = judge(remarks, options)
        html.update({"data-right": answers["right"], "data-ranges": json.dumps(answers["ranges"])})
        heading, *rest = remarks.children
        form += element("details", element("summary", *heading.children), *rest, class_="ask-remarks")
    return form


def fields(options, name):
    """Native fields: one number, or a radio button for each option."""
    if len(options) == 1:
        field = element("input", type="number", step="any", inputmode="decimal", name=name, autocomplete="off")
        yield element("label", field, label(options[0]), class_="ask-option")
        return
    for index, option in enumerate(options):
        field = element("input", type="radio", name=name, value=str(index))
        yield element("label", field, label(option), class_="ask-option")


def label(option):
    """The text of an option, without the paragraph around it."""
    return element("span", *(child for part in option for child in part.children))


def judge(remarks, options):
    """Which remark is the right one's, and for a number the range that each speaks of."""
    items = next((child for child in remarks.children if isinstance(child, nodes.Sequential)), None)
    if items is None:
        raise ValueError("the dropdown has no list of remarks")
    ranges = []
    if len(options) == 1:
        ranges = [range_of(item) for item in items]
    elif len(items) != len(options):
        raise ValueError(f"{len(options)} answers but {len(items)} remarks")
    right = [index for index, item in enumerate(items) if list(item.findall(nodes.strong))]
    if len(right) != 1:
        raise ValueError(f"one remark has its verdict in bold, the right answer's; here {len(right)} have")
    return {"right": str(right[0]), "ranges": ranges}


def range_of(item):
    """The range in code that opens the remark on a number."""
    code = next(iter(item.findall(nodes.literal)), None)
    if code is None or not RANGE.fullmatch(code.astext()):
        raise ValueError("a remark on a number opens with `38`, `35..40`, `<35`, `>40` or `else`")
    return code.astext()


def fold_results(document):
    """Put the output of a cell tagged `after-prediction`, and the remark on it, behind a summary."""
    for cell in list(document.findall(nodes.container)):
        after = next(filter(None, map(AFTER.fullmatch, cell["classes"])), None)
        if after is None:
            continue
        asked = asked_before(document, cell)
        prediction = f"prediction-{after[1]}" if after[1] else (asked or [""])[-1]
        if prediction not in asked:
            logger.warning("a cell is tagged after-prediction, but no such prediction comes before it", location=cell)
            continue
        output = next((child for child in cell if child.get("nb_element") == "cell_code_output"), None)
        folded = [] if output is None else [nodes.container("", output, classes=["cell"])]
        if output is not None:
            cell.remove(output)
        folded += remarks_after(cell)
        cell.parent.insert(cell.parent.index(cell) + 1, fold(prediction, folded))
        pair = cell.parent.parent
        if is_pair(pair) and pair[-1] is cell.parent and cell.parent.index(cell) == len(cell.parent) - 2:
            after = remarks_after(pair)
            if after:
                pair.parent.insert(pair.parent.index(pair) + 1, fold(prediction, after))


def fold(prediction, folded):
    """What stays closed until a prediction is made."""
    summary = element("summary", nodes.Text("The result: answer first, then look"))
    return element("details", summary, *folded, class_="folded", data_after=prediction)


def remarks_after(node):
    """What speaks about the result of a cell or a pair, taken from behind it."""
    place, found = node.parent.index(node) + 1, []
    while place < len(node.parent) and is_remark(node.parent[place]):
        found.append(node.parent.pop(place))
    return found


def is_pair(node):
    """Whether a node is a pair of pairs.py."""
    return isinstance(node, tag) and node["html"].get("class") == "pair"


def asked_before(document, cell):
    """The ids of the predictions before a cell, in order."""
    asked = []
    for node in document.findall():
        if node is cell:
            break
        if isinstance(node, tag) and node["html"].get("class") == "ask prediction":
            asked.append(node["html"]["id"])
    return asked


def is_remark(node):
    """Whether a node following a cell speaks about its result: text does; a heading, a cell or a question does not."""
    asks = isinstance(node, tag) or {"prediction", "question"} & set(node.get("classes", []))
    return not (asks or isinstance(node, nodes.section | nodes.target) or node.get("nb_element"))


def setup(app):
    app.add_node(tag, html=(visit_tag, depart_tag))
    app.add_transform(Questions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
