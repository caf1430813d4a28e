"""Serverless inference: containers come with the first request, stay warm for a while, and cost while they work.

As "Serverless Inference" of the developer guide tells it. A container serves one request at a time; as many of them
are kept as requests came at once, up to MaxConcurrency: what is beyond that is throttled.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twoclouds.aws import catalog
from twoclouds.aws.account import CLOUD
from twoclouds.aws.errors import AwsError, ModelError, ModelNotReadyException, ThrottlingException
from twoclouds.aws.inference import answers, fleets
from twoclouds.aws.inference.hosting import Reply
from twoclouds.wire.http import Aside
from twoclouds.world.clock import SECOND

if TYPE_CHECKING:
    from twoclouds.aws.inference.endpoints import Endpoint
    from twoclouds.aws.inference.fleets import Variant
    from twoclouds.aws.state import State


@dataclass
class Slot:
    """A container: it works until `busy`, and is there until `warm` (ms)."""

    number: int
    busy: int = 0
    warm: int = 0


def invoke(state: State, endpoint: Endpoint, variant: Variant, headers: dict[str, str], body: bytes) -> Aside:
    """Ask a warm container, or wait for a new one first. Raises ThrottlingException, and ModelNotReadyException where
    a new one would take longer than a caller waits: try again later."""
    clock, hosting, slots = state.world.clock, variant.hosting, variant.slots
    assert hosting is not None
    assert variant.serverless is not None
    now, limit = clock.now, int(catalog.figure("response_limit")) * SECOND
    if sum(slot.busy > now for slot in slots) >= variant.serverless["MaxConcurrency"]:
        raise ThrottlingException
    slot = next((slot for slot in slots if slot.busy <= now < slot.warm), None)
    cold, gone = slot is None, not any(now < slot.warm for slot in slots)
    if slot is None:
        slot = next((slot for slot in slots if slot.busy <= now), None)
        if slot is None:
            slot = Slot(len(slots) + 1)
            slots.append(slot)
    setup = catalog.duration(state.world, "serverless_cold_start", size=hosting.data_size)
    setup = setup if cold else 0
    keep = catalog.duration(state.world, "serverless_warm")
    if setup > limit:
        slot.busy, slot.warm = now + setup, now + setup + keep
        raise ModelNotReadyException(f"The resources of variant {variant.name} are still being provisioned.")
    slot.busy = now + setup + limit

    def work() -> Reply | list[str]:
        if gone or not hosting.running:
            hosting.start()
            if ill := hosting.ill():
                return ill
        return hosting.ask("/invocations", headers, body)

    def then(reply: Reply | list[str]) -> dict[str, Any]:
        stream = f"{variant.name}/{state.world.ids.hex('aws/serverless', endpoint.name)}"
        fleets.log(state, endpoint, variant, [])
        slot.busy = now + setup
        if isinstance(reply, list):
            raise ModelError(f"The {' and '.join(reply)} container did not pass the ping health check.", took=setup)
        try:
            answer = answers.of(state, endpoint, variant, reply, stream=stream, before=setup)
            took = answer.took
            return answer
        except AwsError as error:
            took = error.took
            raise
        finally:
            slot.busy, slot.warm = now + took, now + took + keep
            clock.start(_bill(state, endpoint, variant, slot, setup, took - setup), name=endpoint.name)

    return Aside(work, then)


def _bill(
    state: State, endpoint: Endpoint, variant: Variant, slot: Slot, setup: int, worked: int
) -> Generator[Any, Any, None]:
    """Memory for as long as the request is worked on; setting up costs nothing (assumed)."""
    assert variant.serverless is not None
    yield state.world.clock.timeout(setup)
    megabytes = variant.serverless["MemorySizeInMB"]
    line = state.world.bill.open(
        account=CLOUD,
        resource=f"{endpoint.name}/{variant.name}-{slot.number}",
        item=f"serverless {megabytes} MB",
        phase="working",
        hourly=catalog.assumed_figure(state.world, "serverless_gb_second") * megabytes / 1024 * 3600,
        owner=endpoint.name,
    )
    yield state.world.clock.timeout(worked)
    state.world.bill.close(line)
