"""Lines of a notebook that install packages or sign in: neither is needed here, so they are passed over with a note."""

from __future__ import annotations

import re

INSTALL = re.compile(
    r"^\s*(?:[!%]\s*)(?:sudo\s+)?(?:\{?sys\.executable\}?\s+-m\s+|python3?\s+-m\s+)?"
    r"(?:pip3?|conda|mamba|uv|apt|apt-get|npm)\b"
)
SIGN_IN = re.compile(
    r"^\s*[!%]\s*(?:az\s+(?:login|account|extension|configure)|aws\s+(?:configure|sso)|ada\s+credentials)\b"
)
SCRIPT_MAGIC = re.compile(r"^\s*%%(?:bash|sh|script)\b")

REASONS = (
    (INSTALL, "nothing is installed: the lab has its own packages"),
    (SIGN_IN, "nobody need sign in: the lab's accounts are signed in already"),
)


def without(source: str) -> tuple[str, list[tuple[str, str]]]:
    """The source with such lines commented out, and (line, reason) for each of them."""
    lines, passed = source.split("\n"), []
    in_script = bool(SCRIPT_MAGIC.match(lines[0]))
    if lines[0].lstrip().startswith("%%") and not in_script:
        return source, []
    position = 0
    while position < len(lines):
        first = position
        while lines[position].endswith("\\") and position + 1 < len(lines):
            position += 1
        position += 1
        line = ("!" if in_script and first else "") + lines[first].strip()
        reason = next((reason for pattern, reason in REASONS if pattern.match(line)), "")
        if reason:
            passed.append((lines[first].strip(), reason))
            for number in range(first, position):
                indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
                keeps_block = f"{indent}pass  " if number == first and not in_script and indent else indent
                lines[number] = f"{keeps_block}# {lines[number].lstrip()}"
    return "\n".join(lines), passed
