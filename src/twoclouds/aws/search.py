"""Search: resources whose properties satisfy an expression, sorted by a property, in pages.

As the documentation of Search, SearchExpression, NestedFilters and Filter tells it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from twoclouds.aws import listing
from twoclouds.aws.errors import ValidationException
from twoclouds.aws.inference import endpoints
from twoclouds.aws.operations import Operation, Operations, Parameters
from twoclouds.aws.protocol import contract
from twoclouds.aws.registry import model_package_groups, model_packages
from twoclouds.aws.training import training
from twoclouds.wire.errors import NotSimulated

if TYPE_CHECKING:
    from twoclouds.aws.state import State

Record = Mapping[str, Any]
Found = Callable[["State"], Iterable[Record]]

RESOURCES: dict[str, Found] = {
    "TrainingJob": lambda state: (
        training.described(state, job) | _tags(state, job.arn) for job in state.training_jobs.values()
    ),
    "Endpoint": lambda state: (
        endpoints.describe_endpoint(state, {"EndpointName": name}) | _tags(state, endpoint.arn)
        for name, endpoint in state.endpoints.items()
    ),
    "ModelPackage": lambda state: (
        model_packages.describe_model_package(state, {"ModelPackageName": arn}) | _tags(state, arn)
        for arn in state.model_packages
    ),
    "ModelPackageGroup": lambda state: (
        model_package_groups.describe_model_package_group(state, {"ModelPackageGroupName": name})
        | _tags(state, group.arn)
        for name, group in state.model_package_groups.items()
    ),
}
"""What can be searched: as its describe operation shows it, with its tags."""

SIMULATED = ("Resource", "SearchExpression", "SortBy", "SortOrder", "MaxResults", "NextToken")


def search(state: State, parameters: Parameters) -> dict[str, Any]:
    """The resources of a kind that satisfy the expression, the last changed first where no order is asked for.

    Raises ValidationException for a property that the kind does not have.
    """
    for member in parameters:
        if member not in SIMULATED:
            raise NotSimulated(f"sagemaker:Search with {member}")
    kind = parameters["Resource"]
    if kind not in RESOURCES:
        raise NotSimulated(f"sagemaker:Search for {kind}")
    expression = parameters.get("SearchExpression", {})
    order = parameters.get("SortBy", "LastModifiedTime")
    for name in (*_names(expression), *([order] if "SortBy" in parameters else [])):
        _check(kind, name)
    members = contract.service_model("sagemaker").shape_for(kind).members  # type: ignore[attr-defined]
    records = [{name: value for name, value in found.items() if name in members} for found in RESOURCES[kind](state)]
    chosen = [record for record in records if _satisfies(record, expression)]
    chosen.sort(
        key=lambda record: _rank(record, order), reverse=parameters.get("SortOrder", "Descending") == "Descending"
    )
    shown, token = listing.cut(chosen, parameters)
    return {
        "Results": [{kind: record} for record in shown],
        "TotalHits": {"Value": len(chosen), "Relation": "EqualTo"},
        **token,
    }


def _tags(state: State, arn: str) -> dict[str, Any]:
    return {"Tags": state.tags.listed(arn)}


# The expression


def _satisfies(record: Record, expression: Mapping[str, Any]) -> bool:
    results = [_passes(values(record, given["Name"]), given) for given in expression.get("Filters", [])]
    results += [_nested(record, given) for given in expression.get("NestedFilters", [])]
    results += [_satisfies(record, given) for given in expression.get("SubExpressions", [])]
    if not results:
        return True
    return any(results) if expression.get("Operator", "And") == "Or" else all(results)


def _nested(record: Record, given: Mapping[str, Any]) -> bool:
    """Whether one entry of a list satisfies all filters, which name their properties from the top."""
    prefix = given["NestedPropertyName"]
    entries = record.get(prefix, [])
    names = [(part, part["Name"].removeprefix(f"{prefix}.")) for part in given["Filters"]]
    return any(all(_passes(values(entry, name), part) for part, name in names) for entry in entries)


def values(record: Any, name: str) -> list[Any]:
    """The values of a property: `Tags.team`, `HyperParameters.epochs`, `Metrics.accuracy`, or a path of members."""
    first, _, rest = name.partition(".")
    if first == "Tags" and rest:
        return [tag["Value"] for tag in record.get("Tags", []) if tag["Key"] == rest]
    if first == "Metrics":
        return [metric["Value"] for metric in record.get("FinalMetricDataList", []) if metric["MetricName"] == rest]
    if isinstance(record, list):
        return [value for entry in record for value in values(entry, name)]
    if not isinstance(record, Mapping):
        return []
    for whole in (name, first):
        if whole in record:
            held = record[whole]
            if whole == name:
                return held if isinstance(held, list) else [held]
            return values(held, rest)
    return []


def _passes(found: list[Any], given: Mapping[str, Any]) -> bool:
    operator, wanted = given.get("Operator", "Equals"), given.get("Value", "")
    if operator in ("Exists", "NotExists"):
        return bool(found) == (operator == "Exists")
    if operator == "NotEquals":
        return not any(COMPARED["Equals"](value, wanted) for value in found)
    return any(COMPARED[operator](value, wanted) for value in found)


def _ordered(value: Any, wanted: str) -> tuple[float, float]:
    """Both as numbers: what is compared to a number, or to a date and time. Raises ValidationException."""
    try:
        if isinstance(value, bool) or not isinstance(value, int | float):
            value = float(value)
        try:
            return value, float(wanted)
        except ValueError:
            moment = dt.datetime.fromisoformat(wanted.replace("Z", "+00:00"))
            return value, (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp()
    except ValueError:
        raise ValidationException(f"Cannot compare {value} with {wanted}.") from None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _equal(value: Any, wanted: str) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        one, other = _ordered(value, wanted)
        return one == other
    return _text(value) == wanted


COMPARED: dict[str, Callable[[Any, str], bool]] = {
    "Equals": _equal,
    "Contains": lambda value, wanted: wanted in _text(value),
    "In": lambda value, wanted: _text(value) in wanted.split(","),
    "GreaterThan": lambda value, wanted: (pair := _ordered(value, wanted))[0] > pair[1],
    "GreaterThanOrEqualTo": lambda value, wanted: (pair := _ordered(value, wanted))[0] >= pair[1],
    "LessThan": lambda value, wanted: (pair := _ordered(value, wanted))[0] < pair[1],
    "LessThanOrEqualTo": lambda value, wanted: (pair := _ordered(value, wanted))[0] <= pair[1],
}


def _rank(record: Record, name: str) -> tuple[bool, Any]:
    found = values(record, name)
    return bool(found), found[0] if found else 0


# Names of properties


def _names(expression: Mapping[str, Any]) -> Iterator[str]:
    for given in expression.get("Filters", []):
        yield given["Name"]
    for given in expression.get("NestedFilters", []):
        yield given["NestedPropertyName"]
        yield from (part["Name"] for part in given["Filters"])
    for given in expression.get("SubExpressions", []):
        yield from _names(given)


def _check(kind: str, name: str) -> None:
    """Raise ValidationException unless the model knows such a property."""
    shape: Any = contract.service_model("sagemaker").shape_for(kind)
    if name.startswith(("Tags.", "Metrics.")):
        return
    for part in name.split("."):
        while shape.type_name == "list":
            shape = shape.member
        if shape.type_name == "map":
            return
        if shape.type_name != "structure" or part not in shape.members:
            raise ValidationException(f"Unknown property name: {name}")
        shape = shape.members[part]


OPERATIONS: Operations = {
    ("sagemaker", "Search"): Operation(search, "sagemaker.core: TrainingJob.search; model_registry"),
}
