"""Who calls: applications, managed identities, and the tokens that name them.

Four people, each with an application to sign in with, come with the account. The lab's own credentials are those of
whoever is signed in (`lab.sign_in`); with a client id of their own they can all be signed in at once.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from twoclouds.azure.account import (
    CLIENT,
    GROUP_ID,
    STORAGE_ACCOUNT,
    SUBSCRIPTION,
    TENANT,
    WORKSPACE,
    WORKSPACE_GUID,
    WORKSPACE_ID,
)
from twoclouds.azure.errors import AzureError
from twoclouds.azure.identity import roles

if TYPE_CHECKING:
    from twoclouds.azure.state import State
    from twoclouds.wire.http import Request

ADMINISTRATOR = "administrator"
LIFETIME = 3599
"""Seconds for which a token is valid."""

STORAGE_ID = f"{GROUP_ID}/providers/Microsoft.Storage/storageAccounts/{STORAGE_ACCOUNT}"
_ACCOUNT = f"/subscriptions/{SUBSCRIPTION}"


@dataclass(frozen=True)
class Principal:
    """An application or a managed identity of the tenant; of the latter, `owner` is the resource whose it is."""

    name: str
    client_id: str
    object_id: str
    owner: str = ""


NOBODY = Principal("nobody", "", "")
"""Who has no identity, and so no right."""


@dataclass(frozen=True)
class Assignment:
    """A principal has a role at a scope, and at everything below it."""

    name: str
    principal: str
    role: str
    scope: str
    created: str
    by: str = ""


PEOPLE: dict[str, tuple[Principal, tuple[tuple[str, str], ...]]] = {
    ADMINISTRATOR: (
        Principal(ADMINISTRATOR, CLIENT, "44444444-0000-0000-0000-444444444444"),
        (("Owner", _ACCOUNT), ("Storage Blob Data Contributor", STORAGE_ID)),
    ),
    "data-scientist": (
        Principal("data-scientist", "77777777-7777-7777-7777-777777777777", "77777777-0000-0000-0000-777777777777"),
        (("AzureML Data Scientist", WORKSPACE_ID),),
    ),
    "compute-operator": (
        Principal("compute-operator", "88888888-8888-8888-8888-888888888888", "88888888-0000-0000-0000-888888888888"),
        (("AzureML Compute Operator", WORKSPACE_ID), ("Reader", WORKSPACE_ID)),
    ),
    "reader": (
        Principal("reader", "99999999-9999-9999-9999-999999999999", "99999999-0000-0000-0000-999999999999"),
        (("Reader", WORKSPACE_ID),),
    ),
}
"""Each person's application and (role, scope) of what is assigned to it. An administrator of the course's account reads
its blobs too: Owner alone gives nobody that right."""

WORKSPACE_IDENTITY = Principal(WORKSPACE, "22222222-0000-0000-0000-222222222222", WORKSPACE_GUID, WORKSPACE_ID)
"""The workspace's system-assigned identity; creating the workspace gave it its roles."""


def provide(state: State) -> None:
    """The people and the workspace's identity, with their roles."""
    for person, assigned in PEOPLE.values():
        add(state, person)
        for role, scope in assigned:
            assign(state, person.object_id, role, scope)
    add(state, WORKSPACE_IDENTITY)
    assign(state, WORKSPACE_GUID, "Contributor", GROUP_ID)
    assign(state, WORKSPACE_GUID, "Storage Blob Data Contributor", STORAGE_ID)


def add(state: State, principal: Principal) -> Principal:
    """Let the tenant know a principal."""
    state.principals[principal.object_id] = principal
    return principal


def assign(state: State, principal: str, role: str, scope: str, *, name: str = "", by: str = "") -> Assignment:
    """Give a principal (its object id) a role, by name, at a scope, from now on."""
    name = name or state.world.ids.uuid("azure/role-assignment", f"{principal} {role} {scope}")
    made = Assignment(name, principal, roles.named(role).id, scope, state.time(), by or principal)
    state.assignments[name] = made
    return made


# Tokens


def calling(state: State, request: Request) -> Principal:
    """Who sent a request. Raises AzureError (401)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer":
        raise AzureError(401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
    claims = _claims(token)
    who = state.principals.get(str(claims.get("oid")))
    if who is None or claims.get("tid") != TENANT:
        raise AzureError(401, "InvalidAuthenticationToken", "The access token is invalid.")
    if claims["exp"] < state.world.clock.timestamp:
        expired = datetime.fromtimestamp(claims["exp"], UTC)
        raise AzureError(
            401,
            "ExpiredAuthenticationToken",
            f"The access token expiry UTC time '{expired:%m/%d/%Y %I:%M:%S %p}' is earlier than current UTC time "
            f"'{state.world.clock.datetime:%m/%d/%Y %I:%M:%S %p}'.",
        )
    return PEOPLE[state.signed_in][0] if claims.get("lab") else who


def token(state: State, principal: Principal, audience: str, *, lab: bool = False, lasts: int = LIFETIME) -> str:
    """An access token, valid for `lasts` seconds from now. With `lab`, it is that of whoever is signed in."""
    now = int(state.world.clock.timestamp)
    claims = {
        "aud": audience,
        "tid": TENANT,
        "oid": principal.object_id,
        "appid": principal.client_id,
        "iat": now,
        "exp": now + lasts,
        **({"lab": True} if lab else {}),
    }
    return f"{_part({'typ': 'JWT', 'alg': 'RS256', 'kid': 'two-clouds'})}.{_part(claims)}.{_part('not signed')}"


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("exp"), int):
        raise AzureError(401, "InvalidAuthenticationToken", "The access token is invalid.")
    return found
