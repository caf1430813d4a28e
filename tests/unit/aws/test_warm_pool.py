"""Warm pools, as (second, event, dollars): kept and paid for, taken over by the job that is alike, or let go."""

from fractions import Fraction

import pytest

from tests.aws_jobs import finish, job, log, on_machines, printed
from tests.unit.aws.test_refusals import refused

CACHED = """
    import pathlib
    cache = pathlib.Path("/opt/ml/sagemaker/warmpoolcache/vocabulary.txt")
    print("cached" if cache.exists() else "not there yet", flush=True)
    cache.write_text("words")
"""


def warm(name="job", *, seconds=600, type="ml.m7i.large", **changes):
    resources = {"InstanceType": type, "InstanceCount": 1, "VolumeSizeInGB": 10, "KeepAlivePeriodInSeconds": seconds}
    return job(name, **{"script": CACHED, "ResourceConfig": resources, **changes})


def pool(sagemaker, name="job"):
    return sagemaker.describe_training_job(TrainingJobName=name)["WarmPoolStatus"]


def test_the_next_job_that_is_alike_starts_at_once_and_finds_the_cache(lab, sagemaker):
    sagemaker.create_training_job(**warm())
    assert pool(sagemaker) == {"Status": "InUse"}
    first = finish(sagemaker)
    assert pool(sagemaker)["Status"] == "Available"
    lab.skip(minutes=5)
    start = len(log(lab))
    sagemaker.create_training_job(**warm("again"))
    second = finish(sagemaker, "again")
    assert [entry[:2] for entry in log(lab)[start:]] == [
        (496, "job.starting"),
        (496, "machine.provisioning"),
        (501, "machine.booted"),
        (501, "job.downloading"),
        (501, "machine.provisioning"),
        (506, "job.training"),
        (506, "machine.working"),
        (566, "job.uploading"),
        (579, "machine.idle"),
        (579, "job.completed"),
    ]
    assert pool(sagemaker) == {
        "Status": "Reused", "ReusedByJob": "again", "ResourceRetainedBillableTimeInSeconds": 496 - 194,
    }  # fmt: skip
    assert [line for _, line in printed(lab) + printed(lab, "again")] == ["not there yet", "cached"]
    assert second["BillableTimeInSeconds"] == 579 - 501 < first["BillableTimeInSeconds"]
    lab.skip(hours=1)
    assert pool(sagemaker, "again") == {"Status": "Terminated", "ResourceRetainedBillableTimeInSeconds": 600}
    billed = first["BillableTimeInSeconds"] + second["BillableTimeInSeconds"] + 302 + 600
    assert on_machines(lab) == billed * Fraction("0.12096") / 3600
    assert {line.resource for line in lab.world.bill} == {"job/algo-1", "job/volume", "again/volume"}
    assert [name for name in lab.world.quotas if lab.world.quotas.used(name)] == []


def test_without_a_quota_nothing_is_kept_and_nobody_says_so(lab, sagemaker):
    sagemaker.create_training_job(**warm(type="ml.m5.large"))
    described = finish(sagemaker)
    assert described["TrainingJobStatus"] == "Completed"
    assert pool(sagemaker) == {"Status": "Terminated", "ResourceRetainedBillableTimeInSeconds": 0}
    assert lab.world.bill.running() == []
    assert on_machines(lab) == described["BillableTimeInSeconds"] * Fraction("0.115") / 3600


def test_a_job_that_differs_in_its_disk_starts_from_nothing(lab, sagemaker):
    sagemaker.create_training_job(**warm())
    finish(sagemaker)
    other = warm("other")
    other["ResourceConfig"]["VolumeSizeInGB"] = 11
    sagemaker.create_training_job(**other)
    finish(sagemaker, "other")
    assert pool(sagemaker)["Status"] == "Available"
    assert printed(lab, "other")[0][1] == "not there yet"


def test_machines_that_wait_count_in_the_quota_for_training(lab, sagemaker):
    for number in range(4):
        sagemaker.create_training_job(**warm(f"job-{number}"))
    finish(sagemaker, "job-3")
    other = warm("other")
    other["ResourceConfig"]["VolumeSizeInGB"] = 11
    code, message = refused(sagemaker.create_training_job, **other)
    assert (code, "current utilization of 4 Instances" in message) == ("ResourceLimitExceeded", True)
    sagemaker.create_training_job(**warm("alike"))


def test_kept_for_longer_and_let_go(lab, sagemaker):
    sagemaker.create_training_job(**warm())
    assert refused(
        sagemaker.update_training_job, TrainingJobName="job", ResourceConfig={"KeepAlivePeriodInSeconds": 60}
    ) == ("ValidationException", "Training job job does not retain an Available warm pool.")
    finish(sagemaker)
    sagemaker.update_training_job(TrainingJobName="job", ResourceConfig={"KeepAlivePeriodInSeconds": 3600})
    lab.skip(seconds=1800)
    assert pool(sagemaker)["Status"] == "Available"
    assert refused(sagemaker.delete_training_job, TrainingJobName="job")[0] == "ResourceInUse"
    sagemaker.update_training_job(TrainingJobName="job", ResourceConfig={"KeepAlivePeriodInSeconds": 0})
    assert pool(sagemaker)["Status"] == "Terminated"
    assert lab.world.bill.running() == []
    sagemaker.delete_training_job(TrainingJobName="job")
    assert refused(sagemaker.describe_training_job, TrainingJobName="job")[0] == "ValidationException"


def test_a_job_that_failed_by_itself_leaves_its_machines_too(lab, sagemaker):
    sagemaker.create_training_job(**warm(script="raise SystemExit(1)"))
    finish(sagemaker)
    assert pool(sagemaker)["Status"] == "Available"
    found = sagemaker.list_training_jobs(WarmPoolStatusEquals="Available")["TrainingJobSummaries"]
    assert [summary["WarmPoolStatus"]["Status"] for summary in found] == ["Available"]
    assert sagemaker.list_training_jobs(WarmPoolStatusEquals="InUse")["TrainingJobSummaries"] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {
                "EnableManagedSpotTraining": True,
                "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60},
            },
            "KeepAlivePeriodInSeconds is not supported with managed spot training.",
        ),
        (
            {
                "ResourceConfig": {
                    "VolumeSizeInGB": 1,
                    "KeepAlivePeriodInSeconds": 60,
                    "InstanceGroups": [
                        {"InstanceType": "ml.m5.large", "InstanceCount": 1, "InstanceGroupName": "a"},
                    ],
                }
            },
            "KeepAlivePeriodInSeconds is not supported with InstanceGroups.",
        ),
    ],
)
def test_machines_that_cannot_be_kept(lab, sagemaker, change, said):
    assert refused(sagemaker.create_training_job, **warm(**change)) == ("ValidationException", said)
