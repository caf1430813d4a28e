"""Batch transform: what goes in, what comes out, what it costs, and how it fails."""

from fractions import Fraction

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.aws_jobs import BUCKET, log, put
from tests.aws_models import multiplier
from twoclouds.aws.transform import json_paths
from twoclouds.wire.errors import NotSimulated

ECHO = """
import os
print("strategy", os.environ.get("SAGEMAKER_BATCH_STRATEGY"), os.environ["SAGEMAKER_BATCH"], flush=True)
def app(environ, start_response):
    path, body = environ["PATH_INFO"], environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if path == "/execution-parameters":
        start_response("404 Not Found", [])
        return [b""]
    if path == "/invocations":
        print("got", len(body.split()), environ.get("CONTENT_TYPE"), environ.get("HTTP_ACCEPT"), flush=True)
    if b"bad" in body:
        start_response("400 Bad Request", [("Content-Type", "text/plain")])
        return [b"a bad record"]
    if b"worse" in body:
        start_response("500 Internal Server Error", [])
        return [b"it broke"]
    start_response("200 OK", [("Content-Type", "text/csv")])
    return ["\\n".join(f"p{line.count(',')}" for line in body.decode().split()).encode()]
"""
"""A server that says of each line how many commas it has."""
SETTINGS = "MaxConcurrentTransforms=1, MaxPayloadInMB=6, BatchStrategy=MULTI_RECORD"


def transform(sagemaker, name="job", *, source="in/", content="text/csv", output=None, resources=None, **changes):
    if "model" not in sagemaker.models:
        sagemaker.create_model(**multiplier("model", 1, server=ECHO))
        sagemaker.models.add("model")
    data = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{source}"}}
    given = {"DataSource": data, "ContentType": content, "SplitType": "Line", **changes.pop("input", {})}
    sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName="model",
        TransformInput={k: v for k, v in given.items() if v is not None},
        TransformOutput={
            "S3OutputPath": f"s3://{BUCKET}/out",
            "Accept": "text/csv",
            "AssembleWith": "Line",
            **(output or {}),
        },
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1, **(resources or {})},
        **changes,
    )


@pytest.fixture
def sagemaker(sagemaker):
    sagemaker.models = set()
    return sagemaker


def finish(lab, sagemaker, name="job"):
    lab.settle()
    return sagemaker.describe_transform_job(TransformJobName=name)


def read(key):
    return boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()


def keys():
    found = boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="out/").get("Contents", [])
    return [o["Key"] for o in found]


def printed(lab, name="job"):
    streams = lab.aws.state.logs.streams("/aws/sagemaker/TransformJobs", f"{name}/")
    return [line for stream in streams for _, line in stream.events]


def test_a_job_from_its_request_to_its_end(lab, sagemaker):
    put("in/a.csv", "1,2\n3,4\n")
    put("in/deeper/b.csv", "5\n")
    transform(sagemaker)
    described = finish(lab, sagemaker)
    assert described["TransformJobStatus"] == "Completed"
    assert (keys(), read("out/a.csv.out"), read("out/deeper/b.csv.out")) == (
        ["out/a.csv.out", "out/deeper/b.csv.out"], "p1\np1\n", "p0\n",
    )  # fmt: skip
    assert log(lab) == [
        (1, "job.inprogress", 0),
        (1, "machine.requested", 0),
        (1, "machine.provisioning", 0),
        (121, "machine.booted", 0),
        (121, "machine.provisioning", 0),
        (195, "machine.pulled", 0.002364),
        (215, "machine.working", 0.003003),
        (229, "machine.released", 0.00345),
        (229, "job.completed", 0.00345),
    ]
    seconds = (described["TransformEndTime"] - described["TransformStartTime"]).seconds
    assert lab.world.bill.total() == Fraction("0.115") * seconds / 3600
    assert lab.world.quotas.used("aws/ml.m5.large for transform job usage") == 0
    assert printed(lab) == [
        "strategy None true",
        "got 2 text/csv text/csv",
        "got 1 text/csv text/csv",
        f"2026-11-30T09:03:35.000:[sagemaker logs]: {SETTINGS}",
    ]
    assert lab.world.clock.failures == []


def test_every_instance_costs_though_one_object_keeps_one_busy(lab, sagemaker):
    put("in/a.csv", "1\n")
    transform(sagemaker, resources={"InstanceCount": 3})
    described = finish(lab, sagemaker)
    seconds = (described["TransformEndTime"] - described["TransformStartTime"]).seconds
    assert lab.world.bill.total() == 3 * Fraction("0.115") * seconds / 3600


def test_single_records_or_as_many_as_fit(lab, sagemaker):
    put("in/a.csv", "1\n2\n3\n")
    transform(sagemaker, BatchStrategy="SingleRecord")
    finish(lab, sagemaker)
    assert [line for line in printed(lab) if line.startswith(("got", "strategy"))] == [
        "strategy SINGLE_RECORD true", *["got 1 text/csv text/csv"] * 3,
    ]  # fmt: skip
    assert read("out/a.csv.out") == "p0\np0\np0\n"
    put("in/a.csv", "1,2\n" * 600_000)
    transform(sagemaker, "large", MaxPayloadInMB=1)
    finish(lab, sagemaker, "large")
    got = [int(line.split()[1]) for line in printed(lab, "large") if line.startswith("got")]
    assert (len(got), sum(got)) == (3, 600_000)
    assert read("out/a.csv.out").count("p1\n") == 600_000


@pytest.mark.parametrize(
    ("processing", "written"),
    [
        ({"InputFilter": "$[1:]"}, "p1\np1\n"),
        ({"InputFilter": "$[1:]", "JoinSource": "Input"}, "id1,2,3,p1\nid2,5,6,p1\n"),
        ({"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}, "id1,p1\nid2,p1\n"),
        ({"JoinSource": "Input", "OutputFilter": "$[-1]"}, "p2\np2\n"),
    ],
)
def test_predictions_joined_with_their_records(lab, sagemaker, processing, written):
    put("in/a.csv", "id1,2,3\nid2,5,6\n")
    transform(sagemaker, DataProcessing=processing)
    assert finish(lab, sagemaker).get("FailureReason") is None
    assert read("out/a.csv.out") == written


def test_json_lines_joined(lab, sagemaker):
    server = """
import json
def app(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
    start_response("200 OK", [("Content-Type", "application/jsonlines")])
    if environ["PATH_INFO"] != "/invocations":
        return [b""]
    return ["\\n".join(json.dumps({"n": len(json.loads(line))}) for line in body.splitlines()).encode()]
"""
    sagemaker.create_model(**multiplier("model", 1, server=server))
    sagemaker.models.add("model")
    put("in/a.jsonl", '{"id": 1, "x": [1, 2]}\n{"id": 2, "x": [3]}\n')
    transform(
        sagemaker,
        content="application/jsonlines",
        output={"Accept": "application/jsonlines"},
        DataProcessing={"InputFilter": "$.x", "JoinSource": "Input", "OutputFilter": "$['id','SageMakerOutput']"},
    )
    assert finish(lab, sagemaker).get("FailureReason") is None
    assert read("out/a.jsonl.out") == '{"id":1,"SageMakerOutput":{"n":2}}\n{"id":2,"SageMakerOutput":{"n":1}}\n'


@pytest.mark.parametrize(
    ("text", "reason", "said"),
    [
        ("1\nbad\n", "ClientError: See job logs for more information", "Bad HTTP status received from algorithm: 400"),
        (
            "worse\n",
            "AlgorithmError: See job logs for more information",
            "Bad HTTP status received from algorithm: 500",
        ),
    ],
)
def test_an_object_that_fails_fails_the_job_and_the_others_are_kept(lab, sagemaker, text, reason, said):
    put("in/a.csv", text)
    put("in/b.csv", "1\n")
    transform(sagemaker)
    described = finish(lab, sagemaker)
    assert (described["TransformJobStatus"], described["FailureReason"]) == ("Failed", reason)
    assert keys() == ["out/b.csv.out"]
    assert any(line.endswith(f"two-clouds-data/in/a.csv: {said}") for line in printed(lab))
    assert sum("got" in line for line in printed(lab)) == (2 if "bad" in text else 5)


def test_other_failures(lab, sagemaker):
    transform(sagemaker, "empty", source="nothing/")
    assert finish(lab, sagemaker, "empty")["FailureReason"].startswith("ClientError: No S3 objects found under S3 URL")
    put("in/a.csv", "1,2\n")
    transform(sagemaker, "out-of-range", DataProcessing={"InputFilter": "$[7]"})
    assert finish(lab, sagemaker, "out-of-range")["TransformJobStatus"] == "Failed"
    assert any("Index 7 is out of range" in line for line in printed(lab, "out-of-range"))
    sagemaker.create_model(**multiplier("broken", 1, server="raise SystemExit(1)"))
    sagemaker.delete_model(ModelName="model")
    sagemaker.create_model(**multiplier("model", 1, server="raise SystemExit(1)"))
    transform(sagemaker, "broken")
    assert finish(lab, sagemaker, "broken")["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert lab.world.bill.running() == []


@pytest.mark.parametrize("second", [10, 150])
def test_a_stopped_job_stores_nothing(lab, sagemaker, second):
    put("in/a.csv", "1\n")
    transform(sagemaker)
    lab.skip(seconds=second)
    sagemaker.stop_transform_job(TransformJobName="job")
    assert sagemaker.describe_transform_job(TransformJobName="job")["TransformJobStatus"] == "Stopping"
    assert finish(lab, sagemaker)["TransformJobStatus"] == "Stopped"
    assert keys() == []
    assert lab.world.bill.running() == []
    with pytest.raises(ClientError, match="in status Stopped"):
        sagemaker.stop_transform_job(TransformJobName="job")


def test_what_is_refused(lab, sagemaker):
    transform(sagemaker)

    def code(**changes):
        with pytest.raises(ClientError) as raised:
            transform(sagemaker, **{"name": "other", **changes})
        return raised.value.response["Error"]["Code"]

    assert code(name="job") == "ResourceInUse"
    assert code(resources={"InstanceCount": 9}) == "ResourceLimitExceeded"
    assert code(MaxPayloadInMB=101) == "ValidationException"
    assert code(MaxPayloadInMB=60, MaxConcurrentTransforms=2) == "ValidationException"
    assert code(DataProcessing={"InputFilter": "x"}) == "ValidationException"
    assert code(content="image/png", DataProcessing={"JoinSource": "Input"}) == "ValidationException"
    with pytest.raises(ClientError, match="Could not find requested job"):
        sagemaker.describe_transform_job(TransformJobName="none")
    with pytest.raises(NotSimulated, match="SplitType=RecordIO"):
        transform(sagemaker, "recordio", input={"SplitType": "RecordIO"})
    assert [j["TransformJobName"] for j in sagemaker.list_transform_jobs()["TransformJobSummaries"]] == ["job"]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", {"id": 7, "x": [1, 2, 3, 4]}),
        ("$.id", 7),
        ("$['id']", 7),
        ("$['id','x']", {"id": 7, "x": [1, 2, 3, 4]}),
        ("$.x[0]", 1),
        ("$.x[-1]", 4),
        ("$.x[1:3]", [2, 3]),
        ("$.x[0,2:]", [1, 3, 4]),
        ("$.x[*]", [1, 2, 3, 4]),
        ("$.*", [7, [1, 2, 3, 4]]),
    ],
)
def test_paths(path, found):
    assert json_paths.select({"id": 7, "x": [1, 2, 3, 4]}, path) == found


@pytest.mark.parametrize("path", ["id", "$id", "$[", "$..id", "$.x[a]", "$.none", "$.x[9]", "$[0]", "$.x[]"])
def test_paths_that_lead_nowhere(path):
    with pytest.raises(json_paths.PathError):
        json_paths.select({"id": 7, "x": [1]}, path)
