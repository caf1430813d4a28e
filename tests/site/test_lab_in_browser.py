"""Lesson 1 in JupyterLab, as `course.py start` opens it, from top to bottom in a real browser."""

import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from commands import start
from commands.places import LESSON_1, Course, environment
from tests.site import driver

ROOT = Path(__file__).parents[2]
LONGEST = 240_000  # ms for the whole lesson; a quiet machine takes less than a tenth of that

# `course.py start`, with a working copy that is not the learner's.
START = """
import sys
from pathlib import Path
from commands import line
from commands.places import Course

class Elsewhere(Course):
    work = Path(sys.argv.pop(1))

sys.exit(line.main(sys.argv[1:], Elsewhere(Path.cwd())))
"""


@pytest.fixture
def lab(tmp_path):
    """The address of a JupyterLab that runs on a working copy in `tmp_path`."""
    port = str(start.next_free(9000))
    command = [sys.executable, "-c", START, str(tmp_path), "start", "--no-browser", "--port", port]
    server = subprocess.Popen(
        command, cwd=ROOT, env=environment(Course(ROOT)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said = []
    try:
        for line in server.stdout:
            said.append(line)
            address = re.search(rf"http://127\.0\.0\.1:{port}/lab\S*token=\w+", line)
            if address:
                threading.Thread(target=server.stdout.read, daemon=True).start()  # so that it never waits for a reader
                yield address[0]
                break
        else:
            pytest.fail("JupyterLab did not start:\n" + "".join(said))
    finally:
        server.terminate()
        server.wait(timeout=20)


def run_all(page, notebook):
    """Run every cell from the menu; save until the file says that the last has run; answers its code cells."""
    page.locator("#jp-main-statusbar").get_by_text(re.compile(r"Two Clouds.*\| Idle")).wait_for(timeout=LONGEST)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    for _ in range(LONGEST // 500):
        page.keyboard.press("Control+s")
        page.wait_for_timeout(500)
        try:
            cells = code_cells(notebook)
        except json.JSONDecodeError:
            continue  # it is being written
        if all(cell["execution_count"] for cell in cells) or any(errors(cell) for cell in cells):
            return cells
    pytest.fail(f"after {LONGEST / 1000:.0f} s the lesson was still running")


def code_cells(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]


def errors(cell):
    """The errors that a cell shows, unless it is there to show one."""
    if "raises-exception" in cell["metadata"].get("tags", []):
        return []
    return [f"{output['ename']}: {output['evalue']}" for output in cell["outputs"] if output["output_type"] == "error"]


def text(cell):
    """What a cell printed and answered, as text."""
    outputs = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell["outputs"]]
    return "".join("".join(lines) for lines in outputs)


@pytest.mark.browser
@pytest.mark.slow
def test_lesson_1_runs_in_jupyterlab_and_says_what_the_book_says(browser, lab, tmp_path):
    with driver.watched(browser, lab.split("/lab")[0]) as seen:
        seen.page.goto(lab)
        cells = run_all(seen.page, tmp_path / LESSON_1)
        assert [error for cell in cells for error in errors(cell)] == []
        assert [text(cell) for cell in cells] == [text(cell) for cell in code_cells(ROOT / LESSON_1)]
        assert_the_figure_is_alive(seen.page)
        assert seen.foreign == []


def assert_the_figure_is_alive(page):
    """The explorable answers in JupyterLab, too. JupyterLab draws a cell when it comes near."""
    figure = page.get_by_role("group", name="Which seconds cost money?")
    page.locator(".jp-Notebook .jp-Cell").first.hover()
    for _ in range(100):
        if figure.count():
            break
        page.mouse.wheel(0, -600)
        page.wait_for_timeout(100)
    figure.get_by_role("checkbox", name="Your script runs").first.check()
    figure.get_by_role("button", name="Commit").click()
    assert "45:20 on the bill" in figure.inner_text()
