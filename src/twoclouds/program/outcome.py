"""How a cell ended: it ran, this lab cannot do what it asks, or it is wrong."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from twoclouds.program.cells import Cell
from twoclouds.wire.errors import NetworkRefused, NotSimulated

Kind = Literal["ran", "not here", "follows", "failed", "not run"]
"""`not here`: what the cell asks for is not simulated, or a package that this lab lacks. `follows`: it uses what such a
cell would have made."""


@dataclass(frozen=True)
class Outcome:
    """The end of a cell, and what there is to say of it."""

    cell: Cell
    kind: Kind
    remark: str = ""


def of(cell: Cell, error: BaseException | None, missing: dict[str, int]) -> Outcome:
    """The outcome of a cell that raised `error`; `missing` are the names that earlier cells did not make, and which."""
    if error is None:
        return Outcome(cell, "ran")
    if cell.may_fail:
        return Outcome(cell, "ran", f"raised, as its author expects: {_short(error)}")
    lacking = next((text for one in _chain(error) if (text := _lacking(one))), "")
    if lacking:
        return Outcome(cell, "not here", lacking)
    needed = next((name for name in sorted(_names(cell.source, ast.Load)) if name in missing), "")
    if needed:
        return Outcome(cell, "follows", f"it needs {needed}, which cell {missing[needed]} would have made.")
    return Outcome(cell, "failed", _short(error))


def _names(source: str, use: type[ast.expr_context]) -> set[str]:
    try:
        nodes = ast.walk(ast.parse(source))
    except SyntaxError:
        return set()
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, use)}


def names_made(source: str) -> set[str]:
    """The names that a cell binds at its top level."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return set()
    stored = _names(source, ast.Store)
    imported = {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    defined = {
        node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef))
    }
    return stored | imported | defined


def _lacking(error: BaseException) -> str:
    """What this lab cannot do, if that is what the error says."""
    if isinstance(error, (NotSimulated, NetworkRefused)):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"this lab does not have the package {error.name.partition('.')[0]}."
    if type(error).__name__ == "DockerEngineNotAvailableError":
        return "there is no Docker in this lab: what runs in local containers is not simulated."
    return ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _short(error: BaseException) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """0 if every cell ran, 1 if one is wrong, 3 if the only trouble is what this lab cannot do."""
    kinds = {outcome.kind for outcome in outcomes}
    if "failed" in kinds:
        return 1
    return 3 if kinds & {"not here", "follows"} else 0
