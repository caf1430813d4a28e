"""Channels: what a script finds in each input mode, and how data is named, shuffled, unpacked and wrapped."""

import gzip

import boto3
import pytest

from tests.aws_jobs import BUCKET, channel, finish, job, printed, put
from tests.unit.aws.test_refusals import refused

READS = """
    import os, pathlib
    data = pathlib.Path("/opt/ml/input/data")
    for path in sorted(data.glob("lines*")):
        if path.is_dir():
            print(path.name, {str(f.relative_to(path)): f.read_text().strip() for f in sorted(path.rglob("*.txt"))})
    for epoch in range(2):
        if (data / f"lines_{epoch}").exists():
            print(epoch, open(data / f"lines_{epoch}", "rb").read(), flush=True)
"""


def lines(mode, **changes):
    made = channel("lines", "lines/")
    made["DataSource"]["S3DataSource"] |= changes.pop("source", {})
    return {**made, "InputMode": mode, **changes}


def run(sagemaker, data, name="job"):
    request = job(name, script=READS)
    sagemaker.create_training_job(**request | {"InputDataConfig": [*request["InputDataConfig"], data]})
    return finish(sagemaker, name)


def waited(lab, sagemaker, mode):
    """Seconds between the beginning of a job's download and its training, in an input mode."""
    request = job(mode)
    sagemaker.create_training_job(**request | {"InputDataConfig": [*request["InputDataConfig"], lines(mode)]})
    finish(sagemaker, mode)
    began, ready = (lab.world.events.of(f"job.{event}", f"aws/{mode}")[0] for event in ("downloading", "training"))
    return (ready.time - began.time) / 1000


@pytest.fixture(autouse=True)
def data(lab):
    put("lines/a.txt", "one\n")
    put("lines/deep/b.txt", "two\n")


def test_files_are_downloaded_or_are_there_at_once(lab, sagemaker):
    run(sagemaker, lines("FastFile"))
    assert printed(lab)[0][1] == "lines {'a.txt': 'one', 'deep/b.txt': 'two'}"
    lab.aws.state.others.s3.put_object(BUCKET, "lines/large.bin", bytes(100_000_000))
    assert (waited(lab, sagemaker, "File"), waited(lab, sagemaker, "FastFile")) == (80, 79)


def test_what_was_deleted_is_not_there_in_a_bucket_that_keeps_versions(lab, sagemaker):
    s3 = boto3.client("s3")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    put("lines/a.txt", "one, again\n")
    s3.delete_object(Bucket=BUCKET, Key="lines/deep/b.txt")
    run(sagemaker, lines("File"))
    assert printed(lab)[0][1] == "lines {'a.txt': 'one, again'}"


def test_a_pipe_for_each_epoch(lab, sagemaker):
    run(sagemaker, lines("Pipe"))
    assert [line for _, line in printed(lab)] == ["0 b'one\\ntwo\\n'", "1 b'one\\ntwo\\n'"]


def test_shuffled_the_order_differs_from_epoch_to_epoch(lab, sagemaker):
    for letter in "cdefgh":
        put(f"lines/{letter}.txt", f"{letter}\n")
    run(sagemaker, lines("Pipe", ShuffleConfig={"Seed": 3}))
    first, second = (line[2:] for _, line in printed(lab))
    assert first != second
    assert sorted(eval(first).split()) == sorted(eval(second).split())


def test_unpacked_and_wrapped(lab, sagemaker):
    boto3.client("s3").put_object(Bucket=BUCKET, Key="packed/a.gz", Body=gzip.compress(b"one\n"))
    packed = lines("Pipe", CompressionType="Gzip", source={"S3Uri": f"s3://{BUCKET}/packed/"})
    run(sagemaker, packed)
    assert printed(lab)[0][1] == "0 b'one\\n'"
    run(sagemaker, lines("Pipe", RecordWrapperType="RecordIO", source={"S3Uri": f"s3://{BUCKET}/lines/a"}), "wrapped")
    assert eval(printed(lab, "wrapped")[0][1][2:]) == bytes.fromhex("0a23d7ce04000000") + b"one\n"
    described = run(sagemaker, {**packed, "DataSource": lines("Pipe")["DataSource"]}, "not-packed")
    assert described["FailureReason"].startswith("ClientError: Data download failed:Unable to decompress a.txt")


def test_a_manifest_names_the_objects(lab, sagemaker):
    put("lists/data.manifest", f'[{{"prefix": "s3://{BUCKET}/lines/"}}, "deep/b.txt"]')
    source = {"S3DataType": "ManifestFile", "S3Uri": f"s3://{BUCKET}/lists/data.manifest"}
    run(sagemaker, lines("File", source=source))
    assert printed(lab)[0][1] == "lines {'deep/b.txt': 'two'}"
    put("lists/data.manifest", "lines/a.txt")
    described = run(sagemaker, lines("File", source=source), "no-manifest")
    assert "is not a manifest" in described["FailureReason"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            lines("File", CompressionType="Gzip"),
            "CompressionType Gzip of channel lines is only supported in Pipe input mode.",
        ),
        (
            lines("File", RecordWrapperType="RecordIO"),
            "RecordWrapperType RecordIO of channel lines is only supported in Pipe input mode.",
        ),
        (
            lines("FastFile", source={"S3DataType": "ManifestFile"}),
            "Channel lines: FastFile input mode requires S3DataType S3Prefix.",
        ),
        ({**lines("File"), "ChannelName": "code"}, "Channel names must be unique."),
    ],
)
def test_what_does_not_go_together(lab, sagemaker, data, said):
    request = job()
    request["InputDataConfig"].append(data)
    assert refused(sagemaker.create_training_job, **request) == ("ValidationException", said)


def test_a_model_that_is_not_packed(lab, sagemaker):
    output = {"S3OutputPath": f"s3://{BUCKET}/models", "CompressionType": "NONE"}
    sagemaker.create_training_job(**job(OutputDataConfig=output))
    artifacts = finish(sagemaker)["ModelArtifacts"]["S3ModelArtifacts"]
    assert artifacts == f"s3://{BUCKET}/models/job/output/model/"
    body = boto3.client("s3").get_object(Bucket=BUCKET, Key="models/job/output/model/model.txt")["Body"].read()
    assert body == b"a model"
