"""Tags on a resource, and lists in pages."""

from datetime import timedelta

import pytest

from tests.aws_jobs import job
from tests.unit.aws.test_refusals import refused


def tagged(sagemaker, arn):
    return {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}


def test_tags_come_with_a_resource_and_change_with_it(lab, sagemaker):
    arn = sagemaker.create_training_job(**job(Tags=[{"Key": "team", "Value": "sensors"}]))["TrainingJobArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "ours"}, {"Key": "stage", "Value": "trial"}])
    assert tagged(sagemaker, arn) == {"stage": "trial", "team": "ours"}
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["stage", "nobodys"])
    assert tagged(sagemaker, arn) == {"team": "ours"}


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (["aws:mine"], "aws: prefixed tag key names are not allowed for external use."),
        (["a", "a"], "Duplicate tag keys found. Please note that Tag keys are case insensitive."),
    ],
)
def test_tags_that_may_not_be_leave_no_job_behind(lab, sagemaker, keys, said):
    given = [{"Key": key, "Value": ""} for key in keys]
    assert refused(sagemaker.create_training_job, **job(Tags=given)) == ("ValidationException", said)
    assert sagemaker.list_training_jobs()["TrainingJobSummaries"] == []


def test_tags_of_nothing(lab, sagemaker):
    arn = "arn:aws:sagemaker:us-west-2:123456789012:training-job/nobody"
    assert refused(sagemaker.list_tags, ResourceArn=arn) == (
        "ValidationException",
        f"Could not find resource {arn}.",
    )


def test_a_list_in_pages(lab, sagemaker):
    for letter in "abcd":
        sagemaker.create_training_job(**job(f"job-{letter}"))

    def names(**filters):
        pages = sagemaker.get_paginator("list_training_jobs").paginate(**filters)
        return [[job["TrainingJobName"] for job in page["TrainingJobSummaries"]] for page in pages]

    assert names(MaxResults=3) == [["job-d", "job-c", "job-b"], ["job-a"]]
    assert names(SortBy="Name", SortOrder="Ascending", NameContains="-b") == [["job-b"]]
    second = sagemaker.describe_training_job(TrainingJobName="job-b")["CreationTime"]
    assert names(CreationTimeAfter=second) == [["job-d", "job-c"]]
    assert names(CreationTimeBefore=second + timedelta(milliseconds=1)) == [["job-b", "job-a"]]
    sagemaker.stop_training_job(TrainingJobName="job-a")
    assert names(StatusEquals="Stopped", MaxResults=2) == [[], ["job-a"]]
    assert refused(sagemaker.list_training_jobs, NextToken="x") == ("ValidationException", "Invalid NextToken.")
