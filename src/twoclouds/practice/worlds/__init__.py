"""The states in which exercises begin, a module for each lesson, and here what those share.

They are built with the SDKs of the vendors, as an administrator would have built them.
"""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from twoclouds.azure.account import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE

SENSORS = "notebooks/sensors"
MACHINES = 400
"""How many machines the sensor table holds."""


def course_file(name: str) -> Path:
    """A file of the course, from wherever in it the notebook runs. Raises FileNotFoundError."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"{name} is not here: open the exercise inside the course's folder.")


def azure() -> Any:
    """An MLClient for the lab's workspace."""
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential

    return MLClient(DefaultAzureCredential(), SUBSCRIPTION, RESOURCE_GROUP, WORKSPACE)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the SDK's progress bars and notes: this is not the learner's upload."""
    before = logging.root.manager.disable
    logging.disable()
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(before)
