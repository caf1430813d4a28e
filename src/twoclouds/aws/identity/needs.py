"""What a request needs: the IAM action of its operation, the resource that it names, and its condition keys.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html, derived from the
service's model, so that every operation has one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, catalog
from twoclouds.aws.identity import kms
from twoclouds.aws.identity.access import Need
from twoclouds.aws.protocol import contract

if TYPE_CHECKING:
    from twoclouds.aws.identity.principals import Principal
    from twoclouds.aws.state import State

PREFIXES = {"sagemaker-runtime": "sagemaker", "sagemaker-metrics": "sagemaker", "service-quotas": "servicequotas"}
"""What IAM calls a service, where that is not its own name."""


def of(service: str, operation: str, parameters: Mapping[str, Any]) -> Need:
    """What an operation needs of its caller."""
    prefix = PREFIXES.get(service, service)
    if prefix == "sagemaker":
        return Need(f"sagemaker:{operation}", _sagemaker(service, operation, parameters), _keys(parameters))
    resource = OTHERS[service](parameters) if service in OTHERS else "*"
    return Need(f"{prefix}:{operation}", resource)


# SageMaker


def _sagemaker(service: str, operation: str, parameters: Mapping[str, Any]) -> str:
    if operation.startswith("List") and "ResourceArn" not in parameters:
        return f"{_ARN}{_kebab(_singular(operation.removeprefix('List')))}/*"
    shape = contract.operation_model(service, operation).input_shape
    for member in shape.required_members if shape is not None else ():
        value, noun = parameters.get(member), re.sub("(Name|Arn)$", "", member)
        if isinstance(value, str) and noun != member:
            return value if value.startswith("arn:") else f"{_ARN}{_type(noun or _noun(operation))}/{value}"
    noun = _noun(operation)
    named = parameters.get(f"{noun}Name") or parameters.get(f"{noun}GroupName")
    return f"{_ARN}{_type(noun)}/{named or '*'}" if noun else f"{_ARN}*"


_ARN = f"arn:aws:sagemaker:{account.REGION}:{account.ACCOUNT}:"


def _noun(operation: str) -> str:
    """What an operation is about: its name without its verb."""
    return re.sub(r"^[A-Z][a-z]+", "", operation)


def _singular(noun: str) -> str:
    return re.sub("ies$", "y", noun) if noun.endswith("ies") else noun.removesuffix("s")


@cache
def _type(noun: str) -> str:
    """How ARNs name a kind of resource: as the model's pattern for them says."""
    model = contract.service_model("sagemaker")
    if f"{noun}Arn" in model.shape_names:
        pattern = model.shape_for(f"{noun}Arn").metadata.get("pattern", "")
        found = re.search(r":([a-z-]+)\\?/", pattern)
        if found:
            return found[1]
    return _kebab(noun)


def _kebab(noun: str) -> str:
    """TrainingJob → training-job."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", noun.replace("AutoML", "Automl")).lower()


def _keys(parameters: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The condition keys of a request: what `data/condition_keys.csv` says of its members, and its tags."""
    table = catalog.table("condition_keys")
    found: dict[str, tuple[str, ...]] = {}
    for member, value in _members(parameters):
        if member in table:
            key = table[member]["key"].lower()
            found[key] = found.get(key, ()) + _texts(value)
    tags = parameters.get("Tags") or []
    if isinstance(tags, list) and tags:
        found["aws:tagkeys"] = tuple(tag["Key"] for tag in tags)
        found |= {f"aws:requesttag/{tag['Key'].lower()}": (tag["Value"],) for tag in tags}
    return found


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    """Every member in a request, however deep."""
    if isinstance(value, Mapping):
        for name, held in value.items():
            yield name, held
            yield from _members(held)
    elif isinstance(value, list):
        for entry in value:
            yield from _members(entry)


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(str(entry) for entry in value)
    return (str(value).lower() if isinstance(value, bool) else str(value),)


# The other services


def _logs(parameters: Mapping[str, Any]) -> str:
    group, stream = parameters.get("logGroupName", "*"), parameters.get("logStreamName")
    return f"arn:aws:logs:{account.REGION}:{account.ACCOUNT}:log-group:{group}:log-stream:{stream or '*'}"


def _iam(parameters: Mapping[str, Any]) -> str:
    for member, kind in (("RoleName", "role"), ("UserName", "user"), ("GroupName", "group"), ("PolicyName", "policy")):
        if member in parameters:
            return f"arn:aws:iam::{account.ACCOUNT}:{kind}/{parameters[member]}"
    return str(parameters.get("PolicyArn") or parameters.get("PolicySourceArn") or "*")


def _sts(parameters: Mapping[str, Any]) -> str:
    return str(parameters.get("RoleArn", "*"))


def _ecr(parameters: Mapping[str, Any]) -> str:
    name = parameters.get("repositoryName")
    return f"arn:aws:ecr:{account.REGION}:{account.ACCOUNT}:repository/{name}" if name else "*"


def _quotas(parameters: Mapping[str, Any]) -> str:
    service, quota = parameters.get("ServiceCode"), parameters.get("QuotaCode")
    return f"arn:aws:servicequotas:{account.REGION}:{account.ACCOUNT}:{service}/{quota}" if quota else "*"


OTHERS = {"service-quotas": _quotas, "logs": _logs, "iam": _iam, "sts": _sts, "ecr": _ecr}
"""Which resource a request to a service is about; of the services that are not here, all of them (`*`)."""


def with_tags(state: State, need: Need) -> Need:
    """The same, and the tags of the resource that it is about as condition keys."""
    tags = state.tags.held(need.resource)
    if not tags:
        return need
    names = ("aws:resourcetag", "sagemaker:resourcetag")
    keys = {f"{name}/{key.lower()}": (value,) for name in names for key, value in tags.items()}
    return replace(need, context={**need.context, **keys})


def of_signed(state: State, caller: Principal, service: str, operation: str, fields: Mapping[str, Any]) -> list[Need]:
    """What a request to a service of moto's needs, S3 apart."""
    need = of(service, operation, fields)
    if service == "kms" and "KeyId" in fields:
        return [kms.need(state, need.action, str(fields["KeyId"]))]
    if service == "iam":
        if need.resource == "*" and re.search("(User|AccessKeys?)$", operation):
            return [replace(need, resource=caller.arn)]
        if "PolicyArn" in fields and need.resource != fields["PolicyArn"]:
            return [replace(need, context={"iam:policyarn": (fields["PolicyArn"],)})]
    return [need]
