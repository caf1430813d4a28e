"""The workspace, and what is outside of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.azure_lab import Session
from twoclouds.azure import account


def _elsewhere(azure: Session, *, subscription: str = account.SUBSCRIPTION, group: str = account.RESOURCE_GROUP) -> Any:
    from azure.ai.ml import MLClient

    return MLClient(azure.client._credential, subscription, group, "x")


REFUSALS = [
    ("unknown workspace", lambda a: _elsewhere(a).workspaces.get("x"), "ResourceNotFoundError", "ResourceNotFound",
     "The Resource 'Microsoft.MachineLearningServices/workspaces/x' under resource group 'two-clouds' was not found."),
    ("in an unknown workspace", lambda a: _elsewhere(a).compute.get("cpu"), "ResourceNotFoundError",
     "ParentResourceNotFound", "could not be found."),
    ("unknown group", lambda a: _elsewhere(a, group="rg").workspaces.get("x"), "ResourceNotFoundError",
     "ResourceGroupNotFound", "Resource group 'rg' could not be found."),
    ("unknown subscription", lambda a: _elsewhere(a, subscription="s").workspaces.get("x"), "ResourceNotFoundError",
     "SubscriptionNotFound", "The subscription 's' could not be found."),
]  # fmt: skip


@pytest.mark.parametrize(("case", "call", "kind", "code", "message"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_refusals(azure: Session, case: str, call: Any, kind: str, code: str, message: str) -> None:
    azure.cluster()
    azure.refuses(call, kind, code, message)


@pytest.mark.parametrize(
    ("call", "operation"),
    [
        (lambda a: list(a.client.components.list()), "components"),
    ],
)
def test_what_is_not_simulated_says_so(azure: Session, call: Any, operation: str) -> None:
    azure.cluster()
    azure.lacks(call, operation)


def test_every_operation_is_called_by_the_sdk(azure: Session) -> None:
    import requests

    client = azure.client.workspaces
    assert client.get(account.WORKSPACE).location == "eastus"
    for scope in ("resource_group", "subscription"):
        assert [found.name for found in client.list(scope=scope)] == [account.WORKSPACE]
    assert list(client.list(filtered_kinds="hub")) == []
    clouds = requests.get(f"https://{account.ARM}/metadata/endpoints?api-version=2019-05-01").json()
    assert [(cloud["name"], cloud["resourceManager"]) for cloud in clouds] == [
        ("AzureCloud", f"https://{account.ARM}/")
    ]
    keys = client.get_keys(account.WORKSPACE)
    assert keys.container_registry_credentials.username == "twocloudsacr"
    azure.cluster()
    azure.client.jobs.stream(azure.submit().name)
    assert azure.uncalled("workspace") == set()
