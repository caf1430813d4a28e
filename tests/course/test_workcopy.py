"""The learner's copy: given out without outputs, kept when changed, restored when asked for."""

import json

import pytest

from commands import messages, workcopy
from commands.places import Course

from .conftest import LESSON, write_notebook


def source_of(course: Course, path: str) -> str:
    return "|".join("".join(cell["source"]) for cell in json.loads((course.work / path).read_text("utf-8"))["cells"])


def test_lessons_come_without_outputs_and_with_their_files(course):
    assert workcopy.hand_out(course) == []
    cells = json.loads((course.work / LESSON).read_text("utf-8"))["cells"]
    assert [(cell["outputs"], cell["execution_count"]) for cell in cells] == [([], None), ([], None)]
    assert (course.work / "notebooks/sensors/train.py").exists()
    assert (course.work / "exercises/01.ipynb").exists()


def test_a_second_time_nothing_is_said_and_nothing_is_touched(course):
    workcopy.hand_out(course)
    before = {file: file.stat().st_mtime_ns for file in course.work.rglob("*.ipynb")}
    assert workcopy.hand_out(course) == []
    assert {file: file.stat().st_mtime_ns for file in course.work.rglob("*.ipynb")} == before


def test_running_a_notebook_is_not_changing_it(course):
    workcopy.hand_out(course)
    write_notebook(course.work / LESSON, "1 + 1", "lab.bill()", "", output="42")  # run, with an empty cell at the end
    assert workcopy.hand_out(course) == []
    assert "42" in (course.work / LESSON).read_text("utf-8"), "what was run stays while the course is the same"

    write_notebook(course.root / LESSON, "1 + 1", "lab.bill(by='phase')")
    assert workcopy.hand_out(course) == [f"{LESSON} is new in the course, and you had not changed it: replaced."]
    assert source_of(course, LESSON) == "1 + 1|lab.bill(by='phase')"


def test_a_changed_notebook_is_kept_and_the_new_one_put_beside_it_once(course):
    workcopy.hand_out(course)
    write_notebook(course.work / LESSON, "1 + 2", "lab.bill()")
    write_notebook(course.root / LESSON, "1 + 1", "lab.timeline()")

    beside = LESSON.replace(".ipynb", ".new.ipynb")
    said = f"{LESSON} is new in the course; yours is kept, and the new one is beside it as {beside.split('/')[1]}."
    assert workcopy.hand_out(course) == [said]
    assert source_of(course, LESSON) == "1 + 2|lab.bill()"
    assert source_of(course, beside) == "1 + 1|lab.timeline()"
    assert workcopy.hand_out(course) == []

    write_notebook(course.root / LESSON, "1 + 1", "lab.skip(hours=1)")
    workcopy.hand_out(course)
    assert source_of(course, beside.replace(".new", ".new-2")) == "1 + 1|lab.skip(hours=1)"


def test_a_changed_notebook_is_left_in_peace_while_the_course_is_the_same(course):
    workcopy.hand_out(course)
    write_notebook(course.work / LESSON, "mine")
    assert workcopy.hand_out(course) == []
    assert not list(course.work.rglob("*.new*"))


def test_a_deleted_notebook_comes_back(course):
    workcopy.hand_out(course)
    (course.work / LESSON).unlink()
    assert workcopy.hand_out(course) == []
    assert (course.work / LESSON).exists()


def test_what_the_course_no_longer_has_goes_unless_it_was_changed(course):
    write_notebook(course.root / "exercises/02.ipynb", "answer = ...")
    workcopy.hand_out(course)
    write_notebook(course.work / "exercises/02.ipynb", "answer = 3")
    for name in ("01", "02"):
        (course.root / f"exercises/{name}.ipynb").unlink()
    workcopy.hand_out(course)
    assert [file.name for file in (course.work / "exercises").glob("*.ipynb")] == ["02.ipynb"]


@pytest.mark.parametrize("damage", ["", "{", "[]"])
def test_a_damaged_record_loses_nobodys_work(course, damage):
    workcopy.hand_out(course)
    write_notebook(course.work / LESSON, "mine")
    (course.work / ".given.json").write_text(damage, "utf-8")
    said = workcopy.hand_out(course)
    assert len(said) == 1
    assert source_of(course, LESSON) == "mine"


@pytest.mark.parametrize(
    "name", ["01-one-job-two-clouds", "01-one-job-two-clouds.ipynb", LESSON, f"_work/{LESSON}", "01-one"]
)
def test_reset_restores_one_notebook_and_keeps_the_learners(course, name):
    workcopy.hand_out(course)
    write_notebook(course.work / LESSON, "mine")
    write_notebook(course.work / "exercises/01.ipynb", "answer = 3")
    backup = LESSON.replace(".ipynb", ".backup.ipynb")
    assert workcopy.reset(course, name) == [
        f"{LESSON} is as the course has it again; yours is kept as {backup.split('/')[1]}."
    ]
    assert source_of(course, LESSON) == "1 + 1|lab.bill()"
    assert source_of(course, backup) == "mine"
    assert source_of(course, "exercises/01.ipynb") == "answer = 3"


def test_reset_of_all_clears_outputs_and_makes_no_needless_backup(course):
    workcopy.hand_out(course)
    write_notebook(course.work / LESSON, "1 + 1", "lab.bill()", output="42")
    assert workcopy.reset(course) == ["Everything chosen is as the course has it, without outputs."]
    assert "42" not in (course.work / LESSON).read_text("utf-8")
    assert not list(course.work.rglob("*backup*"))


def test_reset_of_an_unknown_notebook_names_those_there_are(course):
    with pytest.raises(messages.Problem) as problem:
        workcopy.reset(course, "99")
    assert problem.value.what == "There is no notebook '99' to reset."
    assert "01-one-job-two-clouds" in problem.value.next_step
