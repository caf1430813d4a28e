"""Models and endpoint configurations: what is kept, and what is refused."""

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.aws_jobs import BUCKET, IMAGE, ROLE, put
from tests.aws_models import config, model, put_model
from twoclouds.wire.errors import NotSimulated

ARN = "arn:aws:sagemaker:us-west-2:123456789012"


def refused(call, **parameters):
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    return raised.value.response["Error"]["Code"], raised.value.response["Error"]["Message"]


def test_a_model_is_described_as_it_was_created(sagemaker):
    assert sagemaker.create_model(**model())["ModelArn"] == f"{ARN}:model/model"
    described = sagemaker.describe_model(ModelName="model")
    assert described["PrimaryContainer"]["Image"] == IMAGE
    assert described["CreationTime"].isoformat() == "2026-11-30T09:00:00+00:00"
    sagemaker.delete_model(ModelName="model")
    said = ("ValidationException", f'Could not find model "{ARN}:model/model".')
    assert refused(sagemaker.describe_model, ModelName="model") == said
    assert refused(sagemaker.delete_model, ModelName="model") == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": f"s3://{BUCKET}/no.tar.gz"}},
            "Could not find model data",
        ),
        ({"PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "s3://not-there/m.tgz"}}, "Could not access model data"),
        ({"PrimaryContainer": {"Image": "123456789012.dkr.ecr.us-west-2.amazonaws.com/mine:1"}}, "Access denied"),
        ({"ExecutionRoleArn": "arn:aws:iam::123456789012:role/Nobody"}, "Could not assume role"),
        ({"Containers": [{"Image": IMAGE}]}, "Exactly one of PrimaryContainer and Containers"),
        ({"ModelName": "a_b"}, "at 'modelName' failed to satisfy constraint"),
    ],
)
def test_a_model_that_cannot_be_is_refused_and_nothing_is_kept(sagemaker, changes, said):
    code, message = refused(sagemaker.create_model, **model(**changes))
    assert (code, said in message) == ("ValidationException", True), message
    assert sagemaker.list_models()["Models"] == []


def test_the_role_of_a_model_has_to_be_able_to_read_its_artefacts(sagemaker):
    iam = boto3.client("iam")
    document = '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}]}'
    iam.put_role_policy(RoleName="TwoCloudsExecutionRole", PolicyName="no", PolicyDocument=document)
    code, message = refused(sagemaker.create_model, **model())
    assert code == "ValidationException"
    assert message.startswith(f"Could not access model data at s3://{BUCKET}/models/model.tar.gz. Please ensure")


def test_a_second_model_of_a_name(sagemaker):
    sagemaker.create_model(**model())
    said = f'Cannot create already existing model "{ARN}:model/model".'
    assert refused(sagemaker.create_model, **model()) == ("ValidationException", said)


def test_artefacts_may_lie_at_a_url_or_unpacked(sagemaker):
    put_model("a/m.tar.gz")
    sagemaker.create_model(**model("url", data=f"https://{BUCKET}.s3-us-west-2.amazonaws.com/a/m.tar.gz"))
    put("plain/model.txt", "a model")
    source = {"S3DataSource": {"S3Uri": f"s3://{BUCKET}/plain/", "S3DataType": "S3Prefix", "CompressionType": "None"}}
    container = {"Image": IMAGE, "ModelDataSource": source}
    sagemaker.create_model(ModelName="plain", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    assert [m["ModelName"] for m in sagemaker.list_models()["Models"]] == ["plain", "url"]


def test_lists_come_in_pages(sagemaker):
    data = put_model()
    for number in range(5):
        sagemaker.create_model(**model(f"m-{number}", data=data))
    pages = sagemaker.get_paginator("list_models").paginate(PaginationConfig={"PageSize": 2})
    assert [[m["ModelName"] for m in page["Models"]] for page in pages] == [["m-4", "m-3"], ["m-2", "m-1"], ["m-0"]]
    described = sagemaker.describe_model(ModelName="m-2")["CreationTime"]
    later = sagemaker.list_models(CreationTimeAfter=described, SortBy="Name", SortOrder="Ascending")["Models"]
    assert [m["ModelName"] for m in later] == ["m-3", "m-4"]


def test_a_configuration(sagemaker):
    sagemaker.create_model(**model())
    sagemaker.create_endpoint_config(**config())
    described = sagemaker.describe_endpoint_config(EndpointConfigName="config")
    assert described["ProductionVariants"][0]["InitialVariantWeight"] == 1.0
    said = f'Cannot create already existing endpoint configuration "{ARN}:endpoint-config/config".'
    assert refused(sagemaker.create_endpoint_config, **config()) == ("ValidationException", said)
    sagemaker.delete_endpoint_config(EndpointConfigName="config")
    said = f'Could not find endpoint configuration "{ARN}:endpoint-config/config".'
    assert refused(sagemaker.describe_endpoint_config, EndpointConfigName="config") == ("ValidationException", said)


def serverless(memory=2048, concurrency=5, name="v"):
    capacity = {"MemorySizeInMB": memory, "MaxConcurrency": concurrency}
    return {"VariantName": name, "ModelName": "model", "ServerlessConfig": capacity}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"variant": {"ModelName": "other"}}, f'Could not find model "{ARN}:model/other".'),
        ({"variant": serverless()}, "InstanceType cannot be specified with ServerlessConfig"),
        ({"ProductionVariants": [serverless(memory=2000)]}, "Value '2000' for MemorySizeInMB is invalid"),
        ({"ProductionVariants": [serverless(memory=7168)]}, "less than or equal to 6144"),
        ({"ProductionVariants": [serverless(concurrency=201)]}, "less than or equal to 200"),
        ({"ProductionVariants": [serverless(), serverless(name="w")]}, "Multiple production variants"),
        ({"ProductionVariants": [serverless(), serverless()]}, "Duplicate variant names"),
        ({"variant": {"InitialVariantWeight": 0.0}}, "must be greater than 0"),
    ],
)
def test_a_configuration_that_cannot_be(sagemaker, changes, said):
    sagemaker.create_model(**model())
    code, message = refused(sagemaker.create_endpoint_config, **config(**changes))
    assert (code, said in message) == ("ValidationException", True), message
    assert sagemaker.list_endpoint_configs()["EndpointConfigs"] == []


def test_what_is_not_simulated_is_named(sagemaker):
    sagemaker.create_model(**model())
    with pytest.raises(NotSimulated, match=r"CreateEndpointConfig with ProductionVariants.ManagedInstanceScaling"):
        sagemaker.create_endpoint_config(**config(variant={"ManagedInstanceScaling": {"Status": "ENABLED"}}))
