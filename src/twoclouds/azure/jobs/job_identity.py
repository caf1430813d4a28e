"""As whom a job acts: who reads its data, whose tokens its script gets, and who submitted it.

https://learn.microsoft.com/azure/machine-learning/how-to-identity-based-service-authentication and
how-to-administrate-data-authentication: with credentials in the datastore, these count; without, the job's identity.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from twoclouds.azure.account import WORKSPACE_ID
from twoclouds.azure.errors import user_error
from twoclouds.azure.identity import managed_identities, principals
from twoclouds.azure.identity.principals import NOBODY, Principal

if TYPE_CHECKING:
    from twoclouds.azure.state import State


def submitted(state: State, job: str) -> None:
    """A job is submitted, by whoever sends the request that is being answered."""
    state.submitters[job] = state.caller or principals.PEOPLE[principals.ADMINISTRATOR][0]


def submitter(state: State, job: str) -> Principal:
    """Who submitted a job."""
    return state.submitters.get(job) or principals.PEOPLE[principals.ADMINISTRATOR][0]


def of(state: State, job: str, properties: Mapping[str, Any]) -> Principal:
    """Whose identity a job has, by its REST properties (`identity`, `computeId`), now. NOBODY, if its compute has none.

    `UserIdentity` is whoever submitted it; `Managed` is its compute's; without either, that of its compute, and on
    serverless compute whoever submitted it. Raises AzureError for a managed identity that the compute does not have.
    """
    asked = properties.get("identity") or {}
    kind, compute = asked.get("identityType"), properties.get("computeId")
    if kind == "UserIdentity" or (kind in (None, "AMLToken") and not compute):
        return submitter(state, job)
    client = str(asked.get("clientId") or asked.get("objectId") or "") if kind == "Managed" else ""
    if asked.get("resourceId") and kind == "Managed":
        return managed_identities.find(state, asked["resourceId"])
    found = managed_identities.of(state, *_of_compute(state, compute), client)
    if found is None and client:
        raise user_error(400, f"The managed identity with client ID {client} is not assigned to the job's compute.")
    return found or NOBODY


def variables(state: State, job: str, properties: Mapping[str, Any]) -> dict[str, str]:
    """The environment variables through which a job's script gets tokens: its compute's managed identities, and with
    `UserIdentity` also who submitted it."""
    asked, compute = properties.get("identity") or {}, properties.get("computeId")
    found = managed_identities.environment(state, *_of_compute(state, compute)) if compute else {}
    if asked.get("identityType") == "UserIdentity":
        found |= managed_identities.on_behalf_of(state, submitter(state, job))
    client = asked.get("clientId") if asked.get("identityType") == "Managed" else None
    return found | ({"DEFAULT_IDENTITY_CLIENT_ID": str(client)} if client else {})


def _of_compute(state: State, compute: str | None) -> tuple[str, dict[str, Any] | None]:
    """A compute's resource id, and what it has for an `identity`."""
    name = str(compute or "").rpartition("/")[2]
    identity = f"{WORKSPACE_ID}/computes/{name}"
    return identity, state.identities.get(identity.lower())
