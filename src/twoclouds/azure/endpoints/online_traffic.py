"""How the requests to an online endpoint are shared among its deployments.

Azure draws lots; here the shares come out exactly, and the same every time: of each 100 requests (and, if the shares
are multiples of 10, of each 10) a deployment with 10 percent gets 10 (and 1), spread as evenly as they can be.
"""

from __future__ import annotations

from twoclouds.azure.endpoints.online import Deployment, Endpoint, limit
from twoclouds.azure.errors import AzureError, bad_request


def check(endpoint: Endpoint | None, traffic: dict[str, int], mirror: dict[str, int]) -> None:
    """Raise AzureError for rules that an endpoint (None: a new one) cannot have."""
    known = endpoint.deployments if endpoint else {}
    for name, percent in {**mirror, **traffic}.items():
        if name.lower() not in known:
            raise _invalid("Traffic", f"Deployment '{name}' does not exist: traffic cannot be routed to it.")
        if not 0 <= percent <= 100:
            raise _invalid("Traffic", f"The traffic of '{name}' is {percent}: it must be between 0 and 100.")
    total = sum(traffic.values())
    if total not in (0, 100):
        raise _invalid("Traffic", f"Traffic values need to sum to 0 or 100, not to {total}.")
    mirrored = [name for name, percent in mirror.items() if percent]
    if len(mirrored) > 1:
        raise _invalid("MirrorTraffic", "Traffic can be mirrored to one deployment only.")
    for name in mirrored:
        if mirror[name] > limit("mirror_percent"):
            raise _invalid("MirrorTraffic", f"At most {limit('mirror_percent')} percent of traffic can be mirrored.")
        if traffic.get(name):
            raise _invalid("MirrorTraffic", f"Deployment '{name}' gets live traffic, and cannot get mirrored traffic.")


def route(endpoint: Endpoint, asked: str) -> Deployment:
    """The deployment that the next request goes to: the one that the request asks for, or whose turn it is.

    Raises AzureError (404) if there is none.
    """
    if asked:
        found = endpoint.deployments.get(asked.lower())
        if found is None or not found.answers:
            raise AzureError(404, "NotFound", f"Deployment '{asked}' was not found on endpoint '{endpoint.name}'.")
        return found
    weights = {name.lower(): percent for name, percent in endpoint.traffic.items() if percent}
    if not weights:
        raise AzureError(404, "NotFound", "The endpoint doesn't have any valid deployment with positive weight.")
    shares = endpoint.shares
    for name, percent in weights.items():
        shares[name] = shares.get(name, 0) + percent
    chosen = max(sorted(weights), key=lambda name: shares[name])
    shares[chosen] -= 100
    return endpoint.deployments[chosen]


def mirrored(endpoint: Endpoint) -> Deployment | None:
    """The deployment that a copy of this request goes to, if one does."""
    for name, percent in endpoint.mirror.items():
        key = f"mirror {name.lower()}"
        endpoint.shares[key] = endpoint.shares.get(key, 0) + percent
        if endpoint.shares[key] >= 100:
            endpoint.shares[key] -= 100
            return endpoint.deployments[name.lower()]
    return None


def _invalid(rule: str, message: str) -> AzureError:
    return bad_request("The request is invalid.", f"{rule}: {message}")
