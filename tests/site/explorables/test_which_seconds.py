"""Which seconds cost money? By pointer and by keyboard, with no kernel; its numbers are the bill's."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def figure(page):
    return page.get_by_role("group", name="Which seconds cost money?").first


def test_by_pointer(figure):
    figure.get_by_label("Your script runs").first.check()
    figure.get_by_role("button", name="Commit").click()
    assert "45:20 on the bill" in figure.inner_text()
