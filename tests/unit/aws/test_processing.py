"""Processing jobs, as (second, event, dollars) and as what a learner finds in S3."""

import json
from fractions import Fraction

import boto3
import pytest

from tests.aws_jobs import BUCKET, IMAGE, ROLE, log, on_machines, put
from tests.unit.aws.test_refusals import refused

SCRIPT = """
    import json, os, pathlib, sys
    base = pathlib.Path("/opt/ml/processing")
    here = json.loads(pathlib.Path("/opt/ml/config/resourceconfig.json").read_text())
    told = json.loads(pathlib.Path("/opt/ml/config/processingjobconfig.json").read_text())
    names = sorted(os.listdir(base / "input/data"))
    print(here["current_host"], here["hosts"], sys.argv[1:], names, os.environ["GREETING"], flush=True)
    assert told["ProcessingInputs"][0]["S3Input"]["S3InputMode"] == "File", told
    (base / "train" / f"{here['current_host']}.txt").write_text(",".join(names))
    (base / "reports/report.txt").write_text("so far")
    pathlib.Path("/opt/ml/output/message").write_text(f"{len(names)} files")
"""


def given(name, prefix, path, **changes):
    s3_input = {"S3Uri": f"s3://{BUCKET}/{prefix}", "LocalPath": f"/opt/ml/processing/{path}", "S3DataType": "S3Prefix"}
    return {"InputName": name, "S3Input": {**s3_input, "S3InputMode": "File", **changes}}


def output(name, mode="EndOfJob"):
    s3_output = {"S3Uri": f"s3://{BUCKET}/out/{name}", "LocalPath": f"/opt/ml/processing/{name}", "S3UploadMode": mode}
    return {"OutputName": name, "S3Output": s3_output}


def processing(name="job", *, script=SCRIPT, count=1, **changes):
    """The parameters of create_processing_job for a script, which is stored first; `changes` replace some."""
    put(f"code/{name}/process.py", script)
    for letter in "abc":
        put(f"data/{letter}.csv", letter)
    shared = given("data", "data/", "input/data", S3DataDistributionType="ShardedByS3Key")
    cluster = {"InstanceType": "ml.m5.xlarge", "InstanceCount": count, "VolumeSizeInGB": 10}
    return {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/process.py"],
            "ContainerArguments": ["--rows", "3"],
        },
        "ProcessingInputs": [shared, given("code", f"code/{name}/", "input/code")],
        "ProcessingOutputConfig": {"Outputs": [output("train"), output("reports", "Continuous")]},
        "ProcessingResources": {"ClusterConfig": cluster},
        "Environment": {"GREETING": "hello"},
        **changes,
    }


def finish(lab, sagemaker, name="job"):
    lab.skip(hours=1)
    return sagemaker.describe_processing_job(ProcessingJobName=name)


def found(prefix="out/"):
    s3 = boto3.client("s3")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]
    return {key.removeprefix(prefix): s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() for key in keys}


def printed(lab):
    streams = lab.aws.state.logs.streams("/aws/sagemaker/ProcessingJobs")
    return [line for stream in streams for _, line in stream.events if not line.startswith("Two Clouds: in")]


def test_a_job_from_its_request_to_its_results(lab, sagemaker):
    lab.workload("process.py", minutes=10)
    sagemaker.create_processing_job(**processing())
    described = finish(lab, sagemaker)
    assert log(lab, "job.") == [
        (0, "job.starting", 0),
        (42, "job.downloading", 0),
        (121, "job.processing", 0.005047),
        (721, "job.uploading", 0.043381),
        (734, "job.completed", 0.044211),
    ]
    assert (described["ProcessingJobStatus"], described["ExitMessage"]) == ("Completed", "3 files")
    assert (described["ProcessingEndTime"] - described["ProcessingStartTime"]).seconds == 734 - 42
    assert printed(lab) == ["algo-1 ['algo-1'] ['--rows', '3'] ['a.csv', 'b.csv', 'c.csv'] hello"]
    assert found() == {"reports/report.txt": "so far", "train/algo-1.txt": "a.csv,b.csv,c.csv"}
    assert on_machines(lab) == 692 * Fraction("0.23") / 3600


def test_two_machines_share_the_work(lab, sagemaker):
    sagemaker.create_processing_job(**processing(count=2))
    assert lab.world.quotas.used("aws/ml.m5.xlarge for processing job usage") == 2
    assert finish(lab, sagemaker)["ExitMessage"] == "2 files1 files"
    assert found("out/train/") == {"algo-1.txt": "a.csv,c.csv", "algo-2.txt": "b.csv"}
    assert lab.world.quotas.used("aws/ml.m5.xlarge for processing job usage") == 0


def test_a_script_that_fails_keeps_what_is_uploaded_continuously(lab, sagemaker):
    failing = SCRIPT + "    sys.exit(3)\n"
    sagemaker.create_processing_job(**processing(script=failing))
    described = finish(lab, sagemaker)
    assert described["ProcessingJobStatus"] == "Failed"
    assert described["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert found() == {"reports/report.txt": "so far"}


@pytest.mark.parametrize(("second", "started"), [(1, False), (60, True), (140, True)])
def test_stopped(lab, sagemaker, second, started):
    sagemaker.create_processing_job(**processing())
    lab.skip(seconds=second)
    sagemaker.stop_processing_job(ProcessingJobName="job")
    described = finish(lab, sagemaker)
    assert (described["ProcessingJobStatus"], "ProcessingStartTime" in described) == ("Stopped", started)
    assert lab.world.bill.running() == []
    assert refused(sagemaker.stop_processing_job, ProcessingJobName="job") == (
        "ValidationException",
        "The request was rejected because the processing job is in status Stopped.",
    )


def test_at_its_time_limit_it_is_stopped(lab, sagemaker):
    lab.workload("process.py", minutes=60)
    sagemaker.create_processing_job(**processing(StoppingCondition={"MaxRuntimeInSeconds": 300}))
    assert finish(lab, sagemaker)["ProcessingJobStatus"] == "Stopped"
    assert log(lab, "job.uploading")[0][0] == 42 + 300 + 1


def test_a_list_and_what_is_refused(lab, sagemaker):
    sagemaker.create_processing_job(**processing("a"))
    sagemaker.create_processing_job(**processing("b", Tags=[{"Key": "team", "Value": "ours"}]))
    names = [job["ProcessingJobName"] for job in sagemaker.list_processing_jobs()["ProcessingJobSummaries"]]
    assert names == ["b", "a"]
    arn = sagemaker.describe_processing_job(ProcessingJobName="b")["ProcessingJobArn"]
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "ours"}]
    assert refused(sagemaker.create_processing_job, **processing("a"))[0] == "ResourceInUse"
    assert refused(sagemaker.describe_processing_job, ProcessingJobName="c") == (
        "ValidationException",
        "Could not find requested job with name: c",
    )
    code, message = refused(sagemaker.create_processing_job, **processing("d", count=3))
    assert (code, "'ml.m5.xlarge for processing job usage' is 4 Instances" in message) == (
        "ResourceLimitExceeded",
        True,
    )
    elsewhere = {"Outputs": [output("train") | {"S3Output": {**output("train")["S3Output"], "LocalPath": "/tmp/x"}}]}
    assert refused(sagemaker.create_processing_job, **processing("e", ProcessingOutputConfig=elsewhere)) == (
        "ValidationException",
        "LocalPath of train must begin with /opt/ml/processing/",
    )


def test_results_under_a_key_need_the_key(lab, sagemaker):
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    outputs = {"Outputs": [output("train"), output("reports")], "KmsKeyId": key}
    sagemaker.create_processing_job(**processing(ProcessingOutputConfig=outputs))
    said = finish(lab, sagemaker)["FailureReason"]
    assert said.startswith("ClientError: Artifact upload failed:AccessDenied: "), said
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}
    boto3.client("iam").put_role_policy(
        RoleName="TwoCloudsExecutionRole", PolicyName="keys", PolicyDocument=json.dumps(policy)
    )
    sagemaker.create_processing_job(**processing("again", ProcessingOutputConfig=outputs))
    assert finish(lab, sagemaker, "again")["ProcessingJobStatus"] == "Completed"
    assert found("out/train/") == {"algo-1.txt": "a.csv,b.csv,c.csv"}


def test_a_volume_under_a_key_needs_the_key_at_once(lab, sagemaker):
    key = boto3.client("kms").create_key()["KeyMetadata"]["KeyId"]
    cluster = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10, "VolumeKmsKeyId": key}
    request = processing(ProcessingResources={"ClusterConfig": cluster})
    code, message = refused(sagemaker.create_processing_job, **request)
    assert (code, "kms:CreateGrant" in message) == ("ValidationException", True)
    assert lab.world.quotas.used("aws/ml.m5.xlarge for processing job usage") == 0
