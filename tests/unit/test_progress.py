"""Progress is kept on the learner's machine, and nothing that happens to its file breaks a lesson."""

import json

import pytest

import twoclouds
from twoclouds import progress


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TWOCLOUDS_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


def test_nothing_was_begun():
    assert repr(progress.load()) == "No exercise was begun on this machine yet."
    assert progress.load()._repr_html_() == "<p>No exercise was begun on this machine yet.</p>"


def test_what_becomes_known_is_kept_in_order():
    progress.record("10.1", predicted="both")
    progress.record("2.1", predicted="node")
    progress.record("2.1", passed=True)
    assert repr(progress.load()).splitlines() == [
        "exercise  you predicted  check",
        "2.1       node           passed",
        "10.1      both           not yet",
        "",
        f"Passed: 1. As a code to paste: {progress.load().code}",
    ]
    assert progress.decode(progress.load().code) == ("2.1",)
    assert "<td>node</td>" in progress.load()._repr_html_()


def test_a_pass_is_not_lost_when_somebody_begins_again():
    progress.record("1.1", predicted="node", passed=True)
    progress.record("1.1", predicted="storage")
    assert progress.load().exercises == {"1.1": progress.Done("storage", True)}


def test_it_can_be_forgotten(folder):
    progress.record("1.1", passed=True)
    assert progress.forget() == progress.load() == progress.Progress()
    assert json.loads((folder / "progress.json").read_text()) == {"two-clouds": 1, "exercises": {}}


def test_a_lab_tells_and_so_does_an_exercise():
    from twoclouds.practice import exercise

    ex = exercise("1.1")
    try:
        ex.predict("node")
        assert ex.lab.progress().exercises == {"1.1": progress.Done("node", False)}
        ex.check()
        assert ex.lab.progress().passed == ()
        assert ex.lab.progress(reset=True) == progress.Progress()
    finally:
        ex._lab.close()
    with twoclouds.open() as lab:
        assert lab.progress() == progress.Progress()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b'{"two-clouds": 2, "exercises": {}}',
        b'{"two-clouds": 1}',
        b'{"two-clouds": 1, "exercises": [1]}',
        b'{"two-clouds": 1, "exercises": {"1.1": 5}}',
        b'{"two-clouds": 1, "exercises": {"1.1": {}}}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_or_foreign_file_counts_as_none_and_is_set_aside(folder, content):
    folder.mkdir()
    (folder / "progress.json").write_bytes(content)
    assert progress.load() == progress.Progress()
    progress.record("1.1", passed=True)
    assert progress.load().passed == ("1.1",)
    assert (folder / "progress.other.json").read_bytes() == content
    progress.record("1.2", passed=True)
    assert progress.load().passed == ("1.1", "1.2")
    assert sorted(file.name for file in folder.iterdir()) == ["progress.json", "progress.other.json"]


def test_what_a_file_says_beyond_exercises_is_passed_over(folder):
    folder.mkdir()
    done = {"predicted": "node", "passed": "yes", "colour": "blue"}
    content = {"two-clouds": 1, "exercises": {"1.1": done, "99.1": done, "x": 3}}
    (folder / "progress.json").write_text(json.dumps(content))
    assert progress.load().exercises == {"1.1": progress.Done("node", False)}


def test_where_nothing_can_be_written_progress_lasts_as_long_as_python(folder):
    folder.write_text("a file where the folder should be")
    progress.record("1.1", passed=True)
    progress.record("1.2", passed=True)
    assert progress.load().passed == ("1.1", "1.2")
    assert progress.forget() == progress.Progress()


def test_where_a_user_would_expect_it(monkeypatch):
    from platformdirs import user_data_path

    monkeypatch.delenv("TWOCLOUDS_STATE")
    assert progress._place() == user_data_path("two-clouds", appauthor=False) / "progress.json"
