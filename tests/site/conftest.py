"""The book, built if need be; a browser, or a visible reason why there is none."""

import os
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from commands import book, doctor
from commands.places import Course, environment
from tests.site import driver

ROOT = Path(__file__).parents[2]
SOURCES = ("_config.yml", "book", "notebooks", "exercises", "solutions", "src/twoclouds")


def is_stale(site):
    """Whether a source of the book is newer than the last build (which always writes index.html)."""
    index = site / "index.html"
    if not index.exists():
        return True
    files = [file for source in SOURCES for file in [ROOT / source, *(ROOT / source).rglob("*")] if file.is_file()]
    return max(file.stat().st_mtime for file in files if file.suffix != ".pyc") > index.stat().st_mtime


@pytest.fixture(scope="session")
def site():
    """The folder of the built book. `course.py test` has built it already; otherwise it is built here."""
    course = Course(ROOT)
    if is_stale(course.site):
        command = book.build_command(course)
        built = subprocess.run(command, cwd=ROOT, env=environment(course), capture_output=True, text=True)
        assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    return course.site


@pytest.fixture(scope="session")
def home(site):
    with driver.served(site) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    executable = doctor.browser()
    if not executable:
        reason = "no Chromium or Chrome on this machine: nothing was seen in a real browser"
        if os.environ.get("TWOCLOUDS_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = driver.launch(playwright, executable)
        yield browser
        browser.close()
