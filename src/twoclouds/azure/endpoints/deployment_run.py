"""What happens to a deployment: its image is built, its instances start, its container has to pass its probes.

Instances are billed from their start until the deployment is deleted, one that failed like any other
(how-to-manage-optimize-cost.md). How long each step lasts is in `data/durations.csv`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from twoclouds.azure import operations
from twoclouds.azure.account import BLOB_CONTAINER, CLOUD
from twoclouds.azure.assets import base_images
from twoclouds.azure.catalog import billed, duration, pull_duration
from twoclouds.azure.compute import quota
from twoclouds.azure.endpoints import deployment_image, scoring_container
from twoclouds.azure.endpoints.online import Deployment, Endpoint, Served, find
from twoclouds.azure.errors import AzureError
from twoclouds.azure.identity import access, managed_identities
from twoclouds.azure.operations import Operation
from twoclouds.azure.state import State
from twoclouds.world.clock import SECOND, Lifecycle
from twoclouds.world.images import BuildFailed
from twoclouds.world.machines import Machine
from twoclouds.world.runner import Server

Change = Callable[[State, Deployment, Operation], Lifecycle]

CRASHED = (
    "User container has crashed or terminated: Liveness probe failed: HTTP probe failed with statuscode: 502. "
    "Please see troubleshooting guide, available here: https://aka.ms/oe-tsg#error-resourcenotready"
)
NOT_READY = (
    "User container has crashed or terminated: Readiness probe failed: HTTP probe failed with statuscode: 502. "
    "Please see troubleshooting guide, available here: https://aka.ms/oe-tsg#error-resourcenotready"
)

UNAUTHORIZED = (
    "Startup task failed due to authorization error. Please verify the endpoint's identity has permission to read from "
    "the storage account. Please see troubleshooting guide, available here: https://aka.ms/oe-tsg#authorization-error"
)
DOWNLOADED = "Models are downloaded successfully or no model need to download"


class Refused(Exception):
    """A deployment cannot be made, and why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code, self.message = code, message


def create(state: State, deployment: Deployment, operation: Operation) -> Lifecycle:
    """A new deployment, from its image to its first healthy probe."""
    return (yield from _try(state, deployment, operation, _create(state, deployment)))


def update(state: State, deployment: Deployment, operation: Operation) -> Lifecycle:
    """Other content in a deployment: new containers start beside the old ones, which answer until they are healthy.

    If they do not get healthy, the deployment has failed, and the old ones go on answering (assumed).
    """
    return (yield from _try(state, deployment, operation, _create(state, deployment)))


def scale(state: State, deployment: Deployment, operation: Operation) -> Lifecycle:
    """More instances, or fewer: a surplus instance is released at once, a new one has to start."""
    return (yield from _try(state, deployment, operation, _scale(state, deployment)))


def _try(state: State, deployment: Deployment, operation: Operation, work: Lifecycle) -> Lifecycle:
    try:
        yield from work
    except Refused as refused:
        _fail(state, deployment, operation, refused.code, refused.message)
    else:
        deployment.provisioning = "Succeeded"
        for machine in deployment.machines:
            if machine.phase != "working":
                machine.enter("working", billed=billed(state.world, "running"))
        state.world.events.record("deployment.succeeded", f"{CLOUD}/{deployment.resource}")
        operations.end(state, operation)


def _fail(state: State, deployment: Deployment, operation: Operation, code: str, message: str) -> None:
    """It has failed. Its instances stay, and cost what they cost."""
    deployment.provisioning = "Failed"
    for machine in deployment.machines:
        machine.enter("idle", billed=billed(state.world, "failed_deployment"))
    state.world.events.record("deployment.failed", f"{CLOUD}/{deployment.resource}", code=code)
    operations.fail(state, operation, code, message)


def broken(state: State, deployment: Deployment, operation: Operation, error: BaseException) -> None:
    """What nobody foresaw went wrong."""
    _fail(state, deployment, operation, "InternalServerError", f"{type(error).__name__}: {error}")


def _create(state: State, deployment: Deployment) -> Lifecycle:
    clock = state.world.clock
    image = yield from _image(state, deployment)
    yield from _scale(state, deployment)
    deployment.moments += [
        (clock.now, "Pulling", "Start pulling container image"),
        (clock.now, "Downloading", "Start downloading models"),
    ]
    pulling = pull_duration(state.world, base_images.size_gib(image.definition.base))
    yield clock.all_of(
        clock.start(machine.pull(image.key, pulling), name=machine.name) for machine in deployment.machines
    )
    deployment.moments.append((clock.now, "Pulled", "Container image is pulled successfully"))
    _check_rights(state, deployment)
    yield clock.timeout(duration(state.world, "deployment_prepare"))
    try:
        served = scoring_container.make(state, deployment, image)
    except AzureError as missing:
        deployment.storage_log.append(f"ERROR: {missing.message}")
        deployment.moments.append((clock.now, "DownloadFailed", "Model download failed, retrying."))
        raise Refused("BadArgument", f"Failed to download user model: {missing.message}") from None
    deployment.storage_log = scoring_container.storage_log(served)
    deployment.moments.append((clock.now, "Downloaded", DOWNLOADED))
    if deployment_image.installs(deployment.properties):
        yield clock.timeout(duration(state.world, "mlflow_packages"))
        served = yield clock.outside(lambda: scoring_container.with_packages(state, deployment.properties, served))
    yield from _start(state, deployment, served)


def _check_rights(state: State, deployment: Deployment) -> None:
    """The endpoint's identity fetches model and code from the workspace's storage."""
    endpoint = find(state, deployment.endpoint)
    identity = managed_identities.of(state, endpoint.id, endpoint.identity)
    if identity is None or not access.may_blobs(state, identity, BLOB_CONTAINER):
        deployment.moments.append((state.world.clock.now, "DownloadFailed", "Model download failed, retrying."))
        raise Refused("BadArgument", UNAUTHORIZED)


def _image(state: State, deployment: Deployment) -> Lifecycle:
    """Its image: there already, or built first, once for each definition."""
    try:
        return (yield from deployment_image.obtain(state, deployment.properties))
    except BuildFailed as failed:
        said = [line for line in failed.log if not line.startswith("Two Clouds: ")]
        last = said[-1] if said else ""
        raise Refused("ImageBuildFailure", f"Image build failed. The last line of the build log: {last}") from None
    except AzureError as error:
        raise Refused(error.code, error.message) from None


def _scale(state: State, deployment: Deployment) -> Lifecycle:
    """As many instances as there should be: surplus ones are released, missing ones start side by side."""
    for machine in deployment.machines[deployment.count :]:
        machine.release()
    del deployment.machines[deployment.count :]
    missing = deployment.count - len(deployment.machines)
    if missing:
        new = [_request(state, deployment) for _ in range(missing)]
        yield state.world.clock.timeout(duration(state.world, "node_boot"))
        for machine in new:
            yield from machine.boot(0)


def _request(state: State, deployment: Deployment) -> Machine:
    deployment.machines_made += 1
    machine = state.world.machine(
        account=CLOUD,
        name=f"{deployment.resource}/instance-{deployment.machines_made}",
        type=deployment.size,
        owner=deployment.resource,
    )
    machine.enter("provisioning", billed=billed(state.world, "preparing"))
    deployment.machines.append(machine)
    return machine


# The container, and its probes


def _start(state: State, deployment: Deployment, served: Served) -> Lifecycle:
    """Start the container, and wait for what its probes say; if it is healthy, it answers from then on."""
    clock, began = state.world.clock, state.world.clock.now
    deployment.moments += [
        (began, "Created", "Created container inference-server"),
        (began, "Started", "Started container inference-server"),
    ]
    served = scoring_container.at(served, clock.timestamp)
    server = yield clock.outside(lambda: launch(state, served))
    healthy = server.alive and (yield clock.outside(lambda: _is_healthy(server, served)))
    outcome = probe(deployment.properties, up=server.startup if healthy else None)
    for second, name, message in outcome.moments:
        deployment.moments.append((began + second * SECOND, name, message))
    if not outcome.passed:
        deployment.history += server.lines
        server.close()
        yield clock.timeout(outcome.seconds * SECOND)
        lacking = next((line.text for line in server.lines if line.text.startswith("NotInThisLab: ")), "")
        raise Refused("ResourceNotReady", f"{outcome.message} {lacking}".rstrip())
    yield clock.timeout(outcome.seconds * SECOND)
    if deployment.server is not None:
        deployment.server.close()
        deployment.history.clear()
    deployment.served, deployment.server = served, server
    deployment.moments.append((clock.now, "ContainerReady", "Container is ready"))


def launch(state: State, served: Served) -> Server:
    """The container of a deployment, started. Nothing may be locked: the program may send requests."""
    clock = state.world.clock
    runner, port = state.world.runner, served.port
    return runner.serve(served.container, send=state.send, now=lambda: clock.timestamp, port=port)


def _is_healthy(server: Server, served: Served) -> bool:
    answer = server.ask("GET", served.paths.get("/", "/"))
    return answer.status == 200


class Probed:
    """What the probes say of a container: whether it passed, after how many seconds, and what they noted."""

    def __init__(self, passed: bool, seconds: int, message: str, moments: list[tuple[int, str, str]]) -> None:
        self.passed, self.seconds, self.message, self.moments = passed, seconds, message, moments


def probe(properties: dict[str, Any], *, up: float | None) -> Probed:
    """Ask a container that answers from `up` seconds after its start on (None: never), as the probes are set.

    It is asked after the initial delay, and then once in every period. So many failures in a row as the liveness (or
    readiness) probe's failure threshold has, and it has failed; with the successes that the readiness probe wants it is
    ready.
    """
    moments: list[tuple[int, str, str]] = []
    failed: list[tuple[int, str]] = []
    ready = 0
    for kind, message in (("liveness", CRASHED), ("readiness", NOT_READY)):
        settings = properties[f"{kind}Probe"]
        for number, second in _times(settings):
            if up is not None and second >= up:
                if kind == "readiness":
                    ready = second + (settings["successThreshold"] - 1) * seconds_of(settings["period"])
                break
            moments.append((second, f"{kind.capitalize()}ProbeFailed", _failed(kind)))
            if number == settings["failureThreshold"]:
                failed.append((second, message))
                break
    if failed:
        second, message = min(failed)
        return Probed(False, second, message, sorted(moment for moment in moments if moment[0] <= second))
    return Probed(True, ready, "", sorted(moments))


def _failed(kind: str) -> str:
    return f"{kind.capitalize()} probe failed: HTTP probe failed with statuscode: 502"


def _times(settings: dict[str, Any]) -> Iterator[tuple[int, int]]:
    """(number of the probe, its second)."""
    second, period = seconds_of(settings["initialDelay"]), seconds_of(settings["period"])
    for number in range(1, settings["failureThreshold"] + 1):
        yield number, second
        second += period


def seconds_of(text: str) -> int:
    """A duration of ISO 8601 in whole seconds, rounded up."""
    import isodate

    return -int(-isodate.parse_duration(text).total_seconds() // 1)


# Its end


def delete(state: State, endpoint: Endpoint, deployment: Deployment, operation: Operation) -> Lifecycle:
    """It is taken down."""
    yield state.world.clock.timeout(duration(state.world, "deployment_delete"))
    release(state, endpoint, deployment)
    operations.end(state, operation)


def release(state: State, endpoint: Endpoint, deployment: Deployment) -> None:
    """Its container ends, its instances are released, its cores are free; now."""
    if deployment.server is not None:
        deployment.server.close()
    for machine in deployment.machines:
        machine.release()
    quota.give_back(state.world, deployment.size, deployment.reserved, computes=1)
    del endpoint.deployments[deployment.name.lower()]
    state.world.events.record("deployment.deleted", f"{CLOUD}/{deployment.resource}")
