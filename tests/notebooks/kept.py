"""A plugin of nbval: what the cells of its one notebook answered is kept, as a notebook in the file that KEPT names."""

import os
from pathlib import Path

import pytest

from twoclouds.practice import notebook


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the notebook with the outputs of this run, as `twoclouds.practice.execute` would store it."""
    for item in session.items:
        item.cell.outputs = item.test_outputs or []
        item.cell.execution_count = 1 if item.cell.source.strip() else None
    (content,) = {id(item.parent): item.parent.nb for item in session.items}.values()
    Path(os.environ["KEPT"]).write_bytes(notebook.dump(notebook.normalised(content)))
