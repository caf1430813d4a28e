"""Every notebook runs from top to bottom, and nbval finds every stored output again."""

from pathlib import Path

import pytest

from tests.notebooks.kernels import HERE, ROOT
from tests.notebooks.runs import EXERCISES, LESSONS, SOLUTIONS, by_name, run


def nbval(path: Path, *options: str, environment: dict[str, str]) -> None:
    plugins = ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "nbval.plugin", "-p", "no:hypothesispytest"]
    words = ["-m", "pytest", "-q", "-c", HERE / "nbval.ini", "--rootdir", path.parent, *plugins, *options, path]
    run(words, environment=environment | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})


@pytest.mark.parametrize("path", LESSONS + SOLUTIONS, ids=by_name)
def test_nbval_finds_every_stored_output_again(path: Path, course: Path, forked: dict[str, str]) -> None:
    nbval(course / path.relative_to(ROOT), "--nbval", environment=forked)


@pytest.mark.parametrize("path", EXERCISES, ids=by_name)
def test_an_untouched_exercise_runs_to_its_end_without_an_error(
    path: Path, course: Path, forked: dict[str, str]
) -> None:
    """An exercise stores no outputs, so there is nothing to compare; but no cell may raise."""
    nbval(course / path.relative_to(ROOT), "--nbval-lax", environment=forked)
