"""What this machine can do for the course, before anything is run; and what to do about what it cannot."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import messages, setup, start
from .places import Course

MARKS = {"ok": "ok  ", "note": "note", "mend": "MEND"}


@dataclass(frozen=True)
class Finding:
    what: str
    mark: str  # ok, note (the course works all the same) or mend
    seen: str
    do: str = ""


def doctor(course: Course) -> int:
    """Say it as a table; 1 if something must be mended."""
    findings = list(examine(course))
    for finding in findings:
        messages.say(f"{MARKS[finding.mark]}  {finding.what:<12} {finding.seen}")
        if finding.do:
            messages.say(f"{'':18} → {finding.do}")
    to_mend = sum(finding.mark == "mend" for finding in findings)
    messages.say("\nNothing to mend." if not to_mend else f"\n{to_mend} to mend.")
    return 1 if to_mend else 0


def examine(course: Course) -> Iterator[Finding]:
    yield Finding("Python", "ok", f"{platform.python_version()} at {sys.executable}")
    yield from _pip()
    yield _disk(course)
    yield _packages(course)
    yield _kernel(course)
    yield _port()
    yield _browser()
    yield _system()


def _pip() -> Iterator[Finding]:
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        yield Finding(
            "venv", "mend", "this Python has no ensurepip", f"sudo apt install python3.{sys.version_info.minor}-venv"
        )


def _disk(course: Course) -> Finding:
    free = shutil.disk_usage(course.root).free / setup.GIGABYTE
    needed = 0.2 if setup.state(course) == "ready" else setup.NEEDED / setup.GIGABYTE
    if free >= needed:
        return Finding("disk", "ok", f"{free:.1f} GB free at {course.root}")
    return Finding(
        "disk",
        "mend",
        f"{free:.1f} GB free at {course.root}",
        f"make room for {needed:.1f} GB, or move the course to another disk",
    )


def _packages(course: Course) -> Finding:
    state = setup.state(course)
    said = {
        "ready": Finding("packages", "ok", ".venv is what the lock file says"),
        "missing": Finding("packages", "note", "not installed yet", "python3 course.py start  does it"),
        "moved": Finding("packages", "note", "the course's folder was moved", "python3 course.py start  sees to it"),
        "outdated": Finding(
            "packages", "note", "the lock file is newer than .venv", "python3 course.py start  updates it"
        ),
        "unfinished": Finding(
            "packages",
            "mend",
            ".venv is half-made: a set-up was interrupted",
            "python3 course.py start  makes it again",
        ),
        "broken": Finding(
            "packages", "mend", ".venv lacks packages, or its Python is gone", "python3 course.py start  makes it again"
        ),
    }
    return said[state]


def _kernel(course: Course) -> Finding:
    if setup.state(course) != "ready":
        return Finding("kernel", "note", "comes with the packages")
    process = subprocess.run(
        [str(course.python), "-c", "import ipykernel, twoclouds; print(ipykernel.__version__)"],
        capture_output=True,
        text=True,
    )
    if process.returncode == 0:
        return Finding("kernel", "ok", f"Two Clouds (Python 3), ipykernel {process.stdout.strip()}")
    reason = (process.stderr.strip().splitlines() or ["no reason given"])[-1]
    return Finding(
        "kernel", "mend", f"does not start: {reason}", "delete the folder .venv, then  python3 course.py start"
    )


def _port() -> Finding:
    if start.is_free(start.PORT):
        return Finding("port", "ok", f"{start.PORT} is free")
    return Finding(
        "port",
        "note",
        f"{start.PORT} is in use",
        f"start takes {start.next_free(start.PORT)} by itself, or use --port N",
    )


def _browser() -> Finding:
    found = browser()
    if found:
        return Finding("browser", "ok", found)
    return Finding(
        "browser",
        "note",
        "no Chromium or Chrome",
        "only the site's tests need one; on Debian: sudo apt install chromium",
    )


def _system() -> Finding:
    name = f"{platform.system()} {platform.machine()}"
    if sys.platform == "win32":
        return Finding(
            "system",
            "note",
            name,
            "all but ModelTrainer, whose drivers need bash and /opt/ml: use the course in WSL 2 for those cells",
        )
    if sys.platform == "darwin":
        return Finding("system", "ok", f"{name}; a job sees /opt/ml through a path map")
    if namespaces():
        return Finding("system", "ok", f"{name}; a job has its own /opt/ml (mount namespace)")
    return Finding("system", "ok", f"{name}; no mount namespaces here, so a job sees /opt/ml through a path map")


def namespaces() -> bool:
    """Whether this user may give a process a file system view of its own."""
    unshare = shutil.which("unshare")
    return (
        unshare is not None and subprocess.run([unshare, "-U", "-r", "-m", "true"], capture_output=True).returncode == 0
    )


def browser() -> str:
    """The system's Chromium or Chrome; "" if there is none."""
    commands = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    places = [
        Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
        Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
        *(
            Path(os.environ.get(root, "")) / "Google/Chrome/Application/chrome.exe"
            for root in ("PROGRAMFILES", "LOCALAPPDATA")
        ),
    ]
    found = [path for path in map(shutil.which, commands) if path] + [str(place) for place in places if place.is_file()]
    return found[0] if found else ""
