"""Scaling on the clock: every minute each policy's metric is looked at, and the variant rescaled when an alarm says so.

Target tracking, as the documentation of TargetTrackingScalingPolicyConfiguration tells it: out when the metric was
above the target for some minutes, in when it was well below for many; never within a cooldown.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

from twoclouds.aws import catalog
from twoclouds.aws.errors import ResourceLimitExceeded
from twoclouds.aws.inference import endpoints
from twoclouds.aws.inference.fleets import MINUTE
from twoclouds.world.clock import SECOND

if TYPE_CHECKING:
    from twoclouds.aws.inference.endpoints import Endpoint
    from twoclouds.aws.inference.fleets import Variant
    from twoclouds.aws.state import State


@dataclass
class Policy:
    """A target tracking policy, and what its metric was in the minutes past."""

    name: str
    arn: str
    configuration: dict[str, Any]
    alarms: list[dict[str, str]]
    created: int
    values: list[float] = field(default_factory=list)


@dataclass
class Target:
    """A variant whose number of instances is scaled between two bounds."""

    resource: str
    arn: str
    endpoint: str
    variant: str
    least: int
    most: int
    created: int
    suspended: dict[str, bool]
    policies: dict[str, Policy] = field(default_factory=dict)
    changed: int = -1
    """When it was scaled last (ms)."""
    watched: bool = False


@dataclass(frozen=True)
class Activity:
    """Something that was scaled, or was to be."""

    number: int
    resource: str
    members: dict[str, Any]


def watch(state: State, target: Target) -> None:
    """Look at the target's policies every minute from now on, as long as there are any."""
    if not target.watched:
        target.watched = True
        state.world.clock.start(_watch(state, target), name=f"{target.resource}: auto scaling")


def keep_bounds(state: State, target: Target) -> None:
    """Bring the variant inside its bounds now, if its endpoint can be changed; else at the next look."""
    found = _found(state, target)
    if found is None:
        return
    _, variant = found
    if variant.desired < target.least:
        _scale(state, target, target.least, cause=f"minimum capacity was set to {target.least}")
    elif variant.desired > target.most:
        _scale(state, target, target.most, cause=f"maximum capacity was set to {target.most}")


def _watch(state: State, target: Target) -> Generator[Any, Any, None]:
    clock = state.world.clock
    while state.scalable_targets.get(target.resource) is target and target.policies:
        yield clock.timeout(MINUTE - clock.now % MINUTE)
        found = _found(state, target)
        if found is None or state.scalable_targets.get(target.resource) is not target or not target.policies:
            continue
        endpoint, variant = found
        _forget_old_minutes(variant, clock.now)
        for policy in target.policies.values():
            policy.values.append(_value(endpoint, variant, policy, clock.now))
        if endpoint.status == "InService" and not target.least <= variant.desired <= target.most:
            if target.changed < 0 or clock.now - target.changed >= int(catalog.figure("cooldown")) * SECOND:
                keep_bounds(state, target)
        elif endpoint.status == "InService":
            _follow(state, target, variant)
    target.watched = False


def _follow(state: State, target: Target, variant: Variant) -> None:
    """Of all policies the one that wants most instances decides; in, only if all would."""
    wanted = [(_desired(state, target, policy, variant), policy) for policy in target.policies.values()]
    desired, policy = max(wanted, key=lambda one: one[0])
    if desired == variant.desired:
        return
    side = 0 if desired > variant.desired else 1
    alarm = policy.alarms[side]["AlarmName"]
    _scale(state, target, desired, cause=f"monitor alarm {alarm} in state ALARM triggered policy {policy.name}")


def _desired(state: State, target: Target, policy: Policy, variant: Variant) -> int:
    now, configuration = state.world.clock.now, policy.configuration
    goal, values = float(configuration["TargetValue"]), policy.values
    high, low = (
        int(catalog.assumed_figure(state.world, "scale_out_after")),
        int(catalog.assumed_figure(state.world, "scale_in_after")),
    )
    del values[:-low]
    cooldown = int(catalog.figure("cooldown"))
    since = now - target.changed if target.changed >= 0 else None
    current = variant.desired
    aim = max(target.least, min(target.most, ceil(max(1, current) * values[-1] / goal)))
    if len(values) >= high and all(value > goal for value in values[-high:]):
        waits = since is not None and since < configuration.get("ScaleOutCooldown", cooldown) * SECOND
        off = target.suspended.get("DynamicScalingOutSuspended", False)
        return current if waits or off else max(current, aim)
    if len(values) >= low and all(
        value < goal * float(catalog.assumed_figure(state.world, "scale_in_below")) for value in values
    ):
        waits = since is not None and since < configuration.get("ScaleInCooldown", cooldown) * SECOND
        off = configuration.get("DisableScaleIn", False) or target.suspended.get("DynamicScalingInSuspended", False)
        return current if waits or off else min(current, aim)
    return current


def _value(endpoint: Endpoint, variant: Variant, policy: Policy, now: int) -> float:
    """The metric of the minute that has just ended."""
    instances = max(1, len(variant.instances))
    if "CustomizedMetricSpecification" in policy.configuration:
        return endpoint.queue.backlog / instances
    return variant.invocations.get(now // MINUTE - 1, 0) / instances


def _forget_old_minutes(variant: Variant, now: int) -> None:
    for minute in [minute for minute in variant.invocations if minute < now // MINUTE - 60]:
        del variant.invocations[minute]


def _scale(state: State, target: Target, desired: int, *, cause: str) -> None:
    """Ask SageMaker for another number of instances, and note what came of it."""
    found = _found(state, target)
    if found is None or found[0].status != "InService":
        return
    endpoint, variant = found
    now = state.world.clock.now
    said = {
        "ActivityId": state.world.ids.uuid("aws/scaling activity", target.resource),
        "ServiceNamespace": "sagemaker",
        "ResourceId": target.resource,
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "Description": f"Setting desired instance count to {desired}.",
        "Cause": cause,
        "StartTime": state.epoch(now),
        "EndTime": state.epoch(now),
    }
    try:
        endpoints.rescale(state, endpoint, [(variant, {"DesiredInstanceCount": desired})])
    except ResourceLimitExceeded as short:
        said["StatusCode"] = "Failed"
        said["StatusMessage"] = f"Failed to set desired instance count to {desired}. Reason: {short}"
    else:
        said["StatusCode"] = "Successful"
        said["StatusMessage"] = (
            f"Successfully set desired instance count to {desired}. Change successfully fulfilled by sagemaker."
        )
    target.changed = now
    for policy in target.policies.values():
        policy.values.clear()
    state.scaling_activities.append(Activity(len(state.scaling_activities), target.resource, said))
    state.world.events.record(
        "endpoint.scaled", f"aws/{endpoint.name}", variant=variant.name, desired=desired, status=said["StatusCode"]
    )


def _found(state: State, target: Target) -> tuple[Endpoint, Variant] | None:
    endpoint = state.endpoints.get(target.endpoint)
    variants = endpoint.fleet.variants if endpoint is not None and endpoint.fleet is not None else []
    variant = next((variant for variant in variants if variant.name == target.variant), None)
    return (endpoint, variant) if endpoint is not None and variant is not None else None
