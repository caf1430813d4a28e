"""A training job as the tests of AWS ask for it."""

import textwrap
import time
from fractions import Fraction

IMAGE = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
ROLE = "arn:aws:iam::123456789012:role/TwoCloudsExecutionRole"
BUCKET = "two-clouds-data"
SCRIPT = """
    for epoch in range(1, 9):
        print("epoch", epoch, flush=True)
    open("/opt/ml/model/model.txt", "w").write("a model")
"""


def put(key, text):
    """Store a text in the course's bucket."""
    import boto3

    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=textwrap.dedent(text).encode())


def job(name="job", *, script=SCRIPT, **changes):
    """The parameters of create_training_job for a script, which is stored first; `changes` replace some."""
    put(f"code/{name}/train.py", script)
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python3", "/opt/ml/input/data/code/train.py"],
        },
        "InputDataConfig": [channel("code", f"code/{name}/")],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        **changes,
    }


def channel(name, prefix):
    """A channel that holds what the course's bucket has under a prefix."""
    uri = f"s3://{BUCKET}/{prefix}"
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}


def finish(sagemaker, name="job"):
    """Wait for a job's end, and describe it."""
    while (described := sagemaker.describe_training_job(TrainingJobName=name))["TrainingJobStatus"] in (
        "InProgress",
        "Stopping",
    ):
        time.sleep(5)
    return described


def on_machines(lab, *, at=None, owner=""):
    """Dollars up to `at` (ms; now if not given) for machines; not for their volumes."""
    time = lab.world.clock.now if at is None else at
    lines = lab.world.bill.lines(owner=owner)
    return sum((line.cost(time) for line in lines if not line.resource.endswith("/volume")), Fraction(0))


def log(lab, kind=""):
    """What happened to jobs and machines, as (second, event, dollars spent on machines by then)."""
    return [
        (event.time / 1000, event.kind, round(float(on_machines(lab, at=event.time)), 6))
        for event in lab.world.events.of(kind)
    ]


def printed(lab, name="job"):
    """What a job's script printed, as (second since the lab opened, line); not what the lab says about its image."""
    streams = lab.aws.state.logs.streams("/aws/sagemaker/TrainingJobs", f"{name}/")
    return [
        (time / 1000, line)
        for stream in streams
        for time, line in stream.seen(lab.world.clock.now)
        if not line.startswith("Two Clouds: in")
    ]
