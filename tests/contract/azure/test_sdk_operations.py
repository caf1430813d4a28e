"""The table of MLClient's operations in the book says what calling each of them finds."""

from __future__ import annotations

import csv

from tests.contract.azure import sdk_operations


def test_the_table_is_what_calling_every_operation_finds() -> None:
    with sdk_operations.TABLE.open(encoding="utf-8", newline="") as file:
        stored = [sdk_operations.Found(*row) for row in list(csv.reader(file))[1:]]
    assert stored == sdk_operations.find(), "python -m tests.contract.azure.sdk_operations makes it again"
