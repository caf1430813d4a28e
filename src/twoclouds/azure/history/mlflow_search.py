"""MLflow's search: filters (`metrics.loss < 0.2 and params.rate = '0.5'`) and orders (`metrics.loss DESC`).

https://mlflow.org/docs/latest/search-runs.html
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from twoclouds.azure.history.mlflow import invalid

T = TypeVar("T")
Values = dict[str, dict[str, Any]]
"""Kind (`attribute`, `metric`, `param`, `tag`) → name → value."""

_NAME = r"(?:`[^`]+`|\"[^\"]+\"|[\w.\-/ ]+?)"
_TERM = re.compile(
    rf"\s*(?:(?P<kind>\w+)\.)?(?P<name>{_NAME})\s*(?P<op><=|>=|!=|=|<|>|\bNOT\s+IN\b|\bIN\b|\bLIKE\b|\bILIKE\b)\s*"
    r"(?P<value>\([^)]*\)|'[^']*'|\"[^\"]*\"|[-+.\w]+)\s*",
    re.IGNORECASE,
)
_AND = re.compile(r"AND\b", re.IGNORECASE)
_KINDS = {
    "metrics": "metric", "metric": "metric", "params": "param", "param": "param", "parameters": "param",
    "tags": "tag", "tag": "tag", "attributes": "attribute", "attribute": "attribute", "run": "attribute",
}  # fmt: skip
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
    "LIKE": lambda value, pattern: fnmatchcase(value, _glob(pattern)),
    "ILIKE": lambda value, pattern: fnmatchcase(value.lower(), _glob(pattern).lower()),
    "IN": lambda value, values: value in values, "NOT IN": lambda value, values: value not in values,
}  # fmt: skip
_SAME = {"run_id": "run_uuid", "name": "run_name", "Name": "run_name"}


def matching(text: str, values: Values) -> bool:
    """Whether a run or an experiment with these values fits a filter. Raises MlflowError for one that is none."""
    return all(_holds(values, *term) for term in _terms(text or ""))


def _terms(text: str) -> Iterable[tuple[str, str, str, Any]]:
    position = 0
    while text[position:].strip():
        if position and (joined := _AND.match(text, position)):
            position = joined.end()
        elif position:
            raise invalid(f"Invalid clause(s) in filter string: '{text[position:]}'")
        term = _TERM.match(text, position)
        if not term:
            raise invalid(f"Invalid clause(s) in filter string: '{text[position:]}'")
        yield (*_identified(term["kind"], term["name"]), " ".join(term["op"].upper().split()), _value(term["value"]))
        position = term.end()


def _identified(kind: str | None, name: str) -> tuple[str, str]:
    if kind and kind.lower() not in _KINDS:
        raise invalid(f"Invalid entity type '{kind}'. Valid values are {sorted(set(_KINDS.values()))}")
    return _KINDS[kind.lower()] if kind else "attribute", name.strip().strip('`"')


def _value(text: str) -> Any:
    if text.startswith("("):
        return [_value(part.strip()) for part in text[1:-1].split(",") if part.strip()]
    if text[0] in "'\"":
        return text[1:-1]
    try:
        return float(text)
    except ValueError:
        raise invalid(f"Expected a quoted string value or a number, got value {text}") from None


def _holds(values: Values, kind: str, name: str, compare: str, wanted: Any) -> bool:
    found = _found(values, kind, name)
    if found is None:
        return False
    try:
        return _COMPARE[compare](found, wanted)
    except TypeError:
        raise invalid(f"'{name}' cannot be compared with {wanted!r}.") from None


def _found(values: Values, kind: str, name: str) -> Any:
    held = values.get(kind, {})
    return held.get(name, held.get(_SAME.get(name, name)))


def _glob(pattern: str) -> str:
    return pattern.replace("[", "[[]").replace("*", "[*]").replace("?", "[?]").replace("%", "*").replace("_", "?")


def ordered(found: list[T], orders: Iterable[str], values: Callable[[T], Values]) -> list[T]:
    """The same in the order asked for; what lacks the value comes last. Raises MlflowError for what is no order."""
    for order in reversed(list(orders)):
        match = re.fullmatch(rf"\s*(?:(\w+)\.)?({_NAME})(?:\s+(ASC|DESC))?\s*", order, re.IGNORECASE)
        if not match:
            raise invalid(f"Invalid order_by clause '{order}'.")
        kind, name = _identified(match[1], match[2])
        keys = [(_found(values(one), kind, name), one) for one in found]
        have = [pair for pair in keys if pair[0] is not None]
        have.sort(key=lambda pair: pair[0], reverse=(match[3] or "ASC").upper() == "DESC")
        found = [one for _, one in have] + [one for key, one in keys if key is None]
    return found
