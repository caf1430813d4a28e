"""The one child process that a script in this process may have: pip."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable
from typing import Any

NONE = "Two Clouds: no child processes here, but pip: this job runs inside the page's own Python."


def arguments(command: Any) -> list[str] | None:
    """What pip is asked by a command of `subprocess`'s; None for another program."""
    words = shlex.split(command) if isinstance(command, str) else [os.fsdecode(word) for word in command]
    if words and os.path.basename(words[0]) in ("pip", "pip3"):
        return words[1:]
    python = bool(words) and os.path.basename(words[0]).startswith("python")
    return words[3:] if python and words[1:3] == ["-m", "pip"] else None


def only(run: Callable[[list[str], str], int]) -> Callable[..., None]:
    """What stands in for `subprocess.Popen.__init__`: `run(arguments, folder)` is pip, done before it returns; what it
    prints goes where the script's own output goes."""

    def start(process: subprocess.Popen[bytes], args: Any, *rest: Any, **options: Any) -> None:
        asked = arguments(args)
        if asked is None:
            raise OSError(NONE)
        process.args, process.pid = args, 0
        process.stdin = process.stdout = process.stderr = None
        process._communication_started = False  # type: ignore[attr-defined]
        process.returncode = run(asked, os.fspath(options.get("cwd") or os.getcwd()))

    return start
