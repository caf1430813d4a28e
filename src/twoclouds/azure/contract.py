"""The vendor's own models as the contract: what a request or an answer may hold, and must.

A plain round trip through the models keeps unknown keys and proves nothing, so their fields are walked one by one.
The models come with azure-ai-ml (`azure.ai.ml._restclient.arm_ml_service.models`) and are imported when the first body
arrives. How a model is checked is worked out once, when it is first met.
"""

from __future__ import annotations

import datetime as datetime_module
import enum
import typing
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache
from types import ModuleType, UnionType
from typing import Any

from twoclouds.azure.errors import bad_request

Check = Callable[[Any, str, bool], Iterator[str]]
"""(value, its path, whether it is an answer) → what is wrong with it."""

REQUESTS = {
    "Compute - Create Or Update": "ComputeResource",
    "Datastores - Create Or Update": "Datastore",
    "Datastores - List Secrets": "SecretExpiry",
    "Data Containers - Create Or Update": "DataContainer",
    "Data Versions - Create Or Update": "DataVersionBase",
    "Environment Containers - Create Or Update": "EnvironmentContainer",
    "Environment Versions - Create Or Update": "EnvironmentVersion",
    "Model Containers - Create Or Update": "ModelContainer",
    "Model Versions - Create Or Update": "ModelVersion",
    "Code Versions - Create Or Update": "CodeVersion",
    "Code Versions - Create Or Get Start Pending Upload": "PendingUploadRequestDto",
    "Jobs - Create Or Update": "JobBase",
    "Batch Endpoints - Create Or Update": "BatchEndpoint",
    "Batch Deployments - Create Or Update": "BatchDeployment",
    "Online Endpoints - Create Or Update": "OnlineEndpoint",
    "Online Endpoints - Regenerate Keys": "RegenerateEndpointKeysRequest",
    "Online Deployments - Create Or Update": "OnlineDeployment",
    "Online Deployments - Get Logs": "DeploymentLogsRequest",
}
"""Operation → the model of its request's body."""

ANSWERS = {
    "Workspaces - Get": "Workspace",
    "Workspaces - List By Resource Group": "list Workspace",
    "Workspaces - List By Subscription": "list Workspace",
    "Workspaces - List Keys": "ListWorkspaceKeysResult",
    "Compute - Create Or Update": "ComputeResource",
    "Compute - Get": "ComputeResource",
    "Compute - List": "list ComputeResource",
    "Compute - List Nodes": "list AmlComputeNodeInformation",
    "Datastores - Create Or Update": "Datastore",
    "Virtual Machine Sizes - List": "list VirtualMachineSize",
    "Usages - List": "list Usage",
    "Datastores - Get": "Datastore",
    "Datastores - List": "list Datastore",
    "Datastores - List Secrets": "DatastoreSecrets",
    "Data Containers - Create Or Update": "DataContainer",
    "Data Containers - Get": "DataContainer",
    "Data Containers - List": "list DataContainer",
    "Data Versions - Create Or Update": "DataVersionBase",
    "Data Versions - Get": "DataVersionBase",
    "Data Versions - List": "list DataVersionBase",
    "Environment Containers - Create Or Update": "EnvironmentContainer",
    "Environment Containers - Get": "EnvironmentContainer",
    "Environment Containers - List": "list EnvironmentContainer",
    "Environment Versions - Create Or Update": "EnvironmentVersion",
    "Environment Versions - Get": "EnvironmentVersion",
    "Environment Versions - List": "list EnvironmentVersion",
    "Model Containers - Create Or Update": "ModelContainer",
    "Model Containers - Get": "ModelContainer",
    "Model Containers - List": "list ModelContainer",
    "Model Versions - Create Or Update": "ModelVersion",
    "Model Versions - Get": "ModelVersion",
    "Model Versions - List": "list ModelVersion",
    "Registry Environment Versions - Get": "EnvironmentVersion",
    "Registry Environment Versions - List": "list EnvironmentVersion",
    "Code Versions - Create Or Update": "CodeVersion",
    "Code Versions - Get": "CodeVersion",
    "Code Versions - List": "list CodeVersion",
    "Code Versions - Create Or Get Start Pending Upload": "PendingUploadResponseDto",
    "Jobs - Create Or Update": "JobBase",
    "Jobs - Get": "JobBase",
    "Jobs - List": "list JobBase",
    "Batch Endpoints - Create Or Update": "BatchEndpoint",
    "Batch Endpoints - Get": "BatchEndpoint",
    "Batch Endpoints - List": "list BatchEndpoint",
    "Batch Deployments - Create Or Update": "BatchDeployment",
    "Batch Deployments - Get": "BatchDeployment",
    "Batch Deployments - List": "list BatchDeployment",
    "Online Endpoints - Create Or Update": "OnlineEndpoint",
    "Online Endpoints - Get": "OnlineEndpoint",
    "Online Endpoints - List": "list OnlineEndpoint",
    "Online Endpoints - List Keys": "EndpointAuthKeys",
    "Online Endpoints - Get Token": "EndpointAuthToken",
    "Online Deployments - Create Or Update": "OnlineDeployment",
    "Online Deployments - Get": "OnlineDeployment",
    "Online Deployments - List": "list OnlineDeployment",
    "Online Deployments - Get Logs": "DeploymentLogs",
}
"""Operation → the model of its answer's body; `list` before it: of each entry of its only list."""


MORE: dict[str, dict[str, type]] = {
    "ComputeInstanceProperties": {"enableRootAccess": bool, "releaseQuotaOnStop": bool, "enableOSPatching": bool},
    "Cron": {"triggerType": str},
    "Recurrence": {"triggerType": str},
    "JobOutput": {"assetVersion": str},
    "TableVerticalLimitSettings": {"maxNodes": int, "sweepConcurrentTrials": int, "sweepTrials": int},
    "QueueSettings": {"priority": int},
    "DistributionConfiguration": {
        "port": int, "address": str, "includeDashboard": bool, "dashboardPort": int, "headNodeAdditionalArgs": str,
        "workerNodeAdditionalArgs": str,
    },
}  # fmt: skip
"""Model → fields that it and its kinds lack, and that the SDK sends all the same; those of `READ` it also reads."""

READ = ("ComputeInstanceProperties", "JobOutput", "QueueSettings")

MORE_KINDS = {"DistributionConfiguration": {"Ray"}}
"""Model → kinds of it that the SDK sends though they have no model: they are checked as the model itself."""


def check_request(operation: str, body: Any) -> None:
    """Raise AzureError (400) if `body` is not what `operation` takes."""
    name = REQUESTS.get(operation)
    if name is not None:
        found = list(problems(name, body, answer=False))
        if found:
            raise bad_request(f"The request is invalid: {found[0]}", *found)


def answer_problems(operation: str, body: Any) -> list[str]:
    """What in `body` the vendor's SDK would not expect of an answer of `operation`."""
    name = ANSWERS.get(operation)
    if name is None:
        return []
    if name.startswith("list "):
        model = name.removeprefix("list ")
        (entries,) = (value for key, value in body.items() if key != "nextLink")
        return [text for entry in entries for text in problems(model, entry, answer=True)]
    return list(problems(name, body, answer=True))


def problems(name: str, value: Any, *, answer: bool) -> Iterator[str]:
    """What is wrong with `value` as the model `name`. Fields that only an answer has are not asked of a request."""
    return _check_model(getattr(_models(), name))(value, name, answer)


@cache
def _models() -> ModuleType:
    from azure.ai.ml._restclient.arm_ml_service import models

    return typing.cast(ModuleType, models)


@cache
def _check_model(cls: Any) -> Check:
    def check(value: Any, path: str, answer: bool) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{path}: an object is expected, not {_kind(value)}"
            return
        try:
            fields = _fields(_narrow(cls, value))
        except ValueError as error:
            yield f"{path}: {error}"
            return
        for key in value:
            if key not in fields:
                yield f"{path}: unknown field '{key}'"
        for key, field in fields.items():
            if key in value:
                yield from field.check(value[key], f"{path}.{key}", answer)
            elif field.required and (field.in_answers if answer else field.in_requests):
                yield f"{path}: the field '{key}' is required"

    return check


def _narrow(cls: Any, value: dict[str, Any]) -> Any:
    """The subclass that the discriminators in `value` name."""
    seen: list[str] = []
    while hasattr(cls, "__mapping__") and (field := cls._get_discriminator(seen)) is not None:
        seen.append(field._rest_name)
        name = value.get(field._rest_name)
        mapping = {getattr(key, "value", key): model for key, model in cls.__mapping__.items()}
        if name is None:
            raise ValueError(f"the field '{field._rest_name}' is required")
        if isinstance(name, str) and name in MORE_KINDS.get(cls.__name__, ()):
            break
        if not isinstance(name, str) or name not in mapping:
            raise ValueError(f"'{name}' is not one of {', '.join(sorted(mapping))} for '{field._rest_name}'")
        if mapping[name] is cls:
            break
        cls = mapping[name]
    return cls


class _Field(typing.NamedTuple):
    check: Check
    required: bool
    in_requests: bool
    in_answers: bool


@cache
def _fields(cls: Any) -> dict[str, _Field]:
    cls({})  # the SDK works out a model's fields when it first makes one
    hints = typing.get_type_hints(cls, localns={"_models": _models(), "datetime": datetime_module})
    fields = {rest._rest_name: _field(hints[name], rest) for name, rest in cls._attr_to_rest_field.items()}
    for base in cls.__mro__:
        for name, kind in MORE.get(base.__name__, {}).items():
            extra = _Field(_check(kind), required=False, in_requests=True, in_answers=base.__name__ in READ)
            fields.setdefault(name, extra)
    return fields


def _field(hint: Any, rest: Any) -> _Field:
    visible = rest._visibility or ["read", "create", "update"]
    return _Field(
        check=_check(hint),
        required=type(None) not in typing.get_args(hint),
        in_requests="create" in visible or "update" in visible,
        in_answers="read" in visible,
    )


def _check(hint: Any) -> Check:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, UnionType):
        return _check_union(arguments)
    if origin is typing.Literal:
        return _check_choice([getattr(a, "value", a) for a in arguments])
    if origin is list:
        return _check_list(_check(arguments[0]))
    if origin is dict:
        return _check_dict(_check(arguments[1]), strings=arguments[1] is str)
    if isinstance(hint, type):
        if hasattr(hint, "_attr_to_rest_field") or hasattr(hint, "_calculated"):
            return lambda value, path, answer: _check_model(hint)(value, path, answer)
        if issubclass(hint, enum.Enum):
            return _check_choice([member.value for member in hint])
        if hint in _SIMPLE:
            return _check_simple(*_SIMPLE[hint])
    return lambda value, path, answer: iter(())


def _check_union(arguments: tuple[Any, ...]) -> Check:
    optional = type(None) in arguments
    kinds = [a for a in arguments if a is not type(None)]
    enums = [a for a in kinds if isinstance(a, type) and issubclass(a, enum.Enum)]
    inner = _check((enums or kinds)[0])

    def check(value: Any, path: str, answer: bool) -> Iterator[str]:
        if value is not None or not optional:
            yield from inner(value, path, answer)

    return check


def _check_choice(choices: list[Any]) -> Check:
    """One of several words. In a request their case does not matter: the SDK sends `week` where `Week` is meant."""
    known = {str(choice).lower() for choice in choices}

    def check(value: Any, path: str, answer: bool) -> Iterator[str]:
        if value not in choices and (answer or str(value).lower() not in known):
            yield f"{path}: {value!r} is not one of {', '.join(map(str, choices))}"

    return check


def _check_list(inner: Check) -> Check:
    def check(value: Any, path: str, answer: bool) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{path}: a list is expected, not {_kind(value)}"
        else:
            for number, entry in enumerate(value):
                yield from inner(entry, f"{path}[{number}]", answer)

    return check


def _check_dict(inner: Check, *, strings: bool) -> Check:
    """A bag of values. In a request a bag of strings may hold numbers: the SDK sends one (`hash_version` of code)."""

    def check(value: Any, path: str, answer: bool) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{path}: an object is expected, not {_kind(value)}"
        else:
            for key, entry in value.items():
                if entry is not None and not (strings and not answer and _is_number(entry)):
                    yield from inner(entry, f"{path}.{key}", answer)

    return check


def _check_simple(accepts: Callable[[Any], bool], wanted: str) -> Check:
    def check(value: Any, path: str, answer: bool) -> Iterator[str]:
        if not accepts(value):
            yield f"{path}: {wanted} is expected, not {value!r}"

    return check


def _is_date(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return "T" in value


def _is_duration(value: Any) -> bool:
    import isodate

    try:
        isodate.parse_duration(value)
    except (isodate.ISO8601Error, TypeError):
        return False
    return True


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_SIMPLE: dict[type, tuple[Callable[[Any], bool], str]] = {
    str: (lambda value: isinstance(value, str), "a string"),
    bool: (lambda value: isinstance(value, bool), "true or false"),
    int: (lambda value: isinstance(value, int) and not isinstance(value, bool), "a whole number"),
    float: (_is_number, "a number"),
    datetime: (_is_date, "a date and time (ISO 8601)"),
    timedelta: (_is_duration, "a duration (ISO 8601)"),
}


def _kind(value: Any) -> str:
    return "null" if value is None else type(value).__name__
