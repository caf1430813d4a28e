"""Two nights of a chain that trains and serves a model, other people's work in between, and what each one answered."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from twoclouds.lab import Lab
from twoclouds.practice import worlds
from twoclouds.practice.checks import Finding, Met, Missing, Requirement
from twoclouds.practice.evidence import Evidence, gather
from twoclouds.practice.hints import Hint
from twoclouds.tables import Table

NIGHTS = ("first", "second")


@dataclass(frozen=True)
class Night:
    """One night of the chain: what the training said last ("" if nothing was trained), where the model lies that is
    served ("" if nothing is), and what it says of every machine."""

    name: str
    trained: str = ""
    model: str = ""
    answers: tuple[float, ...] = ()


@dataclass(frozen=True)
class Nights:
    """Both nights, and what other people did between them."""

    nights: tuple[Night, ...]
    meanwhile: tuple[str, ...]

    @property
    def table(self) -> Table:
        """The nights as rows."""
        head = ("night", "training", "first answers")
        rows = [
            (night.name, night.trained or "none", ", ".join(f"{p:.3f}" for p in night.answers[:5]) or "none")
            for night in self.nights
        ]
        return Table("Two nights", head, rows, [("in between", f"{len(self.meanwhile)} things moved")])

    def __repr__(self) -> str:
        return repr(self.table)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


Move = tuple[str, Callable[[Lab], object]]
"""What somebody else does, in words and in fact."""


def live(
    lab: Lab, design: tuple[Callable[..., object], ...], moves: Iterable[Move], *, machines: list[list[float]]
) -> Nights:
    """Call the design's first function once and its second for each night, make the moves in between, and ask each
    night's endpoint about all `machines`. What a function raises goes through."""
    set_up, nightly = design
    meanwhile = tuple(moves)
    set_up()
    nights = [_night(lab, nightly, NIGHTS[0], machines)]
    lab.skip(hours=12)
    for _, move in meanwhile:
        move(lab)
    lab.skip(hours=12)
    nights.append(_night(lab, nightly, NIGHTS[1], machines))
    return Nights(tuple(nights), tuple(said for said, _ in meanwhile))


def _night(lab: Lab, nightly: Callable[..., object], name: str, machines: list[list[float]]) -> Night:
    before = {job.name for job in _jobs(gather(lab))}
    nightly(name)
    now = gather(lab)
    logs = [job.log for job in _jobs(now) if job.name not in before and job.status == "Completed"]
    trained = [line for log in logs for line in log.splitlines() if "scaled by" in line]
    model, answers = _ask(now, name, machines)
    return Night(name, trained[-1] if trained else "", model, tuple(answers))


def _jobs(evidence: Evidence) -> Iterable:  # type: ignore[type-arg]
    return (*evidence.azure.jobs, *evidence.aws.training_jobs)


def _ask(evidence: Evidence, name: str, machines: list[list[float]]) -> tuple[str, list[float]]:
    """Where the model lies that an endpoint serves, on whichever cloud it is, and what it says of the machines."""
    import boto3

    for endpoint in evidence.aws.endpoints:
        if endpoint.name == name and endpoint.status == "InService":
            runtime = boto3.client("sagemaker-runtime")
            body = json.dumps(machines)
            answer = runtime.invoke_endpoint(EndpointName=name, ContentType="application/json", Body=body)
            return endpoint.variants[0].data, json.loads(answer["Body"].read())["failing"]
    for deployment in evidence.azure.deployments:
        if deployment.endpoint == name and deployment.state == "Succeeded":
            with tempfile.TemporaryDirectory() as folder:
                request = Path(folder) / "machines.json"
                request.write_text(json.dumps(machines))
                said = worlds.azure().online_endpoints.invoke(
                    name, deployment_name=deployment.name, request_file=str(request)
                )
            return deployment.model, json.loads(said)["failing"]
    return "", []


def both_nights_answer(not_run: Hint, no_endpoint: Hint) -> Requirement:
    """The chain was run, and left an endpoint that answers on each night."""

    def requirement(evidence: Evidence) -> Finding:
        report = evidence.report
        if report is None:
            return Missing("no chain was run yet.", "What does ex.run want to have?", not_run)
        silent = [night.name for night in report.nights if not night.answers]
        if silent:
            seen = f"no endpoint called {silent[0]} answers."
            return Missing(seen, "Where would somebody ask on that night?", no_endpoint)
        return Met("on both nights an endpoint of that night's name answers.")

    return requirement


def both_nights_train(hint: Hint) -> Requirement:
    """Each night has trained a model and serves that one."""

    def requirement(evidence: Evidence) -> Finding:
        first, second = evidence.report.nights
        idle = [night.name for night in (first, second) if not night.trained]
        if idle or first.model == second.model:
            seen = f"the {idle[0]} night trained nothing." if idle else "both nights serve the same model."
            return Missing(seen, "Is that a chain from training to serving, every night?", hint)
        return Met("each night has trained a model, and serves it.")

    return requirement


def both_nights_agree(package: Hint, data: Hint, serving: Hint) -> Requirement:
    """The answers are the same, to the last digit; and if they are not, what of the training was another."""

    def requirement(evidence: Evidence) -> Finding:
        first, second = evidence.report.nights
        if first.answers == second.answers:
            return Met(f"both nights say the same of all {len(first.answers)} machines.")
        differ = sum(a != b for a, b in zip(first.answers, second.answers, strict=True))
        seen = f"the nights differ about {differ} of {len(first.answers)} machines."
        (rows, _, with_first), (other_rows, _, with_second) = (n.trained.partition(",") for n in (first, second))
        if with_first != with_second:
            return Missing(f"{seen} One trained with{_version(with_first)}, one with{_version(with_second)}.",
                           "Who chose the second?", package)  # fmt: skip
        if rows != other_rows:
            return Missing(f"{seen} One trained on {rows}, one on {other_rows}.", "Who wrote the second table?", data)
        return Missing(f"{seen} Both trained alike.", "Was the second model asked by the same code?", serving)

    return requirement


def _version(text: str) -> str:
    return text.rpartition("by")[2]
