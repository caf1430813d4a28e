"""Role assignments and role definitions, as Microsoft.Authorization's REST API has them.

https://learn.microsoft.com/rest/api/authorization/role-assignments. azure-mgmt-authorization is not needed for them: a
program sends the same requests through azure-core.
"""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from twoclouds.azure.account import ARM, SUBSCRIPTION, TENANT
from twoclouds.azure.catalog import duration
from twoclouds.azure.errors import AzureError, bad_request
from twoclouds.azure.identity import principals, roles
from twoclouds.azure.identity.principals import Assignment
from twoclouds.azure.identity.roles import DEFINITIONS, Role
from twoclouds.azure.state import State
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route

ASSIGNMENTS = "providers/Microsoft.Authorization/roleAssignments"


def put(state: State, request: Request, scope: str, name: str) -> Response:
    """Give a principal a role at a scope, from now on. An assignment that exists cannot be changed."""
    try:
        UUID(name)
    except ValueError:
        raise AzureError(
            400,
            "InvalidRoleAssignmentId",
            f"The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID.",
        ) from None
    properties = request.json().get("properties") or {}
    role, principal = _role(properties.get("roleDefinitionId")), _principal(state, properties.get("principalId"))
    if properties.get("condition"):
        raise NotSimulated("Azure role assignments with a condition")
    scope = f"/{scope.strip('/')}"
    held = state.assignments.get(name)
    if held and (held.principal, held.role, held.scope.lower()) != (principal, role.id, scope.lower()):
        raise AzureError(
            403,
            "RoleAssignmentUpdateNotPermitted",
            "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
        )
    same = (a for a in state.assignments.values() if (a.principal, a.role) == (principal, role.id))
    if held or any(a.scope.lower() == scope.lower() for a in same):
        raise AzureError(409, "RoleAssignmentExists", "The role assignment already exists.")
    by = state.caller.object_id if state.caller else principal
    made = principals.assign(state, principal, role.name, scope, name=name, by=by)
    state.world.events.record("role.assigned", f"azure/{name}", role=role.name, principal=principal, scope=scope)
    return Response.of_json(_resource(made), status=201, took=duration(state.world, "request_create"))


def get(state: State, request: Request, scope: str, name: str) -> Response:
    """An assignment."""
    return Response.of_json(_resource(_find(state, scope, name)))


def delete(state: State, request: Request, scope: str, name: str) -> Response:
    """Take a role away, from now on. Of an assignment that there is not, nothing is said."""
    if name not in state.assignments:
        return Response(204)
    held = _find(state, scope, name)
    del state.assignments[name]
    state.world.events.record("role.removed", f"azure/{name}", role=roles.all_roles()[held.role].name)
    return Response.of_json(_resource(held))


def list_all(state: State, request: Request, scope: str) -> Response:
    """The assignments at a scope, above and below it; with `$filter=principalId eq '…'` of one principal, with
    `atScope()` not those below."""
    wanted, scope = request.query.get("$filter", ""), f"/{scope.strip('/')}".lower()
    match = re.fullmatch(r"(?:atScope\(\))?(?: and )?(?:(?:principalId eq|assignedTo\()\s*'?([\w-]+)'?\)?)?", wanted)
    if match is None:
        raise bad_request(f"Invalid filter: {wanted}")
    found = [
        _resource(held)
        for held in state.assignments.values()
        if match[1] in (None, held.principal)
        and (_below(scope, held.scope.lower()) or ("atScope" not in wanted and _below(held.scope.lower(), scope)))
    ]
    return Response.of_json({"value": found})


def get_role(state: State, request: Request, scope: str, name: str) -> Response:
    """A role definition."""
    return Response.of_json(_definition(_role(name)))


def list_roles(state: State, request: Request, scope: str) -> Response:
    """The built-in roles, or with `$filter=roleName eq '…'` the one of a name."""
    wanted = re.fullmatch(r"roleName eq '([^']*)'", request.query.get("$filter", ""))
    found = [role for role in roles.all_roles().values() if not wanted or role.name.lower() == wanted[1].lower()]
    return Response.of_json({"value": [_definition(role) for role in found]})


def _find(state: State, scope: str, name: str) -> Assignment:
    held = state.assignments.get(name)
    if held is None or held.scope.lower() != f"/{scope.strip('/')}".lower():
        raise AzureError(404, "RoleAssignmentNotFound", f"The role assignment '{name}' is not found.")
    return held


def _below(scope: str, above: str) -> bool:
    return scope == above or scope.startswith(above.rstrip("/") + "/")


def _role(identifier: Any) -> Role:
    found = roles.all_roles().get(str(identifier or "").rpartition("/")[2])
    if found is None:
        raise AzureError(
            404, "RoleDefinitionDoesNotExist", f"The specified role definition with ID '{identifier}' does not exist."
        )
    return found


def _principal(state: State, object_id: Any) -> str:
    if object_id not in state.principals:
        raise AzureError(
            400,
            "PrincipalNotFound",
            f"Principal {str(object_id or '').replace('-', '')} does not exist in the directory {TENANT}. Check that "
            "you have the correct principal ID. If you are creating this principal and then immediately assigning a "
            "role, this error might be related to a replication delay. In this case, set the role assignment "
            "principalType property to a value, such as ServicePrincipal, User, or Group. "
            "See https://aka.ms/docs-principaltype",
        )
    return str(object_id)


def _resource(held: Assignment) -> dict[str, Any]:
    return {
        "id": f"{held.scope}/{ASSIGNMENTS}/{held.name}",
        "name": held.name,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {
            "roleDefinitionId": f"/subscriptions/{SUBSCRIPTION}/{DEFINITIONS}/{held.role}",
            "principalId": held.principal,
            "principalType": "ServicePrincipal",
            "scope": held.scope,
            "createdOn": held.created,
            "updatedOn": held.created,
            "createdBy": held.by,
            "updatedBy": held.by,
        },
    }


def _definition(role: Role) -> dict[str, Any]:
    permissions = {
        "actions": role.actions,
        "notActions": role.not_actions,
        "dataActions": role.data_actions,
        "notDataActions": role.not_data_actions,
    }
    return {
        "id": f"/subscriptions/{SUBSCRIPTION}/{DEFINITIONS}/{role.id}",
        "name": role.id,
        "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {
            "roleName": role.name,
            "type": "BuiltInRole",
            "description": role.description,
            "assignableScopes": ["/"],
            "permissions": [permissions],
        },
    }


_USES = "lesson 7: who may read the data; azureml-examples managed-identities"

ROUTES = (
    Route("PUT", ARM, f"/{{scope:path}}/{ASSIGNMENTS}/{{name}}", put, "Role Assignments - Create", _USES),
    Route("GET", ARM, f"/{{scope:path}}/{ASSIGNMENTS}/{{name}}", get, "Role Assignments - Get", _USES),
    Route("DELETE", ARM, f"/{{scope:path}}/{ASSIGNMENTS}/{{name}}", delete, "Role Assignments - Delete", _USES),
    Route("GET", ARM, f"/{{scope:path}}/{ASSIGNMENTS}", list_all, "Role Assignments - List For Scope", _USES),
    Route("GET", ARM, f"/{{scope:path}}/{DEFINITIONS}/{{name}}", get_role, "Role Definitions - Get", _USES),
    Route("GET", ARM, f"/{{scope:path}}/{DEFINITIONS}", list_roles, "Role Definitions - List", _USES),
)
