"""RecordIO-wrapped protobuf: how the first-party algorithms take and give numbers.

Written by the formats: MXNet's RecordIO (a magic number, a length, padding to four bytes) around messages of
`aialgs.data.Record`, whose .proto file "Common Data Formats for Training" prints.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MAGIC = 0xCED7230A
FEATURES, LABEL = 1, 2
KINDS = {2: ("f", 4), 3: ("d", 8), 7: ("i", 0)}
"""Of a Value, the fields of its tensors: what `struct` calls their numbers, and their size (0: varints)."""


@dataclass
class Tensor:
    """The numbers of one name; with `keys`, those of these places alone, in a vector of the length `shape`."""

    values: Sequence[float]
    keys: Sequence[int] = ()
    shape: Sequence[int] = ()


@dataclass
class Record:
    """One observation: tensors by name (`values` is the vector itself)."""

    features: dict[str, Tensor] = field(default_factory=dict)
    label: dict[str, Tensor] = field(default_factory=dict)


def read(data: bytes) -> Iterator[Record]:
    """The records of a file. Raises ValueError where it is not one."""
    place = 0
    while place < len(data):
        if place + 8 > len(data):
            raise ValueError("a record ends in the middle")
        magic, length = struct.unpack_from("<II", data, place)
        if magic != MAGIC:
            raise ValueError("no RecordIO file: its magic number is missing")
        body = data[place + 8 : place + 8 + (length & 0x1FFFFFFF)]
        yield _record(body)
        place += 8 + (len(body) + 3) // 4 * 4


def write(labels: Sequence[Mapping[str, Sequence[float]]]) -> bytes:
    """Records that have these labels, as answers are written."""
    out = b""
    for label in labels:
        body = b"".join(_entry(LABEL, name, values) for name, values in label.items())
        out += struct.pack("<II", MAGIC, len(body)) + body + bytes(-len(body) % 4)
    return out


def _entry(number: int, name: str, values: Sequence[float]) -> bytes:
    numbers = struct.pack(f"<{len(values)}f", *values)
    value = _delimited(2, _delimited(1, numbers))
    return _delimited(number, _delimited(1, name.encode()) + _delimited(2, value))


def _delimited(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _record(data: bytes) -> Record:
    record = Record()
    for number, value in _fields(data):
        if number in (FEATURES, LABEL):
            entry = dict(_fields(value))
            tensors = record.features if number == FEATURES else record.label
            tensors[entry.get(1, b"").decode()] = _tensor(entry.get(2, b""))
    return record


def _tensor(data: bytes) -> Tensor:
    for number, value in _fields(data):
        if number in KINDS:
            kind, size = KINDS[number]
            tensor: dict[int, list[Any]] = {1: [], 2: [], 3: []}
            for part, content in _fields(value):
                tensor[part] += _numbers(content, kind, size if part == 1 else 0)
            return Tensor(tensor[1], tensor[2], tensor[3])
    return Tensor([])


def _numbers(content: Any, kind: str, size: int) -> list[Any]:
    if isinstance(content, int):
        return [content]
    if size:
        return list(struct.unpack(f"<{len(content) // size}{kind}", content))
    found, place = [], 0
    while place < len(content):
        value, place = _read_varint(content, place)
        found.append(value)
    return found


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """(number, content) of a message's fields: bytes, or a number."""
    place = 0
    while place < len(data):
        key, place = _read_varint(data, place)
        kind = key & 7
        if kind == 2:
            length, place = _read_varint(data, place)
            yield key >> 3, data[place : place + length]
            place += length
        elif kind == 0:
            value, place = _read_varint(data, place)
            yield key >> 3, value
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            yield key >> 3, data[place : place + size]
            place += size
        else:
            raise ValueError("not a protocol buffer")


def _read_varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if place >= len(data):
            raise ValueError("a number ends in the middle")
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
