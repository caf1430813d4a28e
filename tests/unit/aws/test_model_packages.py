"""The model registry: groups, versions, approval, and what may be deployed."""

import pytest
from botocore.exceptions import ClientError

from tests.aws_jobs import IMAGE, ROLE
from tests.aws_models import put_model

ARN = "arn:aws:sagemaker:us-west-2:123456789012"


def package(**changes):
    specification = {
        "Containers": [{"Image": IMAGE, "ModelDataUrl": put_model(), "Environment": {"A": "package", "B": "package"}}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    return {"ModelPackageGroupName": "churn", "InferenceSpecification": specification, **changes}


def refused(call, **parameters):
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    return raised.value.response["Error"]["Code"], raised.value.response["Error"]["Message"]


def test_versions_are_numbered_approved_and_deployed(lab, sagemaker):
    sagemaker.create_model_package_group(ModelPackageGroupName="churn", ModelPackageGroupDescription="who leaves")
    first = sagemaker.create_model_package(**package())["ModelPackageArn"]
    second = sagemaker.create_model_package(**package(ModelApprovalStatus="Approved"))["ModelPackageArn"]
    assert (first, second) == (f"{ARN}:model-package/churn/1", f"{ARN}:model-package/churn/2")
    container = {"ModelPackageName": first, "Environment": {"B": "model"}}
    request = {"ModelName": "m", "Containers": [container], "ExecutionRoleArn": ROLE}
    assert "Only approved model packages" in refused(sagemaker.create_model, **request)[1]
    sagemaker.update_model_package(ModelPackageArn=first, ModelApprovalStatus="Approved", ApprovalDescription="good")
    sagemaker.create_model(**request)
    assert lab.aws.state.models["m"].containers[0].environment == {"A": "package", "B": "model"}
    described = sagemaker.describe_model_package(ModelPackageName=first)
    assert (described["ModelApprovalStatus"], described["ModelPackageVersion"]) == ("Approved", 1)
    assert described["ApprovalDescription"] == "good"
    assert [(e.kind, e.subject) for e in lab.world.events.of("model package.")] == [
        ("model package.registered", "aws/churn/1"),
        ("model package.registered", "aws/churn/2"),
        ("model package.approved", "aws/churn/1"),
    ]


def test_versions_in_lists(sagemaker):
    sagemaker.create_model_package_group(ModelPackageGroupName="churn")
    for status in ("Approved", "Rejected", "PendingManualApproval"):
        sagemaker.create_model_package(**package(ModelApprovalStatus=status))
    sagemaker.create_model_package(ModelPackageName="alone", InferenceSpecification=package()["InferenceSpecification"])

    def versions(**asked):
        found = sagemaker.list_model_packages(**asked)["ModelPackageSummaryList"]
        return [summary.get("ModelPackageVersion") for summary in found]

    assert versions(ModelPackageGroupName="churn") == [1, 2, 3]
    newest = versions(ModelPackageGroupName="churn", SortBy="CreationTime", SortOrder="Descending", MaxResults=1)
    assert newest == [3]
    assert versions(ModelPackageGroupName="churn", ModelApprovalStatus="Rejected") == [2]
    assert versions() == [None]
    assert versions(ModelPackageType="Both") == [1, 2, 3, None]


def test_a_group_that_holds_versions_cannot_be_deleted(sagemaker):
    sagemaker.create_model_package_group(ModelPackageGroupName="churn")
    arn = sagemaker.create_model_package(**package())["ModelPackageArn"]
    assert refused(sagemaker.delete_model_package_group, ModelPackageGroupName="churn")[0] == "ConflictException"
    sagemaker.delete_model_package(ModelPackageName=arn)
    assert sagemaker.create_model_package(**package())["ModelPackageArn"].endswith("churn/2")
    sagemaker.delete_model_package(ModelPackageName=f"{ARN}:model-package/churn/2")
    sagemaker.delete_model_package_group(ModelPackageGroupName="churn")
    assert sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"] == []


def test_what_is_refused(sagemaker):
    unknown = refused(sagemaker.describe_model_package_group, ModelPackageGroupName="churn")
    assert unknown == ("ValidationException", f"ModelPackageGroup {ARN}:model-package-group/churn does not exist.")
    assert refused(sagemaker.create_model_package, **package())[1] == unknown[1]
    sagemaker.create_model_package_group(ModelPackageGroupName="churn")
    again = refused(sagemaker.create_model_package_group, ModelPackageGroupName="churn")
    assert again[1] == f"Model Package Group already exists: {ARN}:model-package-group/churn"
    assert refused(sagemaker.create_model_package)[1] == "Missing ARN."
    both = refused(sagemaker.create_model_package, **package(ModelPackageName="x"))
    assert both[1].startswith("Both ModelPackageName and ModelPackageGroupName are provided")
    arn = f"{ARN}:model-package/churn/7"
    assert refused(sagemaker.describe_model_package, ModelPackageName=arn)[1] == f"ModelPackage {arn} does not exist."
