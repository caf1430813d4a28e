"""IAM's policy simulator, which moto lacks: what a user or a role may do, or what some policies would allow.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from twoclouds.aws.errors import QueryError
from twoclouds.aws.identity import access, principals
from twoclouds.aws.identity.access import Need
from twoclouds.aws.identity.policies import SILENT, keys
from twoclouds.aws.identity.principals import Principal
from twoclouds.aws.protocol.query import members, xml
from twoclouds.wire.http import Response

if TYPE_CHECKING:
    from twoclouds.aws.state import State

NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"


def simulate_principal_policy(state: State, caller: Principal, form: Mapping[str, str]) -> Response:
    """What a user, a group's member or a role may do, with what further policies and condition keys the request gives.
    Raises QueryError (NoSuchEntity)."""
    principal = _named(state, form.get("PolicySourceArn", ""))
    return _simulate(state, "SimulatePrincipalPolicy", principal, form)


def simulate_custom_policy(state: State, caller: Principal, form: Mapping[str, str]) -> Response:
    """What the policies in the request would allow."""
    nobody = Principal(arn=form.get("CallerArn", caller.arn), user_id="", names=(), policies=())
    return _simulate(state, "SimulateCustomPolicy", nobody, form)


def _simulate(state: State, operation: str, principal: Principal, form: Mapping[str, str]) -> Response:
    boundary = next(members(form, "PermissionsBoundaryPolicyInputList"), principal.boundary)
    more = tuple(members(form, "PolicyInputList"))
    principal = replace(principal, policies=principal.policies + more, boundary=boundary)
    context = _context(form)
    policy = form.get("ResourcePolicy")
    results = [
        _result(state, principal, Need(action, resource, context, policy))
        for action in members(form, "ActionNames")
        for resource in (*members(form, "ResourceArns"),) or ("*",)
    ]
    return xml(state, NAMESPACE, operation, {"IsTruncated": False, "EvaluationResults": results})


def _result(state: State, principal: Principal, need: Need) -> dict[str, Any]:
    verdict = access.judge(state, principal, need)
    documents = [*principal.policies, *([principal.boundary] if principal.boundary else [])]
    missing = sorted(keys(documents) - set(need.context) - set(principal.context) - set(access.surroundings(state)))
    result: dict[str, Any] = {
        "EvalActionName": need.action,
        "EvalResourceName": need.resource,
        "EvalDecision": verdict.decision,
        "MissingContextValues": missing if verdict.decision == SILENT else [],
    }
    if principal.boundary is not None:
        allowed = verdict.by != "permissions boundary"
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
    return result


def _context(form: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    context, number = {}, 1
    while name := form.get(f"ContextEntries.member.{number}.ContextKeyName"):
        values = members(form, f"ContextEntries.member.{number}.ContextKeyValues")
        context[name.lower()] = tuple(values)
        number += 1
    return context


def _named(state: State, arn: str) -> Principal:
    kind, _, name = arn.rpartition(":")[2].partition("/")
    name = name.rpartition("/")[2]
    if kind == "role":
        role = principals.role_of(state, arn)
        if role is not None:
            return replace(principals.of_role(state, role, "simulated"), arn=arn)
    elif kind == "user":
        user = state.others.iam.users.get(name)
        if user is not None and user.arn == arn:
            return principals.of_user(state, user)
    else:
        raise QueryError("InvalidInput", f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    raise QueryError("NoSuchEntity", f"The {kind} with name {name} cannot be found.", status=404)


OPERATIONS = {
    "SimulatePrincipalPolicy": simulate_principal_policy,
    "SimulateCustomPolicy": simulate_custom_policy,
}
