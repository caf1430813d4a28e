"""Programs that Azure ML puts into containers: they run there, in the learner's image, and import nothing from here."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def source(name: str) -> bytes:
    """The source of a program (`inference_server`)."""
    return (Path(__file__).parent / f"{name}.py").read_bytes()
