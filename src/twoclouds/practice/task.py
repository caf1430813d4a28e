"""What an exercise is made of: plain data and functions. The lessons' modules hold the exercises themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from twoclouds.lab import Lab
from twoclouds.practice.checks import Requirement
from twoclouds.practice.evidence import Evidence
from twoclouds.practice.replay import Replay

LESSONS = range(1, 15)


@dataclass(frozen=True)
class Prediction:
    """What the learner commits to before the check: one of `choices`, or without any a number of `unit`.

    `truth` reads from the clouds what it should have been; it is shown once the exercise is passed.
    """

    question: str
    truth: Callable[[Evidence], str]
    choices: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Task:
    """An exercise.

    `prepare` brings a new lab to where the exercise begins. `requirements` are looked at in order, and all must be
    met. An open design then has to stand a `replay`; if it consists of functions, `run(lab, *functions)` tries them,
    and what it returns is shown, and is `evidence.report`. `because` is the solution's sentence, for the learner to
    compare with.
    """

    number: str
    title: str
    minutes: int
    prediction: Prediction
    prepare: Callable[[Lab], None]
    requirements: tuple[Requirement, ...]
    because: str
    replay: Replay | None = None
    run: Callable[..., object] | None = None

    @property
    def seed(self) -> int:
        """What the identifiers of this exercise's world are made from."""
        lesson, place = self.number.split(".")
        return int(lesson) * 100 + int(place)


def find(number: str) -> Task:
    """The exercise called `number`, such as "1.2". Raises ValueError if there is none."""
    lesson = number.partition(".")[0]
    known = tasks(int(lesson)) if lesson.isdecimal() else ()
    for task in known:
        if task.number == number:
            return task
    offered = ", ".join(task.number for task in known or (task for each in LESSONS for task in tasks(each)))
    raise ValueError(f"There is no exercise {number!r}. There are: {offered}.")


def tasks(lesson: int) -> tuple[Task, ...]:
    """The exercises of a lesson, in order; none where there is no such lesson."""
    name = f"{__package__}.lesson{lesson:02}"
    if find_spec(name) is None:
        return ()
    found: tuple[Task, ...] = import_module(name).TASKS
    return found
