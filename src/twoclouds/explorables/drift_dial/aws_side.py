"""SageMaker AI in the four weeks of `drift_dial`: images with a tag in ECR, training jobs, real-time endpoints."""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from twoclouds.aws import account
from twoclouds.explorables.drift_dial.azure_side import last_error
from twoclouds.explorables.drift_dial.story import Broken, Choice, requirement
from twoclouds.lab import Lab

REGISTRY = "123456789012.dkr.ecr.us-west-2.amazonaws.com"
BASE = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"


def channel(name: str) -> dict[str, Any]:
    """A channel with what the bucket has under its name."""
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{account.BUCKET}/{name}/"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


class AwsSide:
    """An endpoint for each choice."""

    def __init__(self, lab: Lab) -> None:
        import boto3

        lab.world.quotas.set("aws/ml.m5.large for endpoint usage", 100)
        self.lab = lab
        self.ecr, self.s3, self.logs = boto3.client("ecr"), boto3.client("s3"), boto3.client("logs")
        self.sagemaker, self.runtime = boto3.client("sagemaker"), boto3.client("sagemaker-runtime")
        self.s3.upload_file("sensors/data/sensors.csv", account.BUCKET, "training/sensors.csv")
        self.s3.upload_file("sensors/drift/train/train.py", account.BUCKET, "code/train.py")
        self.digests: dict[str, str] = {}

    def keep(self, name: str, *, edition: int) -> None:
        """Build the image, and push it; its tag moves to it."""
        folder = Path(f"{name}-image")
        folder.mkdir(exist_ok=True)
        lines = [f"FROM {BASE}", f"RUN pip install {requirement(name)}", f"ENV EDITION={edition}", ""]
        (folder / "Dockerfile").write_text("\n".join(lines), encoding="utf-8")
        if edition == 1:
            self.ecr.create_repository(repositoryName=name)
        pushed = self.lab.push_image(folder, f"{name}:prod")
        self.digests.setdefault(name, pushed.pinned)

    def train(self, choice: Choice, day: int) -> str:
        """A training job, whose model is packed with the code that answers for it."""
        name = f"{choice.key}-{day}"
        self.sagemaker.create_training_job(
            TrainingJobName=name,
            RoleArn=account.ROLE_ARN,
            AlgorithmSpecification={
                "TrainingImage": self._image(choice, choice.image("training")),
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["python3", "/opt/ml/input/data/code/train.py"],
            },
            InputDataConfig=[channel("code"), channel("training")],
            OutputDataConfig={"S3OutputPath": f"s3://{account.BUCKET}/models"},
            ResourceConfig={"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
            StoppingCondition={"MaxRuntimeInSeconds": 3600},
        )
        self.sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name)
        self._pack(choice, self.sagemaker.describe_training_job(TrainingJobName=name)["ModelArtifacts"])
        return re.findall(r"sensorscale (\S+)", self._log("/aws/sagemaker/TrainingJobs", name))[-1]

    def serve(self, choice: Choice, day: int) -> None:
        """The endpoint is deleted, and made anew from a model with the same image."""
        from botocore.exceptions import WaiterError

        name, endpoint = f"{choice.key}-{day}", {"EndpointName": choice.key}
        if day > 1:
            self.sagemaker.delete_endpoint(**endpoint)
            self.sagemaker.get_waiter("endpoint_deleted").wait(**endpoint)
        container = {
            "Image": self._image(choice, choice.image("serving")),
            "ModelDataUrl": f"s3://{account.BUCKET}/{choice.key}/model.tar.gz",
            "Environment": {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
        }
        self.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=account.ROLE_ARN)
        machine = {"VariantName": "all", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[machine])
        self.sagemaker.create_endpoint(**endpoint, EndpointConfigName=name)
        try:
            self.sagemaker.get_waiter("endpoint_in_service").wait(**endpoint)
        except WaiterError as error:
            log = self._log(f"/aws/sagemaker/Endpoints/{choice.key}", "all/")
            raise Broken(last_error(log) or str(error)) from None

    def ask(self, choice: Choice) -> dict[str, Any]:
        """What it answers for every machine."""
        body = Path("every.json").read_bytes()
        answer = self.runtime.invoke_endpoint(EndpointName=choice.key, ContentType="application/json", Body=body)
        found: dict[str, Any] = json.loads(answer["Body"].read())
        return found

    def _image(self, choice: Choice, name: str) -> str:
        return self.digests[name] if choice.pin == "image" else f"{REGISTRY}/{name}:prod"

    def _pack(self, choice: Choice, artefacts: dict[str, str]) -> None:
        """The model's archive again, with the code that answers for it."""
        place = urlparse(artefacts["S3ModelArtifacts"])
        self.s3.download_file(place.netloc, place.path.lstrip("/"), "trained.tar.gz")
        with tarfile.open("trained.tar.gz") as archive:
            archive.extract("model.pkl", filter="data")
        with tarfile.open("model.tar.gz", "w:gz") as archive:
            archive.add("model.pkl")
            for name in ("inference.py", "machines.py"):
                archive.add(f"sensors/drift/serve/{name}", f"code/{name}")
        self.s3.upload_file("model.tar.gz", account.BUCKET, f"{choice.key}/model.tar.gz")

    def _log(self, group: str, prefix: str) -> str:
        place: dict[str, Any] = {"logGroupName": group}
        streams = self.logs.describe_log_streams(**place, logStreamNamePrefix=prefix)["logStreams"]
        newest = max(streams, key=lambda stream: stream["creationTime"])
        events = self.logs.get_log_events(**place, logStreamName=newest["logStreamName"])["events"]
        return "\n".join(event["message"] for event in events)
