"""Permissions boundaries of users, which moto lacks (roles have theirs in moto).

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from twoclouds.aws.errors import QueryError
from twoclouds.aws.identity import identities
from twoclouds.aws.protocol.query import empty
from twoclouds.wire.http import Response

if TYPE_CHECKING:
    from twoclouds.aws.identity.principals import Principal
    from twoclouds.aws.state import State

NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"


def put_user_permissions_boundary(state: State, caller: Principal, form: Mapping[str, str]) -> Response:
    """From now on the user may do nothing that the boundary does not allow too. Raises QueryError."""
    user, arn = _user(state, form), form.get("PermissionsBoundary", "")
    if arn.startswith("arn:aws:iam::aws:policy/"):
        identities.load(state.others.iam)
    if arn not in state.others.iam.managed_policies:
        raise QueryError("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", status=404)
    state.user_boundaries[user.name] = arn
    return empty(state, NAMESPACE, "PutUserPermissionsBoundary")


def delete_user_permissions_boundary(state: State, caller: Principal, form: Mapping[str, str]) -> Response:
    """From now on nothing bounds the user. Raises QueryError."""
    state.user_boundaries.pop(_user(state, form).name, None)
    return empty(state, NAMESPACE, "DeleteUserPermissionsBoundary")


def _user(state: State, form: Mapping[str, str]) -> Any:
    name = form.get("UserName", "")
    if name not in state.others.iam.users:
        raise QueryError("NoSuchEntity", f"The user with name {name} cannot be found.", status=404)
    return state.others.iam.users[name]


OPERATIONS = {
    "PutUserPermissionsBoundary": put_user_permissions_boundary,
    "DeleteUserPermissionsBoundary": delete_user_permissions_boundary,
}
