"""Timing side by side: the candidates take turns in one run, so that a slow moment slows them all."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

perf_counter = time.perf_counter


def medians(candidates: dict[str, Callable[[], object]], *, rounds: int) -> dict[str, float]:
    """Median seconds of each candidate over `rounds` turns, after one turn that does not count."""
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for turn in range(rounds + 1):
        for name, run in candidates.items():
            began = perf_counter()
            run()
            if turn:
                taken[name].append(perf_counter() - began)
    return {name: statistics.median(times) for name, times in taken.items()}


def in_new_python(code: str, *, rounds: int = 5) -> float:
    """Median seconds that `code`, which prints a duration, reports from a Python of its own."""
    reported = []
    for turn in range(rounds + 1):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        if turn:
            reported.append(float(done.stdout.split()[-1]))
    return statistics.median(reported)
