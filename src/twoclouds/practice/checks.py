"""What a check finds: a requirement that is met, or one that is not, with what was seen and a question about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from twoclouds.practice.evidence import Evidence
from twoclouds.practice.hints import Hint


@dataclass(frozen=True)
class Met:
    """A requirement that the clouds' state meets."""

    what: str


@dataclass(frozen=True)
class Missing:
    """A requirement that it does not: what was `seen`, and a question. It never says what would pass."""

    seen: str
    question: str
    hint: Hint


Finding = Met | Missing
Requirement = Callable[[Evidence], Finding]


def look(requirements: Iterable[Requirement], evidence: Evidence) -> tuple[Finding, ...]:
    """The requirements that are met, up to and including the first that is not: one thing at a time."""
    findings: list[Finding] = []
    for requirement in requirements:
        findings.append(requirement(evidence))
        if isinstance(findings[-1], Missing):
            break
    return tuple(findings)


def last_line(log: str) -> str:
    """The last line of a log that says something; "" if none does."""
    return next((line.strip() for line in reversed(log.splitlines()) if line.strip()), "")
