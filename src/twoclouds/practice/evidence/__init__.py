"""What the two clouds hold, as plain data: all that a check looks at, and nothing else.

Another noun, such as the schedules of Azure ML, is a dataclass and a function in `azure.py` or `aws.py`, and one line
in the class at that module's end. Fields made with `aside()` do not count when attempts are compared.
"""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from twoclouds.lab import Lab
from twoclouds.practice.evidence.aws import Aws
from twoclouds.practice.evidence.azure import Azure
from twoclouds.practice.evidence.noun import attempts, see

__all__ = ["Aws", "Azure", "Billing", "Evidence", "gather"]


@dataclass(frozen=True)
class Billing:
    """Something that costs money at this moment."""

    account: str
    resource: str
    phase: str


@dataclass(frozen=True)
class Evidence:
    """A lab at one moment. `cost` maps an account, `spent` (account, phase) to dollars up to now; `now` is in ms
    since the lab opened. `design` are the functions that the learner handed to `ex.run`, and `report` is what
    came of them (None before that).
    """

    azure: Azure = field(default_factory=Azure)
    aws: Aws = field(default_factory=Aws)
    billing: tuple[Billing, ...] = ()
    cost: Mapping[str, Fraction] = field(default_factory=dict)
    spent: Mapping[tuple[str, str], Fraction] = field(default_factory=dict)
    now: int = 0
    design: tuple[Callable[..., object], ...] = ()
    report: Any = None

    @property
    def fingerprint(self) -> str:
        """What was attempted, whatever it was called and however often: the same again gives the same."""
        billing = (repr((each.account, each.phase)) for each in self.billing)
        functions = (code(function) for function in self.design)
        tried = sorted({*attempts(self.azure), *attempts(self.aws), *billing, *functions, repr(self.report)})
        return hashlib.sha256("\n".join(tried).encode()).hexdigest()


def gather(lab: Lab, *, design: tuple[Callable[..., object], ...] = (), report: object = None) -> Evidence:
    """Look at both clouds now. Changes nothing, and takes no virtual time."""
    bill, now = lab.world.bill, lab.world.clock.now
    spent: dict[tuple[str, str], Fraction] = {}
    for line in bill:
        key = (line.account, line.phase)
        spent[key] = spent.get(key, Fraction(0)) + line.cost(now)
    return Evidence(
        azure=see(Azure, lab),
        aws=see(Aws, lab),
        billing=tuple(Billing(line.account, line.resource, line.phase) for line in bill.running() if line.hourly),
        cost=bill.by("account"),
        spent=spent,
        now=now,
        design=design,
        report=report,
    )


def code(function: Callable[..., object]) -> str:
    """What a function does, as a digest: the same text in the same place gives the same."""
    compiled = getattr(function, "__code__", None)
    return hashlib.sha256(marshal.dumps(compiled) if compiled else repr(type(function)).encode()).hexdigest()
