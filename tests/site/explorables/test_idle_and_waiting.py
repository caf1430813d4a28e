"""From how many jobs a day does keeping a machine pay? The model in the page against days that a lab lives through."""

import pytest

from twoclouds.explorables import IdleAndWaiting
from twoclouds.explorables.idle_and_waiting.measure import live

pytestmark = pytest.mark.browser

QUESTION = "From how many jobs a day does keeping a machine pay?"
MODEL = "_static/explorables/idle_and_waiting/figure.js"

MODELLED = """async ([url, kind, jobs, moved, facts]) => {
    const figure = await import(url);
    const day = figure.day(kind, jobs, { ...figure.start(facts), ...moved }, facts);
    return [day.dollars, day.waited];
}"""
FROM = """async ([url, cloud, moved, facts]) => {
    const figure = await import(url);
    return figure.from(cloud, { ...figure.start(facts), ...moved }, facts);
}"""

GRID = [
    ("cluster-0", 1, {}, {}),
    ("cluster-0", 3, {"pause": 1}, {}),
    ("cluster-0", 3, {"pause": 2}, {}),  # the next job comes while the node leaves
    ("cluster-0", 4, {"pause": 9, "idle": 600}, {}),
    ("cluster-0", 2, {"minutes": 38, "pull": 300}, {"azure/node_boot": 600, "azure/preparing_billed": False}),
    ("cluster-1", 3, {"minutes": 25}, {"azure/node_boot": 900}),
    ("instance", 3, {"pause": 0}, {}),
    ("serverless", 3, {"pull": 9}, {"azure/preparing_billed": False}),
    ("on-demand", 3, {"minutes": 38}, {"aws/start": 200}),
    ("warm-pool", 1, {}, {}),
    ("warm-pool", 4, {"pause": 0}, {"aws/warm_start": 20}),
    ("warm-pool", 3, {"pause": 30, "keep": 1200}, {}),
    ("warm-pool", 3, {"keep": 600, "quota": False}, {}),
]


@pytest.fixture
def url(explorables):
    return f"{explorables.rpartition('/')[0]}/{MODEL}"


@pytest.fixture
def figure(page):
    return page.get_by_role("group", name=QUESTION).first


@pytest.fixture(scope="module")
def facts():
    return IdleAndWaiting().data["facts"]


@pytest.mark.parametrize(("kind", "jobs", "set_", "assumed"), GRID)
def test_the_page_counts_as_a_lab_does(page, url, facts, kind, jobs, set_, assumed):
    lived = live(kind, jobs=jobs, assumed=assumed, **set_)
    moved = {**{"azure/image" if name == "pull" else name: value for name, value in set_.items()}, **assumed}
    spent, waited = page.evaluate(MODELLED, [url, kind, jobs, moved, facts])
    assert spent == pytest.approx(lived.dollars, abs=2e-6)
    assert waited == lived.waited


def test_a_kept_node_costs_more_whatever_is_assumed(page, url, facts):
    for moved in ({"pause": 0, "azure/node_boot": 900}, {"azure/preparing_billed": False}, {"idle": 3600, "pause": 60}):
        assert page.evaluate(FROM, [url, "azure", moved, facts]) is None


def test_a_warm_pool_pays_for_job_after_job(page, url, facts):
    """The hour at the end against a download spared by each job but the first."""
    first = page.evaluate(FROM, [url, "aws", {"pause": 0}, facts])
    assert (first - 1) * facts["seconds"]["aws/image"]["value"] > 3600
    assert (first - 2) * facts["seconds"]["aws/image"]["value"] < 3600
    assert page.evaluate(FROM, [url, "aws", {"pause": 5}, facts]) is None
    assert page.evaluate(FROM, [url, "aws", {"pause": 0, "quota": False}, facts]) is None


def test_by_keyboard(page, figure):
    figure.get_by_role("slider").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "You said from 31 jobs a day." in figure.inner_text()
    assert "You said from 29 jobs a day." in figure.inner_text()
    day = figure.get_by_role("slider", name="jobs on that day")
    day.focus()
    page.keyboard.press("End")
    assert day.get_attribute("aria-valuetext") == day.get_attribute("max")


def test_by_pointer(page, figure):
    figure.get_by_role("slider").first.fill("12")
    figure.get_by_role("button", name="Commit").click()
    assert "Answer for both clouds first" in figure.inner_text()
    figure.get_by_label("never").nth(1).check()
    figure.get_by_role("button", name="Commit").click()
    shown = figure.inner_text()
    assert "Azure ML: never. You said from 12 jobs a day." in shown
    assert "SageMaker AI: never. You said never." in shown
    lived = {each["id"]: each for each in IdleAndWaiting().data["lived"]["days"]}
    assert f"${lived['cluster-0']['dollars']:.2f}, waited 52\u00a0min 30\u00a0s" in shown
    assert lived["cluster-0"]["waited"] == 52 * 60 + 30


def test_what_is_assumed_can_be_moved(page, figure):
    figure.get_by_label("never").first.check()
    figure.get_by_label("never").nth(1).check()
    figure.get_by_role("button", name="Commit").click()
    figure.get_by_text("What nobody publishes, and we assume").click()
    figure.get_by_role("slider", name="SageMaker: it fetches the image in").fill("600")
    assert "It flips on SageMaker AI." in figure.inner_text()
    figure.get_by_role("slider", name="SageMaker: it fetches the image in").fill("100")
    figure.get_by_role("slider", name="Azure: a node boots in").fill("900")
    assert "has not flipped on either cloud" in figure.inner_text()
