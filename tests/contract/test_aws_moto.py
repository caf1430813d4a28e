"""What Two Clouds takes from moto, below its public decorators: the version is pinned, and this is why."""

import importlib.metadata
from datetime import UTC, datetime

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders

import twoclouds


@pytest.fixture
def lab():
    with twoclouds.open() as opened:
        yield opened


def test_the_version():
    assert importlib.metadata.version("moto").startswith("5.2.")


def test_the_stubber_answers_a_request_without_any_hook():
    from moto.core.botocore_stubber import BotocoreStubber

    url = "https://sts.us-west-2.amazonaws.com/"
    headers = HTTPHeaders()
    headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    status, _, answer = BotocoreStubber().process_request(AWSPreparedRequest("POST", url, headers, body, False))
    assert status == 200
    assert "123456789012" in (answer.decode() if isinstance(answer, bytes) else answer)


def test_a_new_lab_finds_moto_empty_but_for_the_prepared_account(lab):
    boto3.client("s3").create_bucket(Bucket="another", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    boto3.client("iam").create_role(RoleName="Another", AssumeRolePolicyDocument="{}")
    lab.reset()
    assert [b["Name"] for b in boto3.client("s3").list_buckets()["Buckets"]] == ["two-clouds-data"]
    assert [r["RoleName"] for r in boto3.client("iam").list_roles()["Roles"]] == ["TwoCloudsExecutionRole"]


def test_its_time_is_virtual_and_its_identifiers_are_the_same_every_time(lab):
    def made():
        role = boto3.client("iam").create_role(RoleName="R", AssumeRolePolicyDocument="{}")["Role"]
        return role["RoleId"], role["CreateDate"]

    first = made()
    assert first[1] == datetime(2026, 11, 30, 9, tzinfo=UTC)
    lab.reset()
    assert made() == first
    lab.skip(hours=1)
    s3 = boto3.client("s3")
    s3.put_object(Bucket="two-clouds-data", Key="k", Body=b"v")
    assert s3.head_object(Bucket="two-clouds-data", Key="k")["LastModified"] == datetime(2026, 11, 30, 10, tzinfo=UTC)


def test_a_large_upload_in_parts(lab):
    import io

    data = bytes(range(256)) * 80_000
    s3 = boto3.client("s3")
    s3.upload_fileobj(io.BytesIO(data), "two-clouds-data", "large")
    assert s3.get_object(Bucket="two-clouds-data", Key="large")["Body"].read() == data


def test_policies_are_simulated_where_moto_does_not(lab):
    iam = boto3.client("iam")
    results = iam.simulate_principal_policy(
        PolicySourceArn="arn:aws:iam::123456789012:role/TwoCloudsExecutionRole",
        ActionNames=["s3:GetObject", "dynamodb:PutItem"],
    )["EvaluationResults"]
    assert [(r["EvalActionName"], r["EvalDecision"]) for r in results] == [
        ("s3:GetObject", "allowed"),
        ("dynamodb:PutItem", "implicitDeny"),
    ]
    with pytest.raises(iam.exceptions.NoSuchEntityException, match="The role with name Nobody cannot be found"):
        iam.simulate_principal_policy(PolicySourceArn="arn:aws:iam::123456789012:role/Nobody", ActionNames=["s3:Get*"])
