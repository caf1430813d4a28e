"""For all tests: properties are tried on the same examples everywhere, and nothing fails for being slow."""

import os
import signal
import tempfile

import pytest
from hypothesis import settings

settings.register_profile("course", deadline=None, derandomize=True, database=None)
settings.load_profile("course")


_state = tempfile.TemporaryDirectory(prefix="two-clouds-state-")
os.environ["TWOCLOUDS_STATE"] = _state.name
"""No test, and no kernel of one, touches the progress of whoever runs it."""


def pytest_configure(config: pytest.Config) -> None:
    """Hear Ctrl-C, which a shell's background jobs ignore, and whose children ignore it with them."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
