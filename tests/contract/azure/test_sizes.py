"""VM sizes and usage through the real azure-ai-ml."""

from __future__ import annotations

import pytest

from tests.contract.azure_lab import Session
from twoclouds.azure.catalog import read


def test_sizes_are_listed_with_what_they_have(azure: Session) -> None:
    sizes = {size.name: size for size in azure.client.compute.list_sizes()}
    small, big = sizes["Standard_DS3_v2"], sizes["Standard_NC96ads_A100_v4"]
    assert len(sizes) == len(read("machine_types"))
    assert [small.family, vars(small)["vCPUs"], vars(small)["memoryGB"], small.gpus] == ["standardDSv2Family", 4, 14, 0]
    assert big.gpus == 4


def test_usage_says_who_holds_what(azure: Session) -> None:
    azure.cluster(max_instances=3)
    azure.instance()
    azure.submit(compute=None)
    azure.lab.skip(seconds=30)
    used = {}
    for usage in azure.client.compute.list_usage():
        found = vars(usage)
        if found["currentValue"]:
            place = found["id"].partition("/usages")[0].rsplit("/", 1)[-1]
            used[place, found["name"]["value"]] = found["currentValue"], found["limit"]
    family = "Standard DSv5 Family Cluster Dedicated vCPUs"
    serverless = "Standard DSv2 Family Cluster Dedicated vCPUs"
    subscription, workspace = azure.client.subscription_id, azure.client.workspace_name
    assert used == {
        (subscription, "Clusters"): (2, 500),
        (subscription, "Total Cluster Dedicated Regional vCPUs"): (20, 300),
        (subscription, serverless): (4, 100),
        (workspace, serverless): (4, 100),
        ("Serverless", serverless): (4, 100),
        (subscription, family): (16, 100),
        (workspace, family): (16, 100),
        ("cpu", family): (12, 100),
        ("mine", family): (4, 100),
    }


@pytest.mark.parametrize("call", ["list_sizes", "list_usage"])
def test_a_place_that_is_not_there(azure: Session, call: str) -> None:
    azure.refuses(
        lambda a: list(getattr(a.client.compute, call)(location="atlantis")),
        "HttpResponseError",
        "NoRegisteredProviderFound",
        "No registered resource provider found for location 'atlantis'",
    )


def test_every_operation_is_called_by_the_sdk(azure: Session) -> None:
    list(azure.client.compute.list_sizes())
    list(azure.client.compute.list_usage())
    assert azure.uncalled("sizes") == set()
