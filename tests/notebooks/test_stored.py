"""What is stored in a notebook is whole; it does not depend on how its kernel starts, nor on what the machine allows.

That every run gives the stored bytes is in test_nbval.py, which judges one run twice.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.notebooks.runs import LESSONS, SOLUTIONS, by_name, run
from twoclouds.practice import notebook


@pytest.mark.parametrize("path", LESSONS[1:2], ids=by_name)
def test_a_plain_kernel_gives_the_stored_bytes(path: Path, plain: dict[str, str]) -> None:
    """Nothing here depends on the fork: this is the kernel that a learner has."""
    run(["-m", "twoclouds.practice.execute", "--check", path], environment=plain)


@pytest.mark.parametrize("path", LESSONS[:2], ids=by_name)
def test_a_machine_that_allows_no_namespace_gives_the_stored_bytes(path: Path, forked: dict[str, str]) -> None:
    """macOS, and Linux where unprivileged namespaces are off: a path map serves instead."""
    environment = forked | {"TWOCLOUDS_RUNNER": "pathmap"}
    run(["-m", "twoclouds.practice.execute", "--check", path], environment=environment)


def test_the_gate_sees_a_picture_that_is_not_the_one_that_is_drawn(tmp_path: Path, forked: dict[str, str]) -> None:
    """nbval does not compare pictures; the bytes do."""
    drawing = 'import matplotlib.pyplot as plt\nfigure = plt.figure(figsize=(1, 1), facecolor="red")\naxes = plt.axes()'
    path = tmp_path / "notebooks" / "01-x.ipynb"
    path.parent.mkdir()
    path.write_bytes(notebook.dump(new_notebook(cells=[new_code_cell(drawing, id="draw")])))
    execute = [sys.executable, "-m", "twoclouds.practice.execute"]
    subprocess.run([*execute, path], env=forked, check=True, capture_output=True)
    subprocess.run([*execute, "--check", path], env=forked, check=True, capture_output=True)

    path.write_text(path.read_text("utf-8").replace("red", "blue"), "utf-8")
    done = subprocess.run([*execute, "--check", path], env=forked, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "would change" in done.stdout
    assert '-      "image/png"' in done.stdout


@pytest.mark.parametrize("path", LESSONS + SOLUTIONS, ids=by_name)
def test_what_is_stored_is_whole(path: Path) -> None:
    stored = notebook.read(path)
    assert notebook.dump(notebook.normalised(stored)) == path.read_bytes()
    cells = [cell for cell in notebook.code_cells(stored) if notebook.source(cell).strip()]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert not [o for cell in cells for o in cell["outputs"] if o["output_type"] == "error"]
