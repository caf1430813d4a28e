"""A learner who works through a notebook: runs its cells in order, some of them changed, in this process."""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.notebooks.kernels import ROOT
from twoclouds.practice import Exercise, notebook

Edit = str | tuple[str, str]
"""What a cell becomes: new code, or (a part of it, what stands there instead)."""


class Learner:
    """Somebody with the notebook `folder/name*.ipynb` open, and what its cells have defined so far."""

    def __init__(self, folder: str, name: str) -> None:
        (path,) = (ROOT / folder).glob(f"{name}-*.ipynb")
        self.folder: Path = path.parent
        self.cells = {cell["id"]: notebook.source(cell) for cell in notebook.code_cells(notebook.read(path))}
        self.names: dict[str, Any] = {}

    def work(self, edits: Mapping[str, Edit] = {}, *, until: str = "") -> None:
        """Run the cells, changed by `edits`, up to the one before `until`.

        Once something was changed, a cell may raise, as the vendors' code does for a learner's mistake.
        """
        assert set(edits) <= set(self.cells), edits
        changed = False
        for name in self.cells:
            if name == until:
                return
            changed = changed or name in edits
            try:
                self.run(self.edited(name, edits[name]) if name in edits else self.cells[name])
            except Exception as error:
                if not changed:
                    raise
                print(f"[{name}] {type(error).__name__}: {error}")

    def edited(self, name: str, edit: Edit) -> str:
        if isinstance(edit, str):
            return edit
        assert edit[0] in self.cells[name], f"{edit[0]} is not in {name}"
        return self.cells[name].replace(*edit)

    def run(self, code: str) -> Any:
        """Run a cell; answers the value of its last line, if that is an expression."""
        body = ast.parse(code).body
        last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), "cell", "exec"), self.names)
        return eval(compile(ast.Expression(last.value), "cell", "eval"), self.names) if last else None

    @property
    def ex(self) -> Exercise:
        return self.names["ex"]
