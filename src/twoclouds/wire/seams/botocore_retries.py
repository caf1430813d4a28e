"""botocore's retries: they wait a random part of a second, and the part is the same every time."""

from __future__ import annotations

import random
from types import ModuleType
from typing import Any

from twoclouds.wire.patches import Patches


def _same_waits(patches: Patches, module: ModuleType) -> None:
    drawn, real = random.Random("two clouds"), module.ExponentialBackoff.__init__

    def __init__(self: Any, *args: Any, **options: Any) -> None:
        real(self, *args, **options)
        self._random = drawn.random

    patches.attribute(module.ExponentialBackoff, "__init__", __init__)


def _same_legacy_waits(patches: Patches, module: ModuleType) -> None:
    patches.attribute(module, "random", random.Random("two clouds"))


MODULES = {"botocore.retries.standard": _same_waits, "botocore.retryhandler": _same_legacy_waits}
