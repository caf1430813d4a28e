"""Where the exercises of lesson 6 begin."""

from __future__ import annotations

import io
import json
import tarfile
import time

from twoclouds.aws.account import REGION, ROLE_ARN
from twoclouds.lab import Lab
from twoclouds.practice.worlds import SENSORS, azure, course_file, quiet
from twoclouds.world.container import Container, JobResponse
from twoclouds.world.images import ImageDefinition

DRIFT = f"{SENSORS}/drift"
UBUNTU = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
ENDPOINT = "failures"
BUCKET = "plant-north"
REPOSITORY = "scoring"
TRAINED_WITH = "1.0.0"
ENDED = ("Completed", "Failed", "Stopped")

HANDLERS = b'''"""The framework container calls model_fn() once, and transform_fn() for each request."""

import json

import machines


def model_fn(model_dir):
    return machines.load(model_dir)


def transform_fn(model, body, content_type, accept):
    return json.dumps(machines.predict(model, json.loads(body))), "application/json"
'''
"""As `sensors/drift/serve/inference.py`, and silent about the version: that is for the learner to find."""


def a_model_that_no_longer_loads(lab: Lab) -> None:
    """Azure ML: a job has trained failures:1 with sensorscale 1.0.0; since then 1.1.0 and 2.0.0 were released. There is
    an endpoint without a deployment, and an environment that says nothing of versions and was never built."""
    from azure.ai.ml import Input, command
    from azure.ai.ml.entities import ManagedOnlineEndpoint, Model

    stored = "azureml://jobs/monday/outputs/artifacts/paths/outputs/model.pkl"
    with quiet():
        ml_client = azure()
        ml_client.environments.create_or_update(_environment("training", f"sensorscale=={TRAINED_WITH}"))
        ml_client.environments.create_or_update(_environment("scoring", "azureml-inference-server-http", "sensorscale"))
        job = command(
            name="monday",
            code=str(course_file(f"{DRIFT}/train")),
            command="python train.py --data ${{inputs.sensors}} --out outputs",
            inputs={"sensors": Input(type="uri_folder", path=str(course_file(f"{SENSORS}/data")))},
            environment="azureml:training:1",
        )
        ml_client.jobs.create_or_update(job)
        while ml_client.jobs.get("monday").status not in ENDED:
            time.sleep(60)
        ml_client.models.create_or_update(Model(name=ENDPOINT, path=stored, type="custom_model"))
        ml_client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=ENDPOINT)).result()
    lab.release("sensorscale", "1.1.0")
    lab.release("sensorscale", "2.0.0")


def scores_that_changed_overnight(lab: Lab) -> None:
    """AWS: two nights' scores of the same machines. Between them sensorscale 1.1.0 was released, and the nightly build
    pushed the tag again; the model's archive was written again, too, byte for byte the same."""
    import boto3

    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=BUCKET, Key="machines/machines.json", Body=json.dumps(_readings()).encode())
    archive = _archive(_model_file(lab))
    s3.put_object(Bucket=BUCKET, Key="models/failures.tar.gz", Body=archive)
    boto3.client("ecr").create_repository(repositoryName=REPOSITORY)
    image = lab.push_image(course_file(f"{DRIFT}/image"), f"{REPOSITORY}:prod").uri
    container = {"Image": image, "ModelDataUrl": f"s3://{BUCKET}/models/failures.tar.gz"}
    sagemaker = boto3.client("sagemaker")
    sagemaker.create_model(ModelName="failures", PrimaryContainer=container, ExecutionRoleArn=ROLE_ARN)
    _score(sagemaker, "scores-1")
    lab.skip(hours=20)
    lab.release("sensorscale", "1.1.0")
    lab.push_image(course_file(f"{DRIFT}/image"), f"{REPOSITORY}:prod")
    s3.put_object(Bucket=BUCKET, Key="models/failures.tar.gz", Body=archive)
    lab.skip(hours=3)
    _score(sagemaker, "scores-2")
    lab.skip(hours=8)


def _score(sagemaker: object, name: str) -> None:
    """The nightly request, and its end."""
    where = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/machines/"}
    sagemaker.create_transform_job(  # type: ignore[attr-defined]
        TransformJobName=name,
        ModelName="failures",
        TransformInput={"DataSource": {"S3DataSource": where}, "ContentType": "application/json"},
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/scores/{name}/"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    sagemaker.get_waiter("transform_job_completed_or_stopped").wait(TransformJobName=name)  # type: ignore[attr-defined]


def _environment(name: str, *packages: str) -> object:
    from azure.ai.ml.entities import Environment

    conda = {"dependencies": ["python=3.11", {"pip": list(packages)}]}
    return Environment(name=name, version="1", image=UBUNTU, conda_file=conda)


def _readings() -> list[list[float]]:
    """The readings of all machines, as `sensors/drift/serve` takes them."""
    lines = course_file(f"{SENSORS}/data/sensors.csv").read_text(encoding="utf-8").splitlines()[1:]
    return [[float(value) for value in line.split(",")[1:-1]] for line in lines]


def _model_file(lab: Lab) -> bytes:
    """The model that `sensors/drift/train/train.py` makes with sensorscale 1.0.0, without a cloud."""
    script, data = course_file(f"{DRIFT}/train/train.py"), course_file(f"{SENSORS}/data/sensors.csv")
    packages = (f"sensorscale=={TRAINED_WITH}",)
    container = Container(
        name="training",
        image=lab.world.images.build(ImageDefinition(base="python:3.11", packages=packages)),
        command=("python3", "train.py", "--data", "data", "--out", "model"),
        workdir="/opt/ml",
        started=lab.world.clock.timestamp,
        files={"/opt/ml/train.py": script.read_bytes(), "/opt/ml/data/sensors.csv": data.read_bytes()},
        collect=("/opt/ml/model",),
    )
    done = lab.world.runner.run(container, send=lambda request: JobResponse(status=404))
    return done.files["/opt/ml/model/model.pkl"]


def _archive(model: bytes) -> bytes:
    """model.tar.gz: the model, and the code that answers for it."""
    shared = course_file(f"{DRIFT}/serve/machines.py").read_bytes()
    files = {"model.pkl": model, "code/inference.py": HANDLERS, "code/machines.py": shared}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()
