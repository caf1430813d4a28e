"""What is new after one change? By pointer and by keyboard, with no kernel; what it says is what two labs recorded."""

import pytest

from twoclouds.explorables import ObjectGraph

pytestmark = pytest.mark.browser

DATA = ObjectGraph().data
CHANGES = {change["key"]: change["name"] for change in DATA["changes"]}


@pytest.fixture
def figure(page):
    return page.get_by_role("group", name=DATA["question"])


def commit(figure, sees="sees what it saw"):
    for radio in figure.get_by_role("radio", name=sees).all():
        radio.check()
    figure.get_by_role("button", name="Commit").click()


@pytest.mark.parametrize("change", CHANGES)
def test_every_object_becomes_what_the_lab_recorded(figure, change):
    figure.get_by_role("radio", name=CHANGES[change]).check()
    commit(figure)
    for cloud, box in zip(DATA["clouds"], figure.locator(".tcg-cloud").all(), strict=True):
        found = cloud["changes"][change]
        rows = [row.get_attribute("class") for row in box.locator("li").all()]
        assert rows == [f"tcg-{found['objects'][thing['key']]['is']}" for thing in cloud["objects"]]
        said = box.inner_text()
        assert [
            one["name"] for one in found["objects"].values() if one["is"] == "new" and one["name"] not in said
        ] == []
        before, after = found["sees"]
        assert ("✓ Sent once more" in said) == (before == after)
        assert after in said


def test_a_right_answer_is_told_from_a_wrong_one(figure):
    figure.get_by_role("checkbox", name="Data asset").check()
    figure.get_by_role("checkbox", name="Role").check()
    commit(figure)
    azure, aws = figure.locator(".tcg-cloud").all()
    assert "4 of 4 as you said." in azure.inner_text()
    assert "2 of 5 as you said." in aws.inner_text()
    assert "✗ the same object" in aws.locator("li").last.inner_text()


def test_by_keyboard_alone(page, figure):
    """Choose the second change, tick the first object, answer for both clouds, commit: Tab, Space, arrows and Enter."""
    figure.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowDown")
    assert figure.get_by_role("radio", name=CHANGES["in_place"]).is_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert figure.get_by_role("checkbox").first.is_checked()
    for cloud in DATA["clouds"]:
        for _ in cloud["objects"]:
            page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "✗ the same name, other content" in figure.locator("li").first.inner_text()
    assert "400 machines, without sensorscale then, 480 machines, without sensorscale now." in figure.inner_text()


def test_another_change_is_another_question(figure):
    commit(figure)
    assert figure.get_by_role("radio", name=CHANGES["machine"]).is_disabled()
    figure.get_by_role("button", name="Begin again").click()
    figure.get_by_role("radio", name=CHANGES["machine"]).check()
    assert figure.get_by_role("checkbox", checked=True).count() == 0
    commit(figure)
    assert "big-cluster" in figure.inner_text()
    assert "no object: a line of the request, now ml.m5.2xlarge" in figure.inner_text()
