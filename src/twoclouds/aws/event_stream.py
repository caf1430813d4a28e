"""Amazon's event stream encoding, as much as an answer needs: prelude, headers, payload and checksums of a message."""

from __future__ import annotations

import struct
from zlib import crc32


def payload_part(data: bytes) -> bytes:
    """`data` as the PayloadPart events of a ResponseStream; of nothing, no event."""
    return _message({":message-type": "event", ":event-type": "PayloadPart"}, data) if data else b""


def _message(headers: dict[str, str], payload: bytes) -> bytes:
    head = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
        for name, value in ({**headers, ":content-type": "application/octet-stream"}).items()
    )
    prelude = struct.pack("!II", 16 + len(head) + len(payload), len(head))
    message = prelude + struct.pack("!I", crc32(prelude)) + head + payload
    return message + struct.pack("!I", crc32(message))
