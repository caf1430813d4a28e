"""Azure's built-in roles, as Microsoft publishes them (`data/roles.json`), and what each permits."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent.parent / "data" / "roles.json"
DEFINITIONS = "providers/Microsoft.Authorization/roleDefinitions"


@dataclass(frozen=True)
class Role:
    """A role definition: actions of the control plane and of the data plane, less the ones that are left out."""

    id: str
    name: str
    description: str
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    data_actions: tuple[str, ...]
    not_data_actions: tuple[str, ...]

    def permits(self, action: str, *, data: bool = False) -> bool:
        """Whether it is among the role's actions, or (`data`) its data actions. Upper and lower case are the same."""
        given, withheld = self.actions, self.not_actions
        if data:
            given, withheld = self.data_actions, self.not_data_actions
        return _any(given, action) and not _any(withheld, action)


@cache
def all_roles() -> dict[str, Role]:
    """The built-in roles that this lab knows, by id."""
    found = json.loads(DATA.read_text(encoding="utf-8"))["roles"]
    return {
        role["name"]: Role(
            role["name"],
            role["roleName"],
            role["description"],
            tuple(role["actions"]),
            tuple(role["notActions"]),
            tuple(role["dataActions"]),
            tuple(role["notDataActions"]),
        )
        for role in found
    }


@cache
def named(name: str) -> Role:
    """A role by its name, without regard to case. Raises KeyError."""
    for role in all_roles().values():
        if role.name.lower() == name.lower():
            return role
    raise KeyError(name)


def _any(patterns: tuple[str, ...], action: str) -> bool:
    return any(_pattern(pattern).fullmatch(action) for pattern in patterns)


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    """`/*/` in a pattern also stands for nothing: a Data Scientist, who may not `computes/*/write`, cannot write a
    compute itself either, as the role's description has it."""
    source = re.escape(pattern).replace(r"/\*/", r"/(?:.*/)?").replace(r"\*", ".*")
    return re.compile(source, re.IGNORECASE)
