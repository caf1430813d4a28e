"""The explorables live in the page: scripts and styles are put beside it, loaded by the pages that have one.

In a lesson a cell makes one; on any other page the directive `{explorable} WhichSecondsCostMoney job` does.
"""

import re
import shutil
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

import twoclouds
from twoclouds import explorables

HERE = Path(twoclouds.__file__).parent / "explorables"
PLACE = "explorables"
SHOWN = re.compile(r'data-explorable="(\w+)"')


class Explorable(SphinxDirective):
    """An explorable by its class, and what that takes."""

    required_arguments = 1
    optional_arguments = 3

    def run(self):
        name, *arguments = self.arguments
        for source in HERE.rglob("*"):
            self.env.note_dependency(str(source))
        return [nodes.raw("", getattr(explorables, name)(*arguments).still(), format="html")]


def load(app, pagename, templatename, context, doctree):
    """A page that shows explorables loads the host, what all figures share, and their own styles."""
    if doctree is None:
        return
    shown = [name for raw in doctree.findall(nodes.raw) for name in SHOWN.findall(raw.astext())]
    if not shown:
        return
    app.add_js_file(f"{PLACE}/host.js", type="module")
    app.add_css_file(f"{PLACE}/design.css", priority=900)
    for name in dict.fromkeys(shown):
        app.add_css_file(f"{PLACE}/{name}/figure.css", priority=901)


def lay_out(app, *_):
    """The figures' files, as they are in the source."""
    if app.builder.format != "html":
        return
    for source in [HERE / "kit.js", HERE / "design.css", *HERE.glob("*/figure.js"), *HERE.glob("*/figure.css")]:
        target = Path(app.outdir) / "_static" / PLACE / source.relative_to(HERE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def setup(app):
    app.add_directive("explorable", Explorable)
    app.connect("builder-inited", lay_out)
    app.connect("html-page-context", load)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
