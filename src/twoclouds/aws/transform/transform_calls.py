"""One object through a transform job's containers: payload by payload, tried again where the container failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twoclouds.aws import catalog
from twoclouds.aws.inference.hosting import Hosting, Reply
from twoclouds.aws.s3 import Location
from twoclouds.aws.transform import transform_records
from twoclouds.aws.transform.transform_records import BadRecord, Rules
from twoclouds.world.clock import SECOND

if TYPE_CHECKING:
    from twoclouds.aws.state import State
    from twoclouds.aws.transform.transform_jobs import TransformJob


@dataclass
class Done:
    """What has come of one object: its output, or why there is none; `took` in ms. `lines` are the data log's."""

    place: Location
    output: bytes = b""
    problem: str = ""
    took: int = 0
    lines: list[str] = field(default_factory=list)


def transform(state: State, job: TransformJob, hosting: Hosting, rules: Rules, place: Location, data: bytes) -> Done:
    """One object through the containers. A failing call is tried again, as often as ModelClientConfig says."""
    done, answered = Done(place), []
    client = job.request.get("ModelClientConfig", {})
    limit = client.get("InvocationsTimeoutInSeconds", int(catalog.figure("transform_timeout"))) * SECOND
    retries = client.get("InvocationsMaxRetries", int(catalog.figure("transform_retries")))
    headers = {
        "Content-Type": job.request["TransformInput"].get("ContentType", ""),
        "Accept": job.request["TransformOutput"].get("Accept", ""),
    }
    try:
        for records, payload in transform_records.payloads(rules, data):
            for _ in range(retries + 1):
                reply = hosting.ask("/invocations", {k: v for k, v in headers.items() if v}, payload)
                took = int(catalog.assumed_figure(state.world, "latency")) + round(reply.slept * SECOND)
                done.took += min(limit, took)
                if reply.good or 400 <= reply.status < 500:
                    break
            _check_reply(done, reply, took, limit)
            if done.problem:
                return done
            answered.append((records, reply.body))
        done.output = transform_records.assembled(rules, answered)
    except BadRecord as error:
        done.problem = "ClientError"
        done.lines.append(f"{place.bucket}/{place.key}: {error}")
    return done


def _check_reply(done: Done, reply: Reply, took: int, limit: int) -> None:
    where = f"{done.place.bucket}/{done.place.key}"
    if took > limit:
        done.problem = "AlgorithmError"
        done.lines.append(
            f"{where}: Model server did not respond to /invocations request within {limit // SECOND} seconds"
        )
    elif reply.problem or not reply.status:
        done.problem = "AlgorithmError"
        done.lines.append(f"{where}: {reply.problem or 'Unable to get response from algorithm'}")
    elif not reply.good:
        done.problem = "ClientError" if 400 <= reply.status < 500 else "AlgorithmError"
        text = reply.body.decode("utf-8", "replace")
        done.lines += [
            f"{where}: Bad HTTP status received from algorithm: {reply.status}",
            f"{where}: ",
            f"{where}: Message:",
        ]
        done.lines += [f"{where}: {line}" for line in text.splitlines()]
