"""An exercise as the learner holds it: predict, try, check, ask for a hint, say why."""

from __future__ import annotations

from collections.abc import Callable

from twoclouds import lab as labs
from twoclouds import progress
from twoclouds.practice.checks import Met, Missing, look
from twoclouds.practice.evidence import Evidence, gather
from twoclouds.practice.hints import Hint, Hints
from twoclouds.practice.locked import LockedLab
from twoclouds.practice.replay import replayed
from twoclouds.practice.task import Task, find
from twoclouds.practice.words import Words

SENTENCE = 5
"""A sentence has at least so many words."""

REPLAYED = 10_000
"""What is added to an exercise's seed for the lab in which its design is replayed."""


def exercise(number: str) -> Exercise:
    """Open the lab of an exercise such as "1.1", in the state in which it begins; a lab that is open is closed first.

    Raises ValueError if there is no such exercise.
    """
    return Exercise(find(number))


class Exercise:
    """A session with one exercise. `lab` is its lab, with the setters locked."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._lab = labs.open(seed=task.seed)
        self._prepared()
        self.lab = LockedLab(self._lab, self.restart)
        self._hints = Hints()
        self._predicted: str | None = None
        self._hint: Hint | None = None
        self._attempt = ""
        self._checked = False
        self._passed = False
        self._design: tuple[Callable[..., object], ...] = ()
        self._report: object = None

    def __repr__(self) -> str:
        return f"<Exercise {self._task.number}: {self._task.title} (about {self._task.minutes} minutes)>"

    def restart(self) -> Words:
        """Begin again: both clouds and the bill as they were at the start. The prediction and the hints stay."""
        self._lab.reset()
        self._prepared()
        self._hint, self._passed = None, False
        self._design, self._report = (), None
        return Words(f"Exercise {self._task.number} begins again: clouds and bill are as they were at its start.")

    def _prepared(self) -> None:
        self._task.prepare(self._lab)

    def predict(self, value: object) -> Words:
        """Commit to an answer. It can be changed until the first check, and not after it."""
        asked = self._task.prediction
        answer = " ".join(str(value).split())
        if self._checked and self._predicted is not None:
            return Words(f"Your prediction was {self._predicted}, and a check has been made since: it stays.")
        if asked.choices and answer not in asked.choices:
            offered = ", ".join(f'"{choice}"' for choice in asked.choices)
            return Words("That is none of the answers.", (("Question", asked.question), ("Answers", offered)))
        if asked.unit and not _is_number(answer):
            return Words(f"A number of {asked.unit}, please.", (("Question", asked.question),))
        self._predicted = f"{answer} {asked.unit}".strip()
        progress.record(self._task.number, predicted=self._predicted)
        return Words(f"Noted: {self._predicted}.", after="You will see after the exercise how close that was.")

    def run(self, *design: Callable[..., object]) -> object:
        """Try a design that consists of functions, in this lab and now. Shows what came of it."""
        if self._task.run is None:
            return Words("This exercise has no use for functions: what counts is what the clouds hold.")
        self._design, self._report = design, None
        self._report = self._task.run(self._lab, *design)
        return self._report

    def check(self) -> Words:
        """Look at what the two clouds hold now, and say what was seen."""
        if self._predicted is None:
            return Words(
                "First your prediction, then the check.",
                (("Question", self._task.prediction.question),),
                after="Commit to an answer with ex.predict(…). It may be wrong.",
            )
        self._checked = True
        evidence = gather(self._lab, design=self._design, report=self._report)
        self._attempt = evidence.fingerprint
        seen = [("Seen", finding) for finding in look(self._task.requirements, evidence)]
        replay = self._task.replay
        if replay is not None and not any(isinstance(finding, Missing) for _, finding in seen):
            second = replayed(replay, self._task.prepare, self._lab, evidence, self._task.seed + REPLAYED)
            seen += [(replay.told, finding) for finding in second]
        met = tuple((label, finding.what) for label, finding in seen if isinstance(finding, Met))
        label, missing = next(((label, each) for label, each in seen if isinstance(each, Missing)), ("", None))
        self._hint = missing.hint if missing else None
        self._passed = missing is None
        if missing:
            return Words(
                "Not yet.",
                (*met, (f"{label}, and not enough", missing.seen), ("Ask yourself", missing.question)),
                after="Change something and check again, or ask for ex.hint().",
            )
        progress.record(self._task.number, passed=True)
        return Words(f"Passed: exercise {self._task.number}.", (*met, *self._compared(evidence)), after=SAY_WHY)

    def _compared(self, evidence: Evidence) -> tuple[tuple[str, str], ...]:
        truth = self._task.prediction.truth(evidence)
        return (("You predicted", str(self._predicted)), ("It was", truth))

    def hint(self) -> Words:
        """Help with what the last check missed: a first hint, and a second after a changed attempt."""
        if self._passed:
            return Words("There is nothing left to hint at: the check has passed.")
        if self._hint is None:
            return Words("A hint answers what a check has seen.", after="Try something, then call ex.check().")
        return Words("Hint", after=self._hints.next(self._hint, self._attempt))

    def why(self, sentence: str) -> Words:
        """Say in one sentence why it had to be so; then compare with the solution's sentence."""
        if not self._passed:
            return Words("First the check, then the why.", after="Call ex.check(), and come back once it has passed.")
        yours = " ".join(str(sentence).split())
        if len(yours.split()) < SENTENCE:
            return Words("One whole sentence, please, in your own words: what made the difference, and why?")
        return Words(
            "Yours, and the solution's. Do they say the same?",
            (("Yours", yours), ("The solution's", self._task.because)),
        )


SAY_WHY = 'Now say why, in one sentence: ex.why("…"). Then you will see the solution\'s.'


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
