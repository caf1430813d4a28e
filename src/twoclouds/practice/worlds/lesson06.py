"""Where the exercises of lesson 6 begin."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Mapping
from typing import Any

from twoclouds.aws.account import REGION, ROLE_ARN
from twoclouds.azure.storage import data_paths
from twoclouds.lab import Lab
from twoclouds.practice.nights import Move
from twoclouds.practice.worlds import MACHINES, SENSORS, azure, course_file, quiet
from twoclouds.world.container import Container, JobResponse
from twoclouds.world.images import ImageDefinition

DRIFT = f"{SENSORS}/drift"
UBUNTU = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
ENDPOINT = "failures"
BUCKET = "plant-north"
REPOSITORY = "scoring"
AZURE_TABLE = "azureml://datastores/workspaceblobstore/paths/plant/table/"
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
    s3.put_object(Bucket=BUCKET, Key="machines/machines.json", Body=json.dumps(readings()).encode())
    archive = _archive(_model_file(lab))
    s3.put_object(Bucket=BUCKET, Key="models/failures.tar.gz", Body=archive)
    boto3.client("ecr").create_repository(repositoryName=REPOSITORY)
    image = lab.push_image(course_file(f"{DRIFT}/image"), f"{REPOSITORY}:prod").uri
    program = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    container = {"Image": image, "ModelDataUrl": f"s3://{BUCKET}/models/failures.tar.gz", "Environment": program}
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


def a_chain_with_nothing_pinned(lab: Lab) -> None:
    """Both clouds: the plant's table, which the plant writes; on AWS the scripts, and the image scoring:prod, which the
    platform team builds; on Azure the environment team:1, which anybody may succeed."""
    import boto3

    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=BUCKET, Key="code/train.py", Body=course_file(f"{DRIFT}/train/train.py").read_bytes())
    s3.put_object(Bucket=BUCKET, Key="code/serve.tar.gz", Body=_packed(_serving()))
    boto3.client("ecr").create_repository(repositoryName=REPOSITORY)
    lab.push_image(course_file(f"{DRIFT}/image"), f"{REPOSITORY}:prod")
    with quiet():
        azure().environments.create_or_update(_environment("team", "azureml-inference-server-http", "sensorscale"))
    write_table(lab, course_file(f"{SENSORS}/data/sensors.csv").read_text(encoding="utf-8"))


def write_table(lab: Lab, table: str) -> None:
    """The plant writes its table, on both clouds."""
    import boto3

    boto3.client("s3").put_object(Bucket=BUCKET, Key="table/sensors.csv", Body=table.encode())
    data_paths.write(lab.azure.state, AZURE_TABLE, {"sensors.csv": table.encode()})


def the_night_that_you_see(lab: Lab) -> tuple[Move, ...]:
    """What other people do while the learner tries a chain."""
    return (
        ("sensorscale 1.1.0 is released", lambda lab: lab.release("sensorscale", "1.1.0")),
        ("the platform team builds scoring:prod again", _build_again),
        ("a colleague registers team:2", _register_again),
    )


def another_night(lab: Lab) -> tuple[Move, ...]:
    """What they do when the chain is replayed: the same, and more."""
    half = course_file(f"{SENSORS}/data/sensors.csv").read_text(encoding="utf-8").splitlines()[: MACHINES // 2 + 1]
    return (
        *the_night_that_you_see(lab),
        ("sensorscale 2.0.0 is released", lambda lab: lab.release("sensorscale", "2.0.0")),
        ("the plant writes half of its table", lambda lab: write_table(lab, "\n".join(half))),
    )


def _build_again(lab: Lab) -> None:
    lab.push_image(course_file(f"{DRIFT}/image"), f"{REPOSITORY}:prod")


def _register_again(lab: Lab) -> None:
    recipe: Any = _environment("team", "azureml-inference-server-http", "sensorscale", "pandas")
    recipe.version = "2"
    with quiet():
        azure().environments.create_or_update(recipe)


def _score(sagemaker: Any, name: str) -> None:
    """The nightly request, and its end."""
    where = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/machines/"}
    sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName="failures",
        TransformInput={"DataSource": {"S3DataSource": where}, "ContentType": "application/json"},
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/scores/{name}/"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    sagemaker.get_waiter("transform_job_completed_or_stopped").wait(TransformJobName=name)


def _environment(name: str, *packages: str) -> Any:
    from azure.ai.ml.entities import Environment

    conda = {"dependencies": ["python=3.11", {"pip": list(packages)}]}
    return Environment(name=name, version="1", image=UBUNTU, conda_file=conda)


def readings() -> list[list[float]]:
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
    """model.tar.gz: the model, and the code that answers for it and does not say with which version."""
    shared = course_file(f"{DRIFT}/serve/machines.py").read_bytes()
    return _packed({"model.pkl": model, "code/inference.py": HANDLERS, "code/machines.py": shared})


def _serving() -> dict[str, bytes]:
    """The code that answers for a model on SageMaker."""
    return {name: course_file(f"{DRIFT}/serve/{name}").read_bytes() for name in ("inference.py", "machines.py")}


def _packed(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()
