"""Requests and answers against the models that botocore carries; with negative controls for the validator itself."""

import copy
import re

import pytest

from tests.contract import aws_scenarios
from twoclouds.aws.cloud import OPERATIONS
from twoclouds.aws.protocol import contract
from twoclouds.wire.errors import NotSimulated


@pytest.fixture(scope="module")
def answers():
    """Every answer of all scenarios: (service, operation, answer)."""
    return [(service, name, answer) for service, name, _, answer, _ in aws_scenarios.recorded().calls]


def test_every_operation_answers_as_its_model_says(answers):
    assert {(service, name) for service, name, _ in answers} == set(OPERATIONS)
    problems = {
        (service, name, problem.path, problem.text)
        for service, name, answer in answers
        for problem in contract.problems_of_answer(service, name, answer)
    }
    assert {problem[:3] for problem in problems} == aws_scenarios.GAPS, problems


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda answer: answer.update(Colour="blue"), "unknown"),
        (lambda answer: answer.update(TrainingJobStatus="Done"), "constraint"),
        (lambda answer: answer.update(CreationTime="Monday"), "type"),
        (lambda answer: answer.pop("ModelArtifacts"), "constraint"),
        (lambda answer: answer["SecondaryStatusTransitions"][0].pop("Status"), "constraint"),
        (lambda answer: answer["ResourceConfig"].update(InstanceCount=True), "type"),
        (lambda answer: answer["HyperParameters"].update(epochs=3), "type"),
        (lambda answer: answer.update(TrainingJobName="a_b"), "constraint"),
        (lambda answer: answer["OutputDataConfig"].update(S3OutputPath="x" * 2000), "constraint"),
    ],
)
def test_the_validator_catches_what_is_wrong(answers, spoil, rule):
    answer = copy.deepcopy(next(a for s, n, a in answers if n == "DescribeTrainingJob"))
    assert contract.problems_of_answer("sagemaker", "DescribeTrainingJob", answer) == []
    spoil(answer)
    problems = contract.problems_of_answer("sagemaker", "DescribeTrainingJob", answer)
    assert rule in {problem.rule for problem in problems}


def test_an_answer_where_none_belongs():
    assert contract.problems_of_answer("sagemaker", "StopTrainingJob", {}) == []
    assert contract.problems_of_answer("sagemaker", "StopTrainingJob", {"x": 1}) != []


def test_a_member_that_the_model_lacks_is_not_simulated():
    with pytest.raises(NotSimulated, match=r"sagemaker:DescribeTrainingJob with Colour"):
        contract.check_request("sagemaker", "DescribeTrainingJob", {"TrainingJobName": "x", "Colour": 1})


def test_lists_and_maps_are_named_as_the_service_names_them():
    with pytest.raises(contract.ValidationException) as raised:
        contract.check_request(
            "sagemaker",
            "CreateTrainingJob",
            {
                "TrainingJobName": "x",
                "RoleArn": "arn:aws:iam::123456789012:role/R",
                "OutputDataConfig": {"S3OutputPath": "s3://b"},
                "InputDataConfig": [
                    {"ChannelName": "a b", "DataSource": {}},
                ],
                "HyperParameters": {"k": "v" * 2501},
            },
        )
    said = str(raised.value)
    assert "Value 'a b' at 'inputDataConfig.1.member.channelName' failed to satisfy constraint" in said
    assert "at 'hyperParameters' failed to satisfy constraint: Map value must satisfy constraint: [" in said
    assert "Member must have length less than or equal to 2500" in said


@pytest.mark.parametrize("service", ["sagemaker", "sagemaker-runtime", "application-autoscaling", "logs"])
def test_every_pattern_of_the_models_can_be_checked(service):
    model = contract.service_model(service)
    patterns = {model.shape_for(name).metadata.get("pattern", "") for name in model.shape_names}
    assert all(re.compile(contract._python(pattern)) for pattern in patterns)
