from collections.abc import Iterator

import pytest

from tests.notebooks.exercises.harness import Lesson
from tests.notebooks.learner import Learner
from twoclouds import lab as labs


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test of a lesson its exercises, or its wrong answers."""
    lesson = metafunc.cls
    if lesson is None or not issubclass(lesson, Lesson):
        return
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", lesson.names())
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", lesson.wrong, ids=[f"{case.name} {case.what}" for case in lesson.wrong])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "exercises" in item.path.parts:
            item.add_marker(pytest.mark.filterwarnings("ignore:::azure"))
            item.add_marker(pytest.mark.filterwarnings("ignore:::marshmallow"))


@pytest.fixture(autouse=True)
def _in_the_exercises(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(Learner("solutions", "01-1").folder)
    yield
    if labs._open:
        labs._open.close()
