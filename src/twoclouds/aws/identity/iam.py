"""Roles: who may assume one, who may hand one over, and what it then may do. moto keeps them; IAM's decisions are
made in `access.py`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from twoclouds.aws.errors import ValidationException
from twoclouds.aws.identity import access, principals
from twoclouds.aws.identity.access import Need
from twoclouds.aws.identity.policies import statements
from twoclouds.aws.protocol import contract

if TYPE_CHECKING:
    from twoclouds.aws.identity.principals import Principal
    from twoclouds.aws.state import State

SERVICE = "sagemaker.amazonaws.com"
SESSION = "SageMaker"
"""What SageMaker calls its sessions of an execution role."""


def check_trust(state: State, role_arn: str) -> None:
    """SageMaker assumes `role_arn`. Raises ValidationException if the role is unknown or does not trust SageMaker."""
    role = principals.role_of(state, role_arn)
    if role is None or not trusts(role, "Service", (SERVICE,)):
        raise ValidationException(
            f"Could not assume role {role_arn}. "
            f"Please ensure that the role exists and allows principal '{SERVICE}' to assume the role."
        )


def trusts(role: Any, kind: str, names: Sequence[str], context: Mapping[str, Sequence[str]] | None = None) -> bool:
    """Whether a role's trust policy lets a principal of this kind ("AWS", "Service"), known by `names`, assume it."""
    found = False
    for statement in statements(role.assume_role_policy_document):
        named = any(name in names for name in statement.principals.get(kind, ()))
        if named and statement.applies("sts:AssumeRole", "*", context or {}):
            if not statement.allows:
                return False
            found = True
    return found


def permits(
    state: State,
    role_arn: str,
    action: str,
    resource: str,
    *,
    context: Mapping[str, Sequence[str]] | None = None,
    policy: str | None = None,
) -> bool:
    """Whether a job under this role may do `action` on `resource`, now. `policy` is the resource's own, if any."""
    return not refused(state, role_arn, Need(action, resource, context or {}, policy))


def refused(state: State, role_arn: str, need: Need) -> str:
    """Why a job under this role may not, in AWS's words; "" if it may."""
    role = principals.role_of(state, role_arn)
    if role is None:
        return f"The role {role_arn} does not exist."
    return access.refusal(state, principals.of_role(state, role, SESSION), need)


def check_pass_role(state: State, caller: Principal, service: str, operation: str, parameters: Any) -> None:
    """Whoever hands a role to SageMaker needs iam:PassRole on it. Raises AccessDeniedException."""
    for role_arn in dict.fromkeys(_roles(service, operation, parameters)):
        context = {"iam:passedtoservice": (SERVICE,)}
        access.require(state, caller, Need("iam:PassRole", role_arn, context))


def _roles(service: str, operation: str, parameters: Any) -> Iterator[str]:
    shape = contract.operation_model(service, operation).input_shape
    return _held(shape, parameters) if shape is not None else iter(())


def _held(shape: Any, value: Any) -> Iterator[str]:
    """The role ARNs in a request: the members whose shape is RoleArn, however deep."""
    if shape.name == "RoleArn":
        yield value
    elif shape.type_name == "structure" and isinstance(value, dict):
        for name, held in value.items():
            if held is not None and name in shape.members:
                yield from _held(shape.members[name], held)
    elif shape.type_name == "list" and isinstance(value, list):
        for entry in value:
            yield from _held(shape.member, entry)
