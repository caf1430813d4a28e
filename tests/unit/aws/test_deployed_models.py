"""Models that were trained in the lab answer, in their own images: by handlers, and by a server of one's own."""

import json

import boto3
import pytest

from tests.aws_jobs import BUCKET, IMAGE, ROLE, finish, job, put
from tests.aws_models import ask, config, put_model

IMAGES_SERVE = True
TRAIN = """
import os, joblib, numpy as np
from sklearn.linear_model import LinearRegression

x = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
joblib.dump(LinearRegression().fit(x, x @ [3, 2] + 1), "/opt/ml/model/model.joblib")
os.makedirs("/opt/ml/model/code")
with open("/opt/ml/model/code/inference.py", "w") as file:
    file.write('''
import joblib, os

def model_fn(model_dir):
    print("team", os.environ["TEAM"], flush=True)
    return joblib.load(os.path.join(model_dir, "model.joblib"))
''')
"""
SERVER = """
import http.server, json, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/ping" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = json.dumps({"argument": sys.argv[1], "length": len(body)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

http.server.HTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
"""
DOCKERFILE = """
FROM python:3.11
COPY server.py /srv/server.py
ENTRYPOINT ["python3", "/srv/server.py"]
"""


def test_what_a_job_has_trained_answers_at_an_endpoint_and_in_batch(lab, sagemaker):
    sagemaker.create_training_job(**job(script=TRAIN))
    data = finish(sagemaker)["ModelArtifacts"]["S3ModelArtifacts"]
    environment = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code", "TEAM": "a"}
    container = {"Image": IMAGE, "ModelDataUrl": data, "Environment": environment}
    sagemaker.create_model(ModelName="model", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    sagemaker.create_endpoint_config(**config())
    sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="config")
    put("in/a.csv", "10,1\n20,0\n")
    sagemaker.create_transform_job(
        TransformJobName="job",
        ModelName="model",
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/in/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/out", "Accept": "text/csv", "AssembleWith": "Line"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        DataProcessing={"JoinSource": "Input"},
    )
    lab.settle()
    assert ask([[1.0, 1.0], [2.0, 0.0]])[0] == pytest.approx([6.0, 7.0])
    (stream,) = lab.aws.state.logs.streams("/aws/sagemaker/Endpoints/endpoint")
    assert "team a" in [line for _, line in stream.events]
    joined = boto3.client("s3").get_object(Bucket=BUCKET, Key="out/a.csv.out")["Body"].read().decode()
    assert [[float(cell) for cell in line.split(",")] for line in joined.splitlines()] == [
        pytest.approx([10, 1, 33]), pytest.approx([20, 0, 61]),
    ]  # fmt: skip


def test_an_image_of_ones_own_is_run_with_serve_and_asked_on_port_8080(lab, sagemaker, tmp_path):
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    boto3.client("ecr").create_repository(repositoryName="mine")
    image = str(lab.push_image(tmp_path, "mine:1"))
    container = {"Image": image, "ModelDataUrl": put_model()}
    sagemaker.create_model(ModelName="model", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    sagemaker.create_endpoint_config(**config())
    sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="config")
    lab.settle()
    assert ask([1, 2, 3])[0] == {"argument": "serve", "length": len(json.dumps([1, 2, 3]))}


def test_an_endpoint_says_which_image_its_tag_was_when_it_was_deployed(lab, sagemaker, tmp_path):
    def pushed(greeting):
        (tmp_path / "server.py").write_text(SERVER.replace("argument", greeting))
        (tmp_path / "Dockerfile").write_text(DOCKERFILE)
        return lab.push_image(tmp_path, "mine:prod")

    def resolved():
        [variant] = sagemaker.describe_endpoint(EndpointName="endpoint")["ProductionVariants"]
        [image] = variant["DeployedImages"]
        assert image["SpecifiedImage"] == first.uri
        return image["ResolvedImage"]

    boto3.client("ecr").create_repository(repositoryName="mine")
    first = pushed("hello")
    container = {"Image": first.uri, "ModelDataUrl": put_model()}
    sagemaker.create_model(ModelName="model", PrimaryContainer=container, ExecutionRoleArn=ROLE)
    sagemaker.create_endpoint_config(**config())
    sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="config")
    lab.settle()
    second = pushed("goodbye")
    assert resolved() == first.pinned
    assert list(ask([])[0]) == ["hello", "length"]
    sagemaker.delete_endpoint(EndpointName="endpoint")
    lab.settle()
    sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="config")
    lab.settle()
    assert resolved() == second.pinned
    assert list(ask([])[0]) == ["goodbye", "length"]
