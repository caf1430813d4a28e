"""azure-ai-ml's habits that tell where it runs, or make two runs differ: telemetry, git properties, random names, and
headers that a process keeps."""

from __future__ import annotations

import random
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


def _same_names(patches: Patches, module: ModuleType) -> None:
    """The names of jobs that have none are drawn in the same order every time, whatever else draws numbers."""
    patches.attribute(module, "random", random.Random("two clouds"))


def _headers_of_this_lab(patches: Patches, module: ModuleType) -> None:
    """`invoke(deployment_name=…)` writes the name into headers that all later calls share. So it does here, until the
    lab is closed: the next one's endpoints have other deployments."""
    fields = module.EndpointInvokeFields
    patches.attribute(fields, "DEFAULT_HEADER", dict(fields.DEFAULT_HEADER))


MODULES = {
    "azure.ai.ml._telemetry.logging_handler": _no_telemetry,
    "azure.ai.ml.constants._endpoint": _headers_of_this_lab,
    "azure.ai.ml.entities._job.job_name_generator": _same_names,
    "azure.ai.ml.operations._job_operations": _no_git_properties,
}
