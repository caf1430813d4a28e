"""Requests to Azure Resource Manager that come too often: refused, and by azure-core sent again when the answer says.
Only in a lab that throttles.

https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twoclouds.azure.account import CLOUD, SUBSCRIPTION
from twoclouds.azure.catalog import read
from twoclouds.azure.errors import AzureError

if TYPE_CHECKING:
    from twoclouds.azure.identity.principals import Principal
    from twoclouds.azure.state import State


def check(state: State, principal: Principal, method: str) -> None:
    """Count a request of a principal. Raises AzureError (429), with the seconds after which to try again."""
    kind = {"GET": "read", "HEAD": "read", "DELETE": "delete"}.get(method, "write")
    row = read("throttles")[kind]
    limits = {"per_second": row.integer("per_second"), "burst": row.integer("burst")}
    wait = state.world.throttles.take(f"{CLOUD}/{kind}/{principal.object_id}", **limits)
    if wait:
        seconds = -(-wait // 1000)
        raise AzureError(
            429,
            "SubscriptionRequestsThrottled",
            f"Number of '{kind}' requests for subscription '{SUBSCRIPTION}' actor '{principal.object_id}' exceeded. "
            f"Please try again after '{seconds}' seconds after additional tokens are available. "
            "Refer to https://aka.ms/arm-throttling for additional information.",
            headers={"Retry-After": str(seconds)},
        )
