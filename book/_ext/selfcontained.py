"""The pages ask no other host for anything, carry no script they do not use, and each says what it is about."""

from html import escape
from pathlib import Path

from docutils import nodes

DESCRIPTION = "Two Clouds: the architecture of Azure Machine Learning and Amazon SageMaker AI, by experiment."
FRONT = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="{description}">
<meta http-equiv="refresh" content="0; url={first}">
<link rel="canonical" href="{first}">
<title>{title}</title>
</head>
<body><h1>{title}</h1><p><a href="{first}">To the course</a></p></body>
</html>
"""
LONGEST = 160  # characters of a description that search engines show


def drop_thebe(app, pagename, templatename, context, doctree):
    """Jupyter Book always adds the loader of thebe, which would fetch its code from a public host."""

    def wanted(script):
        body = getattr(script, "attributes", {}).get("body") or ""
        return "THEBE_JS_URL" not in body and "sphinx-thebe.js" not in str(getattr(script, "filename", script))

    context["script_files"] = [script for script in context.get("script_files", []) if wanted(script)]


def describe(app, pagename, templatename, context, doctree):
    """A page without a description of its own gets its first paragraph."""
    if 'name="description"' in (context.get("metatags") or ""):
        return
    text = DESCRIPTION if doctree is None else first_paragraph(doctree)
    context["metatags"] = (context.get("metatags") or "") + f'\n<meta name="description" content="{escape(text)}" />'


def first_paragraph(doctree):
    """The first paragraph that is neither in a list, a table nor a note, cut at a word."""
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section):
            text = " ".join(paragraph.astext().split())
            return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0].rstrip(",;:") + " …"
    return DESCRIPTION


def stub_fontawesome(app, exception):
    """Icons come from the theme's web font; its 1.5 MB script would draw them a second time."""
    script = Path(app.outdir) / "_static/scripts/fontawesome.js"
    if exception is None and script.exists():
        script.write_text("/* icons come from the web font */\n", encoding="utf-8")


def lead_in(app, exception):
    """The site's own address leads to the first page (and, written last, says when the book was built)."""
    first = f"{app.config.root_doc}.html"
    if exception is None and app.builder.format == "html":
        page = FRONT.format(title=escape(app.config.html_title), description=escape(DESCRIPTION), first=first)
        (Path(app.outdir) / "index.html").write_text(page, encoding="utf-8")


def setup(app):
    app.connect("html-page-context", drop_thebe, priority=950)
    app.connect("html-page-context", describe, priority=951)
    app.connect("build-finished", stub_fontawesome, priority=900)
    app.connect("build-finished", lead_in, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
