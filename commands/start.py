"""JupyterLab on the working copy: on loopback, with a token and the course's own settings, and no request elsewhere."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from . import messages, setup, workcopy
from .places import LESSON_1, Course, environment

PORT = 8888
HOST = "127.0.0.1"


def start(course: Course, *, port: int | None, browser: bool, folder: Path | None, reset: str | None) -> int:
    """Set up if need be, hand out the lessons, open JupyterLab at lesson 1. `reset` names a notebook, "" is all."""
    setup.ready(course, wheels_of(folder) if folder else None)
    chosen = choose_port(port)
    for sentence in (workcopy.reset(course, reset) if reset is not None else []) + workcopy.hand_out(course):
        messages.say(sentence)
    messages.say(f"JupyterLab starts on port {chosen}, in {course.work}. To stop it: Ctrl-C here, twice.")
    return _hand_over(course, lab_command(course, port=chosen, browser=browser))


def lab_command(course: Course, *, port: int, browser: bool) -> list[str]:
    """What the course runs as JupyterLab; the settings that do not change are in commands/jupyter."""
    command = [
        str(course.python),
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={course.work}",
        f"--ServerApp.port={port}",
    ]
    if (course.work / LESSON_1).exists():
        command.append(f"--LabApp.default_url=/lab/tree/{LESSON_1}")
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    return command


def choose_port(wanted: int | None) -> int:
    """The port asked for, or the first free one from 8888 on."""
    if wanted is not None:
        if not 0 < wanted < 65536:
            raise messages.Problem(f"{wanted} is no port.", "choose one between 1024 and 65535.")
        if not is_free(wanted):
            raise messages.Problem(
                f"Port {wanted} is in use by another program.",
                f"choose another, such as --port {next_free(wanted + 1)}.",
            )
        return wanted
    chosen = next_free(PORT)
    if chosen != PORT:
        messages.say(f"Port {PORT} is in use by another program (another JupyterLab?), so this one takes {chosen}.")
    return chosen


def next_free(port: int) -> int:
    for candidate in range(port, min(port + 100, 65536)):
        if is_free(candidate):
            return candidate
    raise messages.Problem(f"No port from {port} on is free.", "stop some programs, or name a port: --port N.")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def wheels_of(folder: Path) -> Path:
    """The packages of a bundle, or of a folder that holds nothing but packages."""
    wheels = folder / "wheels" if (folder / "wheels").is_dir() else folder
    if not any(wheels.glob("*.whl")):
        raise messages.Problem(f"{folder} holds no packages.", "give the folder that `course.py bundle` made.")
    return wheels.resolve()


def _hand_over(course: Course, command: list[str]) -> int:
    sys.stdout.flush()
    if os.name != "nt":  # there, exec would return the prompt while the server runs
        os.chdir(course.root)
        os.execve(command[0], command, environment(course))
    return subprocess.call(command, env=environment(course), cwd=course.root)
