"""Every page of the book, in a real browser: it opens, complains of nothing, asks no other host, says what it is."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
import yaml

from tests.site import driver

ROOT = Path(__file__).parents[2]


def files_of(toc):
    """The documents that a table of contents names, in its order."""
    if isinstance(toc, dict):
        named = [toc[key] for key in ("root", "file") if key in toc]
        return named + [file for key in ("parts", "chapters", "sections") for file in files_of(toc.get(key, []))]
    return [file for entry in toc for file in files_of(entry)]


DOCUMENTS = files_of(yaml.safe_load((ROOT / "book/_toc.yml").read_text(encoding="utf-8")))
PAGES = [f"{document.removesuffix('.ipynb').removesuffix('.md')}.html" for document in DOCUMENTS]
EXTRA = ["404.html", "index.html", "search.html"]


class Links(HTMLParser):
    """The ids of a page, and where it links to or loads from."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.targets = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.ids |= {values[key] for key in ("id", "name") if values.get(key)}
        self.targets += [values[key] for key in ("href", "src") if values.get(key)]


@pytest.fixture(scope="module")
def pages(site):
    """What each page links to, by its path."""
    files = [file for file in site.rglob("*.html") if "_static" not in file.relative_to(site).parts]
    return {file.relative_to(site).as_posix(): Links(file.read_text(encoding="utf-8")) for file in files}


def test_what_was_built_is_what_the_contents_name(pages):
    assert sorted(pages) == sorted(PAGES + EXTRA)


def test_every_internal_link_and_anchor_leads_somewhere(site, pages):
    broken = []
    for path, page in pages.items():
        for target in page.targets:
            url, anchor = urldefrag(urljoin(f"site:///{path}", target))
            parts = urlsplit(url)
            if parts.scheme != "site":
                continue
            there = unquote(parts.path).lstrip("/")
            if not (site / there).is_file():
                broken.append(f"{path}: {target}")
            elif anchor and there in pages and unquote(anchor) not in pages[there].ids:
                broken.append(f"{path}: {target} (no such anchor)")
    assert broken == []


@pytest.mark.browser
@pytest.mark.parametrize("path", PAGES + EXTRA)
def test_a_page_opens_and_fits_a_phone(browser, home, path):
    with driver.watched(browser, home) as seen:
        answer = seen.page.goto(f"{home}/{path}", wait_until="load")
        if path == "index.html":  # it sends the reader on
            seen.page.wait_for_url(f"{home}/book/index.html")
        seen.page.wait_for_load_state("networkidle")
        assert answer.status == 200
        assert seen.page.title().strip()
        assert seen.page.locator("meta[name=description]").first.get_attribute("content").strip()
        assert seen.page.locator("h1:visible").count() == 1
        assert seen.page.locator("html[lang=en]").count() == 1
        assert seen.page.locator("article img:not([alt]), article img[alt='']").count() == 0
        assert (seen.foreign, seen.errors) == ([], [])
        seen.page.set_viewport_size(driver.PHONE)
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= driver.PHONE["width"]


@pytest.mark.browser
def test_the_page_follows_the_readers_scheme(browser, home):
    grounds = []
    for scheme in ("light", "dark"):
        with driver.watched(browser, home, scheme=scheme) as seen:
            seen.page.goto(f"{home}/{PAGES[0]}", wait_until="load")
            grounds.append(seen.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(255, 255, 255)", "rgb(20, 24, 29)"]
