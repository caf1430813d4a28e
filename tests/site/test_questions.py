"""Questions and folded results, as a reader meets them: on a small book made for it, with and without JavaScript."""

import pytest
from nbformat.v4 import new_markdown_cell

from tests.site import driver
from tests.site.smallbook import PAGE, a_lesson, build, opened, published, ran

PREDICTION = """
:::{admonition} Before you run anything
:class: prediction

Who still bills you at three in the morning?

- the cluster
- nobody
:::
"""

CHOICE = """
::::{admonition} Check yourself
:class: question

What costs money now?

- the cluster
- its node

:::{dropdown} What each answer says
1. No. A cluster is a *definition*.
2. **Yes**, until it has been idle for a while.
:::
::::
"""

NUMBER = """
::::{admonition} Check yourself
:class: question

For how long?

- minutes

:::{dropdown} What each answer says
- `<38` That leaves out the script.
- `38..41.5` **Yes.** The script and its data.
- `else` Nothing stays behind.
:::
::::
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    cells = [
        new_markdown_cell(PREDICTION),
        ran("nodes_before()", "4711"),
        ran("nodes_at_three()", "0815", "after-prediction"),
        new_markdown_cell("None. This remark gives it away."),
        new_markdown_cell(PREDICTION.replace("- nobody", "- somebody")),
        ran("lab.skip(minutes=1)", "42", "lab"),
        new_markdown_cell("## Later"),
        ran("the_bill()", "1234", "after-prediction-1"),
        new_markdown_cell(CHOICE),
        new_markdown_cell(NUMBER),
    ]
    with published(tmp_path_factory.mktemp("book"), *cells) as address:
        yield address


@pytest.fixture
def page(browser, home):
    with opened(browser, home) as page:
        yield page


def commit(page):
    page.locator("#prediction-1").get_by_role("button", name="Commit").click()


def test_a_result_stays_folded_until_the_reader_commits(page):
    result, remark = page.get_by_text("0815"), page.get_by_text("gives it away")
    assert page.get_by_text("4711").is_visible()
    assert not result.is_visible()
    assert not remark.is_visible()
    commit(page)
    assert page.get_by_role("status").first.inner_text() == "Choose an answer first."
    assert not result.is_visible()
    page.get_by_role("radio", name="nobody").check()
    assert not result.is_visible()
    commit(page)
    assert result.is_visible()
    assert remark.is_visible()
    assert page.get_by_text("1234").is_visible()


def test_an_open_result_recalls_what_was_said(page):
    assert page.get_by_text("You said").count() == 0
    page.get_by_role("radio", name="nobody").check()
    commit(page)
    assert page.get_by_text("You said: nobody").count() == page.locator("[data-after=prediction-1]").count()
    page.get_by_role("button", name="Answer again").click()
    assert page.get_by_text("You said").count() == 0


def test_once_the_answer_is_right_all_remarks_can_be_read(page):
    form = page.locator("#question-1")
    form.get_by_role("radio", name="the cluster").check()
    form.get_by_role("button", name="Check").click()
    assert not form.get_by_text("What each answer says").is_visible()
    form.get_by_role("radio", name="its node").check()
    form.get_by_role("button", name="Check").click()
    form.get_by_text("What each answer says").click()
    assert form.get_by_role("listitem").count() == 2


def test_a_commitment_is_remembered_and_can_be_taken_back(page):
    page.get_by_role("radio", name="nobody").check()
    commit(page)
    page.reload()
    assert page.get_by_role("radio", name="nobody").is_checked()
    assert page.get_by_role("radio", name="nobody").is_disabled()
    assert page.get_by_text("0815").is_visible()
    page.get_by_role("button", name="Answer again").click()
    assert page.get_by_role("radio", name="nobody").is_enabled()
    assert not page.get_by_text("0815").is_visible()


def test_a_question_explains_each_answer(page):
    asked = page.get_by_role("group", name="What costs money now?")
    form = page.locator("#question-1")
    assert asked.get_by_role("radio").count() == 2
    asked.get_by_role("radio", name="the cluster").check()
    form.get_by_role("button").click()
    assert form.get_by_role("status").inner_text() == "No. A cluster is a definition."
    assert form.get_attribute("data-verdict") == "wrong"
    asked.get_by_role("radio", name="its node").check()
    assert form.get_by_role("status").inner_text() == ""
    form.get_by_role("button").click()
    assert form.get_attribute("data-verdict") == "right"


@pytest.mark.parametrize(
    ("typed", "said", "verdict"),
    [
        ("37.9", "That leaves out the script.", "wrong"),
        ("38", "Yes. The script and its data.", "right"),
        ("41.5", "Yes. The script and its data.", "right"),
        ("60", "Nothing stays behind.", "wrong"),
        ("", "Type a number first.", None),
    ],
)
def test_a_question_for_a_number(page, typed, said, verdict):
    form = page.locator("#question-2")
    form.get_by_role("spinbutton", name="minutes").fill(typed)
    form.get_by_role("spinbutton").press("Enter")
    assert form.get_by_role("status").inner_text().strip() == said
    assert form.get_attribute("data-verdict") == verdict


def test_by_keyboard_alone(page):
    page.locator("#prediction-1 input").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#prediction-1 input").nth(1).is_checked()
    assert page.get_by_text("0815").is_visible()


def test_without_javascript_everything_opens_by_hand(browser, home):
    with driver.watched(browser, home, scripts=False) as seen:
        seen.page.goto(f"{home}/{PAGE}")
        assert seen.page.get_by_role("button", name="Commit").count() == 0
        assert not seen.page.get_by_text("0815").is_visible()
        seen.page.locator("details.folded summary").first.click()
        assert seen.page.get_by_text("0815").is_visible()
        seen.page.locator("#question-1 summary").click()
        assert seen.page.get_by_text("A cluster is a definition").is_visible()


def test_a_cell_of_the_lab_is_marked(page):
    drawn = page.locator(".tag_lab .cell_input").evaluate("cell => getComputedStyle(cell, '::after').content")
    assert drawn == '"lab"'


def test_a_question_written_wrongly_fails_the_build(tmp_path):
    mistakes = {
        "it offers no answers": PREDICTION.replace("- the cluster\n- nobody\n", ""),
        "2 answers but 1 remarks": CHOICE.replace("2. **Yes**", "**Yes**"),
        "here 0 have": CHOICE.replace("**", ""),
        "a remark on a number opens with": NUMBER.replace("`else`", "`others`"),
        "it explains no answer": CHOICE.replace("dropdown", "note"),
    }
    early = "no such prediction comes before it"
    cells = [ran("too_early()", "1", "after-prediction"), *map(new_markdown_cell, mistakes.values())]
    result, _ = build(tmp_path, a_lesson(*cells))
    assert result.returncode != 0
    assert [said for said in [*mistakes, early] if said not in result.stdout + result.stderr] == []
