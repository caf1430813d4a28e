"""Where the exercises of lesson 2 begin."""

from __future__ import annotations

from typing import Any

from twoclouds.aws.account import REGION
from twoclouds.lab import Lab
from twoclouds.practice.worlds import SENSORS, azure, course_file, quiet

WEEK = 7 * 24
"""Hours."""

BUCKET = "plant-north"
MONDAY = "monday"
TABLES = ("sensors/2026-11-30.csv", "sensors/2026-12-07.csv")
"""The keys of two weeks' tables in BUCKET; the first is all that MONDAY saw."""

DATA = "two-clouds-data"
LAST_WEEK = "last-week"
PLACE = "plant/sensors.csv"
"""Where the plant's export writes its table each week, in the bucket DATA and in the workspace's container."""

ROLE = "arn:aws:iam::123456789012:role/TwoCloudsExecutionRole"
IMAGE = f"246618743249.dkr.ecr.{REGION}.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"
CURATED = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"


def a_cluster_of_small_machines(lab: Lab) -> None:
    """Azure ML: a cluster of machines with 4 vCPUs, which others use."""
    from azure.ai.ml.entities import AmlCompute

    lab.workload("train.py", minutes=38, on="4 vCPU")
    with quiet():
        azure().compute.begin_create_or_update(AmlCompute(name="cpu-cluster", size="Standard_D4s_v5")).result()


def a_prefix_that_has_grown(lab: Lab) -> None:
    """AWS: a training job of last Monday, and a table that has come since under the prefix that it read."""
    import boto3

    lab.workload("train.py", minutes=38, on="4 vCPU")
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=BUCKET, Key="code/train.py", Body=_script())
    s3.put_object(Bucket=BUCKET, Key=TABLES[0], Body=table(400))
    train(MONDAY, BUCKET, "sensors/")
    lab.skip(hours=WEEK)
    s3.put_object(Bucket=BUCKET, Key=TABLES[1], Body=next_table())


def a_table_written_over(lab: Lab) -> None:
    """Both clouds: a run of last week, and this week's table in the place from which it read its own.

    The bucket keeps versions; in the workspace's container, the export leaves a dated copy of each table.
    """
    import boto3
    from azure.ai.ml.entities import Data

    lab.workload("train.py", minutes=38, on="4 vCPU")
    s3 = boto3.client("s3")
    s3.put_bucket_versioning(Bucket=DATA, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=DATA, Key="code/train.py", Body=_script())
    export(table(300), "2026-11-30")
    with quiet():
        place = "azureml://datastores/workspaceblobstore/paths/plant/"
        azure().data.create_or_update(Data(name="sensors", version="1", type="uri_folder", path=place))
        _command(LAST_WEEK, "azureml:sensors:1")
    train(LAST_WEEK, DATA, "plant/")
    lab.settle()
    lab.skip(hours=WEEK)
    export(table(400), "2026-12-07")


def export(rows: bytes, day: str) -> None:
    """What the plant does on a Monday: its table, in the same place on both clouds; on Azure also a dated copy."""
    import boto3

    for path in (PLACE, f"archive/{day}/sensors.csv"):
        _blob(path).upload_blob(rows, overwrite=True)
    boto3.client("s3").put_object(Bucket=DATA, Key=PLACE, Body=rows)


def table(machines: int) -> bytes:
    """The first so many machines of the sensor table."""
    lines = course_file(f"{SENSORS}/data/sensors.csv").read_bytes().splitlines(keepends=True)
    return b"".join(lines[: machines + 1])


def next_table() -> bytes:
    """The table of the week after."""
    return course_file(f"{SENSORS}/next-week/sensors.csv").read_bytes()


def train(name: str, bucket: str, prefix: str) -> None:
    """A training job on what lies under a prefix; returns when it is over."""
    import boto3

    sagemaker = boto3.client("sagemaker")
    sagemaker.create_training_job(
        TrainingJobName=name,
        RoleArn=ROLE,
        AlgorithmSpecification={
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python3", "/opt/ml/input/data/code/train.py"],
        },
        InputDataConfig=[_channel("code", bucket, "code/"), _channel("training", bucket, prefix)],
        OutputDataConfig={"S3OutputPath": f"s3://{bucket}/models/"},
        ResourceConfig={"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
        StoppingCondition={"MaxRuntimeInSeconds": 2 * 60 * 60},
    )
    sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name)


def _channel(name: str, bucket: str, prefix: str) -> dict[str, Any]:
    place = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/{prefix}"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": place}}


def _command(name: str, data: str) -> None:
    from azure.ai.ml import Input, command

    job = command(
        name=name,
        experiment_name="sensors",
        code=str(course_file(f"{SENSORS}/src")),
        command="python train.py --data ${{inputs.sensors}} --out outputs",
        inputs={"sensors": Input(type="uri_folder", path=data)},
        environment=CURATED,
        instance_type="Standard_D4s_v5",
    )
    azure().jobs.create_or_update(job)


def _blob(path: str) -> Any:
    from azure.identity import DefaultAzureCredential
    from azure.storage.blob import BlobClient

    store = azure().datastores.get_default()
    account = f"https://{store.account_name}.blob.core.windows.net"
    return BlobClient(account, store.container_name, path, credential=DefaultAzureCredential())


def _script() -> bytes:
    return course_file(f"{SENSORS}/src/train.py").read_bytes()
