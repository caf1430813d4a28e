"""Runs a program's cells one after the other, in a lab of its own, and waits between them as a reader would."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twoclouds.program import outcome, passed_over
from twoclouds.program.cells import Cell
from twoclouds.program.outcome import Outcome

if TYPE_CHECKING:
    from twoclouds.lab import Lab
    from twoclouds.program.shell import Shell

Say = Callable[[str], None]

NOT_IN_THIS_LAB = "NotInThisLab: "
"""What the last line of a traceback has where a script imports a package that this lab lacks."""

IMPATIENT = ("cancel", "stop_", ".stop(", "begin_stop")
"""A cell with one of these wants what runs to be running still: nobody waits before it."""


def run(path: Path, cells: list[Cell], lab: Lab, *, say: Say, wait: bool, keep_going: bool) -> list[Outcome]:
    """Run the cells in the folder of the program, as Jupyter would; `say` is told what happens between them.

    What this lab cannot do is noted, and the run goes on; what is wrong ends it, unless `keep_going`.
    """
    from twoclouds.program.shell import new

    outcomes: list[Outcome] = []
    missing: dict[str, int] = {}
    with _in_folder(path), _lacking(lab) as lacking:
        shell = new()
        for cell in cells:
            if any(done.kind == "failed" for done in outcomes) and not keep_going:
                outcomes.append(Outcome(cell, "not run"))
                continue
            if wait and outcomes and not any(word in cell.source for word in IMPATIENT):
                _wait(lab, say)
            if len(cells) > 1:
                say(f"── cell {cell.number} ── {lab.world.clock.datetime:%a %d %b %H:%M:%S} ".ljust(80, "─"))
            done = _run_cell(shell, path, cell, missing, lacking, say)
            if done.kind != "ran":
                missing |= dict.fromkeys(outcome.names_made(cell.source), cell.number)
            outcomes.append(done)
        if wait:
            _wait(lab, say)
    return outcomes


def _run_cell(
    shell: Shell, path: Path, cell: Cell, missing: dict[str, int], lacking: list[str], say: Say
) -> Outcome:
    source, passed = passed_over.without(cell.source)
    for line, reason in passed:
        say(f"passed over: {line[:100]} ({reason})")
    before = len(lacking)
    error = _run_script(shell, path, source) if path.suffix == ".py" else _run_source(shell, source)
    done = outcome.of(cell, error, missing)
    if done.kind == "failed" and len(lacking) > before:
        done = Outcome(cell, "not here", f"{lacking[-1]} (in a job that this cell waited for)")
    if done.kind == "failed" and error is not None:
        sys.stderr.write("".join(_traceback(error)))
    if done.remark:
        say(f"{_WORDS[done.kind]}: {done.remark}")
    return done


_WORDS = {"ran": "note", "not here": "not here", "follows": "not run", "failed": "failed", "not run": "not run"}


def _run_source(shell: Shell, source: str) -> BaseException | None:
    result = shell.run_cell(source, store_history=True)
    sys.stdout.flush()
    return result.error_before_exec or result.error_in_exec


def _run_script(shell: Shell, path: Path, source: str) -> BaseException | None:
    shell.user_ns["__file__"] = str(path)
    try:
        exec(compile(source, path.name, "exec"), shell.user_ns)
    except SystemExit as end:
        return None if end.code in (None, 0) else end
    except Exception as error:
        return error
    return None


def _traceback(error: BaseException) -> list[str]:
    """The frames of the program's own code: those of the SDKs help nobody to mend it."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "site-packages" not in frame.filename and "/twoclouds/" not in frame.filename]
    return [*traceback.format_list(own), *traceback.format_exception_only(error)]


def _wait(lab: Lab, say: Say) -> None:
    began, waited_for = lab.world.clock.now, lab.under_way()
    if waited_for and lab.settle() and lab.world.clock.now > began:
        minutes = (lab.world.clock.now - began) / 60_000
        names = ", ".join(waited_for[:3]) + (f" and {len(waited_for) - 3} more" if len(waited_for) > 3 else "")
        say(f"waited {minutes:.1f} virtual minutes for {names}")


@contextlib.contextmanager
def _lacking(lab: Lab) -> Iterator[list[str]]:
    """What jobs said of packages that this lab does not have: an SDK tells only that the job has failed."""
    said: list[str] = []
    runner: Any = lab.world.runner
    real = runner.run

    def run(*words: Any, **options: Any) -> Any:
        transcript = real(*words, **options)
        said.extend(line.text.strip() for line in transcript.lines if NOT_IN_THIS_LAB in line.text)
        return transcript

    runner.run = run
    try:
        yield said
    finally:
        del runner.run


@contextlib.contextmanager
def _in_folder(path: Path) -> Iterator[None]:
    """The program's own folder as the current one, and first on its path, as `python FILE` and Jupyter have it."""
    before: Any = (os.getcwd(), sys.path[:], sys.argv[:])
    os.chdir(path.resolve().parent)
    sys.path.insert(0, str(path.resolve().parent))
    sys.argv = [str(path)]
    try:
        yield
    finally:
        os.chdir(before[0])
        sys.path[:], sys.argv = before[1], before[2]
