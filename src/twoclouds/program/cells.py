"""A program as code cells: those of a notebook, or a script as one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


class NotAProgram(ValueError):
    """A file that is neither a notebook nor a Python script."""


@dataclass(frozen=True)
class Cell:
    """A code cell. `number` is its place among the code cells, from 1; `may_fail` if its author expects an error."""

    number: int
    source: str
    may_fail: bool = False


def read(path: Path) -> list[Cell]:
    """The code cells of a file that are not empty. Raises NotAProgram, OSError."""
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        return [Cell(1, text)] if text.strip() else []
    if path.suffix != ".ipynb":
        raise NotAProgram(f"{path.name} is neither a notebook (.ipynb) nor a Python script (.py).")
    try:
        cells = json.loads(text)["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code"]
        found = [Cell(number, _text(cell["source"]), _may_fail(cell)) for number, cell in enumerate(code, 1)]
    except (ValueError, KeyError, TypeError) as error:
        raise NotAProgram(f"{path.name} is not a notebook of format 4: {error!r}.") from None
    return [cell for cell in found if cell.source.strip()]


def _text(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _may_fail(cell: dict) -> bool:  # type: ignore[type-arg]
    return "raises-exception" in cell.get("metadata", {}).get("tags", ())
