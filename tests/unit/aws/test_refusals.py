"""What SageMaker refuses, in its own types and words; and that nothing of it stays behind."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError, ParamValidationError

from tests.aws_jobs import BUCKET, ROLE, finish, job, put
from twoclouds.wire.errors import NotSimulated


def refused(call, **parameters):
    """(code, message) of the error that a call ends with."""
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def role(name, *, service="sagemaker.amazonaws.com", actions=("s3:ListBucket", "s3:GetObject", "s3:PutObject")):
    iam = boto3.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    iam.put_role_policy(
        RoleName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    )
    return arn["Role"]["Arn"]


@pytest.fixture
def untouched(lab):
    yield
    assert lab.aws.state.training_jobs == {}
    assert list(lab.world.events) == []
    assert lab.world.bill.total() == 0
    assert lab.world.quotas.used("aws/ml.m5.xlarge for training job usage") == 0


PATTERN = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("a_b", [f"Member must satisfy regular expression pattern: {PATTERN}"]),
        ("ends-with-", [f"Member must satisfy regular expression pattern: {PATTERN}"]),
        (
            "x" * 64,
            [
                "Member must have length less than or equal to 63",
                f"Member must satisfy regular expression pattern: {PATTERN}",
            ],
        ),
    ],
)
def test_names_that_may_not_be(untouched, sagemaker, name, rules):
    count = "1 validation error detected" if len(rules) == 1 else f"{len(rules)} validation errors detected"
    said = "; ".join(f"Value '{name}' at 'trainingJobName' failed to satisfy constraint: {rule}" for rule in rules)
    assert refused(sagemaker.create_training_job, **job("x") | {"TrainingJobName": name}) == (
        "ValidationException",
        f"{count}: {said}",
    )


def test_two_dashes_in_a_row_may_be(lab, sagemaker):
    sagemaker.create_training_job(**job("a--b"))


def test_an_instance_type_that_does_not_exist(untouched, sagemaker):
    request = job(ResourceConfig={"InstanceType": "ml.m5.tiny", "InstanceCount": 1, "VolumeSizeInGB": 10})
    code, message = refused(sagemaker.create_training_job, **request)
    assert code == "ValidationException"
    assert message.startswith(
        "1 validation error detected: Value 'ml.m5.tiny' at 'resourceConfig.instanceType' failed to satisfy "
        "constraint: Member must satisfy enum value set: ["
    )


def test_a_missing_field_is_refused_by_boto3_and_by_the_service(untouched, lab, sagemaker):
    request = job()
    del request["RoleArn"]
    with pytest.raises(ParamValidationError, match='Missing required parameter in input: "RoleArn"'):
        sagemaker.create_training_job(**request)
    unchecked = boto3.client("sagemaker", config=boto3.session.Config(parameter_validation=False))
    assert refused(unchecked.create_training_job, **request) == (
        "ValidationException",
        "1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
    )


def test_a_type_that_is_wrong_is_refused_by_the_service_too(untouched, lab):
    unchecked = boto3.client("sagemaker", config=boto3.session.Config(parameter_validation=False))
    assert refused(unchecked.create_training_job, **job(HyperParameters={"epochs": 3})) == (
        "SerializationException",
        "NUMBER_VALUE can not be converted to a String",
    )


def test_a_name_that_is_taken(lab, sagemaker):
    sagemaker.create_training_job(**job())
    code, message = refused(sagemaker.create_training_job, **job())
    assert code == "ResourceInUse"
    assert message == (
        "Training job names must be unique within an AWS account and region, and a training job with this name already "
        "exists (arn:aws:sagemaker:us-west-2:123456789012:training-job/job)"
    )
    assert sagemaker.exceptions.ResourceInUse


@pytest.mark.parametrize("operation", ["describe_training_job", "stop_training_job"])
def test_a_job_that_nobody_knows(untouched, sagemaker, operation):
    call = getattr(sagemaker, operation)
    assert refused(call, TrainingJobName="who") == ("ValidationException", "Requested resource not found.")


def test_a_job_that_has_ended_cannot_be_stopped(lab, sagemaker):
    sagemaker.create_training_job(**job())
    finish(sagemaker)
    assert refused(sagemaker.stop_training_job, TrainingJobName="job") == (
        "ValidationException",
        "The request was rejected because the training job is in status Completed.",
    )


@pytest.mark.parametrize("known", [False, True], ids=["unknown", "trusts another service"])
def test_a_role_that_sagemaker_cannot_assume(untouched, sagemaker, known):
    arn = role("Other", service="lambda.amazonaws.com") if known else "arn:aws:iam::123456789012:role/Nobody"
    assert refused(sagemaker.create_training_job, **job(RoleArn=arn)) == (
        "ValidationException",
        (
            f"Could not assume role {arn}. Please ensure that the role exists and allows principal "
            "'sagemaker.amazonaws.com' to assume the role."
        ),
    )


def missing(uri, arn, cause=""):
    bucket = uri.split("/")[2]
    return "ValidationException", (
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket exists in '
        f'the selected region (us-west-2), that objects exist under that S3 prefix, and that the role "{arn}" has '
        f'"s3:ListBucket" permissions on bucket "{bucket}".{cause}'
    )


@pytest.mark.parametrize(
    ("uri", "cause"),
    [
        ("s3://no-such-bucket/data/", " Error message from S3: The specified bucket does not exist"),
        (f"s3://{BUCKET}/nothing/", ""),
    ],
)
def test_data_that_is_not_there(untouched, sagemaker, uri, cause):
    request = job()
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = uri
    assert refused(sagemaker.create_training_job, **request) == missing(uri, ROLE, cause)


def test_a_role_that_may_not_list_the_bucket(untouched, sagemaker):
    arn = role("Blind", actions=["s3:GetObject"])
    said = refused(sagemaker.create_training_job, **job(RoleArn=arn))
    assert said == missing(f"s3://{BUCKET}/code/job/", arn, " Error message from S3: Access Denied")


def test_a_role_that_may_not_read_fails_its_job_while_it_downloads(lab, sagemaker):
    arn = role("ListsOnly", actions=["s3:ListBucket"])
    sagemaker.create_training_job(**job(RoleArn=arn))
    described = finish(sagemaker)
    assert described["TrainingJobStatus"] == "Failed"
    assert described["FailureReason"] == (
        f"ClientError: Data download failed:Unable to download object s3://{BUCKET}/code/job/train.py "
        "(AccessDenied: Access Denied)"
    )
    assert [t["Status"] for t in described["SecondaryStatusTransitions"]] == ["Starting", "Downloading", "Failed"]
    assert lab.world.bill.running() == []


@pytest.mark.parametrize(
    ("bucket", "cause"), [(BUCKET, "AccessDenied: Access Denied"), ("elsewhere", "NoSuchBucket: The specified bucket")]
)
def test_a_model_that_cannot_be_stored_fails_its_job(lab, sagemaker, bucket, cause):
    arn = role("ReadsOnly", actions=["s3:ListBucket", "s3:GetObject"])
    sagemaker.create_training_job(**job(RoleArn=arn, OutputDataConfig={"S3OutputPath": f"s3://{bucket}/models"}))
    assert finish(sagemaker)["FailureReason"].startswith(f"ClientError: Artifact upload failed:{cause}")


def test_an_image_that_the_accounts_registry_lacks(untouched, lab, sagemaker):
    uri = "123456789012.dkr.ecr.us-west-2.amazonaws.com/mine:1"
    request = job()
    request["AlgorithmSpecification"]["TrainingImage"] = uri
    assert refused(sagemaker.create_training_job, **request) == (
        "ValidationException",
        (
            "Access denied for repository: mine in registry ID: 123456789012. Please check if your ECR repository and "
            f"image exist and role {ROLE} has proper pull permissions for SageMaker: ecr:BatchCheckLayerAvailability, "
            "ecr:BatchGetImage, ecr:GetDownloadUrlForLayer"
        ),
    )
    boto3.client("ecr").create_repository(repositoryName="mine")
    assert refused(sagemaker.create_training_job, **request)[1] == f"Requested image {uri} not found."


def test_an_image_of_ones_own(lab, sagemaker):
    ecr = boto3.client("ecr")
    ecr.create_repository(repositoryName="mine")
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = json.dumps(
        {"schemaVersion": 2, "mediaType": kind, "config": {"size": 1000, "digest": "sha256:0"}, "layers": []}
    )
    ecr.put_image(repositoryName="mine", imageManifest=manifest, imageTag="1")
    request = job()
    request["AlgorithmSpecification"]["TrainingImage"] = "123456789012.dkr.ecr.us-west-2.amazonaws.com/mine:1"
    sagemaker.create_training_job(**request)
    assert finish(sagemaker)["TrainingJobStatus"] == "Completed"


def test_a_quota_refuses_and_nothing_queues(lab, sagemaker):
    for number in range(4):
        sagemaker.create_training_job(**job(f"job-{number}"))
    code, message = refused(sagemaker.create_training_job, **job("one-more"))
    assert code == "ResourceLimitExceeded"
    assert message.startswith(
        "The account-level service limit 'ml.m5.xlarge for training job usage' is 4 Instances, with current "
        "utilization of 4 Instances and a request delta of 1 Instances."
    )
    finish(sagemaker, "job-0")
    sagemaker.create_training_job(**job("one-more"))


def test_a_type_without_a_quota(untouched, sagemaker):
    request = job(ResourceConfig={"InstanceType": "ml.p5.48xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10})
    code, message = refused(sagemaker.create_training_job, **request)
    assert (code, "is 0 Instances" in message) == ("ResourceLimitExceeded", True)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"EnableNetworkIsolation": True}, "sagemaker:CreateTrainingJob with EnableNetworkIsolation=True"),
        ({"ExperimentConfig": {"RunName": "r"}}, "sagemaker:CreateTrainingJob with ExperimentConfig"),
        (
            {
                "ResourceConfig": {
                    "InstanceType": "ml.m5.large",
                    "InstanceCount": 1,
                    "VolumeSizeInGB": 1,
                    "InstancePlacementConfig": {"EnableMultipleJobs": True},
                }
            },
            "sagemaker:CreateTrainingJob with ResourceConfig.InstancePlacementConfig",
        ),
    ],
)
def test_what_is_not_simulated_says_so(untouched, sagemaker, change, what):
    with pytest.raises(NotSimulated, match=what):
        sagemaker.create_training_job(**job(**change))


def test_operations_and_services_that_are_not_simulated(untouched, lab, sagemaker):
    with pytest.raises(NotSimulated, match="sagemaker:ListClusters"):
        sagemaker.list_clusters()
    with pytest.raises(NotSimulated, match="dynamodb:ListTables"):
        boto3.client("dynamodb").list_tables()
    with pytest.raises(NotSimulated, match="another region than us-west-2"):
        boto3.client("sagemaker", region_name="eu-west-1").describe_training_job(TrainingJobName="x")
    request = job()
    request["AlgorithmSpecification"]["TrainingImage"] = "763104351884.dkr.ecr.us-west-2.amazonaws.com/jax:1"
    with pytest.raises(NotSimulated, match=r"the image .*jax:1"):
        sagemaker.create_training_job(**request)


def test_logs_of_nothing(untouched, lab):
    logs = boto3.client("logs")
    assert refused(logs.describe_log_streams, logGroupName="/aws/sagemaker/TrainingJobs") == (
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    )
    put("x", "y")
