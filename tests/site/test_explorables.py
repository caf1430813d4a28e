"""Every explorable, as a reader meets it with no kernel: in a small book made for it."""

import pytest

from tests.site import driver
from tests.site.smallbook import PAGE, a_lesson, answered, build
from twoclouds import explorables

SHOWN = {"which_seconds": explorables.WhichSecondsCostMoney("job")}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    cells = [answered(f"{type(shown).__name__}()", stored(shown), "lab") for shown in SHOWN.values()]
    said, site = build(tmp_path_factory.mktemp("book"), a_lesson(*cells))
    assert said.returncode == 0, said.stdout + said.stderr
    with driver.served(site) as address:
        yield address


def stored(shown):
    data, _ = shown._repr_mimebundle_()
    return {form: data[form] for form in ("text/plain", "text/html")}


@pytest.fixture
def page(browser, home):
    with driver.watched(browser, home) as seen:
        seen.page.goto(f"{home}/{PAGE}")
        yield seen.page
        assert (seen.foreign, seen.errors) == ([], [])


@pytest.mark.browser
def test_which_seconds_by_pointer(page):
    figure = page.get_by_role("group", name="Which seconds cost money?")
    figure.get_by_role("button", name="Commit").click()
    assert figure.get_by_role("status").inner_text() == "Paint at least one stretch first."
    figure.get_by_label("Your script runs").first.check()
    figure.get_by_role("button", name="Commit").click()
    assert "45:20 on the bill" in figure.inner_text()


@pytest.mark.browser
def test_without_javascript_a_table_stays(browser, home):
    with driver.watched(browser, home, scripts=False) as seen:
        seen.page.goto(f"{home}/{PAGE}")
        for summary in seen.page.locator(".tc-x summary").all():
            summary.click()
        assert seen.page.locator(".tc-x table:visible").count() == len(SHOWN)
