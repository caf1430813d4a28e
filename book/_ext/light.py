"""A page loads what it uses: no script or style of a feature it lacks, no rule or icon that no page has."""

import base64
import io
import re
from pathlib import Path

import tinycss2

NEEDS = {
    "design-tabs.js": 'class="sd-tab-set',
    "sphinx-design.min.css": 'class="sd-',
    "mystnb.": 'class="cell ',
    "clipboard.min.js": 'class="highlight',
    "copybutton": 'class="highlight',
    "pygments.css": 'class="highlight',
}
"""What a page's body has if it uses an asset."""

NEVER = ("togglebutton", "sphinx-thebe", "toggleHint", "toggleOpenOnPrint", "THEBE_JS_URL", "DOCUMENTATION_OPTIONS.")
"""Assets (or what is said in them) of features that no page has."""

LEFT_OVER = ("**/*.map", "**/sphinx-thebe*", "**/togglebutton*", "images/logo_*", "scripts/fontawesome.js*",
             "scripts/bootstrap.js*", "styles/theme.css", "vendor/fontawesome/webfonts/*")  # fmt: skip
"""Files of the theme and the extensions that no page asks for."""

FONT = "vendor/fontawesome/webfonts/fa-solid-900.ttf"
OTHER_FONTS = re.compile(r"fa-(?:brands|regular)")
SOURCES = re.compile(r"src:url\([^)]*fa-solid-900[^}]*")
ICON = re.compile("[\ue000-\uf8ff]")
WITHOUT = re.compile(r":not\([^)]*\)")
NAME = re.compile(r"[.#](-?[A-Za-z_][\w-]*)(?![\w\\-])")


def only_what_is_used(app, pagename, templatename, context, doctree):
    """Leave out scripts and styles that the page has no use for; let no script hold it up."""
    body = context.get("body") or ""

    def used(asset):
        said = f"{getattr(asset, 'filename', asset)} {getattr(asset, 'attributes', {}).get('body')}"
        return not any(word in said for word in NEVER) and all(
            mark in body for name, mark in NEEDS.items() if name in said
        )

    context["css_files"] = [asset for asset in context["css_files"] if used(asset)]
    context["script_files"] = [asset for asset in context["script_files"] if used(asset)]
    for asset in context["script_files"]:
        if asset.filename and asset.attributes.get("type") != "module":
            asset.attributes["defer"] = "defer"
            if pagename == "search" and "/doc" in asset.filename:  # its own scripts, in the page, begin with these
                del asset.attributes["defer"]


def trim(app, exception):
    """Once all is written, drop the rules whose names occur nowhere, the icons that no rule names, and left-overs."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    static = site / "_static"
    words = words_of([*site.rglob("*.html"), *static.rglob("*.js")])
    ours = {file.name for file in Path(app.confdir, "book/_static").rglob("*.css")}
    theirs = [file for file in static.rglob("*.css") if file.name not in ours and "explorables" not in file.parts]
    sheets = {file: trimmed(file.read_text(encoding="utf-8"), words) for file in theirs}
    icons = {ord(icon) for sheet in sheets.values() for icon in ICON.findall(sheet)}
    font = base64.b64encode(subset(static / FONT, icons)).decode() if (static / FONT).exists() else ""
    for file, sheet in sheets.items():
        file.write_text(SOURCES.sub(f"src:url(data:font/woff;base64,{font})", sheet), encoding="utf-8")
    for file in {file for pattern in LEFT_OVER for file in static.glob(pattern)}:
        file.unlink()


def words_of(files):
    """Whatever may be a class or an id in a page, or in a script that makes one."""
    return {word for file in files for word in re.findall(r"[\w-]+", file.read_text(encoding="utf-8"))}


def trimmed(sheet, words):
    """A style sheet less what applies nowhere."""
    return tinycss2.serialize(kept(tinycss2.parse_stylesheet(sheet, skip_comments=True), words))


def kept(rules, words):
    """The rules that may apply where only these words occur."""
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = WITHOUT.sub("", tinycss2.serialize(rule.prelude)).split(",")
            if any(words.issuperset(NAME.findall(each)) for each in selectors):
                yield rule
        elif rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports") and rule.content:
            rule.content = list(kept(tinycss2.parse_rule_list(rule.content, skip_comments=True), words))
            if rule.content:
                yield rule
        elif not (rule.type == "at-rule" and OTHER_FONTS.search(tinycss2.serialize([rule]))):
            yield rule


def subset(font, icons):
    """The font with these icons alone, as bytes of WOFF: the same for the same icons."""
    from fontTools import subset as fonttools

    options = fonttools.Options(flavor="woff", hinting=False, layout_features=[], recalc_timestamp=False)
    made = fonttools.load_font(str(font), options)
    subsetter = fonttools.Subsetter(options)
    subsetter.populate(unicodes=icons)
    subsetter.subset(made)
    file = io.BytesIO()
    fonttools.save_font(made, file, options)
    return file.getvalue()


def setup(app):
    app.connect("html-page-context", only_what_is_used, priority=960)
    app.connect("build-finished", trim, priority=945)  # after the pages have got their last words
    return {"parallel_read_safe": True, "parallel_write_safe": True}
