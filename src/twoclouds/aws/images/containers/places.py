"""Where things lie in a SageMaker container: the contract of /opt/ml."""

from __future__ import annotations

import json
import os
from typing import Any

HOME = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
"""/opt/amazon, as the interpreter sees it."""
ROOT = HOME.removesuffix("/opt/amazon")

CODE = "/opt/ml/code"
CONFIG = "/opt/ml/input/config"
DATA = "/opt/ml/input/data"
MODEL = "/opt/ml/model"
OUTPUT = "/opt/ml/output"


def importable(path: str) -> str:
    """An absolute path of the container as `sys.path` needs it."""
    return ROOT + path


def config(name: str) -> Any:
    """One of the job's configuration files; empty where there is none."""
    try:
        with open(f"{CONFIG}/{name}.json", encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def image() -> dict[str, Any]:
    """What this image is: its algorithm or framework, version, and the hyperparameters that it knows."""
    with open(os.path.join(HOME, "image.json"), encoding="utf-8") as file:
        known: dict[str, Any] = json.load(file)
    return known


def write_failure(text: str) -> None:
    """Leave the reason of a failure where SageMaker looks for it."""
    os.makedirs(OUTPUT, exist_ok=True)
    with open(f"{OUTPUT}/failure", "w", encoding="utf-8") as file:
        file.write(text)


def files(folder: str) -> list[str]:
    """The data files below a folder, in order; hidden ones and markers are none."""
    found = []
    for place, _, names in os.walk(folder):
        found += [os.path.join(place, name) for name in names if not name.startswith((".", "_"))]
    return sorted(found)


def version(text: str) -> tuple[int, ...]:
    """An image's version (`1.2-1`) to compare by: its numbers."""
    return tuple(int(part) for part in text.replace("-", ".").split(".") if part.isdigit())
