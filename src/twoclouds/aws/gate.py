"""What every request passes before it is answered: who calls, is the request well formed, may the caller do this."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from twoclouds.aws import s3, throttle
from twoclouds.aws.errors import SerializationException
from twoclouds.aws.identity import access, boundaries, iam, kms, needs, principals, s3_needs, simulate, sts
from twoclouds.aws.protocol import contract
from twoclouds.aws.protocol.query import form
from twoclouds.wire.http import Request, Response

if TYPE_CHECKING:
    from twoclouds.aws.identity.principals import Principal
    from twoclouds.aws.state import State

Own = Callable[["State", "Principal", Mapping[str, str]], Response]

OWN: dict[tuple[str, str], tuple[Own, str]] = {
    **{("sts", name): (answer, "ModelTrainer: who is calling") for name, answer in sts.OPERATIONS.items()},
    **{("iam", name): (answer, "ModelTrainer(role=...)") for name, answer in simulate.OPERATIONS.items()},
    **{("iam", name): (answer, "lesson 7: a permissions boundary") for name, answer in boundaries.OPERATIONS.items()},
}
"""Of the services that moto answers, the operations that are answered here, and who calls them."""

UNGUARDED = {("sts", "GetCallerIdentity"), ("sts", "AssumeRole")}
"""The first needs no permission; of the second, the role's trust policy decides as well (`sts.py`)."""


def admit(state: State, service: str, operation: str, request: Request, parameters: Any) -> None:
    """Let a request to a service of ours in. Raises what the service would raise."""
    caller = state.caller = principals.calling(state, request)
    contract.check_request(service, operation, parameters)
    need = needs.of(service, operation, parameters)
    throttle.check(state, need.action)
    access.require(state, caller, needs.with_tags(state, need))
    if service == "sagemaker":
        iam.check_pass_role(state, caller, service, operation, parameters)


def other(state: State, service: str, operation: str, request: Request) -> Response:
    """Answer a request to one of the other services, if its caller may make it."""
    state.others.check(service, operation)
    caller = state.caller = principals.calling(state, request)
    if service == "s3":
        refused = s3.open_public(state, request)
        if refused is not None:
            return refused
        access.require(state, caller, *s3_needs.of(state, request), *kms.needs_of_s3(state, request))
        return state.others.send(service, operation, request)
    fields = form(request) if service in ("iam", "sts") else _json(request)
    if (service, operation) not in UNGUARDED:
        access.require(state, caller, *needs.of_signed(state, caller, service, operation, fields))
    if (service, operation) in OWN:
        return OWN[service, operation][0](state, caller, fields)
    return state.others.send(service, operation, request)


def parameters(request: Request) -> Any:
    """What a request in JSON says; a member that is null is not there. Raises SerializationException."""
    try:
        return _without_nulls(request.json())
    except ValueError:
        raise SerializationException("Unable to parse the request's body as JSON.") from None


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(held) for name, held in value.items() if held is not None}
    if isinstance(value, list):
        return [_without_nulls(held) for held in value]
    return value


def _json(request: Request) -> Mapping[str, Any]:
    found = parameters(request)
    if not isinstance(found, dict):
        raise SerializationException("Start of structure or map found where not expected.")
    return found


def simulated() -> Iterator[tuple[str, str, str]]:
    """(operation, module, caller) of what is answered here and not by moto."""
    for (service, operation), (answer, caller) in OWN.items():
        yield f"{service}:{operation}", answer.__module__, caller
