"""A training job's life, as (second, event, dollars)."""

import io
import tarfile
import time
from fractions import Fraction

import boto3
import pytest

from tests.aws_jobs import BUCKET, channel, finish, job, log, on_machines, printed, put

SAVING = """
    import os, pathlib, signal, sys
    saved = pathlib.Path("/opt/ml/checkpoints/epoch.txt")
    first = int(saved.read_text()) + 1 if saved.exists() else 1
    epoch = first
    def stop(*_):
        saved.write_text(str(epoch))
        print("saved epoch", epoch, flush=True)
        sys.exit(0)
    signal.signal(signal.SIGTERM, stop)
    for epoch in range(first, 9):
        print("epoch", epoch, flush=True)
    pathlib.Path("/opt/ml/model/model.txt").write_text(f"{first} to {epoch}")
"""


def model(name="job"):
    body = boto3.client("s3").get_object(Bucket=BUCKET, Key=f"models/{name}/output/model.tar.gz")["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        return {m.name: (archive.extractfile(m).read().decode(), m.mtime) for m in archive.getmembers()}


def test_a_job_from_its_request_to_its_end(lab, sagemaker):
    lab.workload("train.py", minutes=10)
    put("sensors/sensors.csv", "age,failed\n1,0\n")
    request = job()
    request["InputDataConfig"].append(channel("training", "sensors/"))
    sagemaker.create_training_job(**request)
    described = finish(sagemaker)
    assert log(lab) == [
        (0, "job.starting", 0),
        (0, "machine.requested", 0),
        (0, "machine.provisioning", 0),
        (42, "machine.booted", 0),
        (42, "job.downloading", 0),
        (42, "machine.provisioning", 0),
        (116, "machine.pulled", 0.004728),
        (121, "job.training", 0.005047),
        (121, "machine.working", 0.005047),
        (721, "job.uploading", 0.043381),
        (734, "machine.released", 0.044211),
        (734, "job.completed", 0.044211),
    ]
    assert described["BillableTimeInSeconds"] == 734 - 42
    assert on_machines(lab) == Fraction(described["BillableTimeInSeconds"]) * Fraction("0.23") / 3600
    assert [t["Status"] for t in described["SecondaryStatusTransitions"]] == [
        "Starting", "Downloading", "Training", "Uploading", "Completed",
    ]  # fmt: skip
    assert model() == {"model.txt": ("a model", int(described["TrainingEndTime"].timestamp()) - 13)}
    assert printed(lab)[0][1] == "epoch 1"
    assert lab.world.clock.failures == []


def test_only_the_time_on_the_machines_is_billed_for_each_of_them(lab, sagemaker):
    request = job(ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 10})
    sagemaker.create_training_job(**request)
    described = finish(sagemaker)
    assert on_machines(lab) == 2 * described["BillableTimeInSeconds"] * Fraction("0.115") / 3600
    assert {line.resource for line in lab.world.bill} == {"job/algo-1", "job/algo-2", "job/volume"}
    assert lab.world.quotas.used("aws/ml.m5.large for training job usage") == 0


def test_its_volume_costs_by_the_month_and_for_as_long(lab, sagemaker):
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 50}
    sagemaker.create_training_job(**job(ResourceConfig=resources))
    described = finish(sagemaker)
    (line,) = lab.world.bill.lines(resource="job/volume")
    assert (line.item, line.lasted(lab.world.clock.now) // 1000) == (
        "ML storage, 100 GB",
        described["BillableTimeInSeconds"],
    )
    assert float(line.hourly) == pytest.approx(0.14 * 100 / 730)


def test_the_log_appears_as_time_passes(lab, sagemaker):
    lab.workload("train.py", minutes=9)
    sagemaker.create_training_job(**job())
    lab.skip(seconds=121 + 180)
    assert [line for _, line in printed(lab)] == ["epoch 1", "epoch 2", "epoch 3"]
    assert sagemaker.describe_training_job(TrainingJobName="job")["SecondaryStatus"] == "Training"
    events = boto3.client("logs").filter_log_events(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix="job/", filterPattern='epoch "h 2"'
    )["events"]
    assert [event["message"] for event in events] == ["epoch 2"]


def test_stopped_at_its_half_it_saves_a_checkpoint_and_the_next_job_goes_on_from_there(lab, sagemaker):
    lab.workload("train.py", minutes=9)
    checkpoints = {"S3Uri": f"s3://{BUCKET}/checkpoints"}
    sagemaker.create_training_job(**job(script=SAVING, CheckpointConfig=checkpoints))
    lab.skip(seconds=120 + 270)
    sagemaker.stop_training_job(TrainingJobName="job")
    assert sagemaker.describe_training_job(TrainingJobName="job")["TrainingJobStatus"] == "Stopping"
    described = finish(sagemaker)
    assert (described["TrainingJobStatus"], described["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert [line for _, line in printed(lab)] == ["epoch 1", "epoch 2", "epoch 3", "epoch 4", "saved epoch 4"]
    assert log(lab, "job.") == [
        (0, "job.starting", 0),
        (42, "job.downloading", 0),
        (121, "job.training", 0.005047),
        (391, "job.stopping", 0.022297),
        (392, "job.uploading", 0.022361),
        (405, "job.stopped", 0.023192),
    ]
    assert described["BillableTimeInSeconds"] * Fraction("0.23") / 3600 == on_machines(lab)
    sagemaker.create_training_job(**job("again", script=SAVING, CheckpointConfig=checkpoints))
    finish(sagemaker, "again")
    assert model("again")["model.txt"][0] == "5 to 8"


def test_a_script_that_does_not_listen_to_sigterm_leaves_no_model(lab, sagemaker):
    sagemaker.create_training_job(**job())
    lab.skip(seconds=140)
    sagemaker.stop_training_job(TrainingJobName="job")
    assert finish(sagemaker)["TrainingJobStatus"] == "Stopped"
    assert "Contents" not in boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="models/")


@pytest.mark.parametrize(("second", "billed"), [(1, None), (20, None), (60, 18)])
def test_stopped_before_it_trains_it_runs_nothing(lab, sagemaker, second, billed):
    sagemaker.create_training_job(**job())
    lab.skip(seconds=second - 1)
    sagemaker.stop_training_job(TrainingJobName="job")
    described = finish(sagemaker)
    assert described["TrainingJobStatus"] == "Stopped"
    assert (described["BillableTimeInSeconds"] or None) == billed
    assert on_machines(lab) == (billed or 0) * Fraction("0.23") / 3600
    assert lab.world.bill.running() == []
    assert lab.world.quotas.used("aws/ml.m5.xlarge for training job usage") == 0


def test_at_its_time_limit_it_is_stopped_and_what_it_saved_is_kept(lab, sagemaker):
    lab.workload("train.py", minutes=60)
    limit = {"MaxRuntimeInSeconds": 600}
    sagemaker.create_training_job(
        **job(script=SAVING, StoppingCondition=limit, CheckpointConfig={"S3Uri": f"s3://{BUCKET}/c"})
    )
    described = finish(sagemaker)
    assert (described["TrainingJobStatus"], described["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert log(lab, "job.uploading")[0][0] == 42 + 600 + 1
    assert boto3.client("s3").get_object(Bucket=BUCKET, Key="c/epoch.txt")["Body"].read() == b"1"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("raise SystemExit(3)", "AlgorithmError: , exit code: 3"),
        ("import no_such_module", "AlgorithmError: , exit code: 1"),
        (
            "open('/opt/ml/output/failure', 'w').write('no rows'); raise SystemExit(1)",
            "AlgorithmError: no rows, exit code: 1",
        ),
    ],
)
def test_a_script_that_fails(lab, sagemaker, script, reason):
    sagemaker.create_training_job(**job(script=script))
    described = finish(sagemaker)
    assert (described["TrainingJobStatus"], described["FailureReason"]) == ("Failed", reason)
    assert described["BillableTimeInSeconds"] * Fraction("0.23") / 3600 == on_machines(lab)
    assert lab.world.bill.running() == []


def test_a_script_that_never_ends_fails_with_a_reason_of_its_own(lab, sagemaker, monkeypatch):
    run = lab.world.runner.run
    monkeypatch.setattr(lab.world.runner, "run", lambda container, *, send: run(container, send=send, budget=1.0))
    sagemaker.create_training_job(**job(script="print('on it', flush=True)\nwhile True: pass"))
    reason = finish(sagemaker)["FailureReason"]
    assert reason.startswith("AlgorithmError: Two Clouds: the script was still running after 1 seconds of real time")
    assert lab.world.bill.running() == []


def test_a_failure_reason_has_1024_characters_at_most(lab, sagemaker):
    script = "open('/opt/ml/output/failure', 'w').write('x' * 5000); raise SystemExit(1)"
    sagemaker.create_training_job(**job(script=script))
    reason = finish(sagemaker)["FailureReason"]
    assert len(reason) == 1024
    assert reason.endswith("x, exit code: 1")


def test_an_error_of_ours_fails_its_job_alone(lab, sagemaker, monkeypatch):
    sagemaker.create_training_job(**job("good"))
    request = job("bad")
    from twoclouds.aws.training import training_run

    real = training_run._run
    monkeypatch.setattr(
        training_run, "_run", lambda cloud, job, inputs: real(cloud, job, inputs) if job.name == "good" else 1 / 0
    )
    sagemaker.create_training_job(**request)
    assert finish(sagemaker, "bad")["FailureReason"].startswith("InternalServerError: ")
    assert finish(sagemaker, "good")["TrainingJobStatus"] == "Completed"
    assert [failure.name for failure in lab.world.clock.failures] == ["bad"]
    assert lab.world.bill.running() == []


def test_a_script_that_uses_s3_itself_has_its_roles_rights(lab, sagemaker):
    script = """
        import boto3
        s3 = boto3.client("s3")
        s3.put_object(Bucket="two-clouds-data", Key="from-inside", Body=b"hello")
        print(s3.get_object(Bucket="two-clouds-data", Key="from-inside")["Body"].read(), flush=True)
        try:
            s3.delete_bucket(Bucket="two-clouds-data")
        except s3.exceptions.ClientError as error:
            print(error.response["Error"]["Code"], flush=True)
    """
    sagemaker.create_training_job(**job(script=script))
    assert finish(sagemaker).get("FailureReason") is None
    assert [line for _, line in printed(lab)] == ["b'hello'", "AccessDenied"]


def test_the_log_says_what_stands_in_for_a_package_that_the_script_imports(lab, sagemaker):
    sagemaker.create_training_job(**job(script="import sklearn"))
    finish(sagemaker)
    remarks = [line.partition(";")[0] for _, line in printed(lab)]
    assert "Two Clouds: scikit-learn==1.2.1 was asked for" in remarks


def test_metrics_are_read_from_the_log(lab, sagemaker):
    request = job()
    request["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "epoch", "Regex": r"epoch (\d+)"}]
    sagemaker.create_training_job(**request)
    assert [(m["MetricName"], m["Value"]) for m in finish(sagemaker)["FinalMetricDataList"]] == [("epoch", 8.0)]


def test_the_same_calls_give_the_same_bytes(lab, sagemaker):
    def bytes_of_a_run():
        boto3.client("sagemaker").create_training_job(**job())
        finish(sagemaker)
        return boto3.client("s3").get_object(Bucket=BUCKET, Key="models/job/output/model.tar.gz")["Body"].read()

    first = bytes_of_a_run()
    lab.reset()
    assert bytes_of_a_run() == first
    assert time.time() == lab.world.clock.timestamp


def test_a_log_from_a_time_on(lab, sagemaker):
    lab.workload("train.py", minutes=9)
    sagemaker.create_training_job(**job())
    finish(sagemaker)
    logs, group = boto3.client("logs"), "/aws/sagemaker/TrainingJobs"
    name = logs.describe_log_streams(logGroupName=group)["logStreams"][0]["logStreamName"]
    asked = dict(logGroupName=group, logStreamName=name, startFromHead=True)
    times = [event["timestamp"] for event in logs.get_log_events(**asked)["events"]]
    later = logs.get_log_events(**asked, startTime=times[2], endTime=times[4])["events"]
    assert [event["timestamp"] for event in later] == times[2:4]
    assert len(logs.filter_log_events(logGroupName=group, startTime=times[-1])["events"]) == 1
