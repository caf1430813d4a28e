"""Managed identities: of their own (user-assigned), and those that a resource has (system-assigned); and the address
inside a job or a deployment where their tokens are.

https://learn.microsoft.com/rest/api/managedidentity/user-assigned-identities
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from twoclouds.azure.account import ARM, GROUP_ID, GROUP_PATH, REGION, TENANT
from twoclouds.azure.catalog import duration
from twoclouds.azure.errors import AzureError, bad_request, resource_not_found
from twoclouds.azure.identity import principals
from twoclouds.azure.identity.principals import Principal
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route

if TYPE_CHECKING:
    from twoclouds.azure.state import State

KIND = "Microsoft.ManagedIdentity/userAssignedIdentities"
NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}")
HOST = "169.254.169.253"
"""Where a container asks for tokens (assumed: AzureML's is an address on the node)."""


# User-assigned


def put(state: State, request: Request, name: str) -> Response:
    """Make an identity; of one that exists only its tags change."""
    if not NAME.fullmatch(name):
        raise bad_request(
            f"The resource name '{name}' is not valid. It must start with a letter or number and have 3 to 128 "
            "letters, numbers, hyphens and underscores."
        )
    new = _existing(state, _id(name)) is None
    if new:
        _make(state, name, _id(name))
    state.identity_tags[_id(name).lower()] = request.json().get("tags") or {}
    return Response.of_json(
        _resource(state, name), status=201 if new else 200, took=duration(state.world, "request_create")
    )


def get(state: State, request: Request, name: str) -> Response:
    """An identity."""
    return Response.of_json(_resource(state, name))


def list_all(state: State, request: Request) -> Response:
    """The identities of the resource group, in order of their names."""
    names = sorted(p.name for p in state.principals.values() if f"/{KIND}/".lower() in p.owner.lower())
    return Response.of_json({"value": [_resource(state, name) for name in names]})


def delete(state: State, request: Request, name: str) -> Response:
    """Delete an identity. Its role assignments stay, for nobody."""
    found = _existing(state, _id(name))
    if found is None:
        return Response(204)
    del state.principals[found.object_id]
    return Response(200, took=duration(state.world, "request_create"))


def find(state: State, resource_id: str) -> Principal:
    """A user-assigned identity by its resource id. Raises AzureError (400)."""
    found = _existing(state, resource_id)
    if found is None:
        raise AzureError(
            400, "FailedIdentityOperation", f"Resource '{resource_id}' was not found: the identity does not exist."
        )
    return found


# Of a resource


def check(state: State, asked: dict[str, Any] | None) -> None:
    """Raise AzureError for an `identity` that names a user-assigned one that does not exist, or none at all."""
    if "userassigned" not in str((asked or {}).get("type")).lower():
        return
    named = (asked or {}).get("userAssignedIdentities") or {}
    if not named:
        raise bad_request("An identity of type UserAssigned names at least one user-assigned identity.")
    for identity in named:
        find(state, identity)


def attach(state: State, resource_id: str, asked: dict[str, Any] | None) -> dict[str, Any] | None:
    """What a resource's `identity` comes to, for what a request asks: for a system-assigned one a principal is made,
    and the one that it has stays. Raises AzureError for an identity that does not exist."""
    kind = (asked or {}).get("type") or "None"
    check(state, asked)
    kinds = {part.strip().lower() for part in kind.split(",")}
    if "systemassigned" not in kinds:
        detach(state, resource_id)
    state.identities.pop(resource_id.lower(), None)
    if asked is None or kind == "None":
        return None
    answer: dict[str, Any] = {"type": kind, "tenantId": TENANT}
    if "userassigned" in kinds:
        named = {identity: find(state, identity) for identity in asked["userAssignedIdentities"]}
        answer["userAssignedIdentities"] = {
            identity: {"principalId": found.object_id, "clientId": found.client_id} for identity, found in named.items()
        }
    if "systemassigned" in kinds:
        own = system(state, resource_id) or _make(state, resource_id.rpartition("/")[2], resource_id)
        answer["principalId"] = own.object_id
    state.identities[resource_id.lower()] = answer
    return answer


def detach(state: State, resource_id: str) -> None:
    """The resource is deleted, or has no identity any more."""
    state.identities.pop(resource_id.lower(), None)
    found = system(state, resource_id)
    if found is not None:
        del state.principals[found.object_id]


def system(state: State, resource_id: str) -> Principal | None:
    """A resource's system-assigned identity, if it has one."""
    return _existing(state, resource_id)


def of(state: State, resource_id: str, identity: dict[str, Any] | None, client_id: str = "") -> Principal | None:
    """The identity that acts for a resource with this `identity`: the one with the client id if that is given; else its
    system-assigned one, or the only user-assigned one."""
    named = [find(state, held) for held in (identity or {}).get("userAssignedIdentities") or {}]
    own = system(state, resource_id)
    if client_id:
        return next((held for held in [*named, own] if held and client_id in (held.client_id, held.object_id)), None)
    return own or (named[0] if len(named) == 1 else None)


# Tokens


def environment(state: State, resource_id: str, identity: dict[str, Any] | None) -> dict[str, str]:
    """The variables by which ManagedIdentityCredential in a container finds the identities of its resource."""
    if of(state, resource_id, identity) is None and not (identity or {}).get("userAssignedIdentities"):
        return {}
    key = state.world.ids.hex("azure/msi", resource_id)
    state.token_keys[key] = (resource_id, identity)
    return {"MSI_ENDPOINT": f"http://{HOST}/msi/token", "MSI_SECRET": key}


def on_behalf_of(state: State, principal: Principal) -> dict[str, str]:
    """The variable by which AzureMLOnBehalfOfCredential in a container finds who submitted the job."""
    key = state.world.ids.hex("azure/obo", principal.object_id)
    state.token_keys[key] = principal
    return {"OBO_ENDPOINT": f"http://{HOST}/obo/{key}"}


def give_token(state: State, request: Request) -> Response:
    """A token of the identity that a container asks for."""
    held = state.token_keys.get(request.headers.get("secret", ""))
    if not isinstance(held, tuple):
        raise AzureError(401, "Unauthorized", "The secret of the request is not this container's.")
    client = request.query.get("clientid") or request.query.get("client_id") or ""
    found = of(state, held[0], held[1], client)
    if found is None:
        raise AzureError(
            400, "BadRequest", "No managed identity was found for specified ClientId/ResourceId/PrincipalId."
        )
    return _token(state, request, found)


def give_users_token(state: State, request: Request, key: str) -> Response:
    """A token of who submitted the job."""
    held = state.token_keys.get(key)
    if not isinstance(held, Principal):
        raise AzureError(401, "Unauthorized", "Nobody's token is here.")
    return _token(state, request, held)


def _token(state: State, request: Request, principal: Principal) -> Response:
    audience = request.query.get("resource", "").removesuffix("/.default").rstrip("/")
    expires = int(state.world.clock.timestamp) + principals.LIFETIME
    return Response.of_json(
        {
            "access_token": principals.token(state, principal, audience),
            "expires_on": str(expires),
            "resource": audience,
            "token_type": "Bearer",
            "client_id": principal.client_id,
        }
    )


def _make(state: State, name: str, owner: str) -> Principal:
    ids = state.world.ids
    made = Principal(name, ids.uuid("azure/client", owner), ids.uuid("azure/principal", owner), owner)
    return principals.add(state, made)


def _existing(state: State, owner: str) -> Principal | None:
    return next((held for held in state.principals.values() if held.owner.lower() == owner.lower()), None)


def _id(name: str) -> str:
    return f"{GROUP_ID}/providers/{KIND}/{name}"


def _resource(state: State, name: str) -> dict[str, Any]:
    found = _existing(state, _id(name))
    if found is None:
        raise resource_not_found(KIND, name, GROUP_ID.rpartition("/")[2])
    return {
        "id": found.owner,
        "name": found.name,
        "type": KIND,
        "location": REGION,
        "tags": state.identity_tags.get(found.owner.lower(), {}),
        "properties": {"tenantId": TENANT, "principalId": found.object_id, "clientId": found.client_id},
    }


_PATH = f"{GROUP_PATH}/providers/{KIND}"
_USES = "lesson 7: identities of jobs; azureml-examples managed-identities"
_INSIDE = "ManagedIdentityCredential in a job or a deployment"

ROUTES = (
    Route("GET", ARM, _PATH, list_all, "User Assigned Identities - List By Resource Group", _USES),
    Route("GET", ARM, _PATH + "/{name}", get, "User Assigned Identities - Get", _USES),
    Route("PUT", ARM, _PATH + "/{name}", put, "User Assigned Identities - Create Or Update", _USES),
    Route("DELETE", ARM, _PATH + "/{name}", delete, "User Assigned Identities - Delete", _USES),
    Route("GET", HOST, "/msi/token", give_token, "Managed Identity - Get Token", _INSIDE),
    Route("GET", HOST, "/obo/{key}", give_users_token, "On Behalf Of - Get Token", "azureml-examples on-behalf-of"),
)
