"""Security Token Service: who calls, and the temporary credentials of a role.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from twoclouds.aws import account
from twoclouds.aws.errors import AccessDeniedException, QueryError
from twoclouds.aws.identity import access, iam, principals
from twoclouds.aws.identity.access import Need
from twoclouds.aws.protocol.query import xml
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Response
from twoclouds.world.clock import SECOND

if TYPE_CHECKING:
    from twoclouds.aws.identity.principals import Principal
    from twoclouds.aws.state import State

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
HOUR = 3600
"""How long credentials last if nothing is said, and at most those that a role's session gets of another role."""

KNOWN = frozenset({"Action", "Version", "RoleArn", "RoleSessionName", "DurationSeconds", "Policy", "ExternalId"})


def get_caller_identity(state: State, caller: Principal, form: Mapping[str, str]) -> Response:
    """Who calls. No policy is needed for it, and none can forbid it."""
    body = {"Arn": caller.arn, "UserId": caller.user_id, "Account": account.ACCOUNT}
    return xml(state, NAMESPACE, "GetCallerIdentity", body)


def assume_role(state: State, caller: Principal, form: Mapping[str, str]) -> Response:
    """Credentials of a role, from now for DurationSeconds (an hour): the caller must be let in by the role's trust
    policy and, where that names the account alone, by its own policies. Raises AccessDeniedException, QueryError."""
    unknown = [member for member in form if member not in KNOWN]
    if unknown:
        raise NotSimulated(f"sts:AssumeRole with {unknown[0].partition('.')[0]}")
    arn, name = form.get("RoleArn", ""), form.get("RoleSessionName", "")
    for value, member, pattern in ((arn, "roleArn", r".{20,2048}"), (name, "roleSessionName", r"[\w+=,.@-]{2,64}")):
        if not re.fullmatch(pattern, value):
            rule = f"Member must satisfy regular expression pattern: {pattern}"
            raise QueryError("ValidationError", f"1 validation error detected: Value '{value}' at '{member}' failed to "
                             f"satisfy constraint: {rule}")  # fmt: skip
    role = principals.role_of(state, arn)
    context = {"sts:externalid": (form["ExternalId"],)} if "ExternalId" in form else {}
    _check(state, caller, role, Need("sts:AssumeRole", arn, context))
    seconds = _duration(caller, role, form)
    if "Policy" in form:
        _check_document(form["Policy"])
    session = principals.begin_session(state, arn, name, lasts=seconds * SECOND, policy=form.get("Policy"))
    assumed = principals.of_role(state, role, name)
    until = state.world.clock.at(session.expires)
    body = {
        "Credentials": {
            "AccessKeyId": session.key,
            "SecretAccessKey": session.secret,
            "SessionToken": session.token,
            "Expiration": f"{until:%Y-%m-%dT%H:%M:%SZ}",
        },
        "AssumedRoleUser": {"AssumedRoleId": assumed.user_id, "Arn": assumed.arn},
    }
    return xml(state, NAMESPACE, "AssumeRole", body)


def _check(state: State, caller: Principal, role: object, need: Need) -> None:
    """A role that is not there is refused in the same words, so that nobody learns which there are."""
    refused = access.refusal(state, caller, need)
    by_name = role is not None and iam.trusts(role, "AWS", caller.names[:-3], need.context)
    by_account = role is not None and iam.trusts(role, "AWS", caller.names, need.context)
    if not by_name and (refused or not by_account):
        text = f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {need.resource}"
        raise AccessDeniedException(text)
    if access.judge(state, caller, need).decision == access.DENIED:
        raise AccessDeniedException(refused)


def _duration(caller: Principal, role: object, form: Mapping[str, str]) -> int:
    asked = form.get("DurationSeconds", str(HOUR))
    seconds = int(asked) if asked.isdigit() else 0
    if seconds < 900:
        raise QueryError(
            "ValidationError",
            f"1 validation error detected: Value '{asked}' at 'durationSeconds' failed to satisfy constraint: "
            "Member must have value greater than or equal to 900",
        )
    if seconds > int(getattr(role, "max_session_duration", None) or HOUR):
        raise QueryError(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    if seconds > HOUR and ":assumed-role/" in caller.arn:
        raise QueryError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        )
    return seconds


def _check_document(document: str) -> None:
    try:
        json.loads(document)["Statement"]
    except (ValueError, TypeError, KeyError):
        raise QueryError("MalformedPolicyDocument", "This policy contains invalid Json") from None


OPERATIONS = {"GetCallerIdentity": get_caller_identity, "AssumeRole": assume_role}
