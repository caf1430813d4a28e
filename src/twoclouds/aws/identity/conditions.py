"""The condition operators of IAM's policy language.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address, ip_network

from twoclouds.wire.errors import NotSimulated

Context = Mapping[str, Sequence[str]]
"""Condition keys in lower case (`sagemaker:instancetypes`), and what the request has for each."""

Test = Callable[[str, str], bool]
"""(what the request has, what the policy says) → whether they agree."""


def holds(operator: str, given: Sequence[str] | None, wanted: Sequence[str], context: Context) -> bool:
    """Whether one line of a Condition block is met by what the request has for its key (None: it has no such key)."""
    quantifier, _, name = operator.rpartition(":")
    name, if_exists = name.removesuffix("IfExists"), name.endswith("IfExists")
    if name == "Null":
        return (given is None) == (wanted[0].lower() == "true")
    negated, test = _operator(name, context)
    if given is None:
        return if_exists or quantifier == "ForAllValues" or (negated and not quantifier)

    def agrees(value: str) -> bool:
        return any(_try(test, value, expected) for expected in wanted) != negated

    every = quantifier == "ForAllValues" or (negated and not quantifier)
    return all(map(agrees, given)) if every else any(map(agrees, given))


def matches(pattern: str, text: str, context: Context) -> bool:
    """Whether `text` fits a pattern with `*`, `?` and policy variables such as `${aws:username}`."""
    if pattern == "*":
        return True
    filled = fill(pattern, context)
    return filled is not None and compiled(filled).fullmatch(text) is not None


def fill(pattern: str, context: Context) -> str | None:
    """The pattern with its variables filled in; None if the request lacks one, for then nothing matches."""
    if "${" not in pattern:
        return pattern
    filled = pattern
    for variable in re.findall(r"\$\{([^}]+)\}", pattern):
        key, _, default = variable.partition(",")
        values = context.get(key.strip().lower())
        if not values and not default:
            return None
        filled = filled.replace(f"${{{variable}}}", values[0] if values else default.strip(" '"))
    return filled


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern with `*` and `?` as a regular expression."""
    return re.compile(source(pattern), re.DOTALL)


def source(pattern: str) -> str:
    """What a pattern with `*` and `?` is as the source of a regular expression."""
    return "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in pattern)


def _operator(name: str, context: Context) -> tuple[bool, Test]:
    """Whether an operator negates, and the comparison that it makes."""
    if name in ("StringLike", "ArnLike", "ArnEquals"):
        return False, lambda value, wanted: matches(wanted, value, context)
    if name in ("StringNotLike", "ArnNotLike", "ArnNotEquals"):
        return True, lambda value, wanted: matches(wanted, value, context)
    if name in ("StringEquals", "StringNotEquals"):
        return "Not" in name, lambda value, wanted: fill(wanted, context) == value
    if name not in OPERATORS:
        raise NotSimulated(f"the IAM condition operator {name}")
    return OPERATORS[name]


def _try(test: Test, value: str, wanted: str) -> bool:
    """The test; what is no number, date or address agrees with none."""
    try:
        return test(value, wanted)
    except ValueError:
        return False


def _number(compare: Callable[[float, float], bool]) -> Test:
    return lambda value, wanted: compare(float(value), float(wanted))


def _moment(text: str) -> datetime:
    if text.replace(".", "", 1).isdigit():
        return datetime.fromtimestamp(float(text), UTC)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _date(compare: Callable[[datetime, datetime], bool]) -> Test:
    return lambda value, wanted: compare(_moment(value), _moment(wanted))


OPERATORS: dict[str, tuple[bool, Test]] = {
    "StringEqualsIgnoreCase": (False, lambda value, wanted: value.lower() == wanted.lower()),
    "StringNotEqualsIgnoreCase": (True, lambda value, wanted: value.lower() == wanted.lower()),
    "Bool": (False, lambda value, wanted: value.lower() == wanted.lower()),
    "NumericEquals": (False, _number(lambda a, b: a == b)),
    "NumericNotEquals": (True, _number(lambda a, b: a == b)),
    "NumericLessThan": (False, _number(lambda a, b: a < b)),
    "NumericLessThanEquals": (False, _number(lambda a, b: a <= b)),
    "NumericGreaterThan": (False, _number(lambda a, b: a > b)),
    "NumericGreaterThanEquals": (False, _number(lambda a, b: a >= b)),
    "DateEquals": (False, _date(lambda a, b: a == b)),
    "DateNotEquals": (True, _date(lambda a, b: a == b)),
    "DateLessThan": (False, _date(lambda a, b: a < b)),
    "DateLessThanEquals": (False, _date(lambda a, b: a <= b)),
    "DateGreaterThan": (False, _date(lambda a, b: a > b)),
    "DateGreaterThanEquals": (False, _date(lambda a, b: a >= b)),
    "IpAddress": (False, lambda value, wanted: ip_address(value) in ip_network(wanted, strict=False)),
    "NotIpAddress": (True, lambda value, wanted: ip_address(value) in ip_network(wanted, strict=False)),
}
