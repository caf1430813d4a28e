"""The explorables that the browser tests look at, and what a reader does to commit in each."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Locator

from twoclouds import explorables
from twoclouds.explorables.explorable import Explorable


@dataclass(frozen=True)
class Shown:
    """`answer(figure)` is a reader's answer, right or wrong, up to the button."""

    explorable: Explorable
    answer: Callable[[Locator], None]

    @property
    def question(self) -> str:
        return self.explorable.data["question"]

    @property
    def name(self) -> str:
        return self.explorable.folder.name


def paint_the_script(figure: Locator) -> None:
    for name in ("Your script runs", "Training: your script runs"):
        figure.get_by_role("checkbox", name=name, exact=False).first.check()


def mark_the_data(figure: Locator) -> None:
    figure.get_by_role("checkbox", name="Data asset").check()
    for radio in figure.get_by_role("radio", name="sees what it saw").all():
        radio.check()


def guess_on_both_clouds(figure: Locator) -> None:
    figure.get_by_role("slider").first.fill("12")
    figure.get_by_label("never").nth(1).check()


def pick_scripts_in_ready_images(figure: Locator) -> None:
    for ladder in figure.get_by_role("list").all():
        ladder.get_by_role("radio").nth(2).check()


def guess_the_days(figure: Locator) -> None:
    figure.get_by_role("slider").first.fill("12")
    figure.get_by_label("never").nth(1).check()
    figure.get_by_role("radio", name="nobody").check()


ALL = [
    Shown(explorables.ObjectGraph(), mark_the_data),
    Shown(explorables.WhichSecondsCostMoney("job"), paint_the_script),
    Shown(explorables.IdleAndWaiting(), guess_on_both_clouds),
    Shown(explorables.LeastIMustOwn(), pick_scripts_in_ready_images),
    Shown(explorables.DriftDial(), guess_the_days),
]
