"""A built-in algorithm's hyperparameters: what is required, what they may be, and what holds without them.

A rule is a row of `image.json`: name, kind (integer, number, choice, list, text), required, values, default, auto.
`values` is an interval as mathematics writes it, words, or both; `auto` is what the word auto comes to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

Rule = Mapping[str, Any]
INTERNAL = "_"
"""What the names of parameters that SageMaker itself sets begin with."""


class Invalid(ValueError):
    """A hyperparameter that may not be: `name`, and what is wrong in the words of a JSON schema's validator."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def check(given: Mapping[str, Any], rules: Iterable[Rule]) -> dict[str, Any]:
    """The final values: what was given, and the defaults. Raises Invalid."""
    known = {rule["name"]: rule for rule in rules}
    for name in given:
        if name not in known and not name.startswith(INTERNAL):
            raise Invalid(name, f"Additional properties are not allowed ('{name}' was unexpected)")
    final: dict[str, Any] = {}
    for name, rule in known.items():
        if name in given:
            final[name] = value_of(rule, str(given[name]))
        elif rule["required"]:
            raise Invalid(name, f"'{name}' is a required property")
        elif rule["default"]:
            final[name] = value_of(rule, rule["default"])
    return final


def value_of(rule: Rule, text: str) -> Any:
    """A hyperparameter's value. Raises Invalid."""
    wrong = Invalid(rule["name"], f"'{text}' is not valid under any of the given schemas")
    if rule["kind"] == "text":
        return text
    if rule["kind"] == "list":
        values = listed(text)
        if not all(value in words(rule) for value in values):
            raise wrong
        return values
    if text == "auto" and rule.get("auto"):
        text = rule["auto"]
    if text in words(rule):
        return text
    if rule["kind"] == "choice":
        raise Invalid(rule["name"], f"'{text}' is not one of {words(rule)}")
    try:
        value = int(text) if rule["kind"] == "integer" else float(text)
    except ValueError:
        raise wrong from None
    if not inside(value, interval(rule)):
        raise wrong
    return value


def listed(text: str) -> list[str]:
    """A list, as JSON or with commas."""
    try:
        found = json.loads(text)
    except ValueError:
        found = text.split(",")
    return [str(value).strip() for value in (found if isinstance(found, list) else [found])]


def words(rule: Rule) -> list[str]:
    """The words that a value may be."""
    before = rule["values"].partition("[")[0].partition("(")[0]
    return list(before.split())


def interval(rule: Rule) -> str:
    """The interval that a number has to lie in; empty if there is none."""
    text = str(rule["values"])
    starts = [text.find(bracket) for bracket in "[(" if bracket in text]
    return text[min(starts) :] if starts else ""


def inside(value: float, interval: str) -> bool:
    """Whether a number lies in an interval such as `(0, 1]`."""
    if not interval:
        return True
    low, high = (float(end) for end in interval[1:-1].split(","))
    above = value > low if interval[0] == "(" else value >= low
    return above and (value < high if interval[-1] == ")" else value <= high)
