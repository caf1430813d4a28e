import boto3

from tests.aws_jobs import IMAGE
from tests.aws_models import config, model, put_model


def scenario(lab):
    sagemaker = boto3.client("sagemaker")
    sagemaker.create_model(**model(Tags=[{"Key": "a", "Value": "b"}]))
    sagemaker.describe_model(ModelName="model")
    sagemaker.list_models()
    sagemaker.create_endpoint_config(**config())
    sagemaker.describe_endpoint_config(EndpointConfigName="config")
    sagemaker.list_endpoint_configs()
    sagemaker.delete_endpoint_config(EndpointConfigName="config")
    sagemaker.delete_model(ModelName="model")
    packages(sagemaker)


def packages(sagemaker):
    sagemaker.create_model_package_group(ModelPackageGroupName="group", ModelPackageGroupDescription="versions")
    sagemaker.describe_model_package_group(ModelPackageGroupName="group")
    sagemaker.list_model_package_groups()
    specification = {
        "Containers": [{"Image": IMAGE, "ModelDataUrl": put_model()}],
        "SupportedContentTypes": ["text/csv"],
    }
    arn = sagemaker.create_model_package(ModelPackageGroupName="group", InferenceSpecification=specification)
    alone = sagemaker.create_model_package(ModelPackageName="alone", InferenceSpecification=specification)
    for one in (arn, alone):
        sagemaker.describe_model_package(ModelPackageName=one["ModelPackageArn"])
    sagemaker.list_model_packages(ModelPackageType="Both")
    sagemaker.update_model_package(
        ModelPackageArn=arn["ModelPackageArn"],
        ModelApprovalStatus="Approved",
        CustomerMetadataProperties={"team": "churn"},
    )
    sagemaker.describe_model_package(ModelPackageName=arn["ModelPackageArn"])
    sagemaker.delete_model_package(ModelPackageName=arn["ModelPackageArn"])
    sagemaker.delete_model_package_group(ModelPackageGroupName="group")
