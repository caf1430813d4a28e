"""Batch transform's data: objects into records, records into payloads, answers back into one object.

As CreateTransformJob's SplitType, BatchStrategy, MaxPayloadInMB, AssembleWith and DataProcessing describe it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from twoclouds.aws.transform import json_paths

CSV, JSON, LINES = "text/csv", "application/json", "application/jsonlines"
KINDS = (CSV, JSON, LINES)
"""What DataProcessing understands."""


class BadRecord(Exception):
    """An object that cannot be transformed, in the words of the data log."""


@dataclass(frozen=True)
class Rules:
    """How a job's data is cut, filtered and put together."""

    split: bool
    single: bool
    limit: int
    assemble: bool
    content_type: str
    input_filter: str = "$"
    output_filter: str = "$"
    join: bool = False

    @classmethod
    def of(cls, request: Mapping[str, Any], *, limit: int, single: bool) -> Rules:
        """The rules of a CreateTransformJob request; `limit` in bytes."""
        processing = request.get("DataProcessing", {})
        return cls(
            split=request["TransformInput"].get("SplitType", "None") == "Line",
            single=single,
            limit=limit,
            assemble=request["TransformOutput"].get("AssembleWith", "None") == "Line",
            content_type=request["TransformInput"].get("ContentType", "").partition(";")[0].strip().lower(),
            input_filter=processing.get("InputFilter", "$"),
            output_filter=processing.get("OutputFilter", "$"),
            join=processing.get("JoinSource", "None") == "Input",
        )

    @property
    def processed(self) -> bool:
        """Whether records are looked into at all."""
        return self.join or self.input_filter != "$" or self.output_filter != "$"


def payloads(rules: Rules, data: bytes) -> Iterator[tuple[list[bytes], bytes]]:
    """(the records, the payload made of them), in order. Raises BadRecord."""
    batch: list[bytes] = []
    sent: list[bytes] = []
    size = 0
    for record in _records(rules, data):
        shown = _filtered(rules, record)
        if rules.limit and len(shown) + 1 > rules.limit:
            raise BadRecord(f"Record is {len(shown)} bytes, which exceeds the limit of {rules.limit} bytes.")
        if batch and (rules.single or (rules.limit and size + len(shown) + 1 > rules.limit)):
            yield batch, _payload(rules, sent)
            batch, sent, size = [], [], 0
        batch.append(record)
        sent.append(shown)
        size += len(shown) + 1
    if batch:
        yield batch, _payload(rules, sent)


def assembled(rules: Rules, answered: list[tuple[list[bytes], bytes]]) -> bytes:
    """The output object, of the records and the answer of each payload. Raises BadRecord."""
    out = b""
    for records, answer in answered:
        part = _joined(rules, records, answer) if rules.join or rules.output_filter != "$" else answer
        out += part
        if rules.assemble and not part.endswith(b"\n"):
            out += b"\n"
    return out


def _records(rules: Rules, data: bytes) -> list[bytes]:
    if not rules.split:
        return [data] if data else []
    lines = data.split(b"\n")
    return [line.removesuffix(b"\r") for line in lines if line.strip()]


def _payload(rules: Rules, records: list[bytes]) -> bytes:
    return b"\n".join(records) + (b"\n" if rules.split else b"")


def _filtered(rules: Rules, record: bytes) -> bytes:
    if rules.input_filter == "$":
        return record
    return _written(rules, [_selected(value, rules.input_filter) for value in _parsed(rules, record)])


def _joined(rules: Rules, records: list[bytes], answer: bytes) -> bytes:
    """Each record with its answer, or the answer alone, filtered."""
    answers = _parsed(rules, answer)
    if not rules.join:
        return _written(rules, [_selected(value, rules.output_filter) for value in answers])
    inputs = [value for record in records for value in _parsed(rules, record)]
    if len(inputs) != len(answers):
        raise BadRecord("Fail to join data: mismatched line count between the input and the output")
    joined = [_join(rules, *pair) for pair in zip(inputs, answers, strict=True)]
    return _written(rules, [_selected(value, rules.output_filter) for value in joined])


def _join(rules: Rules, value: Any, answer: Any) -> Any:
    if rules.content_type == CSV:
        return [*value, *answer]
    if isinstance(value, dict):
        return {**value, "SageMakerOutput": answer}
    return {"SageMakerInput": value, "SageMakerOutput": answer}


def _selected(value: Any, path: str) -> Any:
    try:
        return json_paths.select(value, path)
    except json_paths.PathError as error:
        raise BadRecord(f"Fail to apply the filter {path}: {error}") from None


def _parsed(rules: Rules, data: bytes) -> list[Any]:
    text = data.decode("utf-8", "replace")
    if rules.content_type == CSV:
        return [row for row in csv.reader(io.StringIO(text)) if row]
    try:
        if rules.content_type == LINES or rules.split:
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        return [json.loads(text)]
    except ValueError as error:
        raise BadRecord(f"Fail to parse JSON: {error}") from None


def _written(rules: Rules, values: list[Any]) -> bytes:
    if rules.content_type != CSV:
        return "\n".join(json.dumps(value, separators=(",", ":")) for value in values).encode()
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\n")
    writer.writerows(value if isinstance(value, list) else [value] for value in values)
    return held.getvalue().rstrip("\n").encode()
