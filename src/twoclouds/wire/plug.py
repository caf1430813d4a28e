"""Plug the vendors' SDKs, and Python's clock and network, into a lab; and pull the plug again."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from twoclouds.wire import virtual_time
from twoclouds.wire.http import Request, Response
from twoclouds.wire.imports import ImportHooks
from twoclouds.wire.patches import Patches
from twoclouds.wire.seams import (
    azure_core,
    azure_ml,
    azureml_fsspec,
    botocore,
    botocore_retries,
    requests,
    sagemaker,
    sockets,
    urllib,
    xgboost,
)
from twoclouds.wire.virtual_time import MovableClock

COMMANDS = Path(__file__).parent / "commands"
"""Commands that stand on the PATH before the real ones, refuse, and say why."""


class Plug:
    """What is changed in this process while a lab is open. `remove` leaves Python as it was; a second `install` goes on
    where that was."""

    def __init__(
        self,
        *,
        send: Callable[[Request], Response],
        clock: MovableClock,
        seed: int,
        environment: Mapping[str, str | None],
    ) -> None:
        self._send = send
        self._clock = clock
        self._seed = seed
        self._environment = environment
        self._patches = Patches()
        self._imports = ImportHooks()
        self._drawn: Counter[str] = Counter()

    def install(self) -> None:
        """Plug in. If anything goes wrong on the way, nothing stays behind."""
        try:
            self._install()
        except BaseException:
            self.remove()
            raise

    def _install(self) -> None:
        patches, send = self._patches, self._send
        path = os.pathsep.join((str(COMMANDS), os.environ.get("PATH", os.defpath)))
        patches.environment({**self._environment, "PATH": path})
        sockets.install(patches)
        virtual_time.install(patches, self._clock)
        virtual_time.install_identifiers(patches, self._seed, self._drawn)
        self._imports.install()
        hook = self._imports.when_imported
        hook(botocore.MODULE, lambda module: botocore.install(patches, module, send))
        hook(requests.MODULE, lambda module: requests.install(patches, module, send))
        hook(urllib.MODULE, lambda module: urllib.install(patches, module, send))
        hook(azure_core.MODULE, lambda module: azure_core.install(patches, module))
        hook(azureml_fsspec.MODULE, lambda module: azureml_fsspec.install(patches, module))
        for name, install in (
            azure_ml.MODULES | botocore_retries.MODULES | sagemaker.MODULES | xgboost.MODULES
        ).items():
            hook(name, lambda module, install=install: install(patches, module))  # type: ignore[misc]

    def remove(self) -> None:
        """Pull the plug: everything is as it was before."""
        self._imports.remove()
        self._patches.undo()
