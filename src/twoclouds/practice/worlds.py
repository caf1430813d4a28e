"""The states in which exercises begin: built with the vendors' SDKs, as an administrator would have built them."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

from twoclouds.aws.account import REGION, TRUST_POLICY
from twoclouds.azure.account import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE
from twoclouds.lab import Lab

CLUSTER = "cpu-cluster"
BUCKET = "plant-north"
ROLE = "nightly-training"
MACHINES = 400
SENSORS = "notebooks/sensors"
SLOW_MINUTES = 90

READABLE = ("code", "sensor")
"""The prefixes that the role of 1.2 may read: the second one is misspelt, and that is the exercise."""


def a_workspace_with_a_cluster_and_data(lab: Lab) -> None:
    """Azure ML: a cluster of zero to two nodes, and the sensor table as the data asset sensors:1."""
    from azure.ai.ml.entities import AmlCompute, Data

    ml_client = _azure()
    cluster = AmlCompute(name=CLUSTER, size="Standard_D4s_v5", max_instances=2)
    with _quiet():
        ml_client.compute.begin_create_or_update(cluster).result()
        ml_client.data.create_or_update(
            Data(name="sensors", version="1", type="uri_folder", path=str(course_file(f"{SENSORS}/data")))
        )


def a_role_that_cannot_read(lab: Lab) -> None:
    """AWS: the script and the sensor table in a bucket, and an execution role whose policy misspells a prefix."""
    _make_bucket()
    _make_role()


def a_slower_script(lab: Lab) -> None:
    """Both clouds as every lab has them; only how long neighbours.py takes is declared."""
    lab.workload("neighbours.py", minutes=SLOW_MINUTES, on="4 vCPU")


def course_file(name: str) -> Path:
    """A file of the course, from wherever in it the notebook runs. Raises FileNotFoundError."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"{name} is not here: open the exercise inside the course's folder.")


def _azure() -> Any:
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential

    return MLClient(DefaultAzureCredential(), SUBSCRIPTION, RESOURCE_GROUP, WORKSPACE)


def _make_bucket() -> None:
    import boto3

    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    files = {
        "code/train.py": course_file(f"{SENSORS}/src/train.py").read_bytes(),
        "sensors/sensors.csv": course_file(f"{SENSORS}/data/sensors.csv").read_bytes(),
        "payroll/2026-11.csv": b"name,salary\n",
    }
    for key, body in files.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)


def _make_role() -> None:
    import boto3

    bucket = f"arn:aws:s3:::{BUCKET}"
    data = [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": [f"{bucket}/{prefix}/*" for prefix in READABLE]},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{bucket}/models/*"},
    ]
    actions = ["ecr:BatchGetImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer", "logs:CreateLogGroup",
               "logs:CreateLogStream", "logs:PutLogEvents", "cloudwatch:PutMetricData"]  # fmt: skip
    iam = boto3.client("iam")
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(TRUST_POLICY))
    for name, statements in (("data", data), ("run", [{"Effect": "Allow", "Action": actions, "Resource": "*"}])):
        policy = {"Version": "2012-10-17", "Statement": statements}
        iam.put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=json.dumps(policy))


@contextlib.contextmanager
def _quiet() -> Any:
    """Without the SDK's progress bars: this is not the learner's upload."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
