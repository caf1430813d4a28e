"""Asynchronous inference: requests wait in a queue, are worked on as instances are free, and answered in S3.

As "Asynchronous inference" of the developer guide tells it: also with no instance at all requests are accepted, and
wait for one. Whoever wants to know looks into S3: notifications are not simulated.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twoclouds.aws import catalog, s3
from twoclouds.aws.account import CLOUD
from twoclouds.aws.errors import ValidationError
from twoclouds.aws.inference import fleets, invocations
from twoclouds.aws.operations import Operation, Operations, Parameters
from twoclouds.aws.s3 import Location
from twoclouds.world.clock import SECOND

if TYPE_CHECKING:
    from twoclouds.aws.inference.endpoints import Endpoint
    from twoclouds.aws.inference.fleets import Variant
    from twoclouds.aws.state import State


@dataclass(frozen=True)
class Waiting:
    """A request in the queue since `received` (ms)."""

    id: str
    parameters: Parameters
    output: Location
    failure: Location | None
    received: int


@dataclass
class Queue:
    """The requests of one endpoint: those that wait, and how many are being worked on."""

    waiting: deque[Waiting] = field(default_factory=deque)
    working: int = 0

    @property
    def backlog(self) -> int:
        """ApproximateBacklogSize: "currently being processed or yet to be processed"."""
        return len(self.waiting) + self.working


def invoke_endpoint_async(state: State, parameters: Parameters) -> dict[str, Any]:
    """Take a request into the queue, and say where its answer will be. Raises ValidationError."""
    endpoint = invocations.serving(state, parameters["EndpointName"])
    assert endpoint.fleet is not None
    config = endpoint.fleet.config.request.get("AsyncInferenceConfig")
    if config is None:
        raise ValidationError(f"Endpoint {endpoint.name} is not asynchronous and does not support InvokeEndpointAsync.")
    if ("InputLocation" in parameters) == ("Body" in parameters):
        raise ValidationError("Exactly one of Body and InputLocation must be provided.")
    identifier = parameters.get("InferenceId") or state.world.ids.uuid("aws/inference", endpoint.name)
    extension = parameters.get("S3OutputPathExtension", "").strip("/")
    file = parameters.get("Filename") or f"{state.world.ids.uuid('aws/async output', endpoint.name)}.out"
    output = Location.of(config["OutputConfig"]["S3OutputPath"]).below(extension, file)
    failures = config["OutputConfig"].get("S3FailurePath")
    failure = Location.of(failures).below(extension, f"{file.removesuffix('.out')}-error.out") if failures else None
    waiting = Waiting(identifier, parameters, output, failure, state.world.clock.now)
    endpoint.queue.waiting.append(waiting)
    pump(state, endpoint)
    shown = {"InferenceId": identifier, "OutputLocation": str(output)}
    return shown | ({"FailureLocation": str(failure)} if failure else {})


def pump(state: State, endpoint: Endpoint) -> None:
    """Begin with as many of the waiting requests as instances are free for."""
    fleet, queue = endpoint.fleet, endpoint.queue
    config = fleet.config.request.get("AsyncInferenceConfig") if fleet else None
    if fleet is None or config is None:
        return
    variant = fleet.variants[0]
    each = config.get("ClientConfig", {}).get("MaxConcurrentInvocationsPerInstance")
    room = len(variant.instances) * (each or int(catalog.assumed_figure(state.world, "async_concurrency")))
    while queue.waiting and queue.working < room:
        queue.working += 1
        life = _work(state, endpoint, variant, queue.waiting.popleft())
        state.world.clock.start(life, name=f"{endpoint.name}: asynchronous inference")


def _work(state: State, endpoint: Endpoint, variant: Variant, request: Waiting) -> Generator[Any, Any, None]:
    try:
        failed = yield from _process(state, endpoint, variant, request)
        if failed is None:
            endpoint.queue.waiting.appendleft(request)
            return
        if failed and request.failure is not None:
            _write(state, variant, request.failure, failed.encode())
        state.world.events.record(
            "inference.failed" if failed else "inference.completed", f"{CLOUD}/{endpoint.name}", id=request.id
        )
    finally:
        endpoint.queue.working -= 1
        pump(state, endpoint)


def _process(state: State, endpoint: Endpoint, variant: Variant, request: Waiting) -> Generator[Any, Any, str | None]:
    """Fetch, ask, store. Returns what went wrong, "" if nothing did, and None where no instance is left to ask."""
    clock, given = state.world.clock, request.parameters
    lifetime = int(given.get("RequestTTLSeconds") or catalog.figure("async_lifetime"))
    if clock.now - request.received > lifetime * SECOND:
        return f"Request expired after {lifetime} seconds in the queue."
    yield clock.timeout(catalog.duration(state.world, "async_start"))
    try:
        body = given.get("Body") or s3.read(state, variant.model.role, Location.of(given["InputLocation"]))
    except s3.S3Error as error:
        return f"Failed to download request from {given['InputLocation']}: {error.code}: {error}"
    instance, hosting = variant.next_instance(), variant.hosting
    if instance is None or hosting is None:
        return None
    headers = invocations.forwarded(given)
    variant.count(clock.now)
    reply = yield clock.outside(lambda: hosting.ask("/invocations", headers, body))
    fleets.log(state, endpoint, variant, [instance])
    limit = int(given.get("InvocationTimeoutSeconds") or catalog.figure("async_timeout")) * SECOND
    took = int(catalog.assumed_figure(state.world, "latency")) + round(reply.slept * SECOND)
    yield clock.timeout(min(limit, took))
    if took > limit:
        return f"Received server error (0) from {reply.hostname}: the invocation timed out."
    if not reply.good:
        side = "client" if 400 <= reply.status < 500 else "server"
        return (
            f"Received {side} error ({reply.status}) from {reply.hostname} with message "
            f'"{reply.body.decode("utf-8", "replace")}"'
        )
    return _write(state, variant, request.output, reply.body)


def _write(state: State, variant: Variant, place: Location, data: bytes) -> str:
    try:
        s3.write(state, variant.model.role, place, data)
    except s3.S3Error as error:
        return f"Failed to upload the response to {place}: {error.code}: {error}"
    return ""


OPERATIONS: Operations = {
    ("sagemaker-runtime", "InvokeEndpointAsync"): Operation(
        invoke_endpoint_async, "inference_and_resource_chaining: Endpoint.invoke_async()"
    ),
}
