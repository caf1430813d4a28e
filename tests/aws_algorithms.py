"""Data and jobs for the tests of built-in algorithms and framework images."""

import io
import json
import tarfile
import time

import boto3

from tests.aws_jobs import BUCKET, ROLE

REGION = "us-west-2"


def image(framework, version=None, **more):
    """The URI that the SDK knows for an image."""
    from sagemaker.core import image_uris

    return image_uris.retrieve(framework, REGION, version=version, **more)


def table(rows=200, *, classes=0, seed=1):
    """Rows of a label and four features: the label is a linear function of them, or a class."""
    import numpy as np

    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, 4)).round(4)
    value = features @ np.array([1.0, -2.0, 0.5, 0.0]) + 3
    label = value.round(4) if not classes else np.digitize(value, np.quantile(value, np.arange(1, classes) / classes))
    return np.column_stack([label, features])


def csv(data):
    """A table as csv."""
    return "".join(",".join(f"{value:g}" for value in row) + "\n" for row in data)


def put(key, content):
    """Store text or bytes in the course's bucket, and return its URI."""
    body = content if isinstance(content, bytes) else content.encode()
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
    return f"s3://{BUCKET}/{key}"


def recordio(features, labels=()):
    """Records as AWS's SDKs write them: protocol buffers by Google's library, from the message that AWS documents."""
    import struct

    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="record.proto", package="aialgs.data", syntax="proto2")
    tensor = file.message_type.add(name="Float32Tensor")
    field = descriptor_pb2.FieldDescriptorProto
    for number, (name, kind) in enumerate({"values": field.TYPE_FLOAT, "keys": field.TYPE_UINT64}.items(), 1):
        added = tensor.field.add(name=name, number=number, type=kind, label=field.LABEL_REPEATED)
        added.options.packed = True
    value = file.message_type.add(name="Value")
    value.field.add(
        name="float32_tensor", number=2, type=field.TYPE_MESSAGE, type_name=".aialgs.data.Float32Tensor",
        label=field.LABEL_OPTIONAL,
    )  # fmt: skip
    record = file.message_type.add(name="Record")
    for number, name in ((1, "features"), (2, "label")):
        entry = record.nested_type.add(name=f"{name.title()}Entry", options={"map_entry": True})
        entry.field.add(name="key", number=1, type=field.TYPE_STRING, label=field.LABEL_OPTIONAL)
        entry.field.add(
            name="value", number=2, type=field.TYPE_MESSAGE, type_name=".aialgs.data.Value", label=field.LABEL_OPTIONAL
        )
        record.field.add(
            name=name, number=number, type=field.TYPE_MESSAGE, label=field.LABEL_REPEATED,
            type_name=f".aialgs.data.Record.{name.title()}Entry",
        )  # fmt: skip
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    make = message_factory.GetMessageClass(pool.FindMessageTypeByName("aialgs.data.Record"))
    out = b""
    for number, row in enumerate(features):
        one = make()
        one.features["values"].float32_tensor.values.extend(map(float, row))
        if len(labels):
            one.label["values"].float32_tensor.values.append(float(labels[number]))
        body = one.SerializeToString()
        out += struct.pack("<II", 0xCED7230A, len(body)) + body + bytes(-len(body) % 4)
    return out


def archive(**files):
    """A .tar.gz of files by name; `_py` stands for .py, `__` for a folder."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name.replace("__", "/").replace("_py", ".py").replace("_txt", ".txt"))
            data = text if isinstance(text, bytes) else text.encode()
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return packed.getvalue()


def train(name, uri, hyperparameters=None, *, environment=None, content_type="text/csv", metrics=None, **channels):
    """Run a training job without an entry point of its own to its end, and describe it. A channel is a S3 URI."""
    sagemaker = boto3.client("sagemaker")
    sagemaker.create_training_job(
        TrainingJobName=name,
        RoleArn=ROLE,
        HyperParameters=hyperparameters or {},
        AlgorithmSpecification={
            "TrainingImage": uri,
            "TrainingInputMode": "File",
            **({"MetricDefinitions": metrics} if metrics else {}),
        },
        InputDataConfig=[
            {
                "ChannelName": channel,
                **({"ContentType": content_type} if content_type else {}),
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": where}},
            }
            for channel, where in channels.items()
        ],
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/models"},
        ResourceConfig={"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
        StoppingCondition={"MaxRuntimeInSeconds": 3600},
        Environment=environment or {},
    )
    while (described := sagemaker.describe_training_job(TrainingJobName=name))["TrainingJobStatus"] == "InProgress":
        time.sleep(30)
    return described


def model_files(described):
    """What the model.tar.gz of a job holds."""
    bucket, _, key = described["ModelArtifacts"]["S3ModelArtifacts"][5:].partition("/")
    data = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar.getmembers()}


class Endpoint:
    """A container that serves, as an endpoint would start it."""

    def __init__(self, lab, uri, files, environment=None):
        from twoclouds.aws.images import images, serving_container
        from twoclouds.world.container import Container

        pulled = images.find(lab.aws.state, uri, ROLE)
        command, port = serving_container.program(pulled)
        container = Container(
            name="model",
            image=lab.world.images.build(pulled.definition),
            command=command,
            workdir=pulled.definition.workdir or "/opt/ml",
            started=lab.world.clock.timestamp,
            environment=environment or {},
            files={f"/opt/ml/model/{name}": data for name, data in files.items()},
            directories=("/opt/ml/model",),
        )
        self.server = lab.world.runner.serve(container, send=lab.aws.state.send, port=port)

    def ask(self, body, content_type="text/csv", accept=""):
        """(status, content type, body) of an inference; of JSON the value."""
        headers = {"Content-Type": content_type, **({"Accept": accept} if accept else {})}
        answer = self.server.ask("POST", "/invocations", headers, body if isinstance(body, bytes) else body.encode())
        assert answer.outcome == "answered", (answer.outcome, self.printed())
        kind = dict(answer.headers)["Content-Type"]
        text = answer.body.decode()
        return answer.status, kind, json.loads(text) if kind == "application/json" else text

    def ping(self):
        """The status of /ping."""
        return self.server.ask("GET", "/ping").status

    def printed(self):
        """All lines so far."""
        return [line.text for line in self.server.lines]
