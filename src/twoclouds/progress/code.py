"""The code that a learner pastes to say which exercises were passed, such as TC-400E-HYQ.

It stands for a byte with the version, a byte for each lesson from 0 on with a bit for each exercise, and two bytes of
checksum, in Crockford's 32 digits: a letter that is mistyped, or two that are swapped, are noticed.
"""

from __future__ import annotations

import re
from binascii import crc_hqx
from collections.abc import Iterable

VERSION = 1
"""What a newer course has written is not guessed at."""

NUMBER = re.compile(r"([0-9]|1[0-5])\.([1-8])")
"""An exercise: lesson and place."""

SIGN = "TC"
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ALIKE = str.maketrans("OIL", "011")
"""Letters that are none of the digits, and what whoever types them has read."""

GROUP = 4


class NotACode(ValueError):
    """A text that is no code, or one that was mistyped."""


def encode(passed: Iterable[str]) -> str:
    """The code of the exercises that were passed. Raises ValueError for what is no exercise."""
    lessons = bytearray(16)
    for number in passed:
        if not NUMBER.fullmatch(number):
            raise ValueError(f"{number!r} is no exercise: a lesson from 0 to 15, a dot, and a place from 1 to 8.")
        lesson, place = number.split(".")
        lessons[int(lesson)] |= 1 << (int(place) - 1)
    body = bytes([VERSION, *lessons.rstrip(b"\0")])
    digits = _digits(int.from_bytes(body + _checksum(body), "big"))
    return "-".join([SIGN, *(digits[start : start + GROUP] for start in range(0, len(digits), GROUP))])


def decode(code: str) -> tuple[str, ...]:
    """The exercises that a code stands for, in order. Case, spaces and hyphens do not matter. Raises NotACode."""
    written = re.sub(r"[\s-]", "", code.upper())
    digits = written.removeprefix(SIGN).translate(ALIKE)
    if not written.startswith(SIGN) or not digits or set(digits) - set(DIGITS):
        raise NotACode(f"{code!r} is no code: one begins with {SIGN} and goes on in letters and digits.")
    value = 0
    for digit in digits:
        value = value * len(DIGITS) + DIGITS.index(digit)
    content = value.to_bytes(-(-value.bit_length() // 8), "big")
    body, checksum = content[:-2], content[-2:]
    passed = tuple(
        f"{lesson}.{place + 1}" for lesson, held in enumerate(body[1:17]) for place in range(8) if held >> place & 1
    )
    if body[:1] != bytes([VERSION]) or checksum != _checksum(body) or encode(passed).replace("-", "") != SIGN + digits:
        raise NotACode(f"{code!r} is not as it was given out: look for a letter that is missing or was mistyped.")
    return passed


def _checksum(body: bytes) -> bytes:
    return crc_hqx(body, 0).to_bytes(2, "big")


def _digits(value: int) -> str:
    digits = ""
    while value:
        value, digit = divmod(value, len(DIGITS))
        digits = DIGITS[digit] + digits
    return digits
