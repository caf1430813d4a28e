"""What holds for every explorable: it asks first, it is accessible, it fits a phone, it stands still if wished."""

import pytest

from tests.site import driver
from tests.site.explorables.shown import ALL

pytestmark = pytest.mark.browser
EACH = pytest.mark.parametrize("shown", ALL, ids=lambda shown: shown.name)
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])

HEIGHTS = """figure => [...figure.querySelectorAll("button, summary, label:has(input)")]
    .filter((one) => one.checkVisibility()).map((one) => [one.textContent, one.getBoundingClientRect().height])"""
STILL = """figure => [...figure.querySelectorAll("*")].map((one) => getComputedStyle(one))
    .every((style) => parseFloat(style.transitionDuration) === 0 && style.animationName === "none")"""
OUTLINED = """[document.activeElement, document.activeElement.closest("label")]
    .some((one) => one && getComputedStyle(one).outlineStyle === "solid")"""


def opened(seen, explorables, shown):
    seen.page.goto(explorables, wait_until="networkidle")
    return seen.page.get_by_role("group", name=shown.question, exact=True).first


def commit(figure, shown):
    shown.answer(figure)
    figure.get_by_role("button", name="Commit").click()
    assert figure.get_by_role("button", name="Begin again").count() == 1


def violations(page):
    """What axe finds wrong with the figures of a page, whatever its severity."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page, context=".tc-x").response["violations"]
    return [(one["id"], node["html"][:200]) for one in found for node in one["nodes"]]


@EACH
def test_nothing_is_revealed_before_the_commitment(page, shown):
    figure = page.get_by_role("group", name=shown.question, exact=True).first
    assert figure.locator("table:visible, summary:visible").count() == 0
    figure.get_by_role("button", name="Commit").click()
    assert figure.get_by_role("status").first.inner_text().strip()
    assert figure.locator("table:visible, summary:visible").count() == 0
    commit(figure, shown)
    assert figure.locator("table:visible, summary:visible").count() >= 1
    figure.get_by_role("button", name="Begin again").click()
    assert figure.locator("table:visible, summary:visible").count() == 0


@EACH
@SCHEMES
def test_axe_finds_nothing(browser, explorables, shown, scheme):
    with driver.watched(browser, explorables.rpartition("/")[0], scheme=scheme) as seen:
        figure = opened(seen, explorables, shown)
        assert violations(seen.page) == []
        commit(figure, shown)
        for summary in figure.locator("summary").all():
            summary.click()
        assert violations(seen.page) == []


@EACH
def test_it_fits_a_phone(browser, explorables, shown):
    with driver.watched(browser, explorables.rpartition("/")[0], size=driver.PHONE) as seen:
        figure = opened(seen, explorables, shown)
        for _ in range(2):
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= driver.PHONE["width"]
            assert figure.evaluate("figure => figure.scrollWidth <= figure.clientWidth")
            heights = figure.evaluate(HEIGHTS)
            assert [words for words, height in heights if height < 24] == []
            if figure.get_by_role("button", name="Commit").count():
                commit(figure, shown)


@EACH
def test_it_stands_still_for_who_wants_that(browser, explorables, shown):
    with driver.watched(browser, explorables.rpartition("/")[0]) as seen:
        seen.page.emulate_media(reduced_motion="reduce")
        figure = opened(seen, explorables, shown)
        commit(figure, shown)
        assert figure.evaluate(STILL)


@EACH
def test_where_the_keyboard_is_can_be_seen(page, shown):
    figure = page.get_by_role("group", name=shown.question, exact=True).first
    controls = figure.locator("button:visible, input:visible, summary:visible, select:visible, [tabindex='0']:visible")
    controls.first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    for _ in range(min(4, controls.count())):
        assert page.evaluate(OUTLINED)
        page.keyboard.press("Tab")


def test_without_javascript_tables_stay(browser, explorables):
    with driver.watched(browser, explorables.rpartition("/")[0], scripts=False) as seen:
        seen.page.goto(explorables)
        for summary in seen.page.locator(".tc-x summary").all():
            summary.click()
        assert seen.page.locator(".tc-x table:visible").count() == len(ALL)
