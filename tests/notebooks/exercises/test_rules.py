"""The rules of every exercise, on the quickest one."""

import pytest

from tests.notebooks.learner import Learner
from twoclouds.practice import clouds, exercise
from twoclouds.practice.locked import Locked
from twoclouds.practice.task import LESSONS, find, tasks


def test_the_second_hint_comes_after_a_changed_attempt() -> None:
    learner = Learner("solutions", "01-1")
    hint = clouds.LITERAL_PATH

    def attempt(path: str) -> str:
        learner.run(learner.cells["job"].replace("${{inputs.data}}", path))
        with pytest.raises(Exception, match="exited with status code 1"):
            learner.run(learner.cells["submit"])
        learner.ex.check()
        return learner.ex.hint().after

    learner.work(until="job")
    assert repr(learner.ex.hint()).startswith("A hint answers what a check has seen.")
    assert attempt("sensors.csv") == hint.first
    assert attempt("sensors.csv").startswith(hint.first)
    assert "after you have changed something" in learner.ex.hint().after
    assert attempt("data/sensors.csv") == hint.second
    assert learner.ex.hint().after == hint.second


def test_a_restart_brings_back_the_beginning_bill_and_all() -> None:
    learner = Learner("solutions", "01-1")
    learner.work(until="check")
    assert learner.ex.lab.bill().total > 0

    assert "begins again" in repr(learner.ex.lab.restart())
    assert learner.ex.lab.bill().total == 0
    assert "no job" in repr(learner.ex.check())

    for name in ("client", "job", "submit"):
        learner.run(learner.cells[name])
    assert repr(learner.ex.check()).startswith("Passed")


def test_a_prediction_is_a_commitment() -> None:
    ex = exercise("1.1")
    assert "none of the answers" in repr(ex.predict("somewhere"))
    assert "First your prediction" in repr(ex.check())
    assert repr(ex.predict("node")).startswith("Noted: node.")
    assert repr(ex.predict("storage")).startswith("Noted: storage.")
    assert repr(ex.check()).startswith("Not yet.")
    assert "Your prediction was storage" in repr(ex.predict("folder"))


def test_the_setters_are_locked_and_waiting_is_not() -> None:
    ex = exercise("1.1")
    for setter in ("workload", "world", "azure", "aws", "reset", "close"):
        with pytest.raises(Locked, match="locked inside an exercise"):
            getattr(ex.lab, setter)
    with pytest.raises(AttributeError):
        _ = ex.lab.no_such_thing
    assert ex.lab.skip(hours=1).startswith("Monday 2026-11-30 10:")


def test_what_is_said_reads_in_order_without_colour() -> None:
    said = exercise("1.1").check()
    assert said._repr_html_() == (
        '<div class="tc-words"><p><strong>First your prediction, then the check.</strong></p>'
        f"<ul><li><strong>Question:</strong> {find('1.1').prediction.question}</li></ul>"
        "<p>Commit to an answer with ex.predict(…). It may be wrong.</p></div>"
    )


def test_every_exercise_has_a_solution_and_says_what_is_there_instead_of_an_unknown_one() -> None:
    numbers = [task.number for lesson in LESSONS for task in tasks(lesson)]
    for number in numbers:
        lesson, place = number.split(".")
        assert Learner("solutions", f"{int(lesson):02}-{place}").cells
    for unknown in ("1.9", "77.1", "one"):
        with pytest.raises(ValueError, match=r"There is no exercise .* 1\.1, 1\.2, 1\.3"):
            exercise(unknown)
