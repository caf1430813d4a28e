"""A small book with every explorable, in which the tests of each find theirs."""

import pytest

from tests.site import driver
from tests.site.explorables.shown import ALL
from tests.site.smallbook import PAGE, answered, published


def stored(explorable):
    """What a notebook keeps of it."""
    data, _ = explorable._repr_mimebundle_()
    return {form: data[form] for form in ("text/plain", "text/html")}


@pytest.fixture(scope="session")
def explorables(tmp_path_factory):
    """The address of the page on which they are."""
    cells = [answered("Shown()", stored(shown.explorable), "lab") for shown in ALL]
    with published(tmp_path_factory.mktemp("explorables"), *cells) as home:
        yield f"{home}/{PAGE}"


@pytest.fixture
def page(browser, explorables):
    """The page, which must not complain nor ask another host."""
    with driver.watched(browser, explorables.rpartition("/")[0]) as seen:
        seen.page.goto(explorables, wait_until="networkidle")
        yield seen.page
        assert (seen.foreign, seen.errors) == ([], [])
