"""Requests that come too often: refused, and by botocore sent again after a while. Only in a lab that throttles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twoclouds.aws import catalog
from twoclouds.aws.account import CLOUD
from twoclouds.aws.errors import ThrottlingException

if TYPE_CHECKING:
    from twoclouds.aws.state import State


def check(state: State, action: str) -> None:
    """Count a request for an action such as `sagemaker:CreateTrainingJob`. Raises ThrottlingException."""
    rows = catalog.table("throttles")
    fitting = [row for row in rows if action.startswith(row)]
    if not state.world.throttles.on or not fitting:
        return
    name = max(fitting, key=len)
    limits = {"per_second": rows[name].integer("per_second"), "burst": rows[name].integer("burst")}
    if state.world.throttles.take(f"{CLOUD}/{name}", **limits):
        raise ThrottlingException("Rate exceeded")
