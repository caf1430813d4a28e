"""Whether a principal may: the roles that are assigned to it, at the resource's scope or above it.

https://learn.microsoft.com/azure/role-based-access-control/overview. The action of a request to Azure Resource Manager
is its resource's type and read, write, delete or its own name; services of the workspace check actions of its runs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from twoclouds.azure import throttle, workspace
from twoclouds.azure.account import API, ARM, PROVIDER, WORKSPACE_ID
from twoclouds.azure.errors import AzureError
from twoclouds.azure.identity import principals, roles

if TYPE_CHECKING:
    from twoclouds.azure.identity.principals import Principal
    from twoclouds.azure.state import State
    from twoclouds.wire.http import Request

VERBS = {"GET": "read", "HEAD": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"
RUNS = f"{PROVIDER}/workspaces/experiments/runs"
OPEN = re.compile(r"/locations/[^/]+/\w*(operationsStatus|operationResults)/", re.IGNORECASE)
"""How far an operation is, everybody may ask who knows its name."""

READS = re.compile(r"(/rundata|/batchGetResolvedUris|/search|/query|/batch/get|/get-latest-versions)$", re.IGNORECASE)
"""What is only read with a POST."""


def admit(state: State, request: Request) -> None:
    """Let a request in, or raise AzureError: 401 if nobody known sent it, 403 if they may not."""
    if request.host not in (ARM, API) or request.path == workspace.METADATA:
        return
    if request.host == API and WORKSPACE_ID.lower() not in request.path.lower():
        return
    state.caller = principals.calling(state, request)
    if subscription := re.match("/subscriptions/([^/]+)", request.path):
        workspace.check_subscription(subscription[1])
    if request.host == ARM:
        throttle.check(state, state.caller, request.method)
    if request.host == API:
        reads = VERBS.get(request.method) == "read" or READS.search(request.path)
        require(state, state.caller, f"{RUNS}/{'read' if reads else 'write'}", WORKSPACE_ID)
    elif not OPEN.search(request.path):
        require(state, state.caller, *wanted(request.method, request.path))


def wanted(method: str, path: str) -> tuple[str, str]:
    """The action that a request to Azure Resource Manager needs, and the scope at which it needs it."""
    before, _, after = path.rstrip("/").rpartition("/providers/")
    if not before:
        kinds, scope = ["Microsoft.Resources", *path.strip("/").split("/")[::2]], path.rstrip("/")
        return f"{'/'.join(kinds)}/{VERBS.get(method, 'action')}", scope
    provider, *rest = after.split("/")
    kinds = [provider, *rest[::2]]
    if method == "POST" and len(rest) % 2:
        return f"{'/'.join(kinds)}/action", path[: path.rstrip("/").rfind("/")]
    scope = path.rstrip("/")
    if len(rest) % 2:
        scope = scope[: scope.rfind("/")]
    return f"{'/'.join(kinds)}/{VERBS.get(method, 'action')}", scope


def may(state: State, principal: Principal, action: str, scope: str, *, data: bool = False) -> bool:
    """Whether a principal may do `action` at a scope (a resource's id), or `data` with it, now."""
    held = (a for a in state.assignments.values() if a.principal == principal.object_id and _within(scope, a.scope))
    return any(roles.all_roles()[assignment.role].permits(action, data=data) for assignment in held)


def require(state: State, principal: Principal, action: str, scope: str) -> None:
    """Raise AzureError (403, AuthorizationFailed) unless the principal may."""
    if not may(state, principal, action, scope):
        raise AzureError(
            403,
            "AuthorizationFailed",
            f"The client '{principal.client_id}' with object id '{principal.object_id}' does not have authorization to "
            f"perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, "
            "please refresh your credentials.",
        )


def may_blobs(state: State, principal: Principal, container: str, verb: str = "read") -> bool:
    """Whether an identity may `read`, `write` or `delete` the blobs of a container of the workspace's storage account:
    for that, only a role with data actions counts, and Owner is none."""
    scope = f"{principals.STORAGE_ID}/blobServices/default/containers/{container}"
    return may(state, principal, f"{CONTAINERS}/blobs/{verb}", scope, data=True)


def may_containers(state: State, principal: Principal, verb: str) -> bool:
    """Whether an identity may list, make (`write`) or `delete` containers of that account."""
    return may(state, principal, f"{CONTAINERS}/{verb}", principals.STORAGE_ID)


def _within(scope: str, of: str) -> bool:
    scope, of = scope.lower().rstrip("/"), of.lower().rstrip("/")
    return scope == of or scope.startswith(f"{of}/")
