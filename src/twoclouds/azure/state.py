"""What Azure knows: one state for all modules of this cloud, each of which owns its part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from twoclouds.azure.assets.assets import Assets
from twoclouds.azure.history.runs import History
from twoclouds.world.container import JobRequest, JobResponse
from twoclouds.world.images import Image
from twoclouds.world.storage import ObjectStore
from twoclouds.world.world import World

if TYPE_CHECKING:
    from twoclouds.azure.assets.image_builds import Build
    from twoclouds.azure.compute.clusters import Cluster
    from twoclouds.azure.compute.compute_resource import Compute
    from twoclouds.azure.compute.serverless import Serverless
    from twoclouds.azure.endpoints.batch import BatchEndpoint
    from twoclouds.azure.endpoints.online import Endpoint
    from twoclouds.azure.identity.principals import Assignment, Principal
    from twoclouds.azure.jobs.jobs import Job
    from twoclouds.azure.operations import Operation
    from twoclouds.azure.storage.datastores import Datastore


@dataclass
class State:
    """The resources of the account's workspace, and the world that they live in."""

    world: World
    send: Callable[[JobRequest], JobResponse]
    blobs: ObjectStore
    data: Assets
    environments: Assets
    models: Assets
    codes: Assets
    serverless: Serverless
    principals: dict[str, Principal] = field(default_factory=dict)
    assignments: dict[str, Assignment] = field(default_factory=dict)
    identity_tags: dict[str, dict[str, str]] = field(default_factory=dict)
    identities: dict[str, dict[str, Any]] = field(default_factory=dict)
    submitters: dict[str, Principal] = field(default_factory=dict)
    token_keys: dict[str, Any] = field(default_factory=dict)
    signed_in: str = "administrator"
    caller: Principal | None = None
    datastores: dict[str, Datastore] = field(default_factory=dict)
    blocks: dict[str, dict[str, bytes]] = field(default_factory=dict)
    computes: dict[str, Compute] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    history: History = field(default_factory=History)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    batch_endpoints: dict[str, BatchEndpoint] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)
    images: dict[str, Image] = field(default_factory=dict)
    builds: dict[str, Build] = field(default_factory=dict)

    @property
    def clusters(self) -> dict[str, Cluster]:
        """The computes that are clusters."""
        return {key: cast("Cluster", each) for key, each in self.computes.items() if each.kind == "AmlCompute"}

    def time(self, at: int | None = None) -> str:
        """Virtual time (ms; now if not given) as Azure writes it: seven digits of a second, and Z."""
        clock = self.world.clock
        return f"{clock.at(clock.now if at is None else at):%Y-%m-%dT%H:%M:%S.%f}0Z"
