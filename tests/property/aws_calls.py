"""Random calls of AWS: drawn from the models that botocore carries and from the requests of the contract scenarios.

Whatever is in OPERATIONS is called; nothing here names an operation.
"""

import json
from functools import cache

from hypothesis import strategies as st

from tests.contract import aws_scenarios
from twoclouds.aws.cloud import OPERATIONS, OURS, REST
from twoclouds.aws.protocol import contract, rest
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Request

NAMES = ("a", "b", "good", "model-1", "double", "not_a_name", "x" * 300, "")
MEANT = {
    "RoleArn": ("arn:aws:iam::123456789012:role/TwoCloudsExecutionRole", "arn:aws:iam::123456789012:role/Nobody"),
    "InstanceType": ("ml.m5.large", "ml.m5.xlarge", "ml.g5.xlarge", "ml.p4d.24xlarge", "ml.none.large"),
    "S3Uri": ("s3://two-clouds-data/", "s3://two-clouds-data/models", "s3://nobody/x", "http://x"),
    "ServiceCode": ("sagemaker", "ec2"),
    "InitialInstanceCount": (1, 2, 3, 100),
    "InstanceCount": (1, 2, 3, 100),
}
"""Of some shapes and members, values that mean something here."""

JUNK = (None, "", "x", "é" * 40, -1, 0, 10**12, 0.5, True, [], [None], {}, {"a": 1}, "s3://", "arn:aws:x")
COMMON = {"ValidationException", "SerializationException", "AccessDeniedException", "ThrottlingException"}
"""Errors that every operation may answer with, though its model does not list them."""


def seeds():
    """The requests of the scenarios, by (service, operation); none of an operation that no scenario calls."""
    found = {key: [] for key in OPERATIONS}
    for service, name, parameters, *_ in aws_scenarios.recorded().calls:
        found[service, name].append(parameters)
    return found


@cache
def meant():
    """member → what the scenarios' requests and answers have for it: names and ARNs that mean something."""
    found = {}

    def walk(value):
        if isinstance(value, dict):
            for member, held in value.items():
                if isinstance(held, str) and len(held) < 200:
                    found.setdefault(member, set()).add(held)
                walk(held)
        elif isinstance(value, list):
            for held in value:
                walk(held)

    for _, _, parameters, answer, _ in aws_scenarios.recorded().calls:
        walk(parameters)
        walk(answer)
    return {member: sorted(held) for member, held in found.items()}


@st.composite
def stories(draw):
    """Some calls of the scenarios that follow one another there, and the pauses between them, so that what one makes
    the next one finds."""
    recorded = aws_scenarios.recorded().calls
    first = draw(st.integers(0, len(recorded) - 1))
    told, before = [], recorded[first][4]
    for *call, _, second in recorded[first : first + draw(st.integers(2, 12))]:
        if second > before:
            told.append(("skip", second - before))
        told.append(tuple(call))
        before = second
    return told


@st.composite
def calls(draw):
    """(service, operation, parameters): one of a scenario's as it is, one that was changed somewhere, or a new one."""
    service, operation = key = draw(st.sampled_from(sorted(OPERATIONS)))
    known = seeds()[key]
    kind = draw(st.sampled_from(["known", "changed", "changed", "new"])) if known else "new"
    shape = contract.operation_model(service, operation).input_shape
    if kind == "new":
        return service, operation, draw(_of(shape, "", 0)) if shape is not None else {}
    parameters = json.loads(json.dumps(draw(st.sampled_from(known))))
    if kind == "changed" and shape is not None:
        parameters = _changed(draw, shape, parameters)
    return service, operation, parameters


def _changed(draw, shape, value):
    """The value with one thing in it left out, added, or replaced."""
    if shape.type_name == "structure" and isinstance(value, dict) and shape.members:
        name = draw(st.sampled_from(sorted(shape.members)))
        if name in value and draw(st.booleans()):
            return {**value, name: _changed(draw, shape.members[name], value[name])}
        if name in value and draw(st.booleans()):
            return {key: held for key, held in value.items() if key != name}
        return {**value, name: draw(_of(shape.members[name], name, 0))}
    if shape.type_name == "list" and isinstance(value, list) and value:
        return [_changed(draw, shape.member, value[0]), *value[draw(st.sampled_from([0, 1])) :]]
    return draw(st.one_of(_of(shape, "", 0), st.sampled_from(JUNK)))


@st.composite
def _of(draw, shape, member, depth):
    """A value of a shape; now and then one that is not."""
    if draw(st.integers(0, 40)) == 7:
        return draw(st.sampled_from(JUNK))
    if shape.name in MEANT or member in MEANT:
        return draw(st.sampled_from(MEANT.get(shape.name) or MEANT[member]))
    kind = shape.type_name
    if kind == "string" and member in meant() and draw(st.integers(0, 3)):
        return draw(st.sampled_from(meant()[member]))
    if kind == "structure":
        more = (
            draw(st.sets(st.sampled_from(sorted(shape.members)), max_size=3 if depth < 3 else 0))
            if shape.members
            else ()
        )
        chosen = [name for name in shape.members if name in more or name in shape.required_members]
        return {name: draw(_of(shape.members[name], name, depth + 1)) for name in chosen}
    if kind == "list":
        return draw(st.lists(_of(shape.member, member, depth + 1), max_size=2))
    if kind == "map":
        return draw(st.dictionaries(st.sampled_from(NAMES[:4]), _of(shape.value, member, depth + 1), max_size=2))
    return draw(_simple(kind, tuple(shape.enum) if kind == "string" else (), *_bounds(shape)))


def _bounds(shape):
    return shape.metadata.get("min"), shape.metadata.get("max")


@cache
def _simple(kind, enum, least, most):
    if enum:
        return st.sampled_from(enum)
    if kind in ("string", "blob"):
        return st.sampled_from(NAMES)
    if kind == "boolean":
        return st.booleans()
    low = 0 if least is None else int(least)
    high = low + 10 if most is None else int(most)
    return st.sampled_from(sorted({low - 1, low, min(low + 1, high), min(low + 3600, high), high, high + 1}))


# Sending


@cache
def hosts():
    """service → the host prefix of its requests."""
    return {service: prefix for prefix, service in OURS.items()}


def send(lab, service, operation, parameters, key="AKIATWOCLOUDSEXAMPLE"):
    """The answer to a call as (status, body), the body as JSON; None if something in it is not simulated."""
    signed = {"authorization": f"AWS4-HMAC-SHA256 Credential={key}/20261130/us-west-2/{service}/aws4_request"}
    host = f"{hosts()[service]}.us-west-2.amazonaws.com"
    try:
        if service in REST:
            response = lab.send(_rest(service, operation, parameters, host, signed))
        else:
            headers = {**signed, "x-amz-target": f"X.{operation}", "content-type": "application/x-amz-json-1.1"}
            response = lab.send(Request("POST", f"https://{host}/", headers, json.dumps(parameters).encode()))
    except NotSimulated:
        return None
    if service in REST and response.status < 300:
        return 200, {}
    return response.status, json.loads(response.body)


def _rest(service, operation, parameters, host, headers):
    model = contract.operation_model(service, operation)
    path, shape, body = model.http["requestUri"], model.input_shape, b""
    for member, value in (parameters if isinstance(parameters, dict) else {}).items():
        if member not in shape.members or value is None:
            continue
        where = shape.members[member].serialization
        text = value if isinstance(value, str) else json.dumps(value)
        if where.get("location") == "uri":
            path = path.replace(f"{{{where.get('name', member)}}}", text or "x")
        elif where.get("location") == "header":
            headers = {**headers, where["name"].lower(): text}
        elif member == shape.serialization.get("payload"):
            body = text.encode()
    request = Request(model.http["method"], f"https://{host}{path}".replace("{", "x").replace("}", "x"), headers, body)
    assert rest.operation(service, request) in (operation, ""), request.url
    return request


def judge(service, operation, answer):
    """Raise AssertionError for an answer that the operation's model does not have. None is no answer."""
    if answer is None:
        return
    status, body = answer
    model = contract.operation_model(service, operation)
    if status == 200:
        if service not in REST:
            problems = contract.problems_of_answer(service, operation, body)
            assert not [p for p in problems if (service, operation, p.path) not in aws_scenarios.GAPS], problems
        return
    code = body.get("__type") or body.get("Code")
    shapes = (*model.error_shapes, *contract.service_model(service).error_shapes)
    modelled = {shape.error_code or shape.name for shape in shapes} | {shape.name for shape in shapes}
    assert 400 <= status < 600
    assert code in modelled | COMMON, f"{operation} does not know the error {code}: {body}"
    assert body.get("message") or body.get("Message") or code == "ThrottlingException", body


def prepare(lab):
    """Put into S3, ECR and IAM what the scenarios put there."""
    for request in aws_scenarios.recorded().puts:
        lab.aws.send(request)
