"""Search over training jobs: by any property, joined with And and Or, sorted, in pages."""

import pytest

from tests.aws_jobs import finish, job
from tests.unit.aws.test_refusals import refused
from twoclouds.wire.errors import NotSimulated

SCORED = """
    import json
    epochs = json.load(open("/opt/ml/input/config/hyperparameters.json"))["epochs"]
    print(f"accuracy=0.{epochs};", flush=True)
"""


@pytest.fixture
def jobs(lab, sagemaker):
    """Three jobs whose accuracy follows their epochs; the last one fails."""
    for name, epochs, team in (("a", "7", "ours"), ("b", "9", "theirs"), ("c", "5", "ours")):
        request = job(
            name,
            script=SCORED + ("    raise SystemExit(1)\n" if name == "c" else ""),
            HyperParameters={"epochs": epochs},
            Tags=[{"Key": "team", "Value": team}],
        )
        request["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "accuracy", "Regex": "accuracy=([0-9.]+);"}]
        sagemaker.create_training_job(**request)
    for name in "abc":
        finish(sagemaker, name)


def found(sagemaker, *filters, operator="And", **options):
    expression = {"Filters": [dict(zip(("Name", "Operator", "Value"), one, strict=False)) for one in filters]}
    expression = {**expression, "Operator": operator} if filters else {}
    asked = {"SearchExpression": expression} if expression else {}
    results = sagemaker.search(Resource="TrainingJob", **asked, **options)["Results"]
    return "".join(result["TrainingJob"]["TrainingJobName"] for result in results)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ([("TrainingJobName", "Equals", "b")], "b"),
        ([("TrainingJobStatus", "NotEquals", "Completed")], "c"),
        ([("Tags.team", "Equals", "ours"), ("TrainingJobStatus", "Equals", "Completed")], "a"),
        ([("HyperParameters.epochs", "GreaterThan", "6")], "ba"),
        ([("Metrics.accuracy", "LessThanOrEqualTo", "0.7")], "ca"),
        ([("CreationTime", "GreaterThanOrEqualTo", "2026-11-30T09:00:02")], "c"),
        ([("ResourceConfig.InstanceType", "In", "ml.m5.large,ml.m5.xlarge")], "cba"),
        ([("FailureReason", "Exists")], "c"),
        ([("FailureReason", "NotExists")], "ba"),
        ([("AlgorithmSpecification.TrainingImage", "Contains", "scikit")], "cba"),
        ([("EnableManagedSpotTraining", "Equals", "true")], ""),
    ],
)
def test_by_its_properties(jobs, sagemaker, filters, names):
    assert found(sagemaker, *filters, SortBy="CreationTime") == names


def test_either_and_nested_and_in_pages(jobs, sagemaker):
    either = [("TrainingJobName", "Equals", "a"), ("TrainingJobName", "Equals", "c")]
    assert found(sagemaker, *either, operator="Or", SortBy="CreationTime", SortOrder="Ascending") == "ac"
    name = "InputDataConfig.DataSource.S3DataSource.S3Uri"
    nested = {
        "NestedPropertyName": "InputDataConfig",
        "Filters": [{"Name": name, "Operator": "Contains", "Value": "code/b"}],
    }
    answer = sagemaker.search(Resource="TrainingJob", SearchExpression={"NestedFilters": [nested]})
    assert [result["TrainingJob"]["TrainingJobName"] for result in answer["Results"]] == ["b"]
    pages = sagemaker.get_paginator("search").paginate(
        Resource="TrainingJob", SortBy="Metrics.accuracy", PaginationConfig={"PageSize": 2}
    )
    names = [[result["TrainingJob"]["TrainingJobName"] for result in page["Results"]] for page in pages]
    assert names == [["b", "a"], ["c"]]
    assert answer["TotalHits"] == {"Value": 1, "Relation": "EqualTo"}


def test_what_cannot_be_searched(lab, sagemaker):
    asked = {"Filters": [{"Name": "Colour", "Operator": "Equals", "Value": "blue"}]}
    assert refused(sagemaker.search, Resource="TrainingJob", SearchExpression=asked) == (
        "ValidationException",
        "Unknown property name: Colour",
    )
    with pytest.raises(NotSimulated, match="sagemaker:Search for FeatureGroup"):
        sagemaker.search(Resource="FeatureGroup")
