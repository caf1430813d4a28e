"""What is stored of a notebook does not say where, when or with which editor it ran; what its code answered stays."""

import base64
import copy
import struct
import zlib

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

from twoclouds.practice import notebook


def stream(name: str, text: str) -> nbformat.NotebookNode:
    return new_output("stream", name=name, text=text)


def png(*extra: tuple[bytes, bytes]) -> str:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    chunks = [header, *extra, (b"IDAT", zlib.compress(b"\0\0")), (b"IEND", b"")]
    return base64.b64encode(notebook.PNG + b"".join(chunk(*each) for each in chunks)).decode()


def run_of(cell: nbformat.NotebookNode, **metadata: object) -> nbformat.NotebookNode:
    return new_notebook(cells=[cell], metadata=metadata)


def test_two_runs_that_answered_the_same_are_stored_as_the_same_bytes() -> None:
    here = run_of(
        new_code_cell(
            "x",
            id="x",
            execution_count=1,
            metadata={"tags": ["lab"], "execution": {"iopub.status.busy": "2026-11-30T09:00:00Z"}},
            outputs=[stream("stdout", "a\n"), stream("stdout", "b\n"), stream("stderr", "e\n")],
        ),
        kernelspec={"name": "python3", "display_name": "Python 3", "language": "python"},
        language_info={"name": "python", "version": "3.11.2"},
    )
    there = run_of(
        new_code_cell(
            "x",
            id="x",
            execution_count=7,
            metadata={"tags": ["lab"], "collapsed": True},
            outputs=[stream("stderr", "e\n"), stream("stdout", "a\nb\n")],
        ),
        language_info={"name": "python", "version": "3.14.0"},
    )
    assert notebook.dump(notebook.normalised(here)) == notebook.dump(notebook.normalised(there))


def test_a_progress_bar_is_stored_as_it_ended() -> None:
    bar = stream("stderr", "up:  0%|\rup: 50%|\rup: 100%|\n")
    done = notebook.normalised(run_of(new_code_cell("x", id="x", execution_count=1, outputs=[bar])))
    assert [output["text"] for output in done["cells"][0]["outputs"]] == ["up: 100%|\n"]


def test_a_picture_loses_its_notes_and_keeps_its_pixels() -> None:
    noted = new_output("display_data", data={"image/png": png((b"tEXt", b"Software\0Matplotlib 9"))})
    done = notebook.normalised(run_of(new_code_cell("x", id="x", execution_count=1, outputs=[noted])))
    assert done["cells"][0]["outputs"][0]["data"]["image/png"] == png()


def test_what_the_code_answered_is_not_touched() -> None:
    def answered(text: str) -> bytes:
        output = new_output("execute_result", data={"text/plain": text}, execution_count=1)
        run = run_of(new_code_cell("x", id="x", execution_count=1, outputs=[output]))
        return notebook.dump(notebook.normalised(run))

    assert answered("<Job at 0x7f01>") != answered("<Job at 0x7f02>")


def test_normalising_twice_changes_nothing_more_and_leaves_its_argument_alone() -> None:
    cell = new_code_cell("x", id="x", execution_count=4, outputs=[stream("stdout", "a\n")])
    given = run_of(cell)
    before = copy.deepcopy(given)
    once = notebook.normalised(given)
    assert given == before
    assert notebook.normalised(once) == once


def test_clearing_takes_outputs_and_counts() -> None:
    cell = new_code_cell("x", id="x", execution_count=4, outputs=[stream("stdout", "a\n")])
    clear = notebook.cleared(run_of(cell))
    assert clear["cells"][0]["outputs"] == []
    assert clear["cells"][0]["execution_count"] is None
