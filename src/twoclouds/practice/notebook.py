"""Notebooks as files: read, clear, normalise, write. What is written is the same bytes for the same content."""

from __future__ import annotations

import base64
import copy
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

KERNEL = {"display_name": "Two Clouds (Python 3)", "language": "python", "name": "twoclouds"}
LANGUAGE = {"name": "python"}
VOLATILE = ("execution", "ExecuteTime", "collapsed", "scrolled", "trusted", "jp-MarkdownHeadingCollapsed")
"""Metadata of a cell that says when and how somebody looked at it, and nothing about the course."""

LIVE = "application/vnd.jupyter.widget-view+json"
"""Where a widget is shown that lives in a kernel: its id is random, and what is stored is its still form."""

DRAWN_OVER = re.compile(r"^[^\n]*\r(?=[^\n])", re.MULTILINE)

PNG = b"\x89PNG\r\n\x1a\n"
PNG_NOTES = (b"tEXt", b"zTXt", b"iTXt", b"tIME")

Notebook = dict[str, Any]


def read(path: Path) -> Notebook:
    """The notebook in a file, with text as single strings. Raises ValueError if it is none."""
    import nbformat

    notebook: Notebook = nbformat.reads(path.read_text("utf-8"), as_version=4)
    return notebook


def dump(notebook: Notebook) -> bytes:
    """The bytes of a notebook's file."""
    import nbformat

    text = nbformat.writes(nbformat.from_dict(notebook), version=4)
    return (text.rstrip("\n") + "\n").encode()


def source(cell: Notebook) -> str:
    """The text of a cell."""
    return str(cell["source"])


def tags(cell: Notebook) -> frozenset[str]:
    """The tags of a cell."""
    return frozenset(cell.get("metadata", {}).get("tags", ()))


def code_cells(notebook: Notebook) -> Iterator[Notebook]:
    """The code cells, in order."""
    return (cell for cell in notebook["cells"] if cell["cell_type"] == "code")


def cleared(notebook: Notebook) -> Notebook:
    """A copy without outputs and execution counts."""
    result = normalised(notebook)
    result["metadata"].pop("widgets", None)
    for cell in code_cells(result):
        cell["outputs"] = []
        cell["execution_count"] = None
    return result


def normalised(notebook: Notebook) -> Notebook:
    """A copy without anything that differs from run to run, machine to machine or editor to editor.

    What the code itself printed, drew or answered stays as it is: if that differs, the notebook is at fault.
    """
    result = copy.deepcopy(notebook)
    kept = {name: value for name, value in result["metadata"].items() if name in ("myst", "mystnb", "title")}
    result["metadata"] = {"kernelspec": dict(KERNEL), "language_info": dict(LANGUAGE), **kept}
    for cell in result["cells"]:
        cell["metadata"] = {name: value for name, value in cell["metadata"].items() if name not in VOLATILE}
    count = 0
    for cell in code_cells(result):
        cell["outputs"] = [_output(output) for output in _streams_joined(cell["outputs"])]
        count += cell["execution_count"] is not None
        cell["execution_count"] = None if cell["execution_count"] is None else count
        for output in cell["outputs"]:
            if output["output_type"] == "execute_result":
                output["execution_count"] = cell["execution_count"]
    return result


def _streams_joined(outputs: list[Notebook]) -> list[Notebook]:
    """Neighbouring streams as one stdout and one stderr: where the kernel cut them depends on the machine's speed."""
    joined: list[Notebook] = []
    run: dict[str, str] = {}
    for output in [*outputs, None]:
        if output is not None and output["output_type"] == "stream":
            run[output["name"]] = run.get(output["name"], "") + output["text"]
            continue
        joined += [_stream(name, run[name]) for name in ("stdout", "stderr") if name in run]
        joined += [] if output is None else [output]
        run = {}
    return joined


def _stream(name: str, text: str) -> Notebook:
    """A stream as it looks in the end: a line that was drawn over, as progress bars are, keeps its last state."""
    return {"output_type": "stream", "name": name, "text": DRAWN_OVER.sub("", text)}


def _output(output: Notebook) -> Notebook:
    data = output.get("data", {})
    data.pop(LIVE, None)
    if "image/png" in data:
        data["image/png"] = _without_notes(data["image/png"])
    return output


def _without_notes(encoded: str) -> str:
    """A PNG picture without the chunks that name the program that wrote it, and when."""
    picture = base64.b64decode(encoded)
    kept, at = [PNG], len(PNG)
    while at < len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        end = at + 12 + length
        if picture[at + 4 : at + 8] not in PNG_NOTES:
            kept.append(picture[at:end])
        at = end
    return base64.b64encode(b"".join(kept)).decode()
