"""Where the exercises of lesson 5 begin."""

from __future__ import annotations

import io
import json
import runpy
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from twoclouds.lab import Lab
from twoclouds.practice.worlds import SENSORS, azure, course_file, quiet

ENDPOINT = "sensors"
ROLE = "arn:aws:iam::123456789012:role/TwoCloudsExecutionRole"
BUCKET = "two-clouds-data"
IMAGE = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"
SKLEARN = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"
PLAIN = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
"""An image in which train.py runs, and which can serve nothing."""


def an_endpoint_with_one_variant(lab: Lab) -> None:
    """AWS: the models sensors-v1 and sensors-v2, and an endpoint that serves the first, in service."""
    import boto3

    sagemaker = boto3.client("sagemaker")
    put_sagemaker_model(f"{ENDPOINT}-v1", epochs=8)
    put_sagemaker_model(f"{ENDPOINT}-v2", epochs=40)
    blue = {
        "VariantName": "blue",
        "ModelName": f"{ENDPOINT}-v1",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 4,
    }
    sagemaker.create_endpoint_config(EndpointConfigName=f"{ENDPOINT}-1", ProductionVariants=[blue])
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName=f"{ENDPOINT}-1")
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=ENDPOINT)


def a_deployment_that_never_became_healthy(lab: Lab) -> None:
    """Azure ML: the endpoint's blue answers with sensors:1; green, with sensors:2, failed an hour ago. It was put into
    the environment of the training job, plain:1."""
    from azure.ai.ml.entities import Environment
    from azure.core.exceptions import HttpResponseError

    ml_client = azure()
    with quiet():
        put_azure_model(version="1", epochs=8)
        put_azure_model(version="2", epochs=40)
        ml_client.environments.create_or_update(Environment(name="plain", version="1", image=PLAIN))
        endpoint = put_azure_endpoint()
        ml_client.online_deployments.begin_create_or_update(deployment("blue", "1", SKLEARN)).result()
        endpoint.traffic = {"blue": 100}
        ml_client.online_endpoints.begin_create_or_update(endpoint).result()
        try:
            ml_client.online_deployments.begin_create_or_update(deployment("green", "2", "azureml:plain:1")).result()
        except HttpResponseError:
            lab.skip(hours=1)


def a_model_on_each_cloud(lab: Lab) -> None:
    """Both clouds: the model sensors, which could be served, and on Azure ML the address at which it would be."""
    put_sagemaker_model(ENDPOINT, epochs=8)
    with quiet():
        put_azure_model(version="1", epochs=8)
        put_azure_endpoint()


def fitted(epochs: int) -> dict[str, Any]:
    """What train.py makes of the sensor table."""
    script = runpy.run_path(str(course_file(f"{SENSORS}/src/train.py")))
    with quiet():
        found: dict[str, Any] = script["train"](script["read"](course_file(f"{SENSORS}/data")), epochs)
    return found


def put_sagemaker_model(name: str, *, epochs: int) -> None:
    """A model of SageMaker's: a model.tar.gz in S3 with the fitted model and the code that serves it."""
    import boto3

    folder = course_file(f"{SENSORS}/serving")
    files = {"model.json": json.dumps(fitted(epochs)).encode()}
    files |= {f"code/{each}": (folder / each).read_bytes() for each in ("formula.py", "inference.py")}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    boto3.client("s3").put_object(Bucket=BUCKET, Key=f"models/{name}/model.tar.gz", Body=packed.getvalue())
    container = {
        "Image": IMAGE,
        "ModelDataUrl": f"s3://{BUCKET}/models/{name}/model.tar.gz",
        "Environment": {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
    }
    boto3.client("sagemaker").create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)


def put_azure_model(*, version: str, epochs: int) -> None:
    """A version of the model sensors in the workspace: a folder with the fitted model."""
    from azure.ai.ml.entities import Model

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "model"
        folder.mkdir()
        (folder / "model.json").write_text(json.dumps(fitted(epochs)), encoding="utf-8")
        model = Model(name=ENDPOINT, version=version, type="custom_model", path=str(folder))
        azure().models.create_or_update(model)


def put_azure_endpoint() -> Any:
    """An address, with nothing behind it."""
    from azure.ai.ml.entities import ManagedOnlineEndpoint

    endpoint = ManagedOnlineEndpoint(name=ENDPOINT, auth_mode="key")
    return azure().online_endpoints.begin_create_or_update(endpoint).result()


def deployment(name: str, version: str, environment: str) -> Any:
    """A deployment of a version of the model, as a colleague would write it."""
    from azure.ai.ml.entities import CodeConfiguration, ManagedOnlineDeployment

    return ManagedOnlineDeployment(
        name=name,
        endpoint_name=ENDPOINT,
        model=f"azureml:{ENDPOINT}:{version}",
        environment=environment,
        code_configuration=CodeConfiguration(code=str(course_file(f"{SENSORS}/serving")), scoring_script="score.py"),
        instance_type="Standard_D2s_v5",
        instance_count=1,
    )
