"""For all tests: properties are tried on the same examples everywhere, and nothing fails for being slow."""

import signal

import pytest
from hypothesis import settings

settings.register_profile("course", deadline=None, derandomize=True, database=None)
settings.load_profile("course")


def pytest_configure(config: pytest.Config) -> None:
    """Hear Ctrl-C, which a shell's background jobs ignore, and whose children ignore it with them."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
