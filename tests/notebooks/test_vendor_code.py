"""A lesson without its `lab` cells is vendor code only: what is learned here is what is typed at work."""

import ast
import builtins
import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.notebooks.kernels import ROOT
from twoclouds.practice import notebook
from twoclouds.practice.execute import FOLDERS

pytestmark = pytest.mark.filterwarnings("ignore")

NOTEBOOKS = sorted(path for folder in FOLDERS for path in (ROOT / folder).glob("*.ipynb"))
VENDORS = {"azure", "boto3", "botocore", "sagemaker"}
AT_HAND = {"pandas"}
"""What else a data scientist's own program would import."""
OURS = {"twoclouds", "lab", "ex"}
FENCE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
DOTTED = re.compile(r"`((?:azure\.(?:ai\.ml|identity|core|storage)|boto3|botocore|sagemaker)(?:\.[A-Za-z_]\w*)+)`")


def by_name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def vendor_cells(path: Path) -> list[str]:
    """The code of a notebook without its `lab` cells."""
    cells = notebook.code_cells(notebook.read(path))
    return [notebook.source(cell) for cell in cells if "lab" not in notebook.tags(cell)]


def offences(code: str) -> list[str]:
    """What in a piece of code is not a vendor's, the standard library's or the learner's own."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if not allowed(alias.name)]
        elif isinstance(node, ast.ImportFrom):
            found += [node.module or "."] if node.level or not allowed(node.module or "") else []
        elif isinstance(node, ast.Name) and node.id in OURS:
            found.append(node.id)
    return found


def allowed(module: str) -> bool:
    top = module.partition(".")[0]
    return top in VENDORS | AT_HAND | sys.stdlib_module_names


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_without_its_lab_cells_a_notebook_is_vendor_code_only(path: Path) -> None:
    for code in vendor_cells(path):
        assert offences(code) == [], code
    compile("\n".join(vendor_cells(path)), path.stem, "exec")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_vendor_code_uses_nothing_that_a_lab_cell_made(path: Path) -> None:
    nodes = list(ast.walk(ast.parse("\n".join(vendor_cells(path)))))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    made = {node.id for node in names if not isinstance(node.ctx, ast.Load)}
    made |= {node.asname or node.name.partition(".")[0] for node in nodes if isinstance(node, ast.alias)}
    made |= {node.name or "" for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.ExceptHandler)}
    made |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    used = {node.id for node in names}
    assert used - made - set(dir(builtins)) == set()


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import boto3, json\nfrom azure.ai.ml import MLClient\nx = MLClient", []),
        ("import twoclouds", ["twoclouds"]),
        ("from twoclouds.practice import exercise", ["twoclouds.practice"]),
        ("for hour in range(3):\n    lab.skip(hours=hour)", ["lab"]),
        ("print(ex.check())", ["ex"]),
        ("import requests", ["requests"]),
        ("from . import helpers", ["."]),
    ],
)
def test_the_test_itself_tells_them_apart(code: str, found: list[str]) -> None:
    assert offences(code) == found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_what_belongs_to_the_course_is_in_lab_cells_and_only_that(path: Path) -> None:
    """A `lab` cell that uses neither the lab nor what another such cell made would hide vendor code from the reader."""
    ours = set(OURS)
    for cell in notebook.code_cells(notebook.read(path)):
        if "lab" in notebook.tags(cell):
            nodes = list(ast.walk(ast.parse(notebook.source(cell))))
            names = [node for node in nodes if isinstance(node, ast.Name)]
            ours |= {alias.name for node in nodes if is_of_the_course(node) for alias in node.names}
            assert {node.id for node in names} & ours, notebook.source(cell)
            ours |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
            ours |= {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def is_of_the_course(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "twoclouds"


def symbols(path: Path) -> Iterator[tuple[str, str]]:
    """(module, name) of every SDK symbol a notebook shows: imported in a cell or a fence, or named in the text."""
    for cell in notebook.read(path)["cells"]:
        text = notebook.source(cell)
        for code in [text] if cell["cell_type"] == "code" else FENCE.findall(text):
            for node in ast.walk(ast.parse(code)):
                if isinstance(node, ast.Import):
                    yield from ((alias.name, "") for alias in node.names if alias.name.partition(".")[0] in VENDORS)
                elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in VENDORS:
                    yield from ((node.module or "", alias.name) for alias in node.names)
        if cell["cell_type"] == "markdown":
            yield from (tuple(name.rpartition(".")[::2]) for name in DOTTED.findall(text))  # type: ignore[misc]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=by_name)
def test_every_sdk_symbol_that_is_shown_can_be_imported(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")  # sagemaker.serve makes a client while it is imported
    for module, name in dict.fromkeys(symbols(path)):
        owner = importlib.import_module(module)
        assert not name or hasattr(owner, name) or importlib.import_module(f"{module}.{name}"), f"{module}.{name}"
