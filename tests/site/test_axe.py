"""What axe finds on the pages, ours or the theme's, whatever its severity: nothing."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.site import driver
from tests.site.test_pages import PAGES

pytestmark = pytest.mark.slow


SETTLED = "Promise.all(document.getAnimations().map((each) => each.finished.catch(() => null)))"
"""A colour may be on its way from one scheme to the other."""


def findings(page, **options):
    found = Axe().run(page, options={"resultTypes": ["violations"], **options}).response["violations"]
    return [(each["id"], each["impact"], [node["html"][:200] for node in each["nodes"][:3]]) for each in found]


def everything_open(page):
    page.evaluate("document.querySelectorAll('.bd-article details').forEach((fold) => { fold.open = true; })")


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(browser, home, path):
    with driver.watched(browser, home) as seen:
        seen.page.goto(f"{home}/{path}")
        everything_open(seen.page)
        assert findings(seen.page) == []
        seen.page.emulate_media(color_scheme="dark")
        seen.page.reload()
        everything_open(seen.page)
        seen.page.evaluate(SETTLED)
        assert findings(seen.page, runOnly=["color-contrast"]) == []


def test_axe_finds_nothing_in_a_poll(browser, home):
    lesson = next(path for path in PAGES if path.startswith("notebooks/01"))
    with driver.watched(browser, home) as seen:
        seen.page.goto(f"{home}/{lesson}#poll-2")
        poll = seen.page.get_by_role("dialog")
        if poll.get_by_role("button", name="What each answer says").is_visible():
            poll.get_by_role("button", name="What each answer says").click()
        assert findings(seen.page) == []
