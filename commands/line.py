"""The command line: which words call what. Every problem ends as one sentence and a next step, never as a traceback."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from . import book, bundle, checks, doctor, messages, setup, start
from .places import Course, environment, this_course

INTERRUPTED = 130
RUN_WITH = {"PYTHONHASHSEED": 0, "TZ": "UTC"}
"""The same answers every time, as in the course's kernel."""


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="course.py",
        description="Two Clouds: Azure Machine Learning and Amazon SageMaker AI, by experiment.",
        epilog="Begin with:  python3 course.py start",
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    one = commands.add_parser("start", help="open the course in JupyterLab (the first time, this installs it)")
    one.add_argument("--no-browser", action="store_true", help="do not open a browser; the address is printed")
    one.add_argument("--port", type=int, metavar="N", help="the port to serve on (8888, or the next that is free)")
    one.add_argument(
        "--from",
        dest="folder",
        type=Path,
        metavar="FOLDER",
        help="install from a folder made by `bundle`, without network",
    )
    one.add_argument(
        "--reset",
        nargs="?",
        const="",
        metavar="NOTEBOOK",
        help="restore a notebook (such as 01), or all; yours is kept as a backup",
    )

    one = commands.add_parser("test", help="run everything that has to pass, or a selection")
    one.add_argument(
        "selection",
        nargs=argparse.REMAINDER,
        help="names of checks (lint types tests book site), or arguments for pytest",
    )

    commands.add_parser("book", help="build the site into _build/html")
    one = commands.add_parser("serve", help="serve the built site on this machine")
    one.add_argument("--port", type=int, metavar="N", help="the port to serve on (8000, or the next that is free)")
    one.add_argument("--no-browser", action="store_true", help="do not open a browser")
    one = commands.add_parser("run", help="run a notebook or script of yours against the simulated clouds")
    one.add_argument("words", nargs=argparse.REMAINDER, metavar="FILE [--set NAME=VALUE]")
    commands.add_parser("exercises", help="make exercises/ again from solutions/")
    commands.add_parser("doctor", help="say what this machine can do, and what to mend")
    one = commands.add_parser("bundle", help="make a folder for a room without network")
    one.add_argument("folder", type=Path, nargs="?", metavar="FOLDER", help="where to (bundle, if not said)")
    return top


def main(words: Sequence[str], course: Course | None = None) -> int:
    """Run one command; answers the exit code."""
    course = course or this_course()
    given = parser().parse_args(words)
    try:
        return _call(course, given)
    except messages.Problem as problem:
        print(problem, file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped. Nothing is broken: the same command begins again where it can.", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        print(messages.from_os(error, folder=str(course.root)), file=sys.stderr)
    except Exception as error:
        if os.environ.get("TWOCLOUDS_DEBUG"):
            raise
        print(f"This should not have happened: {type(error).__name__}: {error}", file=sys.stderr)
        print(
            "Next: run `course.py doctor`; TWOCLOUDS_DEBUG=1 shows where it was, for a report to the authors.",
            file=sys.stderr,
        )
    return 1


def _call(course: Course, given: argparse.Namespace) -> int:
    match given.command:
        case "start":
            return start.start(
                course, port=given.port, browser=not given.no_browser, folder=given.folder, reset=given.reset
            )
        case "test":
            return checks.test(course, given.selection)
        case "book":
            return book.build(course)
        case "serve":
            return book.serve(course, port=given.port, browser=not given.no_browser)
        case "exercises":
            return _python(course, "-m", "twoclouds.practice.build")
        case "run":
            return _python(course, "-m", "twoclouds", "run", *given.words, folder=Path.cwd())
        case "doctor":
            return doctor.doctor(course)
        case _:
            return bundle.bundle(course, given.folder or course.root / "bundle")


def _python(course: Course, *words: str, folder: Path | None = None) -> int:
    setup.ready(course)
    variables = environment(course) | {name: str(value) for name, value in RUN_WITH.items()}
    return subprocess.call([str(course.python), *words], env=variables, cwd=folder or course.root)
