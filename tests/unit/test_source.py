"""The clouds' own modules, to be read."""

import pytest

from twoclouds import source
from twoclouds.azure.compute import pool


def test_what_is_shown_is_what_runs():
    shown = source.read("azure/compute/pool.py", "tables.py")
    assert list(shown.modules) == ["azure/compute/pool.py", "tables.py"]
    assert (pool.__doc__ or "") in repr(shown)
    assert shown._repr_html_().count("<details") == 2
    assert "&lt;= len(idle" in shown._repr_html_()
    with pytest.raises(FileNotFoundError):
        source.read("azure/compute/puddle.py")
