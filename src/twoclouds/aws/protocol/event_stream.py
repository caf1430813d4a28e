"""Amazon's event stream encoding, as much as an answer needs: prelude, headers, payload and checksums of a message."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from zlib import crc32

CONTENT_TYPE = "application/vnd.amazon.eventstream"


def encoded(events: Mapping[str, Mapping[str, bytes]]) -> bytes:
    """Events by name, each with its one blob, as messages; an empty one is left out."""
    parts = ((name, data) for name, members in events.items() for data in members.values())
    return b"".join(_message({":message-type": "event", ":event-type": name}, data) for name, data in parts if data)


def _message(headers: dict[str, str], payload: bytes) -> bytes:
    head = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
        for name, value in ({**headers, ":content-type": "application/octet-stream"}).items()
    )
    prelude = struct.pack("!II", 16 + len(head) + len(payload), len(head))
    message = prelude + struct.pack("!I", crc32(prelude)) + head + payload
    return message + struct.pack("!I", crc32(message))
