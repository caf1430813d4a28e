"""azure-ai-ml's habits that would tell where it runs: telemetry, and git properties of the learner's folder."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from twoclouds.wire.patches import Patches


def _no_telemetry(patches: Patches, module: ModuleType) -> None:
    def setup_azure_monitor(connection_string: str | None = None) -> None:
        """Telemetry stays off."""

    patches.attribute(module, "setup_azure_monitor", setup_azure_monitor)


def _no_git_properties(patches: Patches, module: ModuleType) -> None:
    def get_git_properties() -> dict[str, Any]:
        """Nothing of the learner's repository reaches a job."""
        return {}

    patches.attribute(module, "get_git_properties", get_git_properties)


MODULES = {
    "azure.ai.ml._telemetry.logging_handler": _no_telemetry,
    "azure.ai.ml.operations._job_operations": _no_git_properties,
}
