"""How the traffic of an endpoint moves to a new fleet: at once, a canary first, in equal steps, or batch by batch.

As "Blue/Green Deployments" tells it: "you are billed for both the fleets for the duration of the update" where there
are several steps or waits, and for one alone where all of it shifts at once. What alarms would do is not simulated.
"""

from __future__ import annotations

from collections.abc import Generator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from twoclouds.aws import catalog, members
from twoclouds.aws.errors import ValidationException
from twoclouds.aws.inference import fleets
from twoclouds.aws.inference.fleets import Fleet, Variant
from twoclouds.aws.inference.provisioning import NotHealthy, provision
from twoclouds.world.clock import SECOND

if TYPE_CHECKING:
    from twoclouds.aws.inference.endpoints import Endpoint
    from twoclouds.aws.state import State

Life = Generator[Any, Any, None]


SIZE: members.Simulated = {"Type": {}, "Value": {}}
SIMULATED: members.Simulated = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": {},
            "WaitIntervalInSeconds": {},
            "CanarySize": SIZE,
            "LinearStepSize": SIZE,
        },
        "TerminationWaitInSeconds": {},
        "MaximumExecutionTimeoutInSeconds": {},
    },
    "RollingUpdatePolicy": {
        "MaximumBatchSize": SIZE,
        "WaitIntervalInSeconds": {},
        "MaximumExecutionTimeoutInSeconds": {},
        "RollbackMaximumBatchSize": SIZE,
    },
}
"""How an update goes; AutoRollbackConfiguration watches CloudWatch alarms, which are not simulated."""


def check(deployment: dict[str, Any]) -> None:
    """Raise ValidationException for a DeploymentConfig that cannot be."""
    if "BlueGreenUpdatePolicy" in deployment and "RollingUpdatePolicy" in deployment:
        raise ValidationException("Only one of BlueGreenUpdatePolicy and RollingUpdatePolicy may be specified.")
    routing = deployment.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    for kind, member in (("CANARY", "CanarySize"), ("LINEAR", "LinearStepSize")):
        if (routing.get("Type") == kind) != (member in routing):
            raise ValidationException(f"{member} must be specified for, and only for, the traffic routing type {kind}.")
        size = routing.get(member, {"Type": "INSTANCE_COUNT", "Value": 1})
        if size["Type"] == "CAPACITY_PERCENT" and not (10 if kind == "LINEAR" else 1) <= size["Value"] <= 50:
            raise ValidationException(f"{member} must be at most 50 percent of the variant's capacity.")


def deploy(state: State, endpoint: Endpoint, old: Fleet, new: Fleet) -> Life:
    """Bring `new` into service as the endpoint's DeploymentConfig says, and return the machines of `old`.

    Raises NotHealthy; then `old` serves as before, and nothing is left of `new`.
    """
    rolling = endpoint.deployment.get("RollingUpdatePolicy")
    if rolling and all(variant.instance_type for variant in (*old.variants, *new.variants)):
        yield from _roll(state, endpoint, old, new, rolling)
    else:
        yield from _replace(state, endpoint, old, new, endpoint.deployment.get("BlueGreenUpdatePolicy", {}))


def _replace(state: State, endpoint: Endpoint, old: Fleet, new: Fleet, policy: dict[str, Any]) -> Life:
    clock = state.world.clock
    launched = yield from provision(state, endpoint, [(variant, variant.desired) for variant in new.all])
    for variant, instances in launched:
        fleets.serve(variant, instances)
    for share, wait in steps(policy.get("TrafficRoutingConfiguration", {}), new.variants[0]):
        endpoint.share = float(share)
        state.world.events.record("endpoint.traffic", f"aws/{endpoint.name}", share=float(share))
        yield clock.timeout(wait * SECOND)
    yield clock.timeout(policy.get("TerminationWaitInSeconds", 0) * SECOND)
    fleets.retire(state, old)
    yield clock.timeout(catalog.duration(state.world, "endpoint_shift"))


def _roll(state: State, endpoint: Endpoint, old: Fleet, new: Fleet, policy: dict[str, Any]) -> Life:
    """Batch by batch: new instances in, as many old ones out, a wait."""
    clock, served = state.world.clock, dict.fromkeys((variant.name for variant in new.all), 0)
    while any(served[variant.name] < variant.desired for variant in new.all):
        batch = [(v, min(_size(policy["MaximumBatchSize"], v), v.desired - served[v.name])) for v in new.all]
        try:
            launched = yield from provision(state, endpoint, [(v, n) for v, n in batch if n])
        except NotHealthy:
            for variant in new.all:
                fleets.give_back(
                    state, variant, variant.desired - served[variant.name] - dict(_counts(batch))[variant.name]
                )
            fleets.retire(state, new)
            endpoint.share = 0.0
            yield from _refill(state, endpoint, old)
            raise
        for variant, instances in launched:
            fleets.serve(variant, instances)
            served[variant.name] += len(instances)
            before = _replaced(old, new, variant)
            if before is not None:
                fleets.release(state, before, before.instances[: len(instances)])
        total = sum(variant.desired for variant in new.variants)
        endpoint.share = sum(served[variant.name] for variant in new.variants) / total
        yield clock.timeout(policy["WaitIntervalInSeconds"] * SECOND)
    fleets.retire(state, old)


def _replaced(old: Fleet, new: Fleet, variant: Variant) -> Variant | None:
    """The old variant in whose place one comes: that of its name, or else the one at its place."""
    place = new.all.index(variant)
    named = next((before for before in old.all if before.name == variant.name), None)
    return named or (old.all[place] if place < len(old.all) else None)


def _refill(state: State, endpoint: Endpoint, old: Fleet) -> Life:
    """Rolling back: the old fleet gets back the instances that it has given up."""
    missing = [(variant, variant.desired - len(variant.instances)) for variant in old.all]
    missing = [(variant, count) for variant, count in missing if count > 0]
    if missing:
        fleets.take(state, missing)
        launched = yield from provision(state, endpoint, missing)
        for variant, instances in launched:
            fleets.serve(variant, instances)


def steps(routing: dict[str, Any], variant: Variant) -> list[tuple[Fraction, int]]:
    """(share of the traffic that the new fleet then has, seconds to wait), up to all of it."""
    wait = routing.get("WaitIntervalInSeconds", 0)
    if routing.get("Type") == "CANARY":
        return [(_share(routing["CanarySize"], variant), wait), (Fraction(1), wait)]
    if routing.get("Type") == "LINEAR":
        size = _share(routing["LinearStepSize"], variant)
        count = -(-1 // size)
        return [(min(Fraction(1), size * number), wait) for number in range(1, int(count) + 1)]
    return [(Fraction(1), wait)]


def _share(size: dict[str, Any], variant: Variant) -> Fraction:
    if size["Type"] == "CAPACITY_PERCENT":
        return Fraction(size["Value"], 100)
    return min(Fraction(1), Fraction(size["Value"], max(1, variant.desired)))


def _size(size: dict[str, Any], variant: Variant) -> int:
    if size["Type"] == "INSTANCE_COUNT":
        return int(size["Value"])
    return max(1, variant.desired * int(size["Value"]) // 100)


def _counts(batch: list[tuple[Variant, int]]) -> list[tuple[str, int]]:
    return [(variant.name, count) for variant, count in batch]
