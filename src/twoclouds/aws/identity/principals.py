"""Who calls: a request's signature names an access key, and the key belongs to a user or to a session of a role.

moto keeps users, groups, roles and policies; sessions are this module's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from twoclouds.aws import account
from twoclouds.aws.errors import AuthenticationFailed
from twoclouds.wire.http import Request

if TYPE_CHECKING:
    from twoclouds.aws.state import State

ROOT = f"arn:aws:iam::{account.ACCOUNT}:root"


@dataclass(frozen=True)
class Principal:
    """A user or a session of a role, and the policy documents that say what it may do.

    `names` are the principals of a resource's policy that mean it; `boundary` and `session` are None where there is
    none, for an empty one would allow nothing.
    """

    arn: str
    user_id: str
    names: tuple[str, ...]
    policies: tuple[str, ...]
    boundary: str | None = None
    session: str | None = None
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class Session:
    """Temporary credentials of a role, good until `expires` (ms since the lab opened)."""

    key: str
    secret: str
    token: str
    role_arn: str
    name: str
    expires: int
    policy: str | None = None


def begin_session(state: State, role_arn: str, name: str, *, lasts: int, policy: str | None = None) -> Session:
    """Make temporary credentials of a role; `lasts` in ms of virtual time."""
    kind = "aws/session"
    session = Session(
        key="ASIA" + state.world.ids.hex(kind, role_arn, length=16).upper(),
        secret=state.world.ids.hex("aws/secret", role_arn, length=40),
        token=state.world.ids.hex("aws/token", role_arn, length=64),
        role_arn=role_arn,
        name=name,
        expires=state.world.clock.now + lasts,
        policy=policy,
    )
    state.sessions[session.key] = session
    return session


def calling(state: State, request: Request) -> Principal:
    """Who signed a request. Raises AuthenticationFailed."""
    key = access_key(request)
    if not key:
        raise AuthenticationFailed("missing")
    session = state.sessions.get(key)
    if session is not None:
        token = request.headers.get("x-amz-security-token") or request.query.get("X-Amz-Security-Token")
        if token != session.token:
            raise AuthenticationFailed("unknown")
        if session.expires <= state.world.clock.now:
            raise AuthenticationFailed("expired")
        role = role_of(state, session.role_arn)
        if role is None:
            raise AuthenticationFailed("unknown")
        return of_role(state, role, session.name, policy=session.policy)
    for user in state.others.iam.users.values():
        if any(owned.access_key_id == key and owned.status == "Active" for owned in user.access_keys):
            return of_user(state, user)
    raise AuthenticationFailed("unknown")


def access_key(request: Request) -> str:
    """The access key that signed a request, in its header or in a presigned URL; "" if it is not signed."""
    signed = request.headers.get("authorization") or "Credential=" + request.query.get("X-Amz-Credential", "")
    found = re.search(r"Credential=([^/,\s]+)/", signed)
    return found[1] if found else request.query.get("AWSAccessKeyId", "")


def role_of(state: State, arn: str) -> Any:
    """moto's role of this ARN, or None."""
    return next((role for role in state.others.iam.roles.values() if role.arn == arn), None)


def of_role(state: State, role: Any, session: str, *, policy: str | None = None) -> Principal:
    """A session of a role."""
    arn = f"arn:aws:sts::{account.ACCOUNT}:assumed-role/{role.name}/{session}"
    return Principal(
        arn=arn,
        user_id=f"{role.id}:{session}",
        names=(arn, role.arn, *_ACCOUNT),
        policies=tuple(documents(role)),
        boundary=_boundary(state, role.permissions_boundary_arn),
        session=policy,
        context={
            "aws:principalarn": (role.arn,),
            "aws:principaltype": ("AssumedRole",),
            "aws:userid": (f"{role.id}:{session}",),
            **_tags(role.tags),
        },
    )


def of_user(state: State, user: Any) -> Principal:
    """A user, with what its groups may do."""
    groups = [group for group in state.others.iam.groups.values() if user in group.users]
    return Principal(
        arn=user.arn,
        user_id=user.id,
        names=(user.arn, *_ACCOUNT),
        policies=tuple(document for holder in (user, *groups) for document in documents(holder)),
        boundary=_boundary(state, state.user_boundaries.get(user.name)),
        context={
            "aws:principalarn": (user.arn,),
            "aws:principaltype": ("User",),
            "aws:userid": (user.id,),
            "aws:username": (user.name,),
            **_tags(user.tags),
        },
    )


_ACCOUNT = (ROOT, account.ACCOUNT, "*")


def documents(holder: Any) -> Iterator[str]:
    """The inline and the attached policies of a user, a group or a role."""
    for document in holder.policies.values():
        yield unquote(document) if document.startswith("%") else document
    for policy in holder.managed_policies.values():
        yield _in_force(policy)


def _in_force(policy: Any) -> str:
    return next(str(version.document) for version in policy.versions if version.is_default)


def _boundary(state: State, arn: str | None) -> str | None:
    policy = state.others.iam.managed_policies.get(arn) if arn else None
    return _in_force(policy) if policy is not None else None


def _tags(tags: list[dict[str, str]] | None) -> dict[str, tuple[str, ...]]:
    return {f"aws:principaltag/{tag['Key'].lower()}": (tag["Value"],) for tag in tags or ()}
