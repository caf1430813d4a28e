"""The lab that the tests of this folder share a definition of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.azure_lab import Session, session


@pytest.fixture
def azure() -> Iterator[Session]:
    """An open lab and a client of its Azure; every answer on the way is held against the vendor's models."""
    with session() as found:
        yield found
