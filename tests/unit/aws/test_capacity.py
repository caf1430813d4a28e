"""Machines that are scarce: Pending, spot machines that are taken back, and several machines, as (second, event, $)."""

import boto3
import pytest

from tests.aws_jobs import BUCKET, channel, finish, job, log, on_machines, printed, put
from tests.unit.aws.test_refusals import refused
from tests.unit.aws.test_training_run import SAVING, model
from twoclouds.world.capacity import NoSuchMachines

SPOT = {
    "EnableManagedSpotTraining": True,
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200},
    "CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/checkpoints"},
}
KIND = "aws/ml.m5.xlarge spot"


def transitions(described):
    return [transition["Status"] for transition in described["SecondaryStatusTransitions"]]


def test_a_job_waits_for_capacity(lab, sagemaker):
    lab.scarce("aws/ml.m5.xlarge", left=1, minutes=10)
    sagemaker.create_training_job(**job("first"))
    sagemaker.create_training_job(**job("second"))
    assert sagemaker.describe_training_job(TrainingJobName="second")["SecondaryStatus"] == "Pending"
    described = finish(sagemaker, "second")
    assert log(lab, "job.downloading") == [(42, "job.downloading", 0), (236, "job.downloading", 0.009711)]
    assert transitions(described) == ["Starting", "Pending", "Downloading", "Training", "Uploading", "Completed"]


@pytest.mark.parametrize(
    ("instance_type", "limit", "waited"), [("ml.g4dn.xlarge", 1800, 1800), ("ml.m5.xlarge", 1800, 3600)]
)
def test_a_job_that_gets_no_machine_fails(lab, sagemaker, instance_type, limit, waited):
    lab.scarce(f"aws/{instance_type}")
    resources = {"InstanceType": instance_type, "InstanceCount": 1, "VolumeSizeInGB": 10}
    stopping = {"MaxRuntimeInSeconds": 3600, "MaxPendingTimeInSeconds": limit}
    sagemaker.create_training_job(**job(ResourceConfig=resources, StoppingCondition=stopping))
    described = finish(sagemaker)
    assert described["FailureReason"] == (
        "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance "
        "type."
    )
    assert log(lab) == [(0, "job.starting", 0), (0, "job.pending", 0), (waited, "job.failed", 0)]
    assert [name for name in lab.world.quotas if lab.world.quotas.used(name)] == []


def test_a_spot_job_costs_less(lab, sagemaker):
    sagemaker.create_training_job(**job(**SPOT))
    described = finish(sagemaker)
    assert transitions(described) == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert (described["TrainingTimeInSeconds"], described["BillableTimeInSeconds"]) == (152, 46)
    assert float(on_machines(lab)) == pytest.approx(152 * 0.3 * 0.23 / 3600)


def test_interrupted_at_its_half_it_goes_on_from_its_checkpoint(lab, sagemaker):
    lab.workload("train.py", minutes=9)
    lab.scarce(KIND, after=(121 + 270) / 60, minutes=10)
    sagemaker.create_training_job(**job(script=SAVING, **SPOT))
    described = finish(sagemaker)
    assert transitions(described) == [
        "Starting", "Downloading", "Training", "Interrupted",
        "Starting", "Downloading", "Training", "Uploading", "Completed",
    ]  # fmt: skip
    assert [line for _, line in printed(lab)] == [
        "epoch 1", "epoch 2", "epoch 3", "epoch 4", "saved epoch 4", "epoch 5", "epoch 6", "epoch 7", "epoch 8",
    ]  # fmt: skip
    assert model()["model.txt"][0] == "5 to 8"
    assert [(time, event) for time, event, _ in log(lab, "job.")] == [
        (0, "job.starting"),
        (42, "job.downloading"),
        (121, "job.training"),
        (392, "job.interrupted"),
        (392, "job.starting"),
        (1033, "job.downloading"),
        (1112, "job.training"),
        (1652, "job.uploading"),
        (1665, "job.completed"),
    ]
    assert described["TrainingTimeInSeconds"] == (392 - 42) + (1665 - 1033)
    assert described["BillableTimeInSeconds"] == 295


def test_spot_machines_that_never_come(lab, sagemaker):
    lab.scarce(KIND)
    sagemaker.create_training_job(**job(**SPOT))
    described = finish(sagemaker)
    assert transitions(described) == ["Starting", "Stopping", "MaxWaitTimeExceeded"]
    assert (described["TrainingJobStatus"], described["BillableTimeInSeconds"]) == ("Stopped", 0)
    assert log(lab)[-1] == (7200, "job.maxwaittimeexceeded", 0)


def test_a_spot_job_that_waits_can_be_stopped(lab, sagemaker):
    lab.scarce(KIND)
    sagemaker.create_training_job(**job(**SPOT))
    lab.skip(minutes=5)
    sagemaker.stop_training_job(TrainingJobName="job")
    assert transitions(finish(sagemaker)) == ["Starting", "Stopping", "Stopped"]
    assert lab.world.quotas.used("aws/ml.m5.xlarge for spot training job usage") == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"EnableManagedSpotTraining": True},
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}},
            "Invalid MaxWaitTimeInSeconds. It can only be specified when EnableManagedSpotTraining is true",
        ),
    ],
)
def test_time_limits_that_do_not_fit(lab, sagemaker, change, said):
    assert refused(sagemaker.create_training_job, **job(**change)) == ("ValidationException", said)


def test_machines_that_do_not_exist_are_not_scarce(lab):
    with pytest.raises(NoSuchMachines, match=r"no machines 'aws/ml.m5.tiny' that could be scarce.* aws/ml.m5.large"):
        lab.scarce("aws/ml.m5.tiny")


HOSTS = """
    import json, pathlib, os
    here = json.loads(pathlib.Path("/opt/ml/input/config/resourceconfig.json").read_text())
    data = pathlib.Path("/opt/ml/input/data")
    found = {folder.name: sorted(os.listdir(folder)) for folder in data.iterdir() if folder.name != "code"}
    print(here["current_host"], here["hosts"], here["current_instance_type"], found, flush=True)
    pathlib.Path(f"/opt/ml/model/{here['current_host']}.txt").write_text("mine")
"""


def test_several_machines_each_run_and_share_the_objects_out(lab, sagemaker):
    for letter in "abc":
        put(f"parts/{letter}.csv", letter)
    request = job(script=HOSTS, ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1})
    shared, whole = channel("shared", "parts/"), channel("whole", "parts/")
    shared["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "ShardedByS3Key"
    sagemaker.create_training_job(**request | {"InputDataConfig": [*request["InputDataConfig"], shared, whole]})
    finish(sagemaker)
    everything = ["a.csv", "b.csv", "c.csv"]
    lines = [line for _, line in printed(lab)]
    assert lines[0].startswith("algo-1 ['algo-1', 'algo-2'] ml.m5.large ")
    assert "'shared': ['a.csv', 'c.csv']" in lines[0]
    assert "'shared': ['b.csv']" in lines[1]
    assert all(f"'whole': {everything}" in line for line in lines)
    assert sorted(model()) == ["algo-1.txt", "algo-2.txt"]


def test_machines_of_two_types_and_a_channel_for_one_of_them(lab, sagemaker):
    put("parts/a.csv", "a")
    groups = [
        {"InstanceType": "ml.m5.large", "InstanceCount": 1, "InstanceGroupName": "readers"},
        {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "InstanceGroupName": "trainers"},
    ]
    request = job(script=HOSTS, ResourceConfig={"InstanceGroups": groups, "VolumeSizeInGB": 1})
    data = channel("parts", "parts/")
    data["DataSource"]["S3DataSource"]["InstanceGroupNames"] = ["readers"]
    sagemaker.create_training_job(**request | {"InputDataConfig": [*request["InputDataConfig"], data]})
    described = finish(sagemaker)
    assert [line for _, line in printed(lab)] == [
        "algo-1 ['algo-1', 'algo-2'] ml.m5.large {'parts': ['a.csv']}",
        "algo-2 ['algo-1', 'algo-2'] ml.c5.xlarge {}",
    ]
    assert described["ResourceConfig"]["InstanceGroups"] == groups
    data["DataSource"]["S3DataSource"]["InstanceGroupNames"] = ["nobody"]
    again = {**request, "TrainingJobName": "x", "InputDataConfig": [*request["InputDataConfig"], data]}
    assert refused(sagemaker.create_training_job, **again)[1] == (
        "Channel parts: there is no instance group nobody in ResourceConfig."
    )


def test_hosts_that_would_talk_to_each_other_are_told(lab, sagemaker):
    script = "import socket; socket.create_connection(('algo-2', 7777))"
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}
    sagemaker.create_training_job(**job(script=script, ResourceConfig=resources))
    assert finish(sagemaker)["TrainingJobStatus"] == "Failed"
    assert any("NotSimulated: Two Clouds: the hosts of a job cannot talk" in line for _, line in printed(lab))
    assert boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="models/").get("Contents", []) == []
