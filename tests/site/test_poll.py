"""A page's questions, shown to a room: by keyboard alone, and without touching the reader's own answers."""

import pytest
from nbformat.v4 import new_markdown_cell

from tests.site import driver
from tests.site.smallbook import PAGE, opened, published
from tests.site.test_questions import CHOICE, NUMBER, PREDICTION


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    cells = [new_markdown_cell(text) for text in (PREDICTION, CHOICE, NUMBER)]
    with published(tmp_path_factory.mktemp("book"), *cells) as address:
        yield address


@pytest.fixture
def page(browser, home):
    with opened(browser, home) as page:
        yield page


def shown(page):
    page.get_by_role("button", name="Show the questions of this page").click()
    return page.get_by_role("dialog")


def test_it_goes_through_the_questions_by_keyboard(page):
    poll = shown(page)
    assert poll.get_by_role("heading").inner_text() == "A lesson: 1 of 3"
    assert "three in the morning" in poll.inner_text()
    assert poll.get_by_role("listitem").all_inner_texts() == ["the cluster", "nobody"]
    page.keyboard.press("ArrowRight")
    assert poll.get_by_role("heading").inner_text() == "A lesson: 2 of 3"
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    assert poll.get_by_role("heading").inner_text() == "A lesson: 3 of 3"
    page.keyboard.press("PageUp")
    assert "What costs money now?" in poll.inner_text()
    page.keyboard.press("Escape")
    poll.wait_for(state="hidden")


def test_remarks_are_told_only_when_asked_for(page):
    poll = shown(page)
    assert not poll.get_by_role("button", name="What each answer says").is_visible()
    poll.get_by_role("button", name="Next").click()
    assert "definition" not in poll.inner_text()
    tell = poll.get_by_role("button", name="What each answer says")
    tell.focus()
    page.keyboard.press("Enter")
    assert tell.get_attribute("aria-pressed") == "true"
    assert "No. A cluster is a definition." in poll.inner_text()
    assert poll.locator(".right").inner_text() == "Yes, until it has been idle for a while."
    page.keyboard.press("ArrowRight")
    assert "For how long?" in poll.inner_text()
    assert "Nothing stays behind" not in poll.inner_text()
    page.keyboard.press("Enter")
    assert "Nothing stays behind" in poll.inner_text()


def test_an_address_opens_it_and_the_readers_own_answers_stay(page, home):
    page.goto(f"{home}/{PAGE}#poll-2")
    poll = page.get_by_role("dialog")
    assert poll.get_by_role("heading").inner_text() == "A lesson: 2 of 3"
    poll.get_by_role("button", name="Close").click()
    assert page.locator(".ask input:checked").count() == 0
    assert page.locator("[id]").evaluate_all("all => new Set(all.map(e => e.id)).size === all.length")


def test_without_javascript_there_is_no_button(browser, home):
    with driver.watched(browser, home, scripts=False) as seen:
        seen.page.goto(f"{home}/{PAGE}")
        assert seen.page.get_by_role("button", name="Show the questions").count() == 0
