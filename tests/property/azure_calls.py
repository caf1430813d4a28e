"""Random calls of Azure: drawn from its routes, the vendor's models, and what the contract tests send through the SDK.

Whatever is in ROUTES is called; nothing here names an operation.
"""

import json
import re
import typing
from datetime import datetime, timedelta
from enum import EnumMeta
from functools import cache
from urllib.parse import quote

from hypothesis import strategies as st

from tests.property import azure_recorder
from twoclouds.azure import account, contract
from twoclouds.azure.cloud import NOUNS
from twoclouds.azure.identity import principals
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Request

ROUTES = [route for noun in NOUNS for route in noun.ROUTES]
MADE_UP = ("a", "cpu", "not-there", "no name", "x" * 300, "ends-1", "%2e%2e", "1")
JUNK = (None, "", "x", "é" * 40, -1, 0, 10**12, 0.5, True, [], [None], {}, {"a": 1}, "azureml://", "PT", "/")
PLACE = {
    "subscription": account.SUBSCRIPTION,
    "group": account.RESOURCE_GROUP,
    "workspace": account.WORKSPACE,
    "location": account.REGION,
    "tenant": account.TENANT,
    "registry": "azureml",
    "scope": account.WORKSPACE_ID.strip("/"),
}


@cache
def recorded():
    """(request, virtual second, story) of all that the contract tests send."""
    return [(sent.request, sent.second, sent.story) for sent in azure_recorder.requests()]


@cache
def names():
    """What stands in the paths of recorded requests, by the parameter of the route: names that mean something."""
    from twoclouds.wire.routing import Router

    router, found = Router(ROUTES), {}
    for request, *_ in recorded():
        match = router.match(request)
        for parameter, value in (match[1] if match else {}).items():
            found.setdefault(parameter, set()).add(value)
    return {parameter: sorted(values) for parameter, values in found.items()}


@st.composite
def stories(draw):
    """Some requests that follow one another in a test, often its first ones, and the pauses between them."""
    begins = [at for at, sent in enumerate(recorded()) if not at or recorded()[at - 1][2] != sent[2]]
    first = draw(st.one_of(st.sampled_from(begins), st.integers(0, len(recorded()) - 1)))
    _, before, story = recorded()[first]
    told = []
    for request, second, whose in recorded()[first : first + draw(st.integers(2, 80))]:
        if whose != story:
            break
        if second > before:
            told.append(second - before)
        told.append(request)
        before = second
    return told


@st.composite
def calls(draw):
    """A request: one of a test's with something changed, or a new one to a route."""
    if draw(st.booleans()):
        return _changed(draw, draw(st.sampled_from(recorded()))[0])
    return draw(_new(draw(st.sampled_from(ROUTES))))


def _changed(draw, request):
    where = draw(st.sampled_from(["path", "query", "body", "body", "body"]))
    url, body = request.url, request.body
    if where == "path":
        parts = re.split(r"(?<=/)([^/?]+)(?=$|\?|/)", url)
        spot = draw(st.integers(0, len(parts) // 2 - 1)) * 2 + 1
        if spot > 3:
            parts[spot] = quote(draw(st.sampled_from(MADE_UP)))
        url = "".join(parts)
    elif where == "query":
        url = draw(st.sampled_from([url.partition("?")[0], url + "&$skip=x&$top=x", url + "&comp=list&timeout=-1"]))
    else:
        try:
            body = json.dumps(_mutated(draw, json.loads(body))).encode()
        except ValueError:
            body = draw(st.sampled_from([b"", b"{", b"[]", b"null", b"\xff"]))
    return Request(request.method, url, request.headers, body)


def _mutated(draw, value):
    """The value with one thing in it left out or replaced."""
    if isinstance(value, dict) and value:
        name = draw(st.sampled_from(sorted(value)))
        way = draw(st.sampled_from(["in", "in", "in", "out", "more"]))
        if way == "in":
            return {**value, name: _mutated(draw, value[name])}
        if way == "out":
            return {key: held for key, held in value.items() if key != name}
        return {**value, "colour": "blue"}
    if isinstance(value, list) and value and draw(st.booleans()):
        return [_mutated(draw, value[0]), *value[1:]]
    return draw(st.sampled_from(JUNK))


@st.composite
def _new(draw, route):
    """A request to a route, its body drawn from the model that the contract names."""
    path = route.path
    for parameter in re.findall(r"\{(\w+)(?::path)?\}", route.path):
        known = [PLACE[parameter]] * 9 if parameter in PLACE else names().get(parameter, ["a"])
        value = draw(st.sampled_from([*known, *known, draw(st.sampled_from(MADE_UP))]))
        path = re.sub(rf"\{{{parameter}(:path)?\}}", lambda _, value=value: quote(value), path)
    host = f"endpoint{route.host}" if route.host.startswith(".") else route.host
    body = {}
    if model := contract.REQUESTS.get(route.operation):
        body = draw(_model(getattr(contract._models(), model), 0))
    text = b"" if route.method in ("GET", "HEAD", "DELETE") else json.dumps(body).encode()
    return Request(route.method, f"https://{host}{path}?api-version=2025-12-01", {"authorization": "Bearer"}, text)


@st.composite
def _model(draw, cls, depth):
    """A value of a model, or of a kind of it; now and then one that is not."""
    if draw(st.integers(0, 40)) == 7:
        return draw(st.sampled_from(JUNK))
    fixed = {}
    while hasattr(cls, "__mapping__") and (field := cls._get_discriminator(list(fixed))) is not None:
        kinds = {getattr(key, "value", key): kind for key, kind in cls.__mapping__.items()}
        name = draw(st.sampled_from(sorted(kinds)))
        fixed[field._rest_name] = name
        if kinds[name] is cls:
            break
        cls = kinds[name]
    value = {}
    for name, (hint, required) in _hints(cls).items():
        if required or (depth < 4 and draw(st.integers(0, 3)) == 0):
            value[name] = draw(_of(hint, depth + 1))
    return {**value, **fixed}


@cache
def _hints(cls):
    """Field as the wire has it → (its type, whether it is required), of the fields that a request may have."""
    cls({})
    hints = typing.get_type_hints(cls, localns={"_models": contract._models(), "datetime": __import__("datetime")})
    found = {}
    for name, rest in cls._attr_to_rest_field.items():
        if rest._visibility != ["read"]:
            found[rest._rest_name] = (hints[name], type(None) not in typing.get_args(hints[name]))
    return found


def _of(hint, depth):
    options = [kind for kind in typing.get_args(hint) if kind is not type(None)]
    origin = typing.get_origin(hint)
    if origin is typing.Literal:
        return st.sampled_from([getattr(option, "value", option) for option in options])
    if origin in (list, dict):
        inner = _of(options[-1], depth + 1) if depth < 6 else st.just("a")
        return (
            st.lists(inner, max_size=2) if origin is list else st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
        )
    if options:
        enums = [kind for kind in options if isinstance(kind, EnumMeta)]
        return _of((enums or options)[0], depth)
    if isinstance(hint, EnumMeta):
        return st.sampled_from([member.value for member in hint])
    if getattr(hint, "__module__", "").startswith("azure."):
        return _model(hint, depth) if depth < 6 else st.just({})
    return st.sampled_from(SIMPLE.get(hint, JUNK))


TEXTS = (
    "a",
    "1",
    "",
    "python -V",
    "Standard_D4s_v5",
    account.REGION,
    f"{account.WORKSPACE_ID}/computes/cpu",
    "azureml://datastores/workspaceblobstore/paths/x",
    "azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
)
SIMPLE = {
    str: TEXTS,
    int: (0, 1, 2, -1, 100, 10**9),
    float: (0.0, 0.5, -1.0, 1e9),
    bool: (True, False),
    datetime: ("2026-12-01T00:00:00Z", "2020-01-01T00:00:00Z"),
    timedelta: ("PT0S", "PT5M", "P30D"),
}


# Sending


def send(lab, request):
    """The route's operation and the answer; None if it, or something in it, is not simulated."""
    state = lab.azure.state
    headers = dict(request.headers)
    if headers.get("authorization") == "Bearer":
        token = principals.token(state, principals.PEOPLE["administrator"][0], f"https://{account.ARM}", lasts=10**9)
        headers["authorization"] = f"Bearer {token}"
    request = Request(request.method, request.url, headers, request.body)
    route = lab.azure._router.match(request)
    try:
        return (route[0].operation if route else ""), lab.send(request)
    except NotSimulated:
        return None


def judge(answered, request):
    """Raise AssertionError for an answer that Azure would not give. None is no answer."""
    if answered is None:
        return
    operation, response = answered
    serves = request.host.endswith(".inference.ml.azure.com")
    if response.status < 300:
        if response.body and operation in contract.ANSWERS:
            problems = contract.answer_problems(operation, json.loads(response.body))
            assert not problems, problems
        return
    assert response.status < 500 or serves, response
    if request.host == account.BLOB or request.host.endswith(".blob.core.windows.net"):
        assert response.headers.get("x-ms-error-code") or request.method == "HEAD", response
    elif not serves:
        body = json.loads(response.body)
        said = body.get("error", body)
        if isinstance(said, dict):
            assert said.get("code") or said.get("error_code"), body
            assert said.get("message"), body
        else:
            assert body["error_description"], body
