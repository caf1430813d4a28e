"""sagemaker's waiting panel: redrawn by a thread many times a second of real time, and gone when the wait is over.

And the process in which ModelBuilder looks for a model's packages: it is started without an environment, and then finds
no region where no file of the learner's names one.
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


def _no_panel(patches: Patches, module: ModuleType) -> None:
    patches.attribute(module, "Live", _NoPanel)


class _Subprocess:
    """Stands where `subprocess` stood: a child knows the region."""

    @staticmethod
    def run(command: list[str], *, env: dict[str, str], **options: Any) -> subprocess.CompletedProcess[Any]:
        region = {name: os.environ[name] for name in ("AWS_DEFAULT_REGION",) if name in os.environ}
        return subprocess.run(command, env={**region, **env}, **options)


def _with_region(patches: Patches, module: ModuleType) -> None:
    patches.attribute(module, "subprocess", _Subprocess)


MODULES = {"sagemaker.core.resources": _no_panel, "sagemaker.serve.detector.dependency_manager": _with_region}
