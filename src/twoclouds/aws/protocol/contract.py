"""Requests and answers against the service models that botocore carries: required, type, enum, pattern, range, length.

boto3 checks required members and types before it sends; the rest is the service's to check, and worded as it does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from twoclouds.aws.errors import SerializationException, ValidationError, ValidationException
from twoclouds.wire.errors import NotSimulated

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel, Shape


@dataclass(frozen=True)
class Problem:
    """`rule` says which kind of rule a value breaks: "constraint", "type" or "unknown" (no such member)."""

    rule: str
    path: str
    text: str


Check = Callable[[Any, str], Iterator[Problem]]


def check_request(service: str, operation: str, parameters: Any) -> None:
    """Raise what the service would raise for these parameters.

    Raises ValidationException or SerializationException in the service's words; NotSimulated for a member that this
    version of the model does not know.
    """
    problems = list(_input(service, operation)(parameters, ""))
    for problem in problems:
        if problem.rule == "type":
            raise SerializationException(problem.text)
        if problem.rule == "unknown":
            raise NotSimulated(f"{service}:{operation} with {problem.path}")
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        refused = ValidationError if service == "sagemaker-runtime" else ValidationException
        raise refused(count + "; ".join(problem.text for problem in problems))


def problems_of_answer(service: str, operation: str, answer: Any) -> list[Problem]:
    """What is wrong with an answer; tests ask, a lab does not."""
    shape = operation_model(service, operation).output_shape
    if shape is None:
        return [] if not answer else [Problem("unknown", "", f"{operation} answers nothing, not {answer!r}")]
    return list(_check(shape)(answer, ""))


@cache
def service_model(service: str) -> ServiceModel:
    """botocore's model of a service."""
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


@cache
def operation_model(service: str, operation: str) -> OperationModel:
    """botocore's model of an operation."""
    return service_model(service).operation_model(operation)


@cache
def _input(service: str, operation: str) -> Check:
    shape = operation_model(service, operation).input_shape
    return _check(shape) if shape is not None else lambda value, path: iter(())


def _check(shape: Shape) -> Check:
    """A check of one shape, made once; recursive shapes are made when they are first met."""
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape)
    if kind == "list":
        return _list(shape)
    if kind == "map":
        return _map(shape)
    if kind == "string":
        return _string(shape)
    return _scalar(shape)


def _later(shape: Shape) -> Check:
    made: list[Check] = []

    def check(value: Any, path: str) -> Iterator[Problem]:
        if not made:
            made.append(_check(shape))
        return made[0](value, path)

    return check


def _structure(shape: Any) -> Check:
    members = {name: (_lower(name), _later(member)) for name, member in shape.members.items()}
    required = shape.required_members

    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield _mistyped(value, "Structure", path)
            return
        prefix = f"{path}." if path else ""
        for name in required:
            if value.get(name) is None:
                yield _constraint(None, prefix + _lower(name), "Member must not be null")
        for name, held in value.items():
            if name not in members:
                yield Problem("unknown", prefix + name, f"unknown member {prefix + name}")
            elif held is not None:
                lower, inner = members[name]
                yield from inner(held, prefix + lower)

    return check


def _list(shape: Any) -> Check:
    inner, sized = _later(shape.member), _length(shape)

    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield _mistyped(value, "List", path)
            return
        yield from sized(value, path)
        for number, held in enumerate(value, 1):
            yield from inner(held, f"{path}.{number}.member")

    return check


def _map(shape: Any) -> Check:
    key_check, value_check, sized = _later(shape.key), _later(shape.value), _length(shape)

    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield _mistyped(value, "Map", path)
            return
        yield from sized(value, path)
        for what, items, inner in (("keys", value, key_check), ("value", value.values(), value_check)):
            broken = [problem for item in items for problem in inner(item, path)]
            yield from (problem for problem in broken if problem.rule != "constraint")
            rules = dict.fromkeys(p.text.partition("constraint: ")[2] for p in broken if p.rule == "constraint")
            if rules:
                yield _constraint(value, path, f"Map {what} must satisfy constraint: [{', '.join(rules)}]")

    return check


def _string(shape: Any) -> Check:
    enum, sized, written = frozenset(shape.enum), _length(shape), shape.metadata.get("pattern")
    pattern = re.compile(_python(written)) if written else None
    choices = ", ".join(shape.enum)

    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield _mistyped(value, "String", path)
            return
        yield from sized(value, path)
        if pattern is not None and not pattern.fullmatch(value):
            yield _constraint(value, path, f"Member must satisfy regular expression pattern: {written}")
        if enum and value not in enum:
            yield _constraint(value, path, f"Member must satisfy enum value set: [{choices}]")

    return check


TYPES: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
    "blob": (str, bytes),
}


def _scalar(shape: Shape) -> Check:
    kind = shape.type_name
    expected, least, most = TYPES[kind], shape.metadata.get("min"), shape.metadata.get("max")
    name = kind.capitalize()

    def check(value: Any, path: str) -> Iterator[Problem]:
        if not isinstance(value, expected) or (isinstance(value, bool) and kind != "boolean"):
            yield _mistyped(value, name, path)
        elif kind != "blob" and least is not None and value < least:
            yield _constraint(value, path, f"Member must have value greater than or equal to {least}")
        elif kind != "blob" and most is not None and value > most:
            yield _constraint(value, path, f"Member must have value less than or equal to {most}")

    return check


def _length(shape: Shape) -> Check:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")

    def check(value: Any, path: str) -> Iterator[Problem]:
        if most is not None and len(value) > most:
            yield _constraint(value, path, f"Member must have length less than or equal to {most}")
        if least is not None and len(value) < least:
            yield _constraint(value, path, f"Member must have length greater than or equal to {least}")

    return check


def _constraint(value: Any, path: str, rule: str) -> Problem:
    shown = "null" if value is None else f"'{_java(value)}'"
    return Problem("constraint", path, f"Value {shown} at '{path}' failed to satisfy constraint: {rule}")


def _mistyped(value: Any, wanted: str, path: str) -> Problem:
    names = {bool: "BOOLEAN", int: "NUMBER", float: "NUMBER", str: "STRING", list: "LIST", dict: "STRUCTURE"}
    return Problem("type", path, f"{names.get(type(value), 'NULL')}_VALUE can not be converted to a {wanted}")


def _java(value: Any) -> str:
    """A value as the service writes it in its messages."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_java(held)}" for key, held in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_java, value)) + "]"
    return str(value)


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


CLASSES = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\d",
    r"\p{Z}": r"\s",
    r"\p{M}": r"\w",
    r"\p{S}": r"\W",
    r"\p{P}": r"\W",
    r"\p{ASCII}*": r"[\x00-\x7f]*",
    r"[\p{Print}]": r"[ -~]",
    r"\p{Print}": r"[ -~]",
    r"\p{Alnum}": r"A-Za-z0-9",
    r"\z": r"\Z",
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010FFFF",
    r"[\w-_]": r"[\w_-]",
    "${": "(?:$){",
}
"""What the models' patterns, which are Java's, are in Python's terms; Unicode classes a little wider."""


def _python(pattern: str) -> str:
    for theirs, ours in CLASSES.items():
        pattern = pattern.replace(theirs, ours)
    return pattern
