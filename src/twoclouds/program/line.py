"""The command line: `twoclouds run FILE.ipynb|FILE.py [--set NAME=VALUE …]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from twoclouds.program import cells, execute, outcome, placeholders, prepare, report


def parser() -> argparse.ArgumentParser:
    """The words that the command takes."""
    top = argparse.ArgumentParser(prog="twoclouds", description="Two simulated clouds for the vendors' real SDKs.")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    one = commands.add_parser(
        "run",
        help="run a notebook or a script against the simulated clouds",
        description="Runs any notebook or script against the simulated clouds, offline; ends with timeline and bill. "
        "Placeholders such as <SUBSCRIPTION_ID> are filled; pip and login lines are passed over with a note.",
        epilog="Exit code: 0 all of it ran, 1 a cell failed, 3 something is not simulated, 2 wrong usage.",
    )
    one.add_argument("file", type=Path, metavar="FILE", help="a notebook (.ipynb) or a Python script (.py)")
    one.add_argument(
        "--set",
        dest="given",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="fill the placeholder <NAME>, or replace the constant that the program assigns to NAME",
    )
    one.add_argument("--no-wait", action="store_true", help="do not wait between cells for what was begun")
    one.add_argument("--keep-going", action="store_true", help="go on after a cell that fails")
    one.add_argument("--seed", type=int, default=1, help="what identifiers are made from (1)")
    return top


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; answers its exit code."""
    given = parser().parse_args(words)
    try:
        program = cells.read(given.file)
        settings = dict(_setting(text) for text in given.given)
        program, filled, left = placeholders.fill(program, settings)
    except (OSError, ValueError) as error:
        print(f"twoclouds run: {error}", file=sys.stderr)
        return 2
    return _run(given, program, filled, left)


def _run(given: argparse.Namespace, program: list[cells.Cell], filled: dict[str, str], left: list[str]) -> int:
    import twoclouds

    with twoclouds.open(seed=given.seed) as lab:
        for name, value in filled.items():
            _say(f"filled: {name} with {value}")
        for name in left:
            _say(f"left as it is: {name} (fill it with --set {name.strip('<>')}=…)")
        for done in prepare.prepare(lab, program):
            _say(f"prepared: {done}")
        outcomes = execute.run(
            given.file, program, lab, say=_say, wait=not given.no_wait, keep_going=given.keep_going
        )
        for line in report.lines(lab, outcomes):
            print(line)
    return outcome.exit_code(outcomes)


def _setting(text: str) -> tuple[str, str]:
    name, equal, value = text.partition("=")
    if not name or not equal:
        raise ValueError(f"--set takes NAME=VALUE; not {text!r}.")
    return name, value


def _say(text: str) -> None:
    print(text if text.startswith("──") else f"# {text}", flush=True)
