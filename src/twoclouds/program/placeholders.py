"""Placeholders such as `<SUBSCRIPTION_ID>`, filled with what the lab's account has, or with what the caller gives."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import replace

from twoclouds.aws import account as aws
from twoclouds.azure import account as azure
from twoclouds.program.cells import Cell

PLACEHOLDER = re.compile(r"<([A-Za-z][\w .-]*?)>")
PLACE = re.compile(r"(?!\s*#).*[\"'`!%:]")
"""A line in which a placeholder may stand: one with a string, a shell command or, in a file of YAML, a colon."""

PREFIXES = ("your_", "my_", "the_", "aml_", "azureml_", "azure_", "aws_", "sagemaker_", "s3_")

OURS = {
    "subscription": azure.SUBSCRIPTION,
    "subscription_id": azure.SUBSCRIPTION,
    "resource_group": azure.RESOURCE_GROUP,
    "resource_group_name": azure.RESOURCE_GROUP,
    "workspace": azure.WORKSPACE,
    "workspace_name": azure.WORKSPACE,
    "tenant_id": azure.TENANT,
    "client_id": azure.CLIENT,
    "location": azure.REGION,
    "storage_account": azure.STORAGE_ACCOUNT,
    "storage_account_name": azure.STORAGE_ACCOUNT,
    "account_id": aws.ACCOUNT,
    "account": aws.ACCOUNT,
    "role": aws.ROLE_ARN,
    "role_arn": aws.ROLE_ARN,
    "iam_role_arn": aws.ROLE_ARN,
    "execution_role": aws.ROLE_ARN,
    "execution_role_arn": aws.ROLE_ARN,
    "role_name": aws.ROLE_NAME,
    "bucket": aws.BUCKET,
    "bucket_name": aws.BUCKET,
}
"""What the prepared accounts hold, by the usual names of placeholders (lower case, without "your", "aml" and so on)."""


class NothingToSet(ValueError):
    """`--set NAME=VALUE` names neither a placeholder nor a variable of the program."""


def fill(cells: list[Cell], given: Mapping[str, str]) -> tuple[list[Cell], dict[str, str], list[str]]:
    """The cells with their placeholders filled; what was filled with what; and the placeholders that are left.

    `given` comes first: a name is a placeholder's, or a variable's to which a cell assigns a constant at its top
    level. Raises NothingToSet for a name that is neither.
    """
    filled: dict[str, str] = {}
    left: dict[str, None] = {}
    wanted = {_plain(name): value for name, value in given.items()}

    def value(match: re.Match[str]) -> str:
        name = match[1]
        found = wanted.get(_plain(name), OURS.get(_known(name)))
        if found is None:
            left[match[0]] = None
            return match[0]
        filled[match[0]] = found
        return found

    done = [replace(cell, source=_in_strings(cell.source, value)) for cell in cells]
    placeholders = {_plain(name.strip("<>")) for name in filled}
    for name, constant in given.items():
        assigned = [replace(cell, source=_assign(cell.source, name, constant)) for cell in done]
        if assigned == done and _plain(name) not in placeholders:
            raise NothingToSet(f"--set {name}=…: the program has no placeholder <{name}> and no variable {name}.")
        done = assigned
    return done, filled, list(left)


def _in_strings(source: str, value) -> str:  # type: ignore[no-untyped-def]
    """Fill in strings and shell lines. A comparison such as `a <b> c` is no placeholder, and a comment needs none."""
    lines = source.split("\n")
    return "\n".join(PLACEHOLDER.sub(value, line) if PLACE.match(line) else line for line in lines)


def _plain(name: str) -> str:
    return re.sub(r"[\s.-]+", "_", name.strip()).lower()


def _known(name: str) -> str:
    name = _plain(name)
    shorter = True
    while shorter and name not in OURS:
        shorter = False
        for prefix in PREFIXES:
            if name.startswith(prefix):
                name, shorter = name[len(prefix) :], True
    return name


def _assign(source: str, name: str, value: str) -> str:
    """The source with the constant that a top-level statement assigns to `name` replaced."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return source
    lines = source.split("\n")
    for statement in statements:
        if (
            isinstance(statement, ast.Assign)
            and [getattr(target, "id", "") for target in statement.targets] == [name]
            and isinstance(statement.value, ast.Constant)
            and statement.lineno == statement.value.end_lineno
        ):
            held = statement.value
            text = repr(value) if isinstance(held.value, str) else value
            line = lines[statement.lineno - 1].encode()
            line = line[: held.col_offset] + text.encode() + line[held.end_col_offset :]
            lines[statement.lineno - 1] = line.decode()
    return "\n".join(lines)
