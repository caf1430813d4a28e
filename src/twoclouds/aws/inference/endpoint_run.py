"""An endpoint's life: Creating → InService or Failed; → Updating → InService, with the new fleet or still the old one.

As DescribeEndpoint's documentation of EndpointStatus and "Blue/Green Deployments" tell it. Instances are billed while
they serve; during an update both fleets are, if the traffic shifts in more than one step.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from twoclouds.aws import catalog
from twoclouds.aws.account import CLOUD
from twoclouds.aws.inference import async_inference, deployment, fleets
from twoclouds.aws.inference.fleets import Fleet
from twoclouds.aws.inference.provisioning import NotHealthy, provision

if TYPE_CHECKING:
    from twoclouds.aws.inference.endpoints import Endpoint
    from twoclouds.aws.state import State

Life = Generator[Any, Any, Any]


def create(state: State, endpoint: Endpoint) -> None:
    """Begin the endpoint's life now."""
    _enter(state, endpoint, "Creating")
    _start(state, endpoint, _create(state, endpoint))


def update(state: State, endpoint: Endpoint) -> None:
    """Begin to replace its fleet by `pending`."""
    endpoint.failure = ""
    _enter(state, endpoint, "Updating")
    _start(state, endpoint, _update(state, endpoint))


def rescale(state: State, endpoint: Endpoint) -> None:
    """Begin to bring weights and capacities to what is desired."""
    endpoint.failure = ""
    _enter(state, endpoint, "Updating")
    _start(state, endpoint, _rescale(state, endpoint))


def delete(state: State, endpoint: Endpoint) -> None:
    """Begin to delete it: nothing is billed from here on."""
    _enter(state, endpoint, "Deleting")
    held = endpoint.fleet or endpoint.pending
    if held is not None and (endpoint.fleet or any(variant.instances for variant in held.all)):
        fleets.retire(state, held)
    _start(state, endpoint, _delete(state, endpoint))


def _create(state: State, endpoint: Endpoint) -> Life:
    fleet = endpoint.pending
    assert fleet is not None
    try:
        wanted = [(variant, variant.desired) for variant in fleet.all]
        keep = catalog.billed(state.world, "failed_endpoint")
        launched = yield from provision(state, endpoint, wanted, keep=keep)
    except NotHealthy as failed:
        endpoint.failure = str(failed)
        _enter(state, endpoint, "Failed")
        return
    for variant, instances in launched:
        fleets.serve(variant, instances)
    endpoint.fleet, endpoint.pending = fleet, None
    _enter(state, endpoint, "InService")


def _update(state: State, endpoint: Endpoint) -> Life:
    """The old fleet serves on; if the new one does not become well, that was all."""
    old, new = endpoint.fleet, endpoint.pending
    assert old is not None
    assert new is not None
    try:
        yield from deployment.deploy(state, endpoint, old, new)
    except NotHealthy as failed:
        endpoint.failure = str(failed)
    else:
        endpoint.fleet = new
        yield state.world.clock.outside(lambda: _close(old))
    endpoint.pending, endpoint.share = None, 0.0
    _enter(state, endpoint, "InService")


def _rescale(state: State, endpoint: Endpoint) -> Life:
    fleet = endpoint.fleet
    assert fleet is not None
    more = [(v, v.desired - len(v.instances)) for v in fleet.all if v.instance_type and v.desired > len(v.instances)]
    try:
        if more:
            launched = yield from provision(state, endpoint, more)
            for variant, instances in launched:
                fleets.serve(variant, instances)
        else:
            yield state.world.clock.timeout(catalog.duration(state.world, "endpoint_shift"))
    except NotHealthy as failed:
        endpoint.failure = str(failed)
        for variant in fleet.all:
            variant.desired, variant.desired_weight = len(variant.instances), variant.weight
    for variant in fleet.all:
        variant.weight = variant.desired_weight
        if variant.instance_type:
            fleets.release(state, variant, variant.instances[variant.desired :])
    _enter(state, endpoint, "InService")


def _delete(state: State, endpoint: Endpoint) -> Life:
    clock, fleet = state.world.clock, endpoint.fleet
    yield clock.timeout(catalog.duration(state.world, "endpoint_delete"))
    if fleet is not None:
        yield clock.outside(lambda: _close(fleet))
    for target in [target for target in state.scalable_targets.values() if target.endpoint == endpoint.name]:
        del state.scalable_targets[target.resource]
        state.tags.end(target.arn)
    del state.endpoints[endpoint.name]
    state.tags.end(endpoint.arn)
    state.world.events.record("endpoint.deleted", f"{CLOUD}/{endpoint.name}")


def _close(fleet: Fleet) -> None:
    for variant in fleet.all:
        if variant.hosting is not None:
            variant.hosting.close()


def _start(state: State, endpoint: Endpoint, life: Life) -> None:
    state.world.clock.start(life, name=endpoint.name, on_failure=lambda error: _internal_error(state, endpoint, error))


def _enter(state: State, endpoint: Endpoint, status: str) -> None:
    endpoint.status, endpoint.modified = status, state.world.clock.now
    state.world.events.record(f"endpoint.{status.lower()}", f"{CLOUD}/{endpoint.name}")
    if status == "InService":
        async_inference.pump(state, endpoint)


def _internal_error(state: State, endpoint: Endpoint, error: BaseException) -> None:
    """A lifecycle that raised: its endpoint alone fails, or goes on as it was. The error is kept by the clock."""
    endpoint.failure = "Request to service failed. If failure persists after retry, contact customer support."
    endpoint.pending, endpoint.share = None, 0.0
    _enter(state, endpoint, "InService" if endpoint.fleet else "Failed")
    raise error
