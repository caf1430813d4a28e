"""Batch endpoints and their deployments: what is known of them. They cost nothing; the jobs that they start do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from twoclouds.azure.account import INFERENCE, PROVIDER, RESOURCE_GROUP, WORKSPACE, WORKSPACE_ID
from twoclouds.azure.errors import resource_not_found
from twoclouds.azure.state import State

KIND = f"{PROVIDER}/workspaces/{WORKSPACE}/batchEndpoints"


@dataclass
class BatchDeployment:
    """A deployment: a model, how it is scored, and the compute that jobs run on."""

    name: str
    endpoint: str
    properties: dict[str, Any]
    tags: dict[str, str]
    created: int
    modified: int
    provisioning: str = "Creating"
    jobs: list[str] = field(default_factory=list)


@dataclass
class BatchEndpoint:
    """An endpoint: an address that starts jobs of one of its deployments, the default one if a request names none."""

    name: str
    properties: dict[str, Any]
    tags: dict[str, str]
    created: int
    modified: int
    default: str = ""
    provisioning: str = "Creating"
    deployments: dict[str, BatchDeployment] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its ARM id."""
        return f"{WORKSPACE_ID}/batchEndpoints/{self.name}"

    @property
    def host(self) -> str:
        """Where it takes requests."""
        return f"{self.name.lower()}{INFERENCE}"


def find(state: State, name: str) -> BatchEndpoint:
    """An endpoint, without regard to case. Raises AzureError (404)."""
    try:
        return state.batch_endpoints[name.lower()]
    except KeyError:
        raise resource_not_found(KIND, name, RESOURCE_GROUP) from None


def find_deployment(state: State, endpoint: str, name: str) -> BatchDeployment:
    """A deployment of an endpoint. Raises AzureError (404)."""
    found = find(state, endpoint)
    try:
        return found.deployments[name.lower()]
    except KeyError:
        raise resource_not_found(f"{KIND}/{found.name}/deployments", name, RESOURCE_GROUP) from None
