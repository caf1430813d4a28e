"""The walk over the vendor's models sees what a plain round trip would let pass: its negative controls."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from twoclouds.azure import contract
from twoclouds.azure.errors import AzureError

CLUSTER: dict[str, Any] = {
    "location": "eastus",
    "properties": {
        "computeType": "AmlCompute",
        "createdOn": "2026-11-30T09:00:00.0000000Z",
        "properties": {
            "vmSize": "Standard_D4s_v5",
            "vmPriority": "Dedicated",
            "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 2, "nodeIdleTimeBeforeScaleDown": "PT120S"},
        },
    },
}
JOB: dict[str, Any] = {
    "properties": {
        "jobType": "Command",
        "command": "python train.py",
        "environmentId": "azureml://registries/azureml/environments/sklearn-1.5/versions/40",
        "inputs": {
            "data": {"jobInputType": "uri_folder", "uri": "azureml://datastores/d/paths/p", "mode": "ReadOnlyMount"},
        },
    }
}


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """`body` with the value at a dotted path replaced, or taken out if it is None."""
    body = copy.deepcopy(body)
    *parents, last = path.split(".")
    place = body
    for parent in parents:
        place = place[parent]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return body


@pytest.mark.parametrize(("model", "body"), [("ComputeResource", CLUSTER), ("JobBase", JOB)])
def test_what_the_vendor_sends_passes(model: str, body: dict[str, Any]) -> None:
    assert list(contract.problems(model, body, answer=False)) == []


NODES = "properties.properties.scaleSettings.maxNodeCount"
IDLE = "properties.properties.scaleSettings.nodeIdleTimeBeforeScaleDown"


@pytest.mark.parametrize(
    ("model", "body", "path", "value", "problem"),
    [
        ("ComputeResource", CLUSTER, "colour", "red", "unknown field 'colour'"),
        ("ComputeResource", CLUSTER, "properties.properties.colour", "red", "unknown field 'colour'"),
        ("ComputeResource", CLUSTER, "properties.properties.vmPriority", "Cheap", "'Cheap' is not one of Dedicated"),
        ("ComputeResource", CLUSTER, "properties.createdOn", "yesterday", "a date and time (ISO 8601) is expected"),
        ("ComputeResource", CLUSTER, IDLE, "2 minutes", "a duration"),
        ("ComputeResource", CLUSTER, NODES, None, "the field 'maxNodeCount' is required"),
        ("ComputeResource", CLUSTER, NODES, "2", "a whole number is expected, not '2'"),
        ("ComputeResource", CLUSTER, NODES, True, "a whole number is expected"),
        ("ComputeResource", CLUSTER, "properties.computeType", "Abacus", "'Abacus' is not one of"),
        ("ComputeResource", CLUSTER, "properties.computeType", None, "the field 'computeType' is required"),
        ("JobBase", JOB, "properties", None, "the field 'properties' is required"),
        ("JobBase", JOB, "properties.command", None, "the field 'command' is required"),
        ("JobBase", JOB, "properties.jobType", "Automl", "'Automl' is not one of"),
        ("JobBase", JOB, "properties.inputs.data.mode", "Sideways", "'Sideways' is not one of"),
        ("JobBase", JOB, "properties.inputs.data.jobInputType", "parcel", "'parcel' is not one of"),
        ("JobBase", JOB, "properties.inputs.data.uri", 7, "a string is expected, not 7"),
        ("JobBase", JOB, "properties.inputs", ["data"], "an object is expected, not list"),
    ],
)  # fmt: skip
def test_each_fault_is_seen(model: str, body: dict[str, Any], path: str, value: Any, problem: str) -> None:
    found = list(contract.problems(model, changed(body, path, value), answer=False))
    assert len(found) == 1
    assert problem in found[0]


def test_a_plain_round_trip_would_see_nothing() -> None:
    from azure.ai.ml._restclient.arm_ml_service.models import ComputeResource

    wrong = changed(CLUSTER, "colour", "red")
    assert ComputeResource(wrong).as_dict()["colour"] == "red"


def test_a_request_that_breaks_the_contract_is_refused() -> None:
    with pytest.raises(AzureError) as refusal:
        contract.check_request("Compute - Create Or Update", changed(CLUSTER, "colour", "red"))
    assert (refusal.value.status, refusal.value.code) == (400, "BadRequest")


def test_what_only_an_answer_has_is_not_asked_of_a_request() -> None:
    answer = {"properties": {"isArchived": False}}
    assert list(contract.problems("EnvironmentContainer", answer, answer=False)) == []


def test_every_operation_names_a_model_and_a_route() -> None:
    from azure.ai.ml._restclient.arm_ml_service import models

    from twoclouds.azure.cloud import NOUNS

    operations = {route.operation for noun in NOUNS for route in noun.ROUTES}
    assert set(contract.REQUESTS) <= operations
    assert set(contract.ANSWERS) <= operations
    names = {name.removeprefix("list ") for name in (*contract.REQUESTS.values(), *contract.ANSWERS.values())}
    assert all(hasattr(models, name) for name in names)
