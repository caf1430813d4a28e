"""Limits that are read, asked for, and raised."""

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.aws_jobs import job
from tests.unit.aws.test_identity import refused

CPU, GPU = "ml.m5.xlarge for training job usage", "ml.g5.xlarge for training job usage"


def quota(name):
    """A quota by its name, from all pages of the list."""
    pages = boto3.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    return next(found for page in pages for found in page["Quotas"] if found["QuotaName"] == name)


def raise_to(name, value):
    return boto3.client("service-quotas").request_service_quota_increase(
        ServiceCode="sagemaker", QuotaCode=quota(name)["QuotaCode"], DesiredValue=value
    )["RequestedQuota"]


def history(lab):
    return [(e.time // 60_000, e.kind, e.subject) for e in lab.world.events.of("quota")]


def test_a_limit_is_raised_some_time_after_it_was_asked_for(lab, sagemaker):
    asked = job(ResourceConfig={"InstanceType": "ml.m5.xlarge", "InstanceCount": 5, "VolumeSizeInGB": 10})
    with pytest.raises(ClientError, match=f"service limit '{CPU}' is 4 Instances"):
        sagemaker.create_training_job(**asked)
    assert (quota(CPU)["Value"], raise_to(CPU, 5)["Status"]) == (4.0, "PENDING")
    lab.skip(minutes=29)
    assert quota(CPU)["Value"] == 4.0
    lab.skip(minutes=1)
    assert quota(CPU)["Value"] == 5.0
    sagemaker.create_training_job(**asked)
    default = boto3.client("service-quotas").get_aws_default_service_quota(
        ServiceCode="sagemaker", QuotaCode=quota(CPU)["QuotaCode"]
    )
    assert default["Quota"]["Value"] == 4.0
    assert history(lab) == [(0, "quota.requested", f"aws/{CPU}"), (30, "quota.raised", f"aws/{CPU}")]


def test_a_gpu_needs_a_case_and_days(lab):
    asked = raise_to(GPU, 1)
    lab.skip(hours=1)
    client = boto3.client("service-quotas")
    opened = client.get_requested_service_quota_change(RequestId=asked["Id"])["RequestedQuota"]
    assert (opened["Status"], opened["CaseId"].isdigit()) == ("CASE_OPENED", True)
    lab.skip(hours=48)
    (closed,) = client.list_requested_service_quota_change_history(Status="APPROVED")["RequestedQuotas"]
    assert (closed["QuotaName"], closed["DesiredValue"]) == (GPU, 1.0)


def test_what_is_refused(lab):
    client, code = boto3.client("service-quotas"), quota(CPU)["QuotaCode"]
    which = {"ServiceCode": "sagemaker", "QuotaCode": code}
    cases = [
        (client.get_service_quota, {**which, "ServiceCode": "ec2"}, "NoSuchResourceException"),
        (client.get_service_quota, {**which, "QuotaCode": "L-00000000"}, "NoSuchResourceException"),
        (client.request_service_quota_increase, {**which, "DesiredValue": 4}, "IllegalArgumentException"),
        (client.request_service_quota_increase, {**which, "DesiredValue": 4.5}, "IllegalArgumentException"),
        (client.get_requested_service_quota_change, {"RequestId": "nothing"}, "NoSuchResourceException"),
        (client.list_service_quotas, {"ServiceCode": "sagemaker", "NextToken": "x"}, "InvalidPaginationTokenException"),
    ]
    assert [refused(call, **given)[0] for call, given, _ in cases] == [code for _, _, code in cases]
    raise_to(CPU, 5)
    assert (
        refused(client.request_service_quota_increase, **which, DesiredValue=6)[0] == "ResourceAlreadyExistsException"
    )


def test_not_everybody_may_ask(lab):
    code = quota(CPU)["QuotaCode"]
    lab.sign_in("data-scientist")
    client = boto3.client("service-quotas")
    asked = {"ServiceCode": "sagemaker", "QuotaCode": code, "DesiredValue": 5}
    arn = f"arn:aws:servicequotas:us-west-2:123456789012:sagemaker/{code}"
    said = refused(client.request_service_quota_increase, **asked)[1]
    assert f"perform: servicequotas:RequestServiceQuotaIncrease on resource: {arn} because no identity-based" in said
    lab.sign_in("compute-operator")
    assert client.request_service_quota_increase(**asked)["RequestedQuota"]["Status"] == "PENDING"
