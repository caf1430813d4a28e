"""Numbers in the formats that the first-party algorithms share: training channels, requests and answers."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from . import places, recordio

CSV, JSON, JSONLINES, RECORDIO = (
    "text/csv",
    "application/json",
    "application/jsonlines",
    "application/x-recordio-protobuf",
)

Rows = list[dict[str, Any]]
"""An answer: for each record its values by name."""


class Unreadable(ValueError):
    """Data that is not what its content type says."""


class Unsupported(ValueError):
    """A content type that is not taken or given."""


def content_type(text: str) -> tuple[str, dict[str, str]]:
    """A content type and its parameters: `text/csv; label_size=0`."""
    kind, *parameters = (part.strip() for part in text.split(";"))
    pairs = (part.partition("=") for part in parameters if part)
    return kind.lower(), {name.strip().lower(): value.strip() for name, _, value in pairs}


def channel(name: str, given: str) -> tuple[Any, Any]:
    """All records of a training channel: a matrix of features, and the labels (None without). Raises Unreadable and
    Unsupported."""
    kind, parameters = content_type(given or RECORDIO)
    contents = [_bytes(path) for path in places.files(f"{places.DATA}/{name}")]
    if not any(contents):
        raise Unreadable(f"No data was found in the channel '{name}'.")
    if kind == CSV:
        return _split(
            np.vstack([_csv(data) for data in contents if data.strip()]), int(parameters.get("label_size", 1))
        )
    if kind == RECORDIO:
        return _records([record for data in contents for record in _recordio(data)])
    raise Unsupported(kind)


def request(data: bytes, given: str) -> Any:
    """The features that a request holds. Raises Unreadable and Unsupported."""
    kind, parameters = content_type(given or JSON)
    if kind == CSV:
        return _split(_csv(data), int(parameters.get("label_size", 0)))[0]
    if kind == RECORDIO:
        return _records(_recordio(data))[0]
    try:
        if kind == JSON:
            return _matrix([_instance(one) for one in json.loads(data)["instances"]])
        if kind == JSONLINES:
            return _matrix([_instance(json.loads(line)) for line in data.decode().splitlines() if line.strip()])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from None
    raise Unsupported(kind)


def answer(rows: Rows, top: str, kind: str) -> bytes:
    """Rows as a response of a content type; `top` is what the list is called in JSON. Raises Unsupported."""
    if kind == JSON:
        return json.dumps({top: rows}).encode()
    if kind == JSONLINES:
        return "".join(json.dumps(row) + "\n" for row in rows).encode()
    if kind == CSV:
        return "".join(",".join(map(str, _flat(row.values()))) + "\n" for row in rows).encode()
    if kind == RECORDIO:
        return recordio.write([{name: _flat([value]) for name, value in row.items()} for row in rows])
    raise Unsupported(kind)


def records(data: bytes) -> tuple[Any, Any]:
    """Features and labels of RecordIO-protobuf. Raises Unreadable."""
    return _records(_recordio(data))


def number(value: Any) -> float:
    """A number as the algorithms give it: a float32, in its shortest decimal form."""
    return float(str(np.float32(value)))


def _bytes(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _csv(data: bytes) -> Any:
    try:
        return np.loadtxt(io.StringIO(data.decode()), delimiter=",", ndmin=2)
    except (ValueError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from None


def _split(table: Any, label_size: int) -> tuple[Any, Any]:
    return table[:, label_size:], (table[:, 0] if label_size else None)


def _recordio(data: bytes) -> list[recordio.Record]:
    try:
        return list(recordio.read(data))
    except ValueError as error:
        raise Unreadable(str(error)) from None


def _records(records: Sequence[recordio.Record]) -> tuple[Any, Any]:
    features = _matrix([_dense(record.features.get("values")) for record in records])
    labels = [record.label["values"].values for record in records if "values" in record.label]
    return features, (np.array([values[0] for values in labels], dtype=float) if labels else None)


def _dense(tensor: Any) -> list[float]:
    if tensor is None:
        raise Unreadable("a record has no features")
    if not tensor.keys:
        return list(tensor.values)
    row = [0.0] * int(tensor.shape[0] if tensor.shape else max(tensor.keys) + 1)
    for key, value in zip(tensor.keys, tensor.values, strict=True):
        row[key] = value
    return row


def _instance(one: Any) -> list[float]:
    """A record of a JSON request, in any of its forms."""
    if isinstance(one, list):
        return one
    found = one.get("data", one)
    features = found["features"] if isinstance(found, Mapping) and "features" in found else found
    if isinstance(features, Mapping):
        return _dense(recordio.Tensor(features["values"], features.get("keys", ()), features.get("shape", ())))
    return list(features)


def _matrix(rows: list[list[float]]) -> Any:
    widths = {len(row) for row in rows}
    if len(widths) > 1:
        low, high = min(widths), max(widths)
        raise Unreadable(f"cannot copy sequence with size {high} to array axis with dimension {low}")
    return np.array(rows, dtype=float)


def _flat(values: Iterable[Any]) -> list[float]:
    found: list[float] = []
    for value in values:
        found += value if isinstance(value, list) else [value]
    return found
