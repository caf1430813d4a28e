"""What the workspace's storage account costs: what lies in it, by the gigabyte and month, whoever put it there."""

from __future__ import annotations

from twoclouds.azure.account import CLOUD, STORAGE_ACCOUNT
from twoclouds.azure.catalog import read
from twoclouds.azure.state import State
from twoclouds.world.bill import Line

ITEM = "Blob Storage (hot LRS)"
MEGABYTE, MEGABYTES = 1_000_000, 1000
"""Bytes in a megabyte, and megabytes in a gigabyte: the storage is metered by whole ones here."""


class StorageMeter:
    """Keeps one line of the bill open for as many full megabytes as are stored."""

    def __init__(self, state: State) -> None:
        self._bill = state.world.bill
        rows = read("storage")
        monthly = rows["hot_lrs_gb_month_usd"].decimal("value") / MEGABYTES
        self._hourly = monthly / rows["hours_in_a_month"].decimal("value")
        self._line: Line | None = None
        state.blobs.watchers.append(self.update)

    def update(self, size: int) -> None:
        """From now on `size` bytes are stored."""
        megabytes = size // MEGABYTE
        if megabytes == (self._line.count if self._line else 0):
            return
        if self._line is not None:
            self._bill.close(self._line)
            self._line = None
        if megabytes:
            self._line = self._bill.open(
                account=CLOUD,
                resource=STORAGE_ACCOUNT,
                item=ITEM,
                phase="idle",
                hourly=self._hourly,
                count=megabytes,
            )
