"""Which is the lowest rung that runs this script? What the page says is what the images' recipes and a lab say."""

import pytest

from twoclouds.explorables import LeastIMustOwn

pytestmark = pytest.mark.browser

QUESTION = "Which is the lowest rung that runs this script?"
SCRIPTS = {script["name"]: script for script in LeastIMustOwn().data["scripts"]}


@pytest.fixture
def figure(page):
    return page.get_by_role("group", name=QUESTION).first


def pick(figure, *, azure, aws):
    """Rungs, counted from the lowest."""
    for name, rung in (("Azure ML", azure), ("SageMaker AI", aws)):
        figure.get_by_role("group", name=name).get_by_role("radio").nth(3 - rung).check()


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=list(SCRIPTS))
def test_every_script_by_pointer(figure, script):
    figure.get_by_role("radio", name=script["title"]).check()
    pick(figure, azure=1, aws=1)
    figure.get_by_role("button", name="Commit").click()
    for name, cloud in (("Azure ML", "azure"), ("SageMaker AI", "aws")):
        rungs = figure.get_by_role("group", name=name).get_by_role("listitem")
        for rung, known in enumerate(script[cloud]):
            shown = rungs.nth(3 - rung).inner_text()
            assert ("does not run" in shown) == (not known["runs"])
            assert ("the lowest that runs" in shown) == (rung == script["lowest"][cloud])
            assert known["why"] in shown or rung > script["lowest"][cloud]
    right = sum(rung == 1 for rung in script["lowest"].values())
    assert f"{right} of 2 rungs right so far; 5 scripts to go." in figure.inner_text()


def test_by_keyboard_and_again(page, figure):
    figure.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowDown")
    assert "import lightgbm" in figure.inner_text()
    page.keyboard.press("Tab")  # the script, which may scroll
    for _ in range(2):
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowUp")  # round to the lowest rung
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "It does not run where you stood." in figure.inner_text()
    figure.get_by_role("button", name="Begin again").click()
    pick(figure, azure=1, aws=2)
    figure.get_by_role("button", name="Commit").click()
    assert "2 of 2 rungs right so far" in figure.inner_text()


def test_the_two_beliefs_that_it_is_about(figure):
    assert SCRIPTS["table"]["lowest"] == {"azure": 0, "aws": 0}
    assert "acpt-pytorch-2.2-cuda12.1 holds torch==2.10.0" in SCRIPTS["torch"]["azure"][1]["why"]
    assert SCRIPTS["torch"]["lowest"] == {"azure": 2, "aws": 1}
    assert [rung["tried"] for rung in SCRIPTS["torch"]["azure"]] == [False] * 4
    assert [rung["tried"] for rung in SCRIPTS["lightgbm"]["aws"][:3]] == [False, True, True]
