"""Images of one's own: a folder with a Dockerfile, pushed to ECR, run by tag and by digest; and images that AWS has."""

import json
import re

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.aws_algorithms import Endpoint, csv, model_files, put, table, train
from tests.aws_jobs import IMAGE, ROLE, printed
from twoclouds.aws.errors import ValidationException
from twoclouds.aws.images import images, published
from twoclouds.aws.images.image_push import PushFailed
from twoclouds.wire.errors import NotSimulated
from twoclouds.world.images import BuildFailed

IMAGES_SERVE = True
DOCKERFILE = """
FROM python:3.11-slim
RUN pip install --no-cache-dir flask
COPY program /opt/program
ENV PATH="/opt/program:${PATH}" GREETING=hello
WORKDIR /opt/program
"""
TRAIN = """#!/usr/bin/env python3
import json, os
with open("/opt/ml/input/config/hyperparameters.json") as file:
    print(os.environ["GREETING"], json.load(file), os.getcwd())
with open("/opt/ml/model/model.txt", "w") as file:
    file.write("VERSION")
"""
SERVE = """#!/usr/bin/env python3
from flask import Flask, request
app = Flask("own")
@app.get("/ping")
def ping():
    return ""
@app.post("/invocations")
def invocations():
    return open("/opt/ml/model/model.txt").read() + " " + request.data.decode(), 200, {"Content-Type": "text/plain"}
app.run("0.0.0.0", 8080)
"""


@pytest.fixture
def folder(tmp_path):
    """Writes the folder of an image; `dockerfile` and `version` change what is in it."""

    def made(dockerfile=DOCKERFILE, version="one"):
        (tmp_path / "program").mkdir(exist_ok=True)
        (tmp_path / "Dockerfile").write_text(dockerfile)
        (tmp_path / "program" / "train").write_text(TRAIN.replace("VERSION", version))
        (tmp_path / "program" / "serve").write_text(SERVE)
        return tmp_path

    return made


def repository(name="mine", **more):
    return boto3.client("ecr").create_repository(repositoryName=name, **more)


def run(name, uri):
    return train(name, uri, {"epochs": "3"}, train=put("train/train.csv", csv(table(5))))


def test_build_push_train_and_serve(lab, folder):
    with pytest.raises(PushFailed, match="The repository with name 'mine' does not exist in the registry"):
        lab.push_image(folder(), "mine:1")
    repository()
    pushed = lab.push_image(folder(), "mine:1")
    assert pushed.uri == "123456789012.dkr.ecr.us-west-2.amazonaws.com/mine:1"
    assert pushed.log[0] == "Step 1/5 : FROM python:3.11-slim"
    [shown] = boto3.client("ecr").describe_images(repositoryName="mine")["imageDetails"]
    assert (shown["imageTags"], shown["imageDigest"]) == (["1"], pushed.pinned.partition("@")[2])
    job = run("own", pushed.uri)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert [line for _, line in printed(lab, "own")] == ["hello {'epochs': '3'} /opt/program"]
    endpoint = Endpoint(lab, pushed.uri, model_files(job))
    assert endpoint.ping() == 200
    assert endpoint.ask("asked", "text/plain") == (200, "text/plain", "one asked")


def test_a_tag_moves_and_a_digest_does_not(lab, folder):
    repository()
    first = lab.push_image(folder(), "mine:1")
    assert lab.push_image(folder(), "mine:1").pinned == first.pinned
    second = lab.push_image(folder(version="two"), "mine:1")
    lab.push_image(folder(version="one"), "mine:kept")
    assert second.pinned != first.pinned
    assert model_files(run("tag", second.uri))["model.txt"] == b"two"
    assert model_files(run("digest", first.pinned))["model.txt"] == b"one"
    gone = f"{first.uri}x"
    with pytest.raises(ClientError, match=re.escape(f"Requested image {gone} not found.")):
        run("gone", gone)


def test_the_same_folder_is_another_image_once_the_index_has_moved(lab, folder):
    repository()
    unpinned = "FROM python:3.11\nRUN pip install sensorscale\n"
    first = lab.push_image(folder(unpinned), "mine:1")
    assert lab.push_image(folder(unpinned), "mine:1").pinned == first.pinned
    lab.release("sensorscale", "1.1.0")
    second = lab.push_image(folder(unpinned), "mine:1")
    assert (second.uri, second.pinned != first.pinned) == (first.uri, True)
    assert "Successfully installed sensorscale-1.1.0" in second.log
    shown = boto3.client("ecr").describe_images(repositoryName="mine")["imageDetails"]
    assert {each["imageDigest"]: each.get("imageTags") for each in shown} == {
        first.pinned.partition("@")[2]: None,
        second.pinned.partition("@")[2]: ["1"],
    }
    held = [images.find(lab.aws.state, each.pinned).definition for each in (first, second)]
    assert [lab.world.images.build(each).packages["sensorscale"] for each in held] == ["1.0.0", "1.1.0"]


def test_a_tag_that_is_immutable(lab, folder):
    repository(imageTagMutability="IMMUTABLE")
    lab.push_image(folder(), "mine:1")
    with pytest.raises(PushFailed, match="already exists in the 'mine' repository and cannot be overwritten"):
        lab.push_image(folder(version="two"), "mine:1")
    lab.push_image(folder(version="two"), "mine:2")


def test_an_image_that_stands_on_one_of_awss_keeps_its_toolkit(lab, folder):
    repository()
    pushed = lab.push_image(folder(f"FROM {IMAGE}\nRUN pip install six\n"), "mine:1")
    handlers = b"import six\ndef model_fn(d):\n    return 2\ndef predict_fn(x, m):\n    return x * m\n"
    environment = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    endpoint = Endpoint(lab, pushed.uri, {"code/inference.py": handlers}, environment)
    assert endpoint.ask("[1, 2]", "application/json") == (200, "application/json", [2.0, 4.0])


def test_entry_point_and_arguments_are_the_images_own(lab, folder):
    repository()
    start = 'FROM python:3.11\nCOPY program /srv\nENTRYPOINT ["python3", "-c", "import sys; print(sys.argv)"]\n'
    pushed = lab.push_image(folder(start), "mine:latest")
    run("own", pushed.uri.removesuffix(":latest"))
    assert [line for _, line in printed(lab, "own")] == ["['-c', 'train']"]


def test_a_build_that_fails_leaves_nothing(lab, folder):
    repository()
    with pytest.raises(BuildFailed, match="No matching distribution found for no-such-package"):
        lab.push_image(folder("FROM python:3.11\nRUN pip install no-such-package\n"), "mine:1")
    assert boto3.client("ecr").describe_images(repositoryName="mine")["imageDetails"] == []
    assert lab.aws.state.images == {}


def test_a_role_needs_the_right_to_pull(lab, folder):
    repository()
    pushed = lab.push_image(folder(), "mine:1")
    iam = boto3.client("iam")
    deny = {"Effect": "Deny", "Action": "ecr:BatchGetImage", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    iam.put_role_policy(RoleName=ROLE.rpartition("/")[2], PolicyName="no", PolicyDocument=document)
    with pytest.raises(ClientError, match="Access denied for repository: mine in registry ID: 123456789012") as refused:
        run("own", pushed.uri)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert lab.aws.state.training_jobs == {}


def test_every_image_that_the_sdk_lists_is_known(lab):
    from sagemaker.core import image_uris

    ran = set()
    for framework, version, more in (
        ("sklearn", "0.20.0", {}),
        ("sklearn", "1.4-2", {}),
        ("xgboost", "0.90-1", {}),
        ("xgboost", "3.0-5", {}),
        ("xgboost", "latest", {}),
        ("linear-learner", None, {}),
        ("kmeans", None, {}),
        ("pytorch", "2.6", {"py_version": "py312", "instance_type": "ml.m5.large", "image_scope": "training"}),
        ("pytorch", "1.13.1", {"py_version": "py39", "instance_type": "ml.g4dn.xlarge", "image_scope": "inference"}),
        ("tensorflow", "2.11", {"py_version": "py39", "instance_type": "ml.m5.large", "image_scope": "training"}),
        (
            "huggingface",
            "4.26.0",
            {
                "py_version": "py39",
                "instance_type": "ml.g4dn.xlarge",
                "image_scope": "training",
                "base_framework_version": "pytorch1.13.1",
                "container_version": "cu117-ubuntu20.04",
            },
        ),
    ):
        uri = image_uris.retrieve(framework, "us-west-2", version=version, **more)
        ran.add(images.find(lab.aws.state, uri, ROLE).kind)
    assert ran == {"algorithm", "framework"}
    assert len(published.repositories()) > 80


@pytest.mark.parametrize(
    ("uri", "error", "said"),
    [
        (IMAGE.replace("1.2-1", "9.9-9"), ValidationException, "Requested image .* not found."),
        (IMAGE.replace("us-west-2", "eu-west-1"), ValidationException, "Access denied for repository"),
        (IMAGE.replace("246618743249", "999999999999"), ValidationException, "in registry ID: 999999999999"),
        ("433757028032.dkr.ecr.us-west-2.amazonaws.com/blazingtext:1", NotSimulated, "blazingtext"),
        ("999999999999.dkr.ecr.us-west-2.amazonaws.com/theirs:1", NotSimulated, "theirs"),
        ("docker.io/library/python:3.11", ValidationException, "Invalid image URI"),
    ],
)
def test_images_that_are_not_to_be_had(lab, uri, error, said):
    with pytest.raises(error, match=said):
        images.find(lab.aws.state, uri, ROLE)
