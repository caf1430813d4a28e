"""What has to hold for the exercises of every lesson: subclass `Lesson` in a module of the lesson's own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.notebooks.learner import Edit, Learner
from twoclouds.practice.hints import Hint
from twoclouds.practice.task import Task, find, tasks


@dataclass(frozen=True)
class Wrong:
    """A plausible wrong answer: what it changes in the cells of the solution `name` ("01-2"), and the hint it gets."""

    name: str
    what: str
    edits: Mapping[str, Edit]
    hint: Hint


@dataclass(frozen=True)
class Other:
    """Another design that passes: what it changes in the cells of the solution `name`."""

    name: str
    what: str
    edits: Mapping[str, Edit]


@dataclass(frozen=True)
class Emptied:
    """Code that deletes what it can, run in place of the check; `edits` are made before it."""

    code: str
    edits: Mapping[str, Edit] = field(default_factory=dict)


class Lesson:
    """The exercises of one lesson, done as learners do them: right, wrong in ways that look right, and not at all.

    A subclass says which lesson, at least two wrong answers for each exercise, and for each how to delete everything;
    for an open design also at least one other design that passes. Each test gets the `name` of one exercise, or a
    `case` of `wrong` (conftest.py).
    """

    number: int
    wrong: tuple[Wrong, ...]
    emptied: Mapping[str, Emptied]
    others: tuple[Other, ...] = ()

    @classmethod
    def names(cls) -> list[str]:
        """The exercises as their files begin: "01-1", "01-2", …"""
        return [f"{cls.number:02}-{task.number.partition('.')[2]}" for task in tasks(cls.number)]

    def test_the_solution_passes_and_shows_its_sentence(self, name: str) -> None:
        learner = Learner("solutions", name)
        learner.work(until="why")
        assert repr(learner.ex.check()).startswith("Passed")
        assert "nothing left to hint at" in repr(learner.ex.hint())
        assert "One whole sentence" in repr(learner.ex.why("Because."))
        said = repr(learner.run(learner.cells["why"]))
        assert "Yours:" in said
        assert "The solution's:" in said

    def test_an_untouched_starter_fails_kindly(self, name: str) -> None:
        """No cell raises; the check first asks for the prediction, and then says what it saw."""
        learner = Learner("exercises", name)
        learner.work()
        assert "First your prediction" in repr(learner.ex.check())
        asked = _task(name).prediction
        learner.ex.predict(asked.choices[0] if asked.choices else 1)
        said = repr(learner.ex.check())
        assert said.startswith("Not yet.")
        assert "Ask yourself:" in said
        assert "First the check" in repr(learner.ex.why("It had to be so because of this."))

    def test_a_wrong_answer_gets_the_hint_made_for_it(self, case: Wrong) -> None:
        """And neither what was seen nor the question gives away what would have passed."""
        learner = Learner("solutions", case.name)
        learner.work(case.edits, until="check")
        said = learner.ex.check()
        print(said)
        assert repr(said).startswith("Not yet.")
        assert learner.ex.hint().after == case.hint.first
        for edit in case.edits.values():
            assert isinstance(edit, str) or not re.search(rf"(?<!\w){re.escape(edit[0])}(?!\w)", repr(said))

    def test_deleting_everything_never_passes(self, name: str) -> None:
        """Nothing bills where nothing is: but what the exercise asks for has to be there."""
        learner = Learner("solutions", name)
        learner.work(self.emptied[name].edits, until="check")
        learner.run(self.emptied[name].code)
        assert repr(learner.ex.check()).startswith("Not yet.")

    def test_every_exercise_has_wrong_answers_that_look_right(self) -> None:
        for name in self.names():
            assert len({case.hint for case in self.wrong if case.name == name}) >= 2, name

    def test_an_open_design_has_several_that_pass(self) -> None:
        designs = {name for name in self.names() if _task(name).replay is not None}
        assert {other.name for other in self.others} >= designs
        for other in self.others:
            learner = Learner("solutions", other.name)
            learner.work(other.edits, until="check")
            said = repr(learner.ex.check())
            assert said.startswith("Passed"), f"{other.name} {other.what}: {said}"


def _task(name: str) -> Task:
    """The exercise whose file begins with `name`."""
    lesson, place = name.split("-")
    return find(f"{int(lesson)}.{place}")
