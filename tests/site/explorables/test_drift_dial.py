"""On which day do training and serving part? What the page says is what a lab lived through in four weeks."""

import pytest

from twoclouds.explorables import DriftDial

pytestmark = pytest.mark.browser

QUESTION = "On which day do training and serving part, and who notices?"
IMAGES = {"separate": "two, each with its own keeper", "shared": "one for both"}
PINS = {
    "nothing": "nothing: the environment",
    "list": "the package, in the list",
    "image": "the image: the environment",
}


@pytest.fixture
def figure(page):
    return page.get_by_role("group", name=QUESTION).first


@pytest.fixture(scope="module")
def lives():
    return DriftDial().data["lives"]


def parted(events):
    """The first day on which what serves is not what trained; None if there is none."""
    servers = (event for event in events if event["made"] == "server")
    return next((event["day"] for event in servers if event.get("version") != event["trained"]), None)


def commit(figure, day="12"):
    figure.get_by_role("slider").first.fill(day)
    figure.get_by_label("never").nth(1).check()
    figure.get_by_role("radio", name="nobody").check()
    figure.get_by_role("button", name="Commit").click()


def words(day):
    return "never" if day is None else f"day {day}"


def test_what_a_lab_lived_through(lives):
    """Separation changes the day; a pin prevents it."""
    days = {(cloud, key): parted(events) for cloud, each in lives.items() for key, events in each.items()}
    apart = {where: day for where, day in days.items() if day}
    assert apart == {
        ("azure", "separate-nothing"): 15,
        ("aws", "separate-nothing"): 15,
        ("azure", "shared-nothing"): 12,
        ("aws", "shared-nothing"): 8,
    }
    assert len(days) == 12
    for (cloud, key), day in apart.items():
        one = next(event for event in lives[cloud][key] if event["day"] == day and event["made"] == "server")
        assert "broken" not in one
        assert one["others"] > 0
        assert abs(one["right"][0] - one["right"][1]) < 4  # of 400: no monitor of accuracy has anything to report
        assert [event["day"] for event in lives[cloud][key] if "Scaler" in event.get("broken", "")] == [22]


@pytest.mark.parametrize("images", IMAGES)
@pytest.mark.parametrize("pin", PINS)
def test_the_dial_says_what_the_lab_said(figure, lives, images, pin):
    commit(figure)
    figure.get_by_role("radio", name=IMAGES[images]).check()
    figure.get_by_role("radio", name=PINS[pin]).check()
    shown = figure.inner_text()
    for cloud, name in (("azure", "Azure ML"), ("aws", "SageMaker AI")):
        events = lives[cloud][f"{images}-{pin}"]
        assert f"{name}: {words(parted(events))}." in shown
        for event in events:
            if event.get("others"):
                assert f"{event['found'][0]} of 140 failures found instead of {event['found'][1]}" in shown


def test_by_pointer(figure):
    figure.get_by_role("button", name="Commit").click()
    assert "Answer for both clouds, and say who notices." in figure.inner_text()
    commit(figure)
    assert "Azure ML: day 15. You said day 12. Who notices? Nobody, as you said" in figure.inner_text()
    assert "SageMaker AI: day 15. You said never." in figure.inner_text()
    figure.get_by_role("radio", name="one for both").check()
    assert "You said" not in figure.inner_text()
    assert "Azure ML: day 12; SageMaker AI: day 8" in figure.inner_text()


def test_by_keyboard(page, figure):
    figure.get_by_role("radio", name=IMAGES["separate"]).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    figure.get_by_label("never").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "Azure ML: day 15. You said never." in figure.inner_text()
    assert "SageMaker AI: day 15. You said day 1." in figure.inner_text()
