"""What the theme and pandas leave without a name or a place gets one, once the pages are written."""

import re
from pathlib import Path

INSTEAD = {
    # The sidebar: a landmark, since it holds more than the navigation.
    'id="pst-primary-sidebar" class=': 'id="pst-primary-sidebar" role="complementary" aria-label="Course" class=',
    # What opens the pages below a page: a button without words.
    '<summary><span class="toctree-': '<summary aria-label="Pages that belong to it"><span class="toctree-',
}
CORNER = re.compile(r"<th\b[^>]*>(<p></p>)?</th>")
"""The corner of a data frame or of a table in Markdown: a head of nothing."""

LEFT_OVER = ("webpack-macros.html", "sbt-webpack-macros.html")
"""The theme's own templates, which are no pages."""


def name_things(app, exception):
    """Rewrite every page; one that was rewritten before stays as it is."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    for name in LEFT_OVER:
        (site / "_static" / name).unlink(missing_ok=True)
    for page in site.rglob("*.html"):
        before = page.read_text(encoding="utf-8")
        after = CORNER.sub("<td></td>", before)
        for words, instead in INSTEAD.items():
            after = after.replace(words, instead)
        if after != before:
            page.write_text(after, encoding="utf-8")


def setup(app):
    app.connect("build-finished", name_things, priority=940)  # before lead_in, which writes last
    return {"parallel_read_safe": True, "parallel_write_safe": True}
