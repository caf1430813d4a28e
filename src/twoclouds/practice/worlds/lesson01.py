"""Where the exercises of lesson 1 begin."""

from __future__ import annotations

import json

from twoclouds.aws.account import REGION, TRUST_POLICY
from twoclouds.lab import Lab
from twoclouds.practice.worlds import SENSORS, azure, course_file, quiet

CLUSTER = "cpu-cluster"
BUCKET = "plant-north"
ROLE = "nightly-training"
SLOW_MINUTES = 90

READABLE = ("code", "sensor")
"""The prefixes that the role of 1.2 may read: the second one is misspelt, and that is the exercise."""


def a_workspace_with_a_cluster_and_data(lab: Lab) -> None:
    """Azure ML: a cluster of zero to two nodes, and the sensor table as the data asset sensors:1."""
    from azure.ai.ml.entities import AmlCompute, Data

    ml_client = azure()
    cluster = AmlCompute(name=CLUSTER, size="Standard_D4s_v5", max_instances=2)
    with quiet():
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
