"""Bringing instances of an endpoint into service: machine, image, model, container, and a `/ping` that answers 200.

As CreateEndpoint's documentation and "Use Your Own Inference Code with Hosting Services" tell it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from twoclouds.aws import catalog
from twoclouds.aws.images import serving_container
from twoclouds.aws.images.serving_container import NotFetched
from twoclouds.aws.inference import fleets
from twoclouds.aws.inference.fleets import Instance, Variant
from twoclouds.aws.inference.hosting import Hosting
from twoclouds.world.clock import SECOND

if TYPE_CHECKING:
    from twoclouds.aws.inference.endpoints import Endpoint
    from twoclouds.aws.state import State

Life = Generator[Any, Any, Any]


class NotHealthy(Exception):
    """Instances could not be brought into service: this FailureReason."""


def provision(
    state: State, endpoint: Endpoint, wanted: list[tuple[Variant, int]], *, keep: bool = False
) -> Generator[Any, Any, list[tuple[Variant, list[Instance]]]]:
    """Launch so many instances of each variant side by side, and bring their containers to life.

    Raises NotHealthy: then the machines are returned, and their quota with them, unless they are to be kept.
    """
    launched = [(v, fleets.request(state, endpoint, v, count) if v.instance_type else []) for v, count in wanted]
    try:
        yield from _launch(state, endpoint, launched)
        for variant, instances in launched:
            yield from _check_health(state, endpoint, variant, instances)
    except (NotFetched, NotHealthy) as failed:
        ended = [variant for variant, _ in launched if not variant.instances]
        if keep:
            for variant, instances in launched:
                fleets.keep(variant, instances)
        else:
            _undo(state, launched)
        for variant in ended:
            if variant.hosting is not None:
                yield state.world.clock.outside(variant.hosting.close)
                variant.hosting = None
        raise NotHealthy(str(failed)) from None
    except BaseException:
        _undo(state, launched)
        raise
    return launched


def _undo(state: State, launched: list[tuple[Variant, list[Instance]]]) -> None:
    for variant, instances in launched:
        fleets.release(state, variant, instances)
        if variant.serverless:
            fleets.give_back(state, variant, 1)


def _launch(state: State, endpoint: Endpoint, launched: list[tuple[Variant, list[Instance]]]) -> Life:
    """Machines, image, model, container: each as long as the slowest takes."""
    clock, world = state.world.clock, state.world
    serverless = all(variant.serverless for variant, _ in launched)
    yield clock.timeout(catalog.duration(world, "serverless_create" if serverless else "endpoint_start"))
    for variant, instances in launched:
        for instance in instances:
            yield from instance.machine.boot(0)
        if variant.hosting is None:
            fetched = serving_container.fetch(state, variant.model, {})
            processors = catalog.machine_type(variant.instance_type).vcpus if variant.instance_type else 1
            name = f"{endpoint.name}/{variant.name}"
            variant.hosting = Hosting(state, fetched, name=name, processors=processors)
    if serverless:
        return
    images = max((hosting.image_size for variant, _ in launched if (hosting := variant.hosting)), default=0)
    data = max((hosting.data_size for variant, _ in launched if (hosting := variant.hosting)), default=0)
    yield clock.timeout(catalog.duration(world, "image", size=images))
    for variant, instances in launched:
        for instance in instances:
            for container in variant.model.containers:
                yield from instance.machine.pull(container.image, 0)
    yield clock.timeout(catalog.duration(world, "download", size=data))


def _check_health(state: State, endpoint: Endpoint, variant: Variant, instances: list[Instance]) -> Life:
    """Start the containers and ask `/ping` until all answer 200, for as long as SageMaker is patient."""
    clock, hosting = state.world.clock, variant.hosting
    assert hosting is not None
    limit = variant.spec.get("ContainerStartupHealthCheckTimeoutInSeconds", int(catalog.figure("health_check")))
    interval, deadline = int(catalog.assumed_figure(state.world, "ping_interval")) * SECOND, clock.now + limit * SECOND
    if not hosting.running:
        yield clock.outside(hosting.start)
    if not variant.serverless:
        yield clock.timeout(min(deadline - clock.now, catalog.duration(state.world, "container_start")))
    ill: list[str] = yield clock.outside(hosting.ill)
    fleets.log(state, endpoint, variant, instances)
    while ill and clock.now < deadline:
        yield clock.timeout(min(interval, deadline - clock.now))
        if not hosting.hopeless:
            ill = yield clock.outside(hosting.ill)
            fleets.log(state, endpoint, variant, instances)
    if ill:
        named = " and ".join(ill)
        raise NotHealthy(
            f"The {named} container{'s' if len(ill) > 1 else ''} for production variant {variant.name} "
            "did not pass the ping health check. Please check CloudWatch logs for this endpoint."
        )
    if variant.serverless:
        yield clock.outside(hosting.close)
