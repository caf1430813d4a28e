"""Which VM sizes there are in a region, what they cost, and how much of its quota the subscription uses there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from twoclouds.azure.account import ARM, PROVIDER, REGION, SUBSCRIPTION, WORKSPACE_ID
from twoclouds.azure.catalog import machine_type, read, regions
from twoclouds.azure.compute import quota
from twoclouds.azure.compute.compute_resource import Compute
from twoclouds.azure.errors import AzureError
from twoclouds.azure.state import State
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route
from twoclouds.world.machines import MachineType


def list_sizes(state: State, request: Request, location: str) -> Response:
    """The VM sizes that clusters and compute instances may have, with their prices."""
    region, prices = _region(location), read("prices")
    return Response.of_json({"value": [_size(machine_type(name, region)) for name in prices if prices[name][region]]})


def list_usage(state: State, request: Request, location: str) -> Response:
    """What is used of each quota: by the subscription, by its workspace, and by each of its computes."""
    region = _region(location)
    families = [what for what in read("quotas") if what not in (quota.TOTAL, quota.COMPUTES)]
    top = [
        _usage(state, f"/subscriptions/{SUBSCRIPTION}/usages", "totalCores", quota.COMPUTES, "Clusters", region),
        _usage(
            state,
            f"/subscriptions/{SUBSCRIPTION}/usages",
            "dedicatedCores",
            quota.TOTAL,
            "Total Cluster Dedicated Regional vCPUs",
            region,
        ),
    ]
    return Response.of_json({"value": top + [row for family in families for row in _family(state, family, region)]})


def _family(state: State, family: str, region: str) -> Iterator[dict[str, Any]]:
    name = f"{family} Family Cluster Dedicated vCPUs"
    path = f"usages/{name.replace(' ', '_')}"
    yield _usage(state, f"/subscriptions/{SUBSCRIPTION}/{path}", "vmFamily", family, name, region)
    if not state.world.quotas.used(quota.name(family, region)):
        return
    yield _usage(state, f"{WORKSPACE_ID}/{path}", "workspaces", family, name, region)
    for key in sorted(state.computes):
        compute = state.computes[key]
        if compute.asked.size.family == family and compute.asked.region == region:
            yield _usage(state, f"{compute.id}/{path}", "workspaces/computes", family, name, region, _cores(compute))
    if region == REGION and (serverless := state.serverless.cores(family)):
        id = f"{WORKSPACE_ID}/computes/Serverless/{path}"
        yield _usage(state, id, "workspaces/computes", family, name, region, serverless)


def _usage(
    state: State, id: str, kind: str, what: str, name: str, region: str, used: int | None = None
) -> dict[str, Any]:
    quotas, key = state.world.quotas, quota.name(what, region)
    return {
        "id": id,
        "type": f"{PROVIDER}/{kind}/usages",
        "unit": "Count",
        "currentValue": quotas.used(key) if used is None else used,
        "limit": quotas.limit(key),
        "name": {"value": name, "localizedValue": name},
    }


def _cores(compute: Compute) -> int:
    return compute.machines * compute.asked.size.vcpus


def _size(size: MachineType) -> dict[str, Any]:
    """A size as it goes over the wire. An `s` after the number says that it takes premium disks."""
    return {
        "name": size.name,
        "family": f"{size.family.replace(' ', '').replace('Standard', 'standard')}Family",
        "vCPUs": size.vcpus,
        "gpus": size.gpus,
        "memoryGB": float(size.memory_gib),
        "lowPriorityCapable": False,
        "premiumIO": bool(re.search(r"_[A-Z]+S\d|_[A-Z]+\d+[a-z]*s", size.name)),
        "estimatedVMPrices": {
            "billingCurrency": "USD",
            "unitOfMeasure": "OneHour",
            "values": [{"retailPrice": float(size.hourly), "osType": "Linux", "vmTier": "Standard"}],
        },
        "supportedComputeTypes": ["AmlCompute", "ComputeInstance"],
    }


def _region(location: str) -> str:
    region = location.replace(" ", "").lower()
    if region not in regions():
        raise AzureError(
            400,
            "NoRegisteredProviderFound",
            f"No registered resource provider found for location '{location}' and API version '2025-12-01' for type "
            f"'locations/vmSizes'. The supported locations are '{', '.join(regions())}'.",
        )
    return region


_PATH = f"/subscriptions/{{subscription}}/providers/{PROVIDER}/locations/{{location}}"

ROUTES = (
    Route(
        "GET",
        ARM,
        _PATH + "/vmSizes",
        list_sizes,
        "Virtual Machine Sizes - List",
        "azureml-examples sdk/python/foundation-models (compute.list_sizes)",
    ),
    Route("GET", ARM, _PATH + "/usages", list_usage, "Usages - List", "compute.list_usage"),
)
