"""Which seconds cost money? By pointer and by keyboard, with no kernel; its numbers are the bill's."""

from fractions import Fraction

import pytest

from tests.site import driver
from tests.site.explorables.conftest import stored
from tests.site.smallbook import PAGE, a_lesson, answered, build
from twoclouds.explorables import WhichSecondsCostMoney
from twoclouds.explorables.which_seconds import measure

pytestmark = pytest.mark.browser

SCRIPT = "/_static/explorables/which_seconds/figure.js"
MODEL = """async ([script, data, values]) => {
    const { bill } = await import(script);
    return data.tracks.map((track) => {
        const { seconds, dollars, beside } = bill(data, track, values);
        return [seconds, dollars, ...beside.map((one) => one.dollars)];
    });
}"""

MOVED = {
    "job": [
        {"azure/preparing_billed": False},
        {"azure/node_boot": 0, "aws/start": 900, "aws/image": 0},
        {"azure/node_boot": 900, "azure/preparing_billed": False, "aws/image": 600},
    ],
    "pool": [{"azure/node_boot": 600, "azure/preparing_billed": False, "aws/start": 0, "aws/image": 300}],
    "endpoint": [
        {"azure/node_boot": 60, "aws/endpoint_starting_billed": True},
        {"azure/preparing_billed": False, "aws/failed_endpoint_billed": True},
    ],
}


@pytest.fixture
def figure(page):
    return page.get_by_role("group", name="Which seconds cost money?").first


def tile(figure, name):
    return figure.get_by_role("checkbox", name=name).first


def commit(figure):
    figure.get_by_role("button", name="Commit").click()


def billed(figure):
    """The names of the stretches of which the figure says that they are billed."""
    return [
        label.locator("input + span").inner_text()
        for label in figure.locator(".tcw-tile").all()
        if label.locator(".tcw-verdict").inner_text().endswith(" billed")
        and "not" not in label.locator(".tcw-verdict").inner_text()
    ]


def test_what_is_billed_is_what_the_bill_says(figure):
    tile(figure, "Your script runs").check()
    commit(figure)
    tracks = WhichSecondsCostMoney("job").data["tracks"]
    assert billed(figure) == [s["name"] for track in tracks for s in track["stretches"] if s["billed"]]
    assert "45:20 on the bill: 7 min 20 s more than your script ran." in figure.inner_text().replace("\xa0", " ")
    assert "39:32 on the bill: 1 min 32 s more than your script ran." in figure.inner_text().replace("\xa0", " ")


def test_lesson_1_says_the_same(figure):
    """The sums are those of the bill in the lesson."""
    tile(figure, "Your script runs").check()
    commit(figure)
    assert "together $0.1555" in figure.inner_text()
    assert "together $0.1553" in figure.inner_text()


def test_drawing_with_the_pointer_paints_all_that_it_crosses(page, figure):
    first, last = (tile(figure, name).locator("xpath=ancestor::label") for name in ("A machine starts", "Outputs"))
    first.scroll_into_view_if_needed()
    start, end = first.bounding_box(), last.bounding_box()
    page.mouse.move(start["x"] + 20, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(end["x"] + 20, end["y"] + 10, steps=12)
    page.mouse.up()
    names = ["A machine starts", "It fetches", "Your script", "Outputs", "The job is over; the node"]
    assert [tile(figure, name).is_checked() for name in names] == [True] * 4 + [False]
    assert "Painted: 43:20 on Azure ML" in figure.inner_text()
    tile(figure, "Your script").click()
    assert not tile(figure, "Your script").is_checked()


def test_by_keyboard_alone(page, figure):
    tile(figure, "A machine starts").focus()
    for _ in range(5):
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
    while not figure.get_by_role("button", name="Commit").evaluate("button => button === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "You painted exactly that." in figure.locator(".tcw-answer").first.inner_text()
    assert figure.get_by_role("button", name="Begin again").evaluate("button => button === document.activeElement")


def test_what_is_assumed_can_be_moved(page, figure):
    tile(figure, "Your script runs").check()
    commit(figure)
    figure.get_by_label("Azure ML bills a machine while it starts").uncheck()
    assert "41:20" in figure.get_by_label("On the bill now").inner_text()
    slider = figure.get_by_label("An Azure machine starts in")
    slider.focus()
    page.keyboard.press("End")
    assert slider.get_attribute("aria-valuetext").replace("\xa0", " ") == "15 min"
    assert "52:20" not in figure.get_by_label("On the bill now").inner_text()
    figure.get_by_label("Azure ML bills a machine while it starts").check()
    assert "56:20" in figure.get_by_label("On the bill now").inner_text()


@pytest.mark.slow
@pytest.mark.parametrize("about", MOVED)
def test_the_model_is_the_worlds_under_other_assumptions(page, about):
    """A lab that goes by other assumptions comes to the same seconds and dollars as the figure that moves them."""
    data = WhichSecondsCostMoney(about).data
    for values in MOVED[about]:
        there = measure.TABLES[about](values)["tracks"]
        expected = [[pytest.approx(float(one), abs=1e-9) for one in of_a_lab(track)] for track in there]
        assert page.evaluate(MODEL, [SCRIPT, data, values]) == expected, values


def of_a_lab(track):
    """Seconds and dollars of a track as a lab has measured it."""
    lengths = [stretch["seconds"] for stretch in track["stretches"]]
    seconds = sum(length for length, stretch in zip(lengths, track["stretches"], strict=True) if stretch["billed"])
    beside = [sum(lengths[one["first"] : one["last"] + 1]) * Fraction(one["hourly"]) for one in track["beside"]]
    return [seconds, *(dollars / 3600 for dollars in (seconds * Fraction(track["hourly"]), *beside))]


@pytest.mark.parametrize("about", ["pool", "endpoint"])
def test_the_other_stories_open_and_answer(browser, tmp_path, about):
    said, site = build(tmp_path, a_lesson(answered("Shown()", stored(WhichSecondsCostMoney(about)), "lab")))
    assert said.returncode == 0, said.stdout + said.stderr
    with driver.served(site) as home, driver.watched(browser, home, size=driver.PHONE) as seen:
        seen.page.goto(f"{home}/{PAGE}", wait_until="networkidle")
        figure = seen.page.get_by_role("group", name="Which seconds cost money?").first
        figure.get_by_role("checkbox").nth(1).check()
        commit(figure)
        tracks = WhichSecondsCostMoney(about).data["tracks"]
        assert billed(figure) == [s["name"] for track in tracks for s in track["stretches"] if s["billed"]]
        assert "NaN" not in figure.inner_text()
        assert (seen.foreign, seen.errors) == ([], [])
