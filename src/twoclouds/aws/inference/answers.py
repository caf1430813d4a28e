"""What the caller of an endpoint gets of what a container has answered: the answer, or a ModelError that says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twoclouds.aws import account, catalog
from twoclouds.aws.errors import ModelError
from twoclouds.aws.inference.hosting import Reply
from twoclouds.aws.operations import Timed
from twoclouds.world.clock import SECOND

if TYPE_CHECKING:
    from twoclouds.aws.inference.endpoints import Endpoint
    from twoclouds.aws.inference.fleets import Variant
    from twoclouds.aws.state import State


def of(state: State, endpoint: Endpoint, variant: Variant, reply: Reply, *, stream: str, before: int = 0) -> Timed:
    """What the caller gets, after `before` ms of set-up and the container's own time. Raises ModelError."""
    limit = int(catalog.figure("response_limit")) * SECOND
    took = before + int(catalog.assumed_figure(state.world, "latency")) + round(reply.slept * SECOND)
    if took - before > limit:
        raise _model_error(
            endpoint,
            reply.hostname,
            0,
            f"Your invocation timed out while waiting for a response from container {reply.hostname}. Review the "
            "latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again.",
            stream=stream,
            took=before + limit,
        )
    if reply.problem:
        raise ModelError(reply.problem, OriginalStatusCode=reply.status, OriginalMessage="", took=took)
    if not reply.good:
        text = reply.body.decode("utf-8", "replace")
        raise _model_error(endpoint, reply.hostname, reply.status, text, stream=stream, took=took)
    shown = {"Body": reply.body, "InvokedProductionVariant": variant.name}
    if reply.content_type:
        shown["ContentType"] = reply.content_type
    if reply.attributes:
        shown["CustomAttributes"] = reply.attributes
    return Timed(shown, took=took)


def _model_error(endpoint: Endpoint, hostname: str, status: int, text: str, *, stream: str, took: int) -> ModelError:
    group = f"/aws/sagemaker/Endpoints/{endpoint.name}"
    side = "client" if 400 <= status < 500 else "server"
    return ModelError(
        f'Received {side} error ({status}) from {hostname} with message "{text}". '
        f"See https://{account.REGION}.console.aws.amazon.com/cloudwatch/home?region={account.REGION}"
        f"#logEventViewer:group={group} in account {account.ACCOUNT} for more information.",
        took=took,
        OriginalStatusCode=status,
        OriginalMessage=text,
        LogStreamArn=f"arn:aws:logs:{account.REGION}:{account.ACCOUNT}:log-group:{group}:log-stream:{stream}",
    )
