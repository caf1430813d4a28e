"""Execute notebooks and store their outputs: `python -m twoclouds.practice.execute notebooks/01-….ipynb`.

With `--check` nothing is stored; a notebook whose bytes would change is named, with the first lines that differ, and
the command fails.
"""

from __future__ import annotations

import argparse
import difflib
import os
import shutil
import sys
import tempfile
from itertools import islice
from pathlib import Path

from twoclouds.practice import notebook

SECONDS = 300
"""How long a cell may take, in real time."""

LINES, WIDTH = 40, 200
"""How much of a difference is shown."""

LEFT_BY_RUNS = (".ipynb_checkpoints", "downloaded")
FOLDERS = ("notebooks", "solutions", "exercises")


def executed(path: Path, *, kernel: str = notebook.KERNEL["name"]) -> bytes:
    """The bytes of the notebook in `path` after a run from top to bottom, in the folder in which it stands, by somebody
    who has done no exercise yet.

    Raises nbclient's CellExecutionError where a cell raises (unless it is tagged `raises-exception`).
    """
    from nbclient import NotebookClient

    content = notebook.cleared(notebook.read(path))
    where = {"metadata": {"path": str(path.parent)}}
    client = NotebookClient(content, kernel_name=kernel, timeout=SECONDS, record_timing=False, resources=where)
    with tempfile.TemporaryDirectory() as state:
        client.execute(env=os.environ | {"TWOCLOUDS_STATE": state})
    return notebook.dump(notebook.normalised(content))


def copied(root: Path, to: Path) -> Path:
    """A copy of the course's notebooks and what they read, so that a run leaves nothing behind in `root`."""
    for folder in FOLDERS:
        if (root / folder).is_dir():
            shutil.copytree(root / folder, to / folder, ignore=shutil.ignore_patterns(*LEFT_BY_RUNS))
    return to


def root_of(path: Path) -> Path:
    """The folder that holds notebooks/ and solutions/, for a notebook in one of them."""
    return path.resolve().parent.parent


def difference(stored: bytes, content: bytes) -> list[str]:
    """The first lines in which two notebooks differ, each cut to a readable width."""
    before, now = stored.decode().split("\n"), content.decode().split("\n")
    lines = difflib.unified_diff(before, now, "stored", "now", lineterm="")
    return [line[:WIDTH] for line in islice(lines, LINES)]


def main(words: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(prog="python -m twoclouds.practice.execute", description=__doc__)
    options.add_argument("--check", action="store_true", help="store nothing; fail if a file would change")
    options.add_argument("notebooks", nargs="+", type=Path)
    given = options.parse_args(words)
    changed = 0
    for path in given.notebooks:
        root = root_of(path)
        with tempfile.TemporaryDirectory() as scratch:
            copy = copied(root, Path(scratch)) / path.resolve().relative_to(root)
            content = executed(copy)
        stored = path.read_bytes()
        if content != stored:
            changed += 1
            if given.check:
                print(f"would change: {path}", *difference(stored, content), sep="\n")
            else:
                path.write_bytes(content)
                print(f"stored: {path}")
    return 1 if given.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
