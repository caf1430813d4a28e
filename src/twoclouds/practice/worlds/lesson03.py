"""Where the exercises of lesson 3 begin."""

from __future__ import annotations

from twoclouds.lab import Lab
from twoclouds.practice.worlds import SENSORS, azure, course_file, quiet

POOL = "pool"
BUCKET = "two-clouds-data"
SHORT, LONG = 10, 38
"""Minutes that train.py takes on 4 vCPUs: as an experiment, and at night."""


def a_pool_and_data(lab: Lab) -> None:
    """Azure ML: a cluster of zero to two nodes that lets them go soon, and the sensor table as sensors:1."""
    from azure.ai.ml.entities import AmlCompute

    lab.workload("train.py", minutes=SHORT, on="4 vCPU")
    _data_asset()
    with quiet():
        pool = AmlCompute(name=POOL, size="Standard_D4s_v5", max_instances=2)
        azure().compute.begin_create_or_update(pool).result()


def a_bucket_with_the_script(lab: Lab) -> None:
    """AWS: the script and the sensor table in a bucket; the account may not keep any machine."""
    lab.workload("train.py", minutes=SHORT, on="4 vCPU")
    _objects()


def a_team(lab: Lab) -> None:
    """Both clouds: the sensor table as a data asset and in a bucket, the script in the bucket, and no compute."""
    _data_asset()
    _objects()


def _data_asset() -> None:
    from azure.ai.ml.entities import Data

    with quiet():
        azure().data.create_or_update(
            Data(name="sensors", version="1", type="uri_folder", path=str(course_file(f"{SENSORS}/data")))
        )


def _objects() -> None:
    import boto3

    s3 = boto3.client("s3")
    for key, file in (("code/train.py", "src/train.py"), ("sensors/sensors.csv", "data/sensors.csv")):
        s3.put_object(Bucket=BUCKET, Key=key, Body=course_file(f"{SENSORS}/{file}").read_bytes())
