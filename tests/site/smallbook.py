"""A small book of one lesson, built with the course's configuration and extensions."""

import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from commands import book
from commands.places import Course, environment
from tests.site import driver

ROOT = Path(__file__).parents[2]
PAGE = "lesson.html"


def a_lesson(*cells):
    metadata = {"language_info": {"name": "python"}}
    return new_notebook(cells=[new_markdown_cell("# A lesson\n\nIts first paragraph."), *cells], metadata=metadata)


def ran(source, value, *tags):
    """A cell that answered a text."""
    return answered(source, {"text/plain": value}, *tags)


def answered(source, data, *tags):
    """A cell that answered something, in one form or several."""
    output = new_output("execute_result", data, execution_count=1)
    return new_code_cell(source, outputs=[output], execution_count=1, metadata={"tags": list(tags)})


def build(folder, notebook):
    """Build a book of one lesson with the course's configuration and extensions: what the builder said, the site."""
    shutil.copytree(ROOT / "book/_static", folder / "book/_static", dirs_exist_ok=True)
    shutil.copytree(ROOT / "book/_ext", folder / "book/_ext", dirs_exist_ok=True)
    shutil.copytree(ROOT / "book/_templates", folder / "book/_templates", dirs_exist_ok=True)
    shutil.copy(ROOT / "_config.yml", folder)
    (folder / "book/_toc.yml").write_text("format: jb-book\nroot: lesson\n", encoding="utf-8")
    nbformat.write(notebook, folder / "lesson.ipynb")
    course = Course(ROOT)
    said = subprocess.run(
        book.build_command(course), cwd=folder, env=environment(course), capture_output=True, text=True
    )
    return said, folder / "_build/html"


@contextmanager
def published(folder, *cells):
    """The address of a book whose one lesson has these cells."""
    said, site = build(folder, a_lesson(*cells))
    assert said.returncode == 0, said.stdout + said.stderr
    with driver.served(site) as address:
        yield address


@contextmanager
def opened(browser, home):
    """The lesson's page in a browser; it asks no other host for anything, and complains of nothing."""
    with driver.watched(browser, home) as seen:
        seen.page.goto(f"{home}/{PAGE}")
        yield seen.page
        assert (seen.foreign, seen.errors) == ([], [])
