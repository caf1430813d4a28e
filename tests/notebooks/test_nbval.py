"""Every notebook runs from top to bottom, nbval finds every stored output again, and every stored byte comes again."""

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.notebooks.kernels import HERE, ROOT
from tests.notebooks.runs import EXERCISES, LESSONS, SOLUTIONS, Done, by_name, done
from twoclouds.practice import notebook
from twoclouds.practice.execute import difference

PLUGINS = ("no:cacheprovider", "no:xdist", "nbval.plugin", "no:hypothesispytest", "tests.notebooks.kept")


def nbval(path: Path, option: str, *, kept: Path, environment: dict[str, str]) -> Done:
    """A run of a notebook by nbval, for somebody who has done no exercise yet; it is `kept` with what it answered."""
    plugins = [word for name in PLUGINS for word in ("-p", name)]
    words = ["-m", "pytest", "-q", "-c", HERE / "nbval.ini", "--rootdir", path.parent, *plugins, option, path]
    own = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "KEPT": str(kept), "TWOCLOUDS_STATE": str(kept.parent)}
    return done(words, environment=environment | own)


@pytest.fixture(scope="module", params=LESSONS + SOLUTIONS, ids=by_name)
def ran(
    request: pytest.FixtureRequest, course: Path, forked: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Done, Path]:
    """A notebook, what nbval said of its run, and the notebook as that run answered it: each is run once, and judged
    twice."""
    kept = tmp_path_factory.mktemp("kept") / request.param.name
    told = nbval(course / request.param.relative_to(ROOT), "--nbval", kept=kept, environment=forked)
    return request.param, told, kept


def test_nbval_finds_every_stored_output_again(ran: tuple[Path, Done, Path]) -> None:
    _, told, _ = ran
    told.judge()


def test_a_run_gives_the_stored_bytes(ran: tuple[Path, Done, Path]) -> None:
    """Pictures and their order among the other outputs too, which nbval does not compare."""
    path, _, kept = ran
    assert difference(path.read_bytes(), kept.read_bytes()) == []


@pytest.mark.parametrize("path", EXERCISES, ids=by_name)
def test_an_untouched_exercise_runs_to_its_end_without_an_error(
    path: Path, course: Path, forked: dict[str, str], tmp_path: Path
) -> None:
    """An exercise stores no outputs, so there is nothing to compare; but no cell may raise."""
    nbval(course / path.relative_to(ROOT), "--nbval-lax", kept=tmp_path / path.name, environment=forked).judge()


def test_the_bytes_show_a_picture_that_nbval_does_not_compare(tmp_path: Path, forked: dict[str, str]) -> None:
    drawing = 'import matplotlib.pyplot as plt\nfigure = plt.figure(figsize=(1, 1), facecolor="red")\naxes = plt.axes()'
    path, kept = tmp_path / "01-x.ipynb", tmp_path / "kept.ipynb"
    path.write_bytes(notebook.dump(new_notebook(cells=[new_code_cell(drawing, id="draw", execution_count=1)])))
    nbval(path, "--nbval-lax", kept=kept, environment=forked).judge()

    path.write_text(kept.read_text("utf-8").replace("red", "blue"), "utf-8")
    nbval(path, "--nbval", kept=kept, environment=forked).judge()
    assert any(line.startswith('-      "image/png"') for line in difference(path.read_bytes(), kept.read_bytes()))
