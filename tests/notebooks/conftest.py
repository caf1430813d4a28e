import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.notebooks import kernels
from twoclouds.practice.execute import copied


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the notebooks in a folder of another name: runs leave nothing behind, and no path can be stored."""
    return copied(kernels.ROOT, tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="session")
def forked() -> Iterator[dict[str, str]]:
    """The environment in which Jupyter's kernel `twoclouds` is forked from a process with the SDKs imported."""
    with tempfile.TemporaryDirectory() as folder, kernels.forking(Path(folder)) as environment:
        yield environment


@pytest.fixture
def plain(tmp_path: Path) -> dict[str, str]:
    """The environment in which Jupyter's kernel `twoclouds` is the one that `course.py` installs."""
    return kernels.install(kernels.plain_spec(), tmp_path)
