"""The course's notebooks, and how a test runs one in a process of its own."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.notebooks.kernels import ROOT

LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))
EXERCISES = sorted((ROOT / "exercises").glob("*.ipynb"))


@dataclass(frozen=True)
class Done:
    """How a process ended, and what it said."""

    code: int
    said: str

    def judge(self) -> None:
        """Fail if it failed, with what it said."""
        if self.code:
            pytest.fail(self.said, pytrace=False)


def done(words: list[object], *, environment: dict[str, str]) -> Done:
    """Run Python in a process of its own."""
    ended = subprocess.run(
        [sys.executable, *map(str, words)], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    return Done(ended.returncode, f"{ended.stdout}\n{ended.stderr}")


def run(words: list[object], *, environment: dict[str, str]) -> None:
    """Run Python in a process of its own, which has to succeed."""
    done(words, environment=environment).judge()


def by_name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"
