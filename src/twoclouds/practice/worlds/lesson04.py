"""Where the exercises of lesson 4 begin."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from twoclouds.aws.account import REGION
from twoclouds.lab import Lab
from twoclouds.practice.worlds import SENSORS, azure, course_file, quiet

BUCKET = "plant-north"
REPOSITORY = "plant/boosted"
BEFORE, AFTER = "build-41", "build-42"
"""The tags of two nights' images: the second one was built from a Dockerfile that lacks a package."""

BASE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
FROZEN, NEWER = "1.0.0", "1.1.0"
"""The version of sensorscale that an image of last month holds, and the one that has come out since."""


def a_workspace_with_data(lab: Lab) -> None:
    """Azure ML: the sensor table as the data asset sensors:1."""
    _make_data()


def a_tag_that_has_moved(lab: Lab) -> None:
    """AWS: the script and the table in a bucket, and two images in ECR, of which the newer lacks a package."""
    import boto3

    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for key, name in (("code/train.py", "boosted/src/train.py"), ("sensors/sensors.csv", "data/sensors.csv")):
        s3.put_object(Bucket=BUCKET, Key=key, Body=course_file(f"{SENSORS}/{name}").read_bytes())
    boto3.client("ecr").create_repository(repositoryName=REPOSITORY)
    dockerfile = course_file(f"{SENSORS}/boosted/image/Dockerfile").read_text(encoding="utf-8")
    for tag, lines in ((BEFORE, dockerfile), (AFTER, dockerfile.replace("lightgbm==4.6.0", "numpy"))):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "Dockerfile").write_text(lines, encoding="utf-8")
            for name in (tag, "latest"):
                lab.push_image(folder, f"{REPOSITORY}:{name}")
        lab.skip(hours=24)


def an_image_of_last_month(lab: Lab) -> None:
    """Azure ML: an environment whose list names no versions, the job that its image was built for, four weeks ago, and
    a newer version of one of its packages since. AWS: the table in a bucket."""
    folder = course_file(f"{SENSORS}/maintenance")
    with quiet():
        _train_last_month(_make_data(), folder)
    lab.skip(hours=28 * 24)
    lab.release("sensorscale", NEWER)
    _upload_table()


def _train_last_month(ml_client: Any, folder: Path) -> None:
    from azure.ai.ml import Input, command
    from azure.ai.ml.entities import Environment

    ml_client.environments.create_or_update(
        Environment(name="maintenance", version="1", image=BASE, conda_file=str(folder / "conda.yml"))
    )
    job = command(
        name="last-month",
        experiment_name="maintenance",
        code=str(folder / "src"),
        command="python train.py --data ${{inputs.data}} --out outputs",
        inputs={"data": Input(type="uri_folder", path="azureml:sensors:1")},
        environment="maintenance:1",
    )
    ml_client.jobs.create_or_update(job)


def _make_data() -> Any:
    from azure.ai.ml.entities import Data

    ml_client = azure()
    with quiet():
        ml_client.data.create_or_update(
            Data(name="sensors", version="1", type="uri_folder", path=str(course_file(f"{SENSORS}/data")))
        )
    return ml_client


def _upload_table() -> None:
    import boto3

    table = course_file(f"{SENSORS}/data/sensors.csv").read_bytes()
    boto3.client("s3").put_object(Bucket="two-clouds-data", Key="sensors/sensors.csv", Body=table)
