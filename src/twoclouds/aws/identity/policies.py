"""IAM's policy language: what one policy document, or several together, say about an action on a resource.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from twoclouds.aws.identity.conditions import Context, holds, matches, source

ALLOWED, DENIED, SILENT = "allowed", "explicitDeny", "implicitDeny"
"""IAM's words for the three decisions."""


@dataclass(frozen=True)
class Statement:
    """One statement. A pattern that the document does not have is None."""

    allows: bool
    action: re.Pattern[str] | None
    not_action: re.Pattern[str] | None
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]
    principals: Mapping[str, tuple[str, ...]]

    def applies(self, action: str, resource: str, context: Context) -> bool:
        """Whether the statement is about this action on this resource, in this context."""
        return (
            self._names(action)
            and self._covers(resource, context)
            and all(holds(operator, context.get(key), values, context) for operator, key, values in self.conditions)
        )

    def _names(self, action: str) -> bool:
        if self.action is not None:
            return self.action.fullmatch(action) is not None
        return self.not_action is not None and self.not_action.fullmatch(action) is None

    def _covers(self, resource: str, context: Context) -> bool:
        if self.not_resources:
            return not any(matches(pattern, resource, context) for pattern in self.not_resources)
        return any(matches(pattern, resource, context) for pattern in self.resources)


@lru_cache(maxsize=1024)
def statements(document: str) -> tuple[Statement, ...]:
    """A document's statements."""
    return tuple(_statement(entry) for entry in _listed(json.loads(document).get("Statement", ())))


def decide(documents: Iterable[str], action: str, resource: str, context: Context) -> str:
    """What the documents say together: one deny outweighs every allow, and without an allow nothing is allowed."""
    found = SILENT
    for document in documents:
        for statement in statements(document):
            if (statement.allows and found == ALLOWED) or not statement.applies(action, resource, context):
                continue
            if not statement.allows:
                return DENIED
            found = ALLOWED
    return found


def _actions(entry: Mapping[str, Any], member: str) -> re.Pattern[str] | None:
    if member not in entry:
        return None
    return re.compile("|".join(source(action) for action in _listed(entry[member])), re.IGNORECASE)


def _statement(entry: Mapping[str, Any]) -> Statement:
    conditions = tuple(
        (operator, key.lower(), tuple(_text(value) for value in _listed(values)))
        for operator, keys in entry.get("Condition", {}).items()
        for key, values in keys.items()
    )
    principals = entry.get("Principal", {})
    if not isinstance(principals, dict):
        principals = {"AWS": principals}
    return Statement(
        allows=entry.get("Effect") == "Allow",
        action=_actions(entry, "Action"),
        not_action=_actions(entry, "NotAction"),
        resources=tuple(_listed(entry.get("Resource", "*"))),
        not_resources=tuple(_listed(entry.get("NotResource", ()))),
        conditions=conditions,
        principals={kind: tuple(_listed(named)) for kind, named in principals.items()},
    )


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def keys(documents: Iterable[str]) -> set[str]:
    """The condition keys that the documents ask for, in lower case."""
    return {key for text in documents for statement in statements(text) for _, key, _ in statement.conditions}
