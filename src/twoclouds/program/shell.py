"""The IPython in which a program runs: magics and shell lines as in a notebook, no history, no colours."""

from __future__ import annotations

import os
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from twoclouds.program import aws_s3


class Shell(InteractiveShell):
    """IPython without a terminal. `!aws s3 …` reaches the lab; other commands are the machine's own."""

    def system(self, cmd: str) -> None:
        """Run a shell line, with {names} in it filled."""
        from IPython.utils.process import system

        command = self.var_expand(cmd, depth=1)
        if aws_s3.handles(command):
            self.user_ns["_exit_code"] = aws_s3.run(command)
        else:
            self.user_ns["_exit_code"] = system(command)

    def show_usage(self) -> None:  # pragma: no cover
        """IPython's banner is of no use here."""

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        """What went wrong is told by who runs the cells."""


def new() -> Shell:
    """A shell whose namespace is that of a program of its own."""
    from traitlets.config import Config

    settings = Config()
    settings.HistoryManager.enabled = False
    settings.InteractiveShell.colors = "nocolor"
    settings.InteractiveShell.automagic = True
    settings.InteractiveShell.banner1 = ""
    shell: Shell = Shell.instance(config=settings)
    shell.user_ns["__name__"] = "__main__"
    os.environ.setdefault("MPLBACKEND", "agg")
    return shell
