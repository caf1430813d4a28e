"""`course.py test`: the one list of what has to pass, in the order in which it runs."""

import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from . import book, messages, setup
from .places import Course, environment


@dataclass(frozen=True)
class Check:
    name: str
    what: str
    command: tuple[str, ...]
    needs: str = ""  # the check without which this one has nothing to look at


def all_checks(course: Course) -> list[Check]:
    """The list. A test run needs the book for the browser tests, so they come last."""
    python = str(course.python)
    pytest = (python, "-m", "pytest", "-n", "2", "--dist", "loadfile")
    return [
        Check("lint", "ruff", (python, "-m", "ruff", "check", ".")),
        Check("types", "mypy", (python, "-m", "mypy")),
        Check("tests", "units, contracts, notebooks, the command itself", (*pytest, "tests", "--ignore=tests/site")),
        Check("book", "the site, warnings as errors", tuple(book.build_command(course))),
        Check("site", "the site in a browser", (*pytest, "tests/site"), needs="book"),
    ]


def test(course: Course, selection: Sequence[str]) -> int:
    """Run all of it; or the checks named; or pytest with whatever else is given."""
    setup.ready(course)
    everything = all_checks(course)
    chosen = [check for check in everything if check.name in selection]
    if selection and len(chosen) < len(set(selection)):
        chosen = [Check("tests", " ".join(selection), (str(course.python), "-m", "pytest", *selection))]
    return run(course, chosen or everything)


def run(course: Course, chosen: Sequence[Check]) -> int:
    """One after the other, all of them, whatever fails; then a summary, the last line of which is pytest's own kind."""
    began = time.monotonic()
    counts: Counter[str] = Counter()
    rows: list[tuple[str, str, float]] = []
    for number, check in enumerate(chosen, 1):
        messages.say(f"\n[{number}/{len(chosen)}] {check.name}: {check.what}")
        if any(name == check.needs and outcome != "passed" for name, outcome, _ in rows):
            messages.say(f"not run, because {check.needs} failed")
            rows.append((check.name, "not run", 0))
            continue
        at = time.monotonic()
        code = _run(course, check, counts)
        rows.append((check.name, "FAILED" if code else "passed", time.monotonic() - at))
    messages.say("\nSummary")
    for name, outcome, seconds in rows:
        messages.say(f"  {outcome:<7}  {name:<6} {seconds:6.0f} s")
    failed = [name for name, outcome, _ in rows if outcome != "passed"]
    if failed:
        messages.say(f"Again, only what failed:  python3 course.py test {' '.join(failed)}")
    total = ", ".join(f"{counts[word]} {word}" for word in ("failed", "passed", "skipped", "error") if counts[word])
    messages.say(f"==== {total or f'{len(rows) - len(failed)} passed'} in {time.monotonic() - began:.2f}s ====")
    return 1 if failed else 0


def _run(course: Course, check: Check, counts: "Counter[str]") -> int:
    command = list(check.command)
    report = course.root / "_build" / "tests" / f"{check.name}.xml"
    is_pytest = "pytest" in command
    if is_pytest:
        report.unlink(missing_ok=True)
        command.append(f"--junitxml={report}")
    code = subprocess.call(command, env=environment(course), cwd=course.root, stdin=subprocess.DEVNULL)
    if is_pytest and report.exists():
        _count(ElementTree.parse(report).getroot(), counts)
    elif is_pytest or code:
        counts["error" if is_pytest else "failed"] += bool(code)
    return code


def _count(report: ElementTree.Element, counts: "Counter[str]") -> None:
    for suite in report.iter("testsuite"):
        number = {word: int(suite.get(word, 0)) for word in ("tests", "failures", "errors", "skipped")}
        counts["failed"] += number["failures"]
        counts["error"] += number["errors"]
        counts["skipped"] += number["skipped"]
        counts["passed"] += number["tests"] - number["failures"] - number["errors"] - number["skipped"]
