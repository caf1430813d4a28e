"""The exercises of lesson 3: workstation, pool, factory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise

from twoclouds.figures import dollars
from twoclouds.lab import Lab
from twoclouds.practice.checks import Finding, Met, Missing, Requirement
from twoclouds.practice.clouds import azure_kept, content, nothing_bills, sagemaker_completed, sagemaker_kept
from twoclouds.practice.day import Day, spend
from twoclouds.practice.evidence import Evidence
from twoclouds.practice.evidence.aws import TrainingJob
from twoclouds.practice.evidence.azure import CommandJob
from twoclouds.practice.hints import Hint
from twoclouds.practice.replay import MINUTE, Replay
from twoclouds.practice.task import Prediction, Task
from twoclouds.practice.worlds import lesson03 as worlds

# 3.1: a cluster keeps its node while somebody thinks

THINK = Hint(
    "The second run is meant to come after somebody has thought about the first. How long after?",
    "Send the first, wait for its end with ml_client.jobs.stream(…), let time.sleep pass as it stands, send the next.",
)
TOO_SOON = Hint(
    "Look at ex.lab.timeline(): what did the node do between the two runs, and for how long?",
    "idle_time_before_scale_down is how long an idle node stays, in seconds. It has to outlast the thinking.",
)
THINKING = 15
"""Minutes."""


def two_runs_on_the_pool(evidence: Evidence) -> Finding:
    if len(_runs(evidence)) < 2:
        seen = f"{len(_runs(evidence))} of the runs on `{worlds.POOL}` are Completed."
        return Missing(seen, "What do two experiments need?", THINK)
    return azure_kept(_runs(evidence)[-1], "model.json")


def somebody_thought(evidence: Evidence) -> Finding:
    if not _pairs(evidence):
        return Missing("no run was sent a while after another had ended.", "Where was the thinking?", THINK)
    return Met("one run came a quarter of an hour after another.")


def the_node_was_still_there(evidence: Evidence) -> Finding:
    waited = min(_waited(later) for _, later in _pairs(evidence))
    if waited > 1:
        seen = f"after the thinking the script began {waited:.1f} minutes after the call."
        return Missing(seen, "What had become of the node?", TOO_SOON)
    return Met(f"after the thinking the script began {waited * 60:.0f} seconds after the call.")


def second_wait(evidence: Evidence) -> str:
    return f"{min(_waited(later) for _, later in _pairs(evidence)) * 60:.0f} seconds."


def _runs(evidence: Evidence) -> list[CommandJob]:
    return [job for job in evidence.azure.jobs if job.status == "Completed" and job.compute == worlds.POOL]


def _pairs(evidence: Evidence) -> list[tuple[CommandJob, CommandJob]]:
    """A run, and one that was sent when somebody had thought about it, nothing in between."""
    runs = sorted(_runs(evidence), key=lambda job: job.created)
    return [
        (one, other)
        for one, other in pairwise(runs)
        if one.ended is not None and other.created - one.ended >= THINKING * MINUTE - MINUTE
    ]


def _waited(job: CommandJob) -> float:
    return ((job.started or 0) - job.created) / MINUTE


# 3.2: the warm pool that was not there

KEPT_NOTHING = Hint(
    "WarmPoolStatus of the first job says what became of its machine, and after how many seconds. What besides the "
    "request decides whether a machine may be kept?",
    "Machines in warm pools have a quota of their own. Find it among those that boto3.client('service-quotas') lists, "
    "ask for more, and let time pass until the request is APPROVED.",
)
OTHER_QUOTA = Hint(
    "You have asked for more of something. Read its name again: which use of a machine is it for?",
    "A type of machine has one quota for each use, and none helps another: training jobs, warm pools, endpoints, …",
)
NOT_ALIKE = Hint(
    "A machine was waiting, and the next job took a new one. Lay the two requests side by side.",
    "Role, type, number and volume size have to be equal (and network and encryption). Which of them is not?",
)
TOO_LATE = Hint(
    "A machine was kept, and was gone when somebody came. Compare two durations in ex.lab.timeline().",
    "KeepAlivePeriodInSeconds counts from the end of the job. Send the next one before it is over.",
)
NOBODY_CAME = Hint(
    "A machine was kept at last. Who was there to take it over?",
    "It takes two jobs after the quota is granted: one that leaves its machine, and one that comes in time. When was "
    "the request APPROVED?",
)
WARM = "ml.m5.xlarge for training warm pool usage"


def a_machine_was_taken_over(evidence: Evidence) -> Finding:
    jobs = evidence.aws.training_jobs
    if any(job.reused and job.status == "Completed" for job in jobs):
        return Met("a job took over the machine of another.")
    question = "Where did its machine go?"
    kept = [job for job in jobs if job.kept]
    if not kept:
        asked = [request.quota for request in evidence.aws.quota_requests]
        seen = f"{sum(job.keep_alive > 0 for job in jobs)} jobs asked to keep their machine; none was kept."
        if asked and WARM not in asked:
            return Missing(f"{seen} You have asked for more of: {', '.join(asked)}.", question, OTHER_QUOTA)
        return Missing(seen, question, KEPT_NOTHING)
    seen = f"{kept[-1].name} kept its machine for {kept[-1].kept // 60} minutes, and nobody took it over."
    return Missing(seen, "Who could have?", _why_left(jobs, kept))


def _why_left(jobs: Sequence[TrainingJob], kept: Sequence[TrainingJob]) -> Hint:
    """Why nobody took over a machine that was kept: somebody came too late, somebody was not alike, nobody came."""
    after = [
        (job.created - before.ended, before.kept * 1000)
        for before in kept
        for job in jobs
        if before.ended is not None and job.created >= before.ended
    ]
    if not after:
        return NOBODY_CAME
    return NOT_ALIKE if any(pause <= keep for pause, keep in after) else TOO_LATE


def it_trained(evidence: Evidence) -> Finding:
    job = next(job for job in reversed(evidence.aws.training_jobs) if job.reused and job.status == "Completed")
    ended = sagemaker_completed(job)
    return ended if isinstance(ended, Missing) else sagemaker_kept(job, "model.json")


def paid_for_waiting(evidence: Evidence) -> str:
    kept = sum(job.kept for job in evidence.aws.training_jobs)
    return f"{kept // 60} minutes, between the runs and after the last."


# 3.3: a night, a morning and a budget

MORNING = (0, 20, 40, 60, 80)
OTHER_MORNING = (0, 20, 45, 45, 65, 90, 90, 110, 130)
"""Minutes after nine; at most 25 lie between two, and at times two people send at once."""

AVERAGE = 1.5
BUDGET, OTHER_BUDGET = "1.20", "1.80"

TRY_IT = Hint(
    "A design is two functions: one that makes what has to be there, and one that sends a job. Have you tried yours?",
    "ex.run(set_up, send) lets a night and a morning happen, and shows who waited.",
)
EVERY_RUN = Hint(
    "Each call of send(name) is one run of train.py. What became of those that are missing?",
    "Look at one of them with describe_training_job(…) or ml_client.jobs.stream(…). Does send ask for a model, and is "
    "it kept?",
)
DO_NOT_WAIT = Hint(
    "While send waits, nobody else can send. Who is held up?",
    "Hand the job over and return: on Azure ML create_or_update does so, on SageMaker create_training_job or "
    "train(wait=False).",
)
SILENT = Hint(
    "Your jobs ask to keep their machine. Was any kept? WarmPoolStatus says for how many seconds.",
    "set_up is the place to ask for the quota that this needs, and to let time pass until it is granted.",
)
IN_LINE = Hint(
    "Somebody waited longer than a machine takes to come. Behind whom?",
    "ex.lab.timeline() shows jobs that wait while a machine works. How many machines may there be at once?",
)
COLD = Hint(
    "Look at the times at which the scripts began. After which pauses was there no machine?",
    "Somebody has to hold a machine between two runs, for as long as the longest pause. On either cloud there is a "
    "number for that.",
)
NIGHT_TOO = Hint(
    "ex.lab.bill() says in which phase the money went. Who needed that machine from noon to eight?",
    "A minimum of nodes holds day and night. What else keeps a node, and ends?",
)
DISKS = Hint(
    "ex.lab.bill(): what goes on billing while the machine is off?",
    "A machine that somebody owns has a disk that somebody pays, night and day. Does this work need one?",
)
TOO_LONG = Hint(
    "ex.lab.bill() says what idling cost. How long did the last machine stay after the last run?",
    "The time for which a machine is kept is paid once after each cluster of runs. How long is the longest pause that "
    "it has to bridge?",
)


def it_was_tried(evidence: Evidence) -> Finding:
    if not isinstance(evidence.report, Day):
        return Missing("no night and no morning has happened yet.", "What does ex.run ask for?", TRY_IT)
    return Met("a night and a morning have happened.")


def every_run_made_a_model(evidence: Evidence) -> Finding:
    jobs: Sequence[CommandJob | TrainingJob] = (*evidence.azure.jobs, *evidence.aws.training_jobs)
    made = sum(job.status == "Completed" and content(job.artefacts, "model.json") is not None for job in jobs)
    if made < evidence.report.sent:
        return Missing(f"{made} of {evidence.report.sent} runs left a model.", "And the others?", EVERY_RUN)
    return Met(f"{made} runs left a model.")


def nobody_was_held_up(evidence: Evidence) -> Finding:
    if evidence.report.late > 1:
        seen = f"a run was sent {evidence.report.late:.0f} minutes after somebody wanted to."
        return Missing(seen, "What was send doing?", DO_NOT_WAIT)
    return Met("every run was sent when somebody wanted it.")


def few_waited(evidence: Evidence) -> Finding:
    day: Day = evidence.report
    if day.average > AVERAGE:
        seen = f"in the morning a script began {day.average:.1f} minutes after its call, on average."
        return Missing(seen, "What was there when the call came?", _why_waited(evidence, day))
    return Met(f"in the morning a script began {day.average:.1f} minutes after its call, on average.")


def _why_waited(evidence: Evidence, day: Day) -> Hint:
    jobs = evidence.aws.training_jobs
    if any(job.keep_alive for job in jobs) and not any(job.kept for job in jobs):
        return SILENT
    return IN_LINE if max(day.waited) > day.waited[0] + 1 else COLD


def affordable(budget: str) -> Requirement:
    """All of it has cost so much at most."""

    def requirement(evidence: Evidence) -> Finding:
        spent = sum(evidence.cost.values(), Fraction(0))
        if spent > Fraction(budget):
            seen = f"it cost {dollars(spent)}; the budget is ${budget}."
            return Missing(seen, "Which part of that was work?", _why_dear(evidence))
        return Met(f"it cost {dollars(spent)}, within ${budget}.")

    return requirement


def _why_dear(evidence: Evidence) -> Hint:
    if any(cluster.minimum for cluster in evidence.azure.clusters):
        return NIGHT_TOO
    return DISKS if evidence.azure.compute_instances else TOO_LONG


def a_day(lab: Lab, set_up: Callable[[], object], send: Callable[[str], object]) -> Day:
    """Try a design, from the beginning: nothing that an earlier try has left is there."""
    lab.reset()
    worlds.a_team(lab)
    return spend(lab, set_up, send, morning=MORNING, long=worlds.LONG, short=worlds.SHORT)


def another_day(lab: Lab, design: Evidence) -> Day:
    return spend(lab, *design.design, morning=OTHER_MORNING, long=worlds.LONG, short=worlds.SHORT)


def cents_for_idling(evidence: Evidence) -> str:
    idle = sum((cost for (_, phase), cost in evidence.spent.items() if phase == "idle"), Fraction(0))
    return f"{float(idle) * 100:.0f} cents of {dollars(sum(evidence.cost.values(), Fraction(0)))}."


TASKS = (
    Task(
        number="3.1",
        title="Keep it while I think",
        minutes=4,
        prediction=Prediction(
            "With the pool changed, how many seconds after its call will the second script begin?",
            truth=second_wait,
            unit="seconds",
        ),
        prepare=worlds.a_pool_and_data,
        requirements=(two_runs_on_the_pool, somebody_thought, the_node_was_still_there, nothing_bills),
        because="A node that is idle stays for the pool's idle time, which has to outlast the pause between two runs "
        "and should end soon after the last; a minimum would have kept it too, and never let it go.",
    ),
    Task(
        number="3.2",
        title="The pool that was not there",
        minutes=8,
        prediction=Prediction(
            "Once it is mended, and everybody has gone home: for how many minutes of waiting will you have paid?",
            truth=paid_for_waiting,
            unit="minutes",
        ),
        prepare=worlds.a_bucket_with_the_script,
        requirements=(a_machine_was_taken_over, it_trained, nothing_bills),
        because="A machine is kept only if the account has a quota for warm pools, and is handed over only to a job "
        "that asks for exactly the same; neither lack is an error, so the jobs ran, and nobody was told.",
    ),
    Task(
        number="3.3",
        title="A night, a morning and a budget",
        minutes=15,
        prediction=Prediction(
            "How many cents will your design cost while its machines have nothing to do?",
            truth=cents_for_idling,
            unit="cents",
        ),
        prepare=worlds.a_team,
        requirements=(it_was_tried, every_run_made_a_model, nobody_was_held_up, few_waited, affordable(BUDGET)),
        because="Somebody has to hold a machine from one run of the morning to the next, longer than the longest pause "
        "and not until evening; at night there is no next run, and nobody should hold one.",
        run=a_day,
        replay=Replay(
            told="On a night and a morning that you have not seen",
            run=another_day,
            requirements=(every_run_made_a_model, nobody_was_held_up, few_waited, affordable(OTHER_BUDGET)),
        ),
    ),
)
