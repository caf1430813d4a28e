"""Roles: who may assume one, and what it then may do. moto keeps them; whether they allow a thing is decided here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

from twoclouds.aws.errors import ValidationException
from twoclouds.wire.http import Request, Response

if TYPE_CHECKING:
    from twoclouds.aws.state import State

SERVICE = "sagemaker.amazonaws.com"


def check_trust(state: State, role_arn: str) -> None:
    """SageMaker assumes `role_arn`. Raises ValidationException if the role is unknown or does not trust SageMaker."""
    role = _role(state, role_arn)
    if role is None or not any(_lets_in(statement) for statement in _statements(role.assume_role_policy_document)):
        raise ValidationException(
            f"Could not assume role {role_arn}. "
            f"Please ensure that the role exists and allows principal '{SERVICE}' to assume the role."
        )


def permits(state: State, role_arn: str, action: str, resource: str) -> bool:
    """Whether the role's policies allow `action` on `resource`: one must, and none may deny it."""
    return decision(state, role_arn, action, resource) == "allowed"


def decision(state: State, role_arn: str, action: str, resource: str) -> str:
    """IAM's word for it: allowed, explicitDeny or implicitDeny."""
    from moto.iam.access_control import IAMPolicy, PermissionResult

    role = _role(state, role_arn)
    results = [IAMPolicy(document).is_action_permitted(action, resource) for document in _documents(role)]
    if PermissionResult.DENIED in results:
        return "explicitDeny"
    return "allowed" if PermissionResult.PERMITTED in results else "implicitDeny"


def simulate_principal_policy(state: State, request: Request) -> Response:
    """iam:SimulatePrincipalPolicy, which moto lacks and ModelTrainer calls to check its role."""
    form = parse_qs(request.body.decode())
    role_arn = form["PolicySourceArn"][0]
    if _role(state, role_arn) is None:
        return _error("NoSuchEntity", f"The role with name {role_arn.rpartition('/')[2]} cannot be found.", 404)
    actions, resources = list(_members(form, "ActionNames")), list(_members(form, "ResourceArns")) or ["*"]
    results = "".join(
        f"<member><EvalActionName>{escape(action)}</EvalActionName><EvalResourceName>{escape(resource)}"
        f"</EvalResourceName><EvalDecision>{decision(state, role_arn, action, resource)}</EvalDecision></member>"
        for action in actions
        for resource in resources
    )
    body = (
        '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        f"<SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults>{results}"
        "</EvaluationResults></SimulatePrincipalPolicyResult><ResponseMetadata><RequestId>"
        f"{state.world.ids.uuid('request', 'SimulatePrincipalPolicy')}</RequestId></ResponseMetadata>"
        "</SimulatePrincipalPolicyResponse>"
    )
    return Response(200, {"Content-Type": "text/xml"}, body.encode())


def _role(state: State, arn: str) -> Any:
    roles = (role for role in state.others.iam.get_roles() if role.arn == arn)
    return next(roles, None)


def _documents(role: Any) -> list[str]:
    if role is None:
        return []
    attached = [policy.document for policy in role.managed_policies.values()]
    return [unquote(document) for document in (*role.policies.values(), *attached)]


def _statements(document: str) -> list[dict[str, Any]]:
    found = json.loads(unquote(document))["Statement"]
    return found if isinstance(found, list) else [found]


def _lets_in(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal", {})
    services = principal.get("Service", []) if isinstance(principal, dict) else [principal]
    actions = statement.get("Action", [])
    return (
        statement.get("Effect") == "Allow"
        and SERVICE in ([services] if isinstance(services, str) else services)
        and any(a in ("sts:AssumeRole", "sts:*", "*") for a in ([actions] if isinstance(actions, str) else actions))
    )


def _members(form: dict[str, list[str]], name: str) -> Iterator[str]:
    number = 1
    while f"{name}.member.{number}" in form:
        yield form[f"{name}.member.{number}"][0]
        number += 1


def _error(code: str, message: str, status: int) -> Response:
    error = f"<Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message>"
    body = f"<ErrorResponse><Error>{error}</Error></ErrorResponse>"
    return Response(status, {"Content-Type": "text/xml"}, body.encode())
