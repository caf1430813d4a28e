"""How long a script takes in virtual time: never as long as it really takes here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from twoclouds.world.clock import SECOND, seconds

DEFAULT_SECONDS = 60
"""A script that nobody declared takes so long, plus what it slept. Assumed: it stands for "a minute or so"."""


@dataclass(frozen=True)
class Workload:
    """A script takes `minutes` on a machine with `vcpus` virtual CPUs, and scales with their number (assumed)."""

    script: str
    minutes: Decimal
    vcpus: int


class Workloads:
    """What was declared about the scripts of this lab."""

    def __init__(self) -> None:
        self._workloads: dict[str, Workload] = {}

    def declare(self, script: str, *, minutes: float, on: str = "4 vCPU") -> Workload:
        """Declare that `script` (a file name, e.g. "train.py") takes `minutes` on a machine such as "4 vCPU"."""
        match = re.fullmatch(r"\s*(\d+)\s*vCPUs?\s*", on, re.IGNORECASE)
        if not match or int(match[1]) == 0:
            raise ValueError(f'on= names a number of virtual CPUs, such as "4 vCPU"; not {on!r}.')
        if minutes <= 0:
            raise ValueError(f"minutes= is more than 0; not {minutes!r}.")
        workload = Workload(script, Decimal(str(minutes)), int(match[1]))
        self._workloads[script] = workload
        return workload

    def duration(self, scripts: Iterable[str], *, vcpus: int, slept: float = 0) -> int:
        """Milliseconds that a run takes on a machine with `vcpus`: declared for one of `scripts`, or the default."""
        for script in scripts:
            workload = self._workloads.get(script.rsplit("/", 1)[-1])
            if workload:
                return seconds(float(workload.minutes * 60 * workload.vcpus / vcpus))
        return DEFAULT_SECONDS * SECOND + seconds(slept)

    def __iter__(self) -> Iterable[Workload]:
        return iter(self._workloads.values())
