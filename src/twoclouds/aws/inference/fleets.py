"""The fleet behind an endpoint: for each variant of a configuration its instances, and the containers they run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twoclouds.aws import catalog, quotas
from twoclouds.aws.account import CLOUD
from twoclouds.aws.errors import ResourceLimitExceeded
from twoclouds.aws.inference import models
from twoclouds.aws.inference.endpoint_configs import EndpointConfig
from twoclouds.aws.inference.hosting import Hosting
from twoclouds.aws.inference.models import Model
from twoclouds.aws.logs import Stream, messages
from twoclouds.world.machines import Machine

if TYPE_CHECKING:
    from twoclouds.aws.inference.endpoints import Endpoint
    from twoclouds.aws.inference.serverless import Slot
    from twoclouds.aws.state import State

MINUTE = 60_000


@dataclass
class Instance:
    """A machine of a variant, with SageMaker's name for it and the logs of its containers."""

    id: str
    machine: Machine
    streams: dict[str, Stream] = field(default_factory=dict)


@dataclass
class Variant:
    """A production or shadow variant as it runs. `desired` instances are asked for; `instances` are there."""

    spec: dict[str, Any]
    model: Model
    weight: float
    desired_weight: float
    desired: int
    began: int
    instances: list[Instance] = field(default_factory=list)
    hosting: Hosting | None = None
    invocations: Counter[int] = field(default_factory=Counter)
    """By minute since the lab opened."""
    asked: int = 0
    slots: list[Slot] = field(default_factory=list)
    """Of a serverless variant."""
    seen: int = 0
    captured: list[str] = field(default_factory=list)
    """Data capture: how many requests it has seen, and the lines that are still to be delivered."""
    streams: dict[str, Stream] = field(default_factory=dict)
    """The logs of containers that are on no instance of the account's."""

    @property
    def name(self) -> str:
        return str(self.spec["VariantName"])

    @property
    def instance_type(self) -> str:
        """The type of its instances; "" for a serverless one."""
        return str(self.spec.get("InstanceType", ""))

    @property
    def serverless(self) -> dict[str, int] | None:
        """Its memory and concurrency, if it is serverless."""
        found: dict[str, int] | None = self.spec.get("ServerlessConfig")
        return found

    def next_instance(self) -> Instance | None:
        """The instance whose turn it is."""
        self.asked += 1
        return self.instances[(self.asked - 1) % len(self.instances)] if self.instances else None

    def count(self, now: int) -> None:
        """One invocation more, now."""
        self.invocations[now // MINUTE] += 1


@dataclass
class Fleet:
    """The variants of one configuration, for one endpoint; `capture` is its DataCaptureConfig."""

    config: EndpointConfig
    variants: list[Variant]
    shadows: list[Variant]
    capture: dict[str, Any]

    @property
    def all(self) -> list[Variant]:
        """Production and shadow variants."""
        return [*self.variants, *self.shadows]


def plan(state: State, config: EndpointConfig, *, keep: Fleet | None = None, kept: tuple[str, ...] = ()) -> Fleet:
    """The fleet of a configuration, with its quota taken and nothing launched yet. Of variants that `keep` has as well,
    the properties `kept` ("DesiredInstanceCount", "DesiredWeight") stay as they are there, and so does its
    "DataCaptureConfig".

    Raises ValidationException for a model that is gone, and ResourceLimitExceeded; then no quota is held.
    """
    before = {variant.name: variant for variant in keep.all} if keep else {}

    def variant(spec: dict[str, Any]) -> Variant:
        old = before.get(spec["VariantName"])
        weight, count = float(spec["InitialVariantWeight"]), spec.get("InitialInstanceCount", 1)
        if old is not None and "DesiredWeight" in kept:
            weight = old.desired_weight
        if old is not None and "DesiredInstanceCount" in kept and old.instance_type:
            count = old.desired
        return Variant(spec, models.find(state, spec["ModelName"]), weight, weight, count, state.world.clock.now)

    capture = keep.capture if keep and "DataCaptureConfig" in kept else config.request.get("DataCaptureConfig", {})
    production, shadows = ([variant(spec) for spec in specs] for specs in (config.variants, config.shadows))
    fleet = Fleet(config, production, shadows, capture)
    take(state, [(one, one.desired) for one in fleet.all])
    return fleet


def take(state: State, wanted: list[tuple[Variant, int]]) -> None:
    """Hold the quota for so many instances of each variant. Raises ResourceLimitExceeded, and then holds none."""
    held: list[tuple[Variant, int]] = []
    try:
        for variant, count in wanted:
            if variant.serverless and count:
                _take_serverless(state, variant.serverless["MaxConcurrency"])
            elif count:
                quotas.take(state, variant.instance_type, quotas.ENDPOINT, count)
            held.append((variant, count))
    except ResourceLimitExceeded:
        for variant, count in held:
            give_back(state, variant, count)
        raise


def give_back(state: State, variant: Variant, count: int) -> None:
    """Return the quota of so many instances; of a serverless variant, which counts as one, that of its concurrency."""
    if variant.serverless and count:
        state.world.quotas.give_back(f"{CLOUD}/{quotas.SERVERLESS}", 1)
        state.world.quotas.give_back(f"{CLOUD}/{quotas.CONCURRENCY}", variant.serverless["MaxConcurrency"])
    elif count:
        quotas.give_back(state, variant.instance_type, quotas.ENDPOINT, count)


def _take_serverless(state: State, concurrency: int) -> None:
    quotas.take_named(state, quotas.SERVERLESS, 1, unit="Endpoints")
    try:
        quotas.take_named(state, quotas.CONCURRENCY, concurrency, unit="Invocations")
    except ResourceLimitExceeded:
        state.world.quotas.give_back(f"{CLOUD}/{quotas.SERVERLESS}", 1)
        raise


def request(state: State, endpoint: Endpoint, variant: Variant, count: int) -> list[Instance]:
    """Ask for machines. Whether they are billed before they serve is assumed."""
    machine_type, made = catalog.machine_type(variant.instance_type), []
    for _ in range(count):
        state.launches[f"endpoint/{endpoint.name}"] += 1
        name = f"{endpoint.name}/{variant.name}-{state.launches[f'endpoint/{endpoint.name}']}"
        machine = state.world.machine(account=CLOUD, name=name, type=machine_type, owner=endpoint.name)
        machine.enter("provisioning", billed=catalog.billed(state.world, "endpoint_starting"))
        made.append(Instance(f"i-0{state.world.ids.hex('aws/instance', name, length=16)}", machine))
    return made


def serve(variant: Variant, instances: list[Instance]) -> None:
    """These instances take part from now on, and are billed until they are released."""
    for instance in instances:
        instance.machine.enter("working")
    variant.instances += instances


def keep(variant: Variant, instances: list[Instance]) -> None:
    """These instances do not serve, and are billed all the same until the endpoint is deleted."""
    for instance in instances:
        instance.machine.enter("idle")
    variant.instances += instances


def release(state: State, variant: Variant, instances: list[Instance], *, quota: bool = True) -> None:
    """Return these machines, and their quota."""
    for instance in instances:
        instance.machine.release()
        if instance in variant.instances:
            variant.instances.remove(instance)
    if quota:
        give_back(state, variant, len(instances))


def retire(state: State, fleet: Fleet) -> None:
    """Return all machines of a fleet, and end its containers."""
    for variant in fleet.all:
        release(state, variant, list(variant.instances))
        if variant.serverless:
            give_back(state, variant, 1)


def log(state: State, endpoint: Endpoint, variant: Variant, instances: list[Instance]) -> None:
    """What the containers have printed goes to the logs of `instances`; without any, to one of the variant."""
    if variant.hosting is None:
        return
    group, now = f"/aws/sagemaker/Endpoints/{endpoint.name}", state.world.clock.now
    several = len(variant.hosting.hostnames) > 1
    for hostname, lines in variant.hosting.printed().items():
        places: list[Instance | None] = list(instances)
        for instance in places or [None]:
            streams = instance.streams if instance else variant.streams
            if hostname not in streams:
                place = instance.id if instance else state.world.ids.hex("aws/serverless", endpoint.name)
                name = f"{variant.name}/{place}" + (f"/{hostname}" if several else "")
                streams[hostname] = state.logs.stream(group, name, now=now)
            events = streams[hostname].events
            latest = events[-1][0] if events else 0
            events += messages((max(time, latest), line) for time, line in lines)
