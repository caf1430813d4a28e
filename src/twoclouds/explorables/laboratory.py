"""A lab in which the table of an explorable is made: its own, quiet, in a folder of its own."""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import twoclouds
from twoclouds.lab import Lab

Assumed = Mapping[str, float]


@contextlib.contextmanager
def laboratory(files: Mapping[str, str], *, minutes: float = 38, assumed: Assumed | None = None) -> Iterator[Lab]:
    """A lab in a folder that holds `files`; `src/train.py` takes so many minutes on four virtual CPUs.

    It goes by other assumptions if some are given. Nothing that the SDKs say is shown.
    """
    with contextlib.ExitStack() as around:
        around.enter_context(contextlib.chdir(around.enter_context(tempfile.TemporaryDirectory())))
        around.enter_context(contextlib.redirect_stdout(io.StringIO()))
        around.enter_context(contextlib.redirect_stderr(io.StringIO()))
        for name, text in files.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(text, encoding="utf-8")
        lab = around.enter_context(twoclouds.open())
        logging.getLogger("azure.ai.ml").setLevel(logging.ERROR)
        lab.workload("train.py", minutes=minutes, on="4 vCPU")
        for name, value in (assumed or {}).items():
            lab.assume(name, value)
        yield lab
