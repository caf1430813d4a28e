"""Make the tables that the explorables show, by running labs: `python -m twoclouds.explorables.build [NAME ...]`.

Each explorable's `measure.py` has TABLES: for each file in its `data/`, what makes it. With `--check` nothing is
written; a table that a lab would make differently is named, and the command fails.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from twoclouds.explorables import bundle


def measured(folder: Path) -> dict[str, Callable[[], dict[str, Any]]]:
    """What makes each table of an explorable, by the table's name; none if it needs none."""
    if not (folder / "measure.py").exists():
        return {}
    tables: dict[str, Callable[[], dict[str, Any]]] = importlib.import_module(
        f"twoclouds.explorables.{folder.name}.measure"
    ).TABLES
    return tables


def dump(data: dict[str, Any]) -> str:
    """The text of a table's file: readable, and the same for the same data."""
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def made(names: list[str]) -> Iterator[tuple[Path, str]]:
    """The file and the text of every table of the explorables named, or of all."""
    for folder in bundle.folders():
        if not names or folder.name in names:
            for name, make in measured(folder).items():
                yield folder / "data" / f"{name}.json", dump(make())


def main(words: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(prog="python -m twoclouds.explorables.build", description=__doc__)
    options.add_argument("--check", action="store_true", help="write nothing; fail if a table would change")
    options.add_argument("names", nargs="*", metavar="NAME", help="the folder of an explorable")
    given = options.parse_args(words)
    changed = 0
    for path, text in made(given.names):
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        changed += 1
        print(f"{'would change' if given.check else 'written'}: {path.parent.parent.name}/data/{path.name}")
        if not given.check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return 1 if given.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
