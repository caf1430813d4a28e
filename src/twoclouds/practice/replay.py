"""An open design has to do for a second workload, too: one that the learner has not seen, in a lab of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

from twoclouds.figures import dollars
from twoclouds.lab import Lab
from twoclouds.practice import worlds
from twoclouds.practice.checks import Finding, Met, Missing, Requirement, look
from twoclouds.practice.evidence import Evidence, gather
from twoclouds.practice.evidence.aws import TrainingJob
from twoclouds.practice.evidence.azure import CommandJob
from twoclouds.practice.hints import Hint

MINUTE = 60_000
"""ms."""

REFUSED = Hint(
    "The second workload is of the same kind as yours, and asks a cloud for something more. What was refused?",
    "Read the message as you would on your own account: which limit, name or right of your design does it run into?",
)

RAISED = Hint(
    "Your functions worked once, where you tried them. What do they take for granted that need not be so?",
    "Names that are taken, jobs that are still running, a list that is empty: look where the message points.",
)


@dataclass(frozen=True, kw_only=True)
class Replay:
    """What happens once all requirements of a task are met.

    `run(lab, design)` carries the design over to a new lab in the state in which the exercise began, with the vendors'
    SDKs, and lets the second workload happen there; `design` is what the learner's clouds hold, with the functions that
    were handed to `ex.run` in `design.design`. `requirements` are then looked at in what the new lab holds; what `run`
    returns is their `evidence.report`. `told` introduces what was seen: "On a morning that you have not seen".

    With `here`, the second workload happens in the learner's own lab, which goes on.
    """

    told: str
    run: Callable[[Lab, Evidence], object]
    requirements: tuple[Requirement, ...]
    here: bool = False


def replayed(
    replay: Replay, prepare: Callable[[Lab], None], lab: Lab, design: Evidence, seed: int
) -> tuple[Finding, ...]:
    """What the second workload shows. A lab that is not `here` is left as it was."""
    if replay.here:
        return _tried(replay, lab, design)
    with lab.elsewhere(seed=seed) as other:
        prepare(other)
        return _tried(replay, other, design)


def _tried(replay: Replay, lab: Lab, design: Evidence) -> tuple[Finding, ...]:
    try:
        with worlds.quiet():
            report = replay.run(lab, design)
    except Exception as error:
        if message := refusal(error):
            return (Missing(f"a cloud refused: {message}", "What did the design not leave room for?", REFUSED),)
        if not design.design:
            raise
        seen = f"a function of yours raised {type(error).__name__}: {error}"
        return (Missing(seen, "What was not as it had been the first time?", RAISED),)
    return look(replay.requirements, gather(lab, design=design.design, report=report))


def refusal(error: Exception) -> str | None:
    """What a cloud said when it refused a request; None for any other error."""
    from azure.core.exceptions import HttpResponseError
    from botocore.exceptions import ClientError

    if isinstance(error, ClientError):
        return str(error)
    if isinstance(error, HttpResponseError):
        return str(error.message).partition("\n")[0]
    return None


def happen(lab: Lab, calls: Iterable[tuple[float, Callable[[], object]]], *, hours: float) -> None:
    """Make each call at its minute, counted from now, and let time pass until `hours` from now are over."""
    clock = lab.world.clock
    begin = clock.now
    for minute, call in sorted(calls, key=lambda timed: timed[0]):
        clock.advance(max(0, begin + round(minute * MINUTE) - clock.now))
        call()
    clock.advance(max(0, begin + round(hours * 60 * MINUTE) - clock.now))


def within(budget: str, hint: Hint, *, account: str = "") -> Requirement:
    """Everything has cost so many dollars at most ("12.50"), on one account ("azure", "aws") or on both."""

    def requirement(evidence: Evidence) -> Finding:
        spent = sum((cost for name, cost in evidence.cost.items() if account in ("", name)), Fraction(0))
        if spent > Fraction(budget):
            return Missing(
                f"it cost {dollars(spent)}; the budget is ${budget}.", "Which part of the bill is work?", hint
            )
        return Met(f"it cost {dollars(spent)}, within ${budget}.")

    return requirement


def waits(jobs: Iterable[CommandJob | TrainingJob], now: int) -> list[float]:
    """For how many minutes each job waited before it ran, or has waited so far."""
    return [((now if job.started is None else job.started) - job.created) / MINUTE for job in jobs]


def ready_within(
    minutes: float, hint: Hint, *, jobs: Callable[[Evidence], Iterable[CommandJob | TrainingJob]]
) -> Requirement:
    """No job waited longer than so many minutes for its machine, and all have completed."""

    def requirement(evidence: Evidence) -> Finding:
        found = list(jobs(evidence))
        over = sum(job.status == "Completed" for job in found)
        if over < len(found) or not found:
            return Missing(f"{over} of {len(found)} jobs were completed.", "What became of the others?", hint)
        longest = max(waits(found, evidence.now))
        if longest > minutes:
            seen = f"a job waited {longest:.1f} minutes for its machine; {minutes:g} is the limit."
            return Missing(seen, "What was it waiting for?", hint)
        return Met(f"no job waited more than {longest:.1f} minutes.")

    return requirement
