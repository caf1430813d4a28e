"""The toolkits' log: a line with the time, the logger's name and the level."""

from __future__ import annotations

import time

from . import places


def log(message: str, *, name: str = "", level: str = "INFO") -> None:
    """A line of the log, on standard output as containers are used to."""
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    print(f"{stamp},000 {name or logger():<12} {level:<8} {message}", flush=True)


def logger() -> str:
    """What this image's toolkit calls itself."""
    older = places.image().get("framework") == "xgboost"
    return "sagemaker-containers" if older else "sagemaker-training-toolkit"
