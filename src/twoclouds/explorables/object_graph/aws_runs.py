"""Runs as training jobs of SageMaker AI: what they are made of lies in S3, ECR and IAM, and the request names it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twoclouds.aws.account import REGION
from twoclouds.explorables.object_graph.runs import Record, Wish, seen

BUCKET = "two-clouds-data"
ROLE = "arn:aws:iam::123456789012:role/TwoCloudsExecutionRole"
USUAL, BIGGER = "ml.m5.xlarge", "ml.m5.2xlarge"
KEPT = ("AlgorithmSpecification", "InputDataConfig", "OutputDataConfig", "ResourceConfig", "RoleArn",
        "StoppingCondition", "HyperParameters", "Environment")  # fmt: skip
"""What of a job's description is its request."""


class AwsRuns:
    """A bucket with the data of week 1, the image and the role that everybody has."""

    def __init__(self) -> None:
        import boto3

        self.s3, self.sagemaker, self.logs = (boto3.client(name) for name in ("s3", "sagemaker", "logs"))
        self.refused: list[str] = []
        self._put("plant/", week=1)

    def run(self, name: str, wish: Wish) -> Record:
        """Store what is missing, and send a job that names it."""
        from sagemaker.core import image_uris
        from sagemaker.core.training.configs import Compute, InputData, SourceCode
        from sagemaker.train import ModelTrainer

        place = "plant/" if wish.week == 1 or wish.in_place else f"plant-{wish.week}/"
        self._put(place, week=wish.week)
        Path("src/requirements.txt").write_text("sensorscale\n" if wish.package else "", encoding="utf-8")
        trainer = ModelTrainer(
            base_job_name=name,
            training_image=image_uris.retrieve("sklearn", region=REGION, version="1.4-2"),
            source_code=SourceCode(source_dir="src", entry_script="train.py", requirements="requirements.txt"),
            compute=Compute(instance_type=BIGGER if wish.bigger else USUAL, instance_count=1),
            role=ROLE,
        )
        data = InputData(channel_name="training", data_source=f"s3://{BUCKET}/{place}")
        trainer.train(input_data_config=[data], wait=True)
        (newest,) = self.sagemaker.list_training_jobs(NameContains=name, MaxResults=1)["TrainingJobSummaries"]
        return self._record(newest["TrainingJobName"])

    def again(self, last: Record, name: str) -> Record:
        """The same run once more: last week's request, word for word."""
        done = self.sagemaker.describe_training_job(TrainingJobName=last.job)
        self.sagemaker.create_training_job(TrainingJobName=name, **{key: done[key] for key in KEPT if key in done})
        self.sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name)
        return self._record(name)

    def behind(self, names: dict[str, str]) -> dict[str, str]:
        """What is behind these names now."""
        return {
            "data": self._content(names["data"]),
            "environment": names["environment"],
            "code": self._content(names["code"]),
            "identity": names["identity"],
        }

    def _record(self, name: str) -> Record:
        done = self.sagemaker.describe_training_job(TrainingJobName=name)
        places = {
            channel["ChannelName"]: channel["DataSource"]["S3DataSource"]["S3Uri"]
            for channel in done["InputDataConfig"]
        }
        names = {
            "data": places["training"],
            "environment": done["AlgorithmSpecification"]["TrainingImage"],
            "code": places["code"],
            "machine": done["ResourceConfig"]["InstanceType"],
            "identity": done["RoleArn"],
        }
        return Record(name, names, self.behind(names), seen(self._log(name)))

    def _log(self, name: str) -> str:
        group = "/aws/sagemaker/TrainingJobs"
        (stream,) = self.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=name)["logStreams"]
        found = self.logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)
        return "\n".join(event["message"] for event in found["events"])

    def _put(self, place: str, *, week: int) -> None:
        self.s3.upload_file(f"week{week}/sensors.csv", BUCKET, f"{place}sensors.csv")

    def _content(self, uri: str) -> str:
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        found: list[Any] = self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
        return " ".join(item["ETag"] for item in found)
