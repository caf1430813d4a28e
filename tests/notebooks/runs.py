"""The course's notebooks, and how a test runs one in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.notebooks.kernels import ROOT

LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))
EXERCISES = sorted((ROOT / "exercises").glob("*.ipynb"))


def run(words: list[object], *, environment: dict[str, str]) -> None:
    """Run Python in a process of its own; what it says is the failure's text."""
    done = subprocess.run([sys.executable, *map(str, words)], env=environment, capture_output=True, text=True)
    if done.returncode:
        pytest.fail(f"{done.stdout}\n{done.stderr}", pytrace=False)


def by_name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"
