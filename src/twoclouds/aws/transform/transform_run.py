"""A transform job's life: machines of its own, the model's containers on them, every object through, machines back.

As "Use Your Own Inference Code with Batch Transform" tells it. Billed is what lies between TransformStartTime and
TransformEndTime, for each instance, also one that has no object to work on.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, catalog, quotas, s3
from twoclouds.aws.account import CLOUD
from twoclouds.aws.images import serving_container
from twoclouds.aws.images.serving_container import NotFetched
from twoclouds.aws.inference.hosting import Hosting
from twoclouds.aws.logs import messages
from twoclouds.aws.s3 import Location
from twoclouds.aws.transform import transform_calls
from twoclouds.aws.transform.transform_calls import Done
from twoclouds.aws.transform.transform_records import Rules
from twoclouds.world.clock import SECOND, Interrupt
from twoclouds.world.machines import Machine

if TYPE_CHECKING:
    from twoclouds.aws.state import State
    from twoclouds.aws.transform.transform_jobs import TransformJob

LOG_GROUP = "/aws/sagemaker/TransformJobs"
SEE_LOGS = "See job logs for more information"
MEGABYTE = 1024 * 1024

Life = Generator[Any, Any, Any]


class JobFailed(Exception):
    """The job ends as Failed, with this FailureReason."""


def start(state: State, job: TransformJob) -> None:
    """Begin the job's life now."""
    _enter(state, job, "InProgress")
    job.process = state.world.clock.start(
        _life(state, job), name=job.name, on_failure=lambda error: _internal_error(state, job, error)
    )


def stop(state: State, job: TransformJob) -> None:
    """Ask the job to stop, now."""
    _enter(state, job, "Stopping")
    job.process.interrupt()


def _life(state: State, job: TransformJob) -> Life:
    clock = state.world.clock
    machines: list[Machine] = []
    hosting: list[Hosting] = []
    try:
        try:
            yield from _launch(state, job, machines)
            yield from _work(state, job, machines, hosting)
            outcome = "Completed"
        except Interrupt:
            outcome = "Stopped"
            yield clock.timeout(catalog.duration(state.world, "stop"))
        except JobFailed as failed:
            job.failure, outcome = str(failed)[:1024], "Failed"
        if job.started is not None:
            yield clock.timeout((job.started - clock.now) % SECOND)
    finally:
        resources = job.request["TransformResources"]
        for machine in machines:
            machine.release()
        quotas.give_back(state, resources["InstanceType"], quotas.TRANSFORM, resources["InstanceCount"])
    if hosting:
        yield clock.outside(hosting[0].close)
    job.ended = clock.now
    _enter(state, job, outcome)
    job.process = None


def _launch(state: State, job: TransformJob, machines: list[Machine]) -> Life:
    resources = job.request["TransformResources"]
    machine_type = catalog.machine_type(resources["InstanceType"])
    for number in range(1, resources["InstanceCount"] + 1):
        name = f"{job.name}/{number}"
        machine = state.world.machine(account=CLOUD, name=name, type=machine_type, owner=job.name)
        machine.enter("provisioning", billed=False)
        machines.append(machine)
    yield state.world.clock.timeout(catalog.duration(state.world, "transform_start"))
    for machine in machines:
        yield from machine.boot(0)


def _work(state: State, job: TransformJob, machines: list[Machine], running: list[Hosting]) -> Life:
    clock = state.world.clock
    job.started = clock.now
    for machine in machines:
        machine.enter("provisioning", billed=True)
    places, objects = _objects(state, job)
    try:
        fetched = serving_container.fetch(state, job.model, _environment(job))
    except NotFetched as failed:
        raise JobFailed(f"ClientError: {failed}") from None
    hosting = Hosting(state, fetched, name=job.name, processors=machines[0].type.vcpus)
    running.append(hosting)
    yield clock.timeout(catalog.duration(state.world, "image", size=hosting.image_size))
    for machine in machines:
        for container in job.model.containers:
            yield from machine.pull(container.image, 0)
    yield clock.timeout(catalog.duration(state.world, "download", size=hosting.data_size + sum(map(len, objects))))
    yield from _check_health(state, job, hosting)
    for machine in machines:
        machine.enter("working")
    tuned = yield clock.outside(lambda: _execution_parameters(hosting))
    rules, shown = _rules(job, tuned)
    done: list[Done] = yield clock.outside(
        lambda: [
            transform_calls.transform(state, job, hosting, rules, *one) for one in zip(places, objects, strict=True)
        ]
    )
    _log(state, job, hosting, [shown, *(line for one in done for line in one.lines)])
    yield clock.timeout(_span(job, tuned, done, len(machines)))
    yield from _upload(state, job, done)
    problems = [one.problem for one in done if one.problem]
    if problems:
        raise JobFailed(f"{problems[0]}: {SEE_LOGS}")


def _objects(state: State, job: TransformJob) -> tuple[list[Location], list[bytes]]:
    given = job.request["TransformInput"]
    uri, role = given["DataSource"]["S3DataSource"]["S3Uri"], job.model.role
    prefix, cause = Location.of(uri), ""
    try:
        places = s3.objects(state, role, prefix)
        objects = [s3.read(state, role, place) for place in places]
    except s3.S3Error as error:
        places, objects, cause = [], [], f" Error message from S3: {error}"
    if not places:
        raise JobFailed(
            f'ClientError: No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the '
            f"bucket exists in the selected region ({account.REGION}), that objects exist under that S3 prefix, and "
            f'that the role "{role}" has "s3:ListBucket" permissions on bucket "{prefix.bucket}".{cause}'
        )
    if given.get("CompressionType") == "Gzip":
        try:
            objects = [gzip.decompress(data) for data in objects]
        except (OSError, EOFError, zlib.error):
            raise JobFailed(f"ClientError: An object under {uri} is not in the gzip format.") from None
    return places, objects


def _environment(job: TransformJob) -> dict[str, str]:
    request = job.request
    given = {
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": request.get("MaxPayloadInMB"),
        "SAGEMAKER_BATCH_STRATEGY": {"MultiRecord": "MULTI_RECORD", "SingleRecord": "SINGLE_RECORD"}.get(
            request.get("BatchStrategy", "")
        ),
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": request.get("MaxConcurrentTransforms"),
    }
    named = {name: str(value) for name, value in given.items() if value is not None}
    return {"SAGEMAKER_BATCH": "true", **named, **request.get("Environment", {})}


def _check_health(state: State, job: TransformJob, hosting: Hosting) -> Life:
    clock = state.world.clock
    deadline = clock.now + int(catalog.figure("transform_health_check")) * SECOND
    yield clock.outside(hosting.start)
    yield clock.timeout(catalog.duration(state.world, "container_start"))
    ill = yield clock.outside(hosting.ill)
    while ill and not hosting.hopeless and clock.now < deadline:
        yield clock.timeout(int(catalog.assumed_figure(state.world, "ping_interval")) * SECOND)
        ill = yield clock.outside(hosting.ill)
    if ill:
        _log(state, job, hosting, [])
        raise JobFailed(f"AlgorithmError: {SEE_LOGS}")


def _execution_parameters(hosting: Hosting) -> dict[str, Any]:
    """What the container itself wants, if it says so."""
    reply = hosting.ask("/execution-parameters", {}, b"", method="GET")
    try:
        found = json.loads(reply.body) if reply.good else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _rules(job: TransformJob, tuned: dict[str, Any]) -> tuple[Rules, str]:
    """What was asked for, or else what the container wants, or else the defaults; and what the data log says of it."""
    request = job.request
    concurrent = request.get("MaxConcurrentTransforms") or tuned.get("MaxConcurrentTransforms") or 1
    megabytes = request.get("MaxPayloadInMB", tuned.get("MaxPayloadInMB", int(catalog.figure("transform_payload"))))
    wanted = {"SingleRecord": "SINGLE_RECORD", "MultiRecord": "MULTI_RECORD"}.get(request.get("BatchStrategy", ""))
    strategy = wanted or tuned.get("BatchStrategy", "MULTI_RECORD")
    rules = Rules.of(request, limit=int(megabytes) * MEGABYTE, single=strategy == "SINGLE_RECORD")
    return rules, f"MaxConcurrentTransforms={concurrent}, MaxPayloadInMB={megabytes}, BatchStrategy={strategy}"


def _span(job: TransformJob, tuned: dict[str, Any], done: list[Done], instances: int) -> int:
    """How long it all takes: objects are dealt out to instances in order of their keys, each with so many at a time."""
    concurrent = job.request.get("MaxConcurrentTransforms") or tuned.get("MaxConcurrentTransforms") or 1
    loads = [sum(one.took for one in done[number::instances]) for number in range(instances)]
    return max(-(-load // concurrent) for load in loads)


def _upload(state: State, job: TransformJob, done: list[Done]) -> Life:
    output = Location.of(job.request["TransformOutput"]["S3OutputPath"])
    source = Location.of(job.request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])
    kept = [one for one in done if not one.problem]
    yield state.world.clock.timeout(catalog.duration(state.world, "upload", size=sum(len(one.output) for one in kept)))
    for one in kept:
        place = output.below(f"{s3.name_below(source, one.place)}.out")
        try:
            s3.write(state, job.model.role, place, one.output)
        except s3.S3Error as error:
            raise JobFailed(f"ClientError: Failed to upload {place}: {error.code}: {error}") from None


def _log(state: State, job: TransformJob, hosting: Hosting, data_log: list[str]) -> None:
    """What the containers printed, and the platform's own log of the data."""
    clock, unique = state.world.clock, state.world.ids.hex("aws/instance", job.name, length=16)
    stream = f"{job.name}/i-0{unique}"
    several = len(hosting.hostnames) > 1
    for hostname, lines in hosting.printed().items():
        name = f"{stream}/{hostname}" if several else stream
        state.logs.stream(LOG_GROUP, name, now=clock.now).events = messages(sorted(lines, key=lambda line: line[0]))
    if data_log:
        stamp = f"{clock.datetime:%Y-%m-%dT%H:%M:%S}.{clock.datetime.microsecond // 1000:03}"
        lines = [(clock.now, f"{stamp}:[sagemaker logs]: {line}") for line in data_log]
        state.logs.stream(LOG_GROUP, f"{stream}/data-log", now=clock.now).events = lines


def _enter(state: State, job: TransformJob, status: str) -> None:
    job.status, job.modified = status, state.world.clock.now
    state.world.events.record(f"job.{status.lower()}", f"{CLOUD}/{job.name}")


def _internal_error(state: State, job: TransformJob, error: BaseException) -> None:
    """A lifecycle that raised: its job alone fails. The error itself is kept among the clock's failures."""
    job.failure = "InternalServerError: We encountered an internal error. Please try again."
    if job.ended is None:
        job.ended = state.world.clock.now
        _enter(state, job, "Failed")
    raise error
