"""Data for XGBoost: text/csv with the label first, libsvm, RecordIO-protobuf, Parquet."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import xgboost

from . import places, tables

CSV, LIBSVM, PARQUET, RECORDIO = "csv", "libsvm", "parquet", "recordio-protobuf"
KINDS = {
    "csv": CSV,
    "text/csv": CSV,
    "libsvm": LIBSVM,
    "text/libsvm": LIBSVM,
    "text/x-libsvm": LIBSVM,
    "parquet": PARQUET,
    "application/x-parquet": PARQUET,
    "recordio-protobuf": RECORDIO,
    "application/x-recordio-protobuf": RECORDIO,
}


class UserError(Exception):
    """What the caller gave cannot be."""


UserError.__module__ = "sagemaker_algorithm_toolkit.exceptions"


def kind(content_type: str | None) -> str:
    """One of the four formats; libsvm where none is named. Raises UserError."""
    if not content_type:
        return LIBSVM
    name, parameters = tables.content_type(content_type)
    if name not in KINDS:
        raise UserError(f"{content_type} is not an accepted ContentType: {', '.join(KINDS)}.")
    if KINDS[name] == CSV and parameters.get("label_size", "1") != "1":
        raise UserError(
            f"{content_type} is not an accepted csv ContentType. Optional parameter label_size must be equal to 1"
        )
    return KINDS[name]


def channel(path: str, kind: str, *, weights: bool = False) -> Any:
    """A training channel as a DMatrix, or None where there is nothing in it. Raises UserError."""
    contents = [(path, _bytes(path)) for path in places.files(path)]
    contents = [(path, data) for path, data in contents if data]
    if not contents:
        return None
    if kind == CSV:
        return _csv_channel(contents, weights)
    if kind == LIBSVM:
        return _libsvm_channel(contents)
    if kind == PARQUET:
        return _parquet_channel(contents)
    try:
        features, labels = zip(*(_recordio(data) for _, data in contents), strict=True)
    except ValueError as error:
        raise UserError(f"Failed to load recordio-protobuf data with exception:\n{error}") from None
    return xgboost.DMatrix(np.vstack(features), label=np.concatenate(labels))


def request(data: bytes, kind: str) -> Any:
    """What a request asks about, as a DMatrix. Raises an exception of the parser's."""
    if kind == CSV:
        return xgboost.DMatrix(csv_rows(data.strip().decode()))
    if kind == LIBSVM:
        return xgboost.DMatrix(libsvm_rows(data.strip().decode())[0])
    if kind == RECORDIO:
        return xgboost.DMatrix(_recordio(data)[0])
    raise RuntimeError(f"Content-type {kind} is not supported.")


def csv_rows(text: str) -> Any:
    """The numbers of csv text; an empty field is a missing value."""
    lines = text.split("\n")
    delimiter = csv.Sniffer().sniff(lines[0][:512]).delimiter
    delimiter = "," if delimiter.isalnum() or delimiter in ".- \r" else delimiter
    rows = [[value.strip() or "nan" for value in line.strip().split(delimiter)] for line in lines]
    return np.array(rows).astype(float)


def libsvm_rows(text: str) -> tuple[Any, Any, Any]:
    """Features, labels and weights of libsvm text; what is not named is zero. Labels may be left out."""
    rows, labels, weights = [], [], []
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        label, _, weight = ("", "", "") if ":" in words[0] and _is_feature(words) else words.pop(0).partition(":")
        labels.append(float(label or 0))
        weights.append(float(weight or 1))
        pairs = (word.partition(":") for word in words if not word.startswith("qid:"))
        rows.append({int(place): float(value) for place, _, value in pairs})
    first = min((place for row in rows for place in row), default=0)
    offset = 1 if first >= 1 else 0
    width = max((place for row in rows for place in row), default=-1) + 1 - offset
    table = np.zeros((len(rows), width))
    for number, row in enumerate(rows):
        for place, value in row.items():
            table[number, place - offset] = value
    return table, np.array(labels), np.array(weights)


def _is_feature(words: list[str]) -> bool:
    """Whether a line begins with a feature, not with `label:weight`: its places then go on rising."""
    first, second = words[0].partition(":")[0], (words[1] if len(words) > 1 else "").partition(":")[0]
    return first.isdigit() and (not second or (second.isdigit() and int(first) < int(second)))


def _bytes(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _csv_channel(contents: list[tuple[str, bytes]], weights: bool) -> Any:
    first = contents[0][1].split(b"\n", 1)[0].decode("utf-8", "replace")
    try:
        csv.Sniffer().sniff(first)
    except csv.Error as error:
        raise UserError(f"Could not determine delimiter on line {first[:50]}:\n{error}") from None
    try:
        table = np.vstack([csv_rows(data.strip().decode()) for _, data in contents])
    except ValueError as error:
        raise UserError(f"Failed to load csv data with exception:\n{error}") from None
    start = 2 if weights else 1
    return xgboost.DMatrix(table[:, start:], label=table[:, 0], weight=table[:, 1] if weights else None)


def _libsvm_channel(contents: list[tuple[str, bytes]]) -> Any:
    for path, data in contents:
        first = data.split(b"\n", 1)[0].decode("utf-8", "replace")
        words = first.split(" ")
        if any(":" not in word for word in words[1:] if word) or not _numeric(words[0].partition(":")[0]):
            raise UserError(
                f"First line '{first[:50]}...' of file '{path.rpartition('/')[2]}' is not 'LIBSVM' format. "
                "Please ensure the file is in 'LIBSVM' format."
            )
    features, labels, weights = libsvm_rows(b"\n".join(data for _, data in contents).decode())
    return xgboost.DMatrix(features, label=labels, weight=weights if (weights != 1).any() else None)


def _parquet_channel(contents: list[tuple[str, bytes]]) -> Any:
    import pandas

    try:
        table = np.vstack([pandas.read_parquet(io.BytesIO(data)).to_numpy() for _, data in contents])
    except Exception as error:
        raise UserError(f"Failed to load parquet data with exception:\n{error}") from None
    return xgboost.DMatrix(table[:, 1:], label=table[:, 0])


def _recordio(data: bytes) -> tuple[Any, Any]:
    try:
        return tables.records(data)
    except tables.Unreadable as error:
        raise ValueError(str(error)) from None


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
