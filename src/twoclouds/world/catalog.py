"""Facts about a vendor, as rows with a source and a date; each cloud keeps its own in its `data/` folder."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path


class CatalogError(ValueError):
    """A row that does not say where it comes from."""


@dataclass(frozen=True)
class Row:
    """One fact: its columns, and where it comes from. What no source supports is `assumed`, and says why."""

    columns: Mapping[str, str]
    source: str
    date: str
    assumed: bool

    def __getitem__(self, column: str) -> str:
        return self.columns[column]

    def decimal(self, column: str) -> Decimal:
        """A column as an exact number."""
        return Decimal(self.columns[column])

    def integer(self, column: str) -> int:
        """A column as a whole number."""
        return int(self.columns[column])


class Catalog:
    """The rows of one file, by their first column."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(line for line in file if not line.startswith("#"))
            self._key = (reader.fieldnames or [""])[0]
            self._rows = {columns[self._key]: self._row(columns) for columns in reader}

    def _row(self, columns: dict[str, str]) -> Row:
        assumed = columns.pop("assumed").strip().lower() == "yes"
        source, date = columns.pop("source").strip(), columns.pop("date").strip()
        if not source or not date:
            raise CatalogError(f"{self.path.name}: {columns[self._key]!r} needs a source and a date.")
        return Row(columns=columns, source=source, date=date, assumed=assumed)

    def __getitem__(self, key: str) -> Row:
        return self._rows[key]

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)
