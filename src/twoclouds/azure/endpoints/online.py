"""Managed online endpoints and their deployments: what is known of them, and what a name of one must be like."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any

from twoclouds.azure.account import INFERENCE, PROVIDER, RESOURCE_GROUP, WORKSPACE, WORKSPACE_ID
from twoclouds.azure.catalog import read
from twoclouds.azure.errors import AzureError, bad_request, resource_not_found
from twoclouds.azure.state import State
from twoclouds.world.container import Container, Line
from twoclouds.world.machines import Machine, MachineType
from twoclouds.world.runner import Server

NAME = re.compile(r"[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?")
BUSY = ("Creating", "Updating", "Scaling", "Deleting")


@dataclass(frozen=True)
class Served:
    """A container that a deployment runs: what it is made from, the port it listens on by itself (0: it does not), and
    which of its paths answers to which of the endpoint's."""

    container: Container
    port: int = 0
    paths: dict[str, str] = field(default_factory=dict)


@dataclass
class Deployment:
    """A deployment: what was asked for, the instances that are billed for it, and the container that answers.

    `reserved` is for how many instances cores are taken. `history` is what its earlier containers printed, `moments`
    (ms) when what happened to its instances: the container events in its log. `pending` requests are being answered;
    `in_flight` is until when (ms) those take that have been.
    """

    name: str
    endpoint: str
    properties: dict[str, Any]
    tags: dict[str, str]
    size: MachineType
    count: int
    reserved: int
    created: int
    modified: int
    provisioning: str = "Creating"
    machines: list[Machine] = field(default_factory=list)
    machines_made: int = 0
    served: Served | None = None
    server: Server | None = None
    history: list[Line] = field(default_factory=list)
    storage_log: list[str] = field(default_factory=list)
    moments: list[tuple[int, str, str]] = field(default_factory=list)
    pending: int = 0
    in_flight: list[int] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def resource(self) -> str:
        """What its instances are called on the bill."""
        return f"{self.endpoint}/{self.name}"

    @property
    def answers(self) -> bool:
        """Whether it takes requests: it does from its first success until it is deleted."""
        return self.served is not None and self.provisioning != "Deleting"


@dataclass
class Endpoint:
    """An endpoint: what was asked for, its keys, and its deployments. `shares` is how traffic has been split so far."""

    name: str
    auth_mode: str
    properties: dict[str, Any]
    identity: dict[str, Any]
    tags: dict[str, str]
    created: int
    modified: int
    keys: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    traffic: dict[str, int] = field(default_factory=dict)
    mirror: dict[str, int] = field(default_factory=dict)
    shares: dict[str, int] = field(default_factory=dict)
    provisioning: str = "Creating"
    deployments: dict[str, Deployment] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its ARM id."""
        return f"{WORKSPACE_ID}/onlineEndpoints/{self.name}"

    @property
    def host(self) -> str:
        """Where it takes requests."""
        return f"{self.name.lower()}{INFERENCE}"


def limit(name: str) -> int:
    """A limit of endpoints."""
    return read("endpoints")[name].integer("value")


def find(state: State, name: str) -> Endpoint:
    """An endpoint, without regard to case. Raises AzureError (404)."""
    try:
        return state.endpoints[name.lower()]
    except KeyError:
        kind = f"{PROVIDER}/workspaces/{WORKSPACE}/onlineEndpoints"
        raise resource_not_found(kind, name, RESOURCE_GROUP) from None


def find_deployment(state: State, endpoint: str, name: str) -> Deployment:
    """A deployment of an endpoint. Raises AzureError (404)."""
    found = find(state, endpoint)
    try:
        return found.deployments[name.lower()]
    except KeyError:
        kind = f"{PROVIDER}/workspaces/{WORKSPACE}/onlineEndpoints/{found.name}/deployments"
        raise resource_not_found(kind, name, RESOURCE_GROUP) from None


def check_name(kind: str, name: str) -> None:
    """Raise AzureError for a name that an endpoint or a deployment cannot have."""
    if not NAME.fullmatch(name) or not 3 <= len(name) <= 32:
        raise bad_request(
            f"The {kind} name '{name}' is invalid. A name must begin with a letter, be 3 to 32 characters in length, "
            "and consist only of letters, numbers and single dashes; it must not end with a dash."
        )


def check_idle(kind: str, name: str, provisioning: str) -> None:
    """Raise AzureError (409) while an earlier operation on it is under way."""
    if provisioning in BUSY:
        raise AzureError(
            409, "Conflict", f"The {kind} '{name}' is in state {provisioning}: another operation on it is in progress."
        )
