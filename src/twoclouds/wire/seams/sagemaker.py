"""sagemaker's waiting panel: redrawn by a thread many times a second of real time, and gone when the wait is over.

And the process in which ModelBuilder looks for a model's packages: it is started without an environment, and then finds
no region where no file of the learner's names one. It asks pip for the files of every installed package, twenty at a
time, which takes minutes beside hundreds of packages; their own records say the same at once.
"""

from __future__ import annotations

import os
import subprocess
from types import ModuleType, TracebackType
from typing import Any

from twoclouds.wire.patches import Patches


class _NoPanel:
    """Stands where `rich.live.Live` stood: shows nothing, and leaves nothing behind, not even an empty widget."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __enter__(self) -> _NoPanel:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pass

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass


def _no_panel(patches: Patches, module: ModuleType) -> None:
    patches.attribute(module, "Live", _NoPanel)


RECORDS = """
import os, sys
from importlib.metadata import distributions
from sagemaker.serve.detector import pickle_dependencies as _asked

def _installed():
    rows = {one.metadata["Name"]: one.version for one in distributions()}
    return [{"name": name, "version": rows[name]} for name in sorted(rows, key=str.lower)]

def _used():
    files = {os.path.realpath(module.__file__) for module in list(sys.modules.values())
             if isinstance(getattr(module, "__file__", None), str)}
    found = set()
    for one in distributions():
        home = os.path.realpath(str(one.locate_file("")))
        names = (line.split(",", 1)[0] for line in (one.read_text("RECORD") or "").splitlines())
        if any(os.path.join(home, name) in files for name in names):
            found.add(one.metadata["Name"])
    return found

_asked.get_all_installed_packages, _asked.get_currently_used_packages = _installed, _used
"""
"""Runs before what the SDK asks of its child."""


class _Subprocess:
    """Stands where `subprocess` stood: a child knows the region, and looks into records."""

    @staticmethod
    def run(command: list[str], *, env: dict[str, str], **options: Any) -> subprocess.CompletedProcess[Any]:
        region = {name: os.environ[name] for name in ("AWS_DEFAULT_REGION",) if name in os.environ}
        python, flag, code = command
        return subprocess.run([python, flag, RECORDS + code], env={**region, **env}, **options)


def _with_region(patches: Patches, module: ModuleType) -> None:
    patches.attribute(module, "subprocess", _Subprocess)


MODULES = {
    "sagemaker.core.resources": _no_panel,
    "sagemaker.serve.deployment_progress": _no_panel,
    "sagemaker.serve.detector.dependency_manager": _with_region,
}
