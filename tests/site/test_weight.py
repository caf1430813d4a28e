"""How much a reader downloads for a page, as a server sends it that compresses: all pages, each in an empty cache."""

import base64
import gzip
import io
import re
from urllib.parse import unquote, urlsplit

import pytest
from fontTools.ttLib import TTFont

from tests.site import driver
from tests.site.test_pages import EXTRA, PAGES

MOST_BYTES = 450_000
MOST_REQUESTS = 40
COMPRESSED = {".html", ".css", ".js", ".json", ".svg", ".txt", ".xml"}


def weight(site, url, sizes):
    """The bytes that a file of the site takes on the way."""
    file = site / unquote(urlsplit(url).path).lstrip("/")
    file = file / "index.html" if file.is_dir() else file
    if file not in sizes:
        data = file.read_bytes()
        sizes[file] = len(gzip.compress(data, 6)) if file.suffix in COMPRESSED else len(data)
    return sizes[file]


@pytest.fixture(scope="module")
def loaded(browser, home, site):
    """For each page: requests, bytes, foreign hosts, complaints."""
    found, sizes = {}, {}
    for path in [*PAGES, *EXTRA]:
        with driver.watched(browser, home) as seen:
            urls = []
            seen.page.on("request", lambda request, urls=urls: urls.append(request.url))
            seen.page.goto(f"{home}/{path}", wait_until="networkidle" if path in EXTRA else "load")
            seen.page.wait_for_function("!document.querySelector('[data-explorable]')")  # all are drawn
            urls = [url for url in urls if url.startswith(home)]
            found[path] = (len(urls), sum(weight(site, url, sizes) for url in urls), seen.foreign, seen.errors)
    return found


@pytest.mark.browser
def test_a_page_is_light(loaded):
    heavy = {path: (count, size) for path, (count, size, *_) in loaded.items()
             if count > MOST_REQUESTS or size > MOST_BYTES}  # fmt: skip
    assert heavy == {}
    assert all(count and size > 1000 for count, size, *_ in loaded.values())


@pytest.mark.browser
def test_a_page_asks_no_other_host_and_complains_of_nothing(loaded):
    assert {path: rest for path, (_, _, *rest) in loaded.items() if rest != [[], []]} == {}


@pytest.mark.browser
def test_an_address_that_leads_nowhere_leads_back_from_any_depth(browser, home, site):
    page = (site / "404.html").read_text(encoding="utf-8")
    with driver.watched(browser, home) as seen:
        place = f"{home}/notebooks/no/such.html"
        seen.page.route(place, lambda route: route.fulfill(status=404, body=page, content_type="text/html"))
        seen.page.goto(place, wait_until="networkidle")
        seen.page.get_by_role("link").click()
        seen.page.wait_for_url(f"{home}/book/index.html")


ICONS = """[...document.querySelectorAll('[class*="fa-"]')]
  .map((each) => getComputedStyle(each, "::before").content.codePointAt(1)).filter((code) => code > 0xe000)"""


@pytest.mark.browser
def test_the_font_has_every_icon_of_a_page_and_is_small(browser, home, site):
    style = (site / "_static/styles/pydata-sphinx-theme.css").read_text(encoding="utf-8")
    font = base64.b64decode(re.search(r"data:font/woff;base64,([^)]+)", style)[1])
    with driver.watched(browser, home) as seen:
        seen.page.goto(f"{home}/{next(path for path in PAGES if path.startswith('notebooks/01'))}")
        icons = set(seen.page.evaluate(ICONS))
    assert len(icons) > 5
    assert icons <= set(TTFont(io.BytesIO(font)).getBestCmap())
    assert len(font) < 10_000
