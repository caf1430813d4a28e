"""What is done in the labs of `which_seconds`, with the vendors' SDKs."""

from __future__ import annotations

import contextlib
import io
import tarfile
from typing import Any

from twoclouds.aws.account import REGION
from twoclouds.azure.account import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE

SKLEARN = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"
ROLE = "arn:aws:iam::123456789012:role/TwoCloudsExecutionRole"
BUCKET = "two-clouds-data"


def ml_client() -> Any:
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential

    return MLClient(DefaultAzureCredential(), SUBSCRIPTION, RESOURCE_GROUP, WORKSPACE)


def cluster(**settings: Any) -> None:
    """A cluster of nodes of four virtual CPUs."""
    from azure.ai.ml.entities import AmlCompute

    wanted = AmlCompute(name="cpu-cluster", size="Standard_D4s_v5", **settings)
    ml_client().compute.begin_create_or_update(wanted).result()


def azure_job(name: str) -> None:
    """A command job on the cluster, from its submission to its end."""
    from azure.ai.ml import Input, command

    client = ml_client()
    wanted = command(
        name=name,
        code="src",
        command="python train.py",
        inputs={"sensors": Input(type="uri_folder", path="data")},
        environment=SKLEARN,
        compute="cpu-cluster",
    )
    client.jobs.create_or_update(wanted)
    client.jobs.stream(name)


def image() -> str:
    from sagemaker.core import image_uris

    found: str = image_uris.retrieve("sklearn", region=REGION, version="1.4-2")
    return found


def aws_job(name: str, **resources: Any) -> None:
    """A training job with the SDK's defaults, from the call to its end."""
    import boto3
    from sagemaker.core.training.configs import Compute, InputData, SourceCode
    from sagemaker.train import ModelTrainer

    boto3.client("s3").upload_file("data/sensors.csv", BUCKET, "sensors/sensors.csv")
    trainer = ModelTrainer(
        base_job_name=name,
        training_image=image(),
        source_code=SourceCode(source_dir="src", entry_script="train.py"),
        compute=Compute(instance_type="ml.m5.xlarge", instance_count=1, **resources),
        role=ROLE,
    )
    data = InputData(channel_name="training", data_source=f"s3://{BUCKET}/sensors/")
    trainer.train(input_data_config=[data], wait=True)


def allow_a_warm_pool() -> None:
    """Ask for a quota of one; it is granted within the hour."""
    import boto3

    quotas = boto3.client("service-quotas")
    pages = quotas.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    codes = {quota["QuotaName"]: quota["QuotaCode"] for page in pages for quota in page["Quotas"]}
    code = codes["ml.m5.xlarge for training warm pool usage"]
    quotas.request_service_quota_increase(ServiceCode="sagemaker", QuotaCode=code, DesiredValue=1)


def azure_endpoint() -> None:
    """A model and an address."""
    from azure.ai.ml.entities import ManagedOnlineEndpoint, Model

    client = ml_client()
    client.models.create_or_update(Model(name="sensors", path="model", type="custom_model"))
    client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="sensors", auth_mode="key")).result()


def azure_deployment(name: str, script: str) -> None:
    """A deployment, until it answers or has failed."""
    from azure.ai.ml.entities import CodeConfiguration, ManagedOnlineDeployment
    from azure.core.exceptions import HttpResponseError

    wanted = ManagedOnlineDeployment(
        name=name,
        endpoint_name="sensors",
        model="azureml:sensors:1",
        environment=SKLEARN,
        code_configuration=CodeConfiguration(code="serving", scoring_script=script),
        instance_type="Standard_D2s_v5",
        instance_count=1,
    )
    with contextlib.suppress(HttpResponseError):
        ml_client().online_deployments.begin_create_or_update(wanted).result()


def aws_endpoint(name: str, script: str) -> None:
    """A model, an endpoint configuration and an endpoint, until it answers or has failed."""
    import boto3
    from botocore.exceptions import WaiterError

    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add("model/model.json", "model.json")
        archive.add(f"serving/{script}", f"code/{script}")
    boto3.client("s3").put_object(Bucket=BUCKET, Key=f"{name}/model.tar.gz", Body=packed.getvalue())
    sagemaker = boto3.client("sagemaker")
    program = {"SAGEMAKER_PROGRAM": script, "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    container = {"Image": image(), "ModelDataUrl": f"s3://{BUCKET}/{name}/model.tar.gz", "Environment": program}
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
    machine = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    variant = {"VariantName": "AllTraffic", "ModelName": name, **machine}
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    with contextlib.suppress(WaiterError):
        sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name)
