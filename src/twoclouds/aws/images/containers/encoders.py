"""Content types that the inference toolkits decode to arrays, and encode arrays as."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np

JSON, CSV, NPY, NPZ = "application/json", "text/csv", "application/x-npy", "application/x-npz"
UTF8_TYPES = (JSON, CSV)


class UnsupportedFormatError(Exception):
    """A content type that a toolkit does not know."""

    def __init__(self, content_type: str) -> None:
        self.message = (
            f"Content type {content_type} is not supported by this framework.\n\n"
            "            Please implement input_fn to to deserialize the request data or an output_fn to\n"
            "            serialize the response. For more information, see the SageMaker Python SDK README."
        )
        super().__init__(self.message)


def decode(data: Any, content_type: str, *, flat: bool = False) -> Any:
    """The array that a request holds; `flat`: one row of csv is a vector, as the older toolkit had it."""
    if content_type == JSON:
        return np.array(json.loads(data))
    if content_type == CSV:
        text = data.decode() if isinstance(data, bytes) else data
        if not flat:
            return np.genfromtxt(io.StringIO(text), delimiter=",")
        rows = list(csv.reader(io.StringIO(text), strict=True))
        return np.array(rows).squeeze()
    if content_type == NPY:
        return np.load(io.BytesIO(data), allow_pickle=True)
    if content_type == NPZ:
        from scipy import sparse  # type: ignore[import-untyped]

        return sparse.load_npz(io.BytesIO(data))
    raise UnsupportedFormatError(content_type)


def encode(values: Any, content_type: str) -> Any:
    """A prediction as a response's body: text, or bytes."""
    if content_type == JSON:
        return json.dumps(values, default=_plain)
    if content_type == CSV:
        table = np.array(values)
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerows(table.reshape(-1, 1) if table.ndim <= 1 else table)
        return out.getvalue()
    if content_type == NPY:
        buffer = io.BytesIO()
        np.save(buffer, values)
        return buffer.getvalue()
    raise UnsupportedFormatError(content_type)


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
