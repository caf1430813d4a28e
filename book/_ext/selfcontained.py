"""Each page says what it is about, and the site's own address leads to the first."""

import os
import re
from html import escape, unescape
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
SITEMAP = """<?xml version="1.0" encoding="utf-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{pages}</urlset>
"""
LONGEST = 160  # characters of a description that search engines show


def describe(app, pagename, templatename, context, doctree):
    """A page without a description of its own gets its first paragraph."""
    context["html_baseurl"] = app.config.html_baseurl.rstrip("/")
    own = re.search(r'name="description"[^>]* content="([^"]*)"|content="([^"]*)"[^>]* name="description"',
                    context.get("metatags") or "")  # fmt: skip
    context["description"] = unescape(own[1] or own[2]) if own else text_of(doctree)
    if not own:
        said = f'<meta name="description" content="{escape(context["description"])}" />'
        context["metatags"] = f"{context.get('metatags') or ''}\n{said}"


def text_of(doctree):
    return DESCRIPTION if doctree is None else first_paragraph(doctree)


def first_paragraph(doctree):
    """The first paragraph that is neither in a list, a table nor a note, cut at a word."""
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section):
            text = " ".join(paragraph.astext().split())
            return text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0].rstrip(",;:") + " …"
    return DESCRIPTION


def lead_in(app, exception):
    """The site's own address leads to the first page (and, written last, says when the book was built)."""
    first = f"{app.config.root_doc}.html"
    if exception is None and app.builder.format == "html":
        page = FRONT.format(title=escape(app.config.html_title), description=escape(DESCRIPTION), first=first)
        (Path(app.outdir) / "index.html").write_text(page, encoding="utf-8")


def address(app, config):
    """Where the site will stand, if the environment says so: only then are there full addresses in it."""
    config.html_baseurl = os.environ.get("TWOCLOUDS_URL", config.html_baseurl or "")


def for_engines(app, exception):
    """The list of pages, and where it is; a site that does not know its own address has neither."""
    home = app.config.html_baseurl.rstrip("/")
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    for name in ("sitemap.xml", "robots.txt"):
        (site / name).unlink(missing_ok=True)
    if home:
        places = [escape(f"{home}/{name}.html") for name in sorted(app.env.found_docs)]
        pages = "".join(f"<url><loc>{place}</loc></url>\n" for place in places)
        (site / "sitemap.xml").write_text(SITEMAP.format(pages=pages), encoding="utf-8")
        (site / "robots.txt").write_text(f"User-agent: *\nAllow: /\nSitemap: {home}/sitemap.xml\n", encoding="utf-8")


def not_found(app):
    """What is shown for an address that leads nowhere. It may be any depth below the site, so it has its own style."""
    return [("404", {"title": "Not found"}, "404.html")]


def setup(app):
    app.connect("html-page-context", describe, priority=951)
    app.connect("config-inited", address)
    app.connect("html-collect-pages", not_found)
    app.connect("build-finished", for_engines)
    app.connect("build-finished", lead_in, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
