"""InvokeEndpoint: which variant is asked, what its container is told, and what the caller gets of the answer."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, catalog, members
from twoclouds.aws.errors import ServiceUnavailable, ValidationError
from twoclouds.aws.inference import answers, data_capture, fleets, serverless
from twoclouds.aws.inference.fleets import Instance, Variant
from twoclouds.aws.inference.hosting import Reply
from twoclouds.aws.operations import Operation, Operations, Parameters, Timed
from twoclouds.wire.http import Aside

if TYPE_CHECKING:
    from twoclouds.aws.inference.endpoints import Endpoint
    from twoclouds.aws.state import State

SIMULATED: members.Simulated = {
    "EndpointName": {},
    "Body": {},
    "ContentType": {},
    "Accept": {},
    "CustomAttributes": {},
    "TargetVariant": {},
    "InferenceId": {},
}
FORWARDED = {
    "ContentType": "Content-Type",
    "Accept": "Accept",
    "CustomAttributes": "X-Amzn-SageMaker-Custom-Attributes",
    "InferenceId": "X-Amzn-SageMaker-Inference-Id",
}
"""The headers that a container sees: SageMaker strips all others."""
SERVING = ("InService", "Updating", "SystemUpdating", "RollingBack")


def invoke_endpoint(state: State, parameters: Parameters) -> Aside:
    """Ask the model now; the answer comes when its container has answered, 60 virtual seconds later at the latest.

    Raises ValidationError, ModelError, ModelNotReadyException and ThrottlingException.
    """
    members.check("sagemaker-runtime:InvokeEndpoint", parameters, SIMULATED)
    endpoint = serving(state, parameters["EndpointName"])
    fleet = endpoint.fleet
    assert fleet is not None
    if "AsyncInferenceConfig" in fleet.config.request:
        raise ValidationError(f"Endpoint {endpoint.name} is asynchronous and does not support InvokeEndpoint.")
    variant = route(endpoint, parameters.get("TargetVariant", ""))
    _check_size(variant, parameters["Body"])
    variant.count(state.world.clock.now)
    headers = forwarded(parameters)
    if variant.serverless:
        return serverless.invoke(state, endpoint, variant, headers, parameters["Body"])
    instance, hosting = variant.next_instance(), variant.hosting
    if instance is None or hosting is None:
        raise ServiceUnavailable(f"No instance of variant {variant.name} is in service.")
    return Aside(
        lambda: hosting.ask("/invocations", headers, parameters["Body"]),
        lambda reply: _answered(state, endpoint, variant, instance, parameters, reply),
    )


def invoke_endpoint_with_response_stream(state: State, parameters: Parameters) -> Aside:
    """The same; the answer comes as an event stream, in one part: the containers here answer in one piece."""
    asked = invoke_endpoint(state, parameters)

    def streamed(value: Any) -> Timed:
        answer = asked.then(value)
        return Timed({**answer, "Body": {"PayloadPart": {"Bytes": answer["Body"]}}}, took=answer.took)

    return Aside(asked.work, streamed)


def serving(state: State, name: str) -> Endpoint:
    """The endpoint of exactly that name, if it serves. Raises ValidationError."""
    endpoint = state.endpoints.get(name)
    if endpoint is None or endpoint.status not in SERVING or endpoint.fleet is None:
        raise ValidationError(f"Endpoint {name} of account {account.ACCOUNT} not found.")
    return endpoint


def route(endpoint: Endpoint, target: str = "") -> Variant:
    """The variant whose turn it is, by weight and by how much of the traffic each fleet has; or the one of that name.

    Deterministic: each request moves every variant on by its weight, and the one that is furthest steps back by all.
    Raises ValidationError for an unknown target.
    """
    shares = [(endpoint.fleet, 1 - endpoint.share), (endpoint.pending, endpoint.share)]
    found = [
        (f"{fleet.config.name}/{variant.name}", variant, variant.weight * share)
        for fleet, share in shares
        if fleet is not None and share > 0
        for variant in fleet.variants
        if target in ("", variant.name)
    ]
    if not found:
        raise ValidationError(f"Variant {target} not found for Endpoint {endpoint.arn}.")
    if target:
        found = [(key, variant, weight or 1.0) for key, variant, weight in found]
    turns = endpoint.turns
    for key, _, weight in found:
        turns[key] = turns.get(key, 0.0) + weight
    chosen, variant, _ = max((one for one in found if one[2] > 0), key=lambda one: round(turns[one[0]], 9))
    turns[chosen] -= sum(weight for _, _, weight in found)
    return variant


def forwarded(parameters: Parameters) -> dict[str, str]:
    """The headers of the request to the container."""
    return {header: parameters[member] for member, header in FORWARDED.items() if parameters.get(member)}


def _answered(
    state: State, endpoint: Endpoint, variant: Variant, instance: Instance, parameters: Parameters, reply: Reply
) -> Timed:
    fleets.log(state, endpoint, variant, [instance])
    _copy_to_shadows(state, endpoint, parameters)
    shown = answers.of(state, endpoint, variant, reply, stream=f"{variant.name}/{instance.id}")
    data_capture.record(state, endpoint, variant, parameters, reply)
    return shown


def _check_size(variant: Variant, body: bytes) -> None:
    limit = int(catalog.figure("serverless_payload_limit" if variant.serverless else "payload_limit"))
    if len(body) > limit:
        raise ValidationError(
            "1 validation error detected: Value at 'body' failed to satisfy constraint: "
            f"Member must have length less than or equal to {limit}"
        )


def _copy_to_shadows(state: State, endpoint: Endpoint, parameters: Parameters) -> None:
    """Shadow variants get a copy of the request, as often as their weight says; what they answer is logged alone."""
    fleet = endpoint.fleet
    for shadow in fleet.shadows if fleet else ():
        assert fleet is not None
        before = endpoint.turns.get(shadow.name, 0.0)
        endpoint.turns[shadow.name] = before + min(1.0, shadow.weight / fleet.variants[0].weight)
        if int(endpoint.turns[shadow.name] + 1e-9) > int(before + 1e-9):
            life = _shadow(state, endpoint, shadow, parameters)
            state.world.clock.start(life, name=f"{endpoint.name}/{shadow.name}")


def _shadow(state: State, endpoint: Endpoint, shadow: Variant, parameters: Parameters) -> Generator[Any, Any, None]:
    instance, hosting = shadow.next_instance(), shadow.hosting
    if instance is not None and hosting is not None:
        shadow.count(state.world.clock.now)
        headers = forwarded(parameters)
        reply = yield state.world.clock.outside(lambda: hosting.ask("/invocations", headers, parameters["Body"]))
        fleets.log(state, endpoint, shadow, [instance])
        data_capture.record(state, endpoint, shadow, parameters, reply)


OPERATIONS: Operations = {
    ("sagemaker-runtime", "InvokeEndpoint"): Operation(invoke_endpoint, "Endpoint.invoke()"),
    ("sagemaker-runtime", "InvokeEndpointWithResponseStream"): Operation(
        invoke_endpoint_with_response_stream, "inference_and_resource_chaining: invoke_with_response_stream()"
    ),
}
