"""The same step on both clouds: two columns where there is room, tabs where there is none, both without JavaScript."""

import pytest
from nbformat.v4 import new_markdown_cell

from tests.site import driver
from tests.site.smallbook import PAGE, a_lesson, build, published, ran
from tests.site.test_questions import PREDICTION

WIDE = {"width": 1600, "height": 900}


def in_id(name, cell):
    cell["id"] = name
    return cell


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    cells = [
        new_markdown_cell(PREDICTION),
        new_markdown_cell('Look at <a href="#cell-bucket">the bucket</a>.'),
        ran("one()", "in the workspace", "azure"),
        in_id("bucket", ran("two()", "in the bucket", "aws")),
        new_markdown_cell("Between."),
        ran("three()", "one node", "azure", "after-prediction"),
        ran("four()", "one requisition", "aws", "after-prediction"),
        new_markdown_cell("This remark gives both away."),
    ]
    with published(tmp_path_factory.mktemp("book"), *cells) as address:
        yield address


def box(page, words):
    return page.get_by_text(words).bounding_box()


def test_next_to_each_other_where_there_is_room(browser, home):
    with driver.watched(browser, home, size=WIDE) as seen:
        seen.page.goto(f"{home}/{PAGE}")
        azure, aws = box(seen.page, "in the workspace"), box(seen.page, "in the bucket")
        assert abs(azure["y"] - aws["y"]) < 2
        assert azure["x"] + azure["width"] <= aws["x"]
        assert not seen.page.locator(".pair-tabs").first.is_visible()
        assert seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("size", [driver.DESKTOP, driver.PHONE], ids=["desktop", "phone"])
def test_tabs_by_keyboard_and_the_choice_is_remembered(browser, home, size):
    with driver.watched(browser, home, size=size) as seen:
        seen.page.goto(f"{home}/{PAGE}")
        azure, aws = seen.page.get_by_text("in the workspace"), seen.page.get_by_text("in the bucket")
        assert (azure.is_visible(), aws.is_visible()) == (True, False)
        seen.page.locator(".pair-tab input").first.focus()
        seen.page.keyboard.press("ArrowRight")
        assert (azure.is_visible(), aws.is_visible()) == (False, True)
        assert seen.page.get_by_role("radio", name="SageMaker AI", checked=True).count() == 2
        seen.page.goto(f"{home}/search.html", wait_until="networkidle")
        seen.page.goto(f"{home}/{PAGE}")
        assert (azure.is_visible(), aws.is_visible()) == (False, True)
        assert (seen.foreign, seen.errors) == ([], [])


def test_a_link_opens_the_panel_that_it_leads_into(browser, home):
    with driver.watched(browser, home) as seen:
        seen.page.goto(f"{home}/{PAGE}")
        seen.page.get_by_role("link", name="the bucket").click()
        assert seen.page.get_by_text("in the bucket").is_visible()
        seen.page.goto(f"{home}/search.html", wait_until="networkidle")
        seen.page.goto(f"{home}/{PAGE}")
        assert not seen.page.get_by_text("in the bucket").is_visible()
        seen.page.goto(f"{home}/search.html", wait_until="networkidle")
        seen.page.goto(f"{home}/{PAGE}#cell-bucket")
        assert seen.page.get_by_text("in the bucket").is_visible()


def test_what_a_prediction_is_about_stays_folded_in_both_and_behind_them(browser, home):
    with driver.watched(browser, home, size=WIDE) as seen:
        seen.page.goto(f"{home}/{PAGE}")
        hidden = [seen.page.get_by_text(words) for words in ("one node", "one requisition", "gives both away")]
        assert [each.is_visible() for each in hidden] == [False] * 3
        seen.page.get_by_role("radio", name="nobody").check()
        seen.page.get_by_role("button", name="Commit").click()
        assert [each.is_visible() for each in hidden] == [True] * 3


def test_both_without_javascript_and_on_paper(browser, home):
    with driver.watched(browser, home, scripts=False) as seen:
        seen.page.goto(f"{home}/{PAGE}")
        assert box(seen.page, "in the workspace")["y"] < box(seen.page, "in the bucket")["y"]
        assert seen.page.locator(".pair-name").first.is_visible()
        assert not seen.page.locator(".pair-tabs").first.is_visible()
    with driver.watched(browser, home) as seen:
        seen.page.goto(f"{home}/{PAGE}")
        seen.page.emulate_media(media="print")
        assert box(seen.page, "in the workspace")["y"] < box(seen.page, "in the bucket")["y"]


def test_a_pair_written_wrongly_fails_the_build(tmp_path):
    cells = [
        ran("one()", "1", "azure"),
        new_markdown_cell("Nothing of SageMaker."),
        ran("two()", "2", "azure"),
        new_markdown_cell("## A heading", metadata={"tags": ["aws"]}),
        new_markdown_cell("Then."),
        ran("three()", "3", "azure"),
        new_markdown_cell(PREDICTION, metadata={"tags": ["aws"]}),
    ]
    result, _ = build(tmp_path, a_lesson(*cells))
    said = result.stdout + result.stderr
    assert result.returncode != 0
    assert [w for w in ("directly before or after", "holds no heading", "holds no question") if w not in said] == []
