"""The tables of `idle_and_waiting`: a working day lived through in a lab, on every kind of compute.

Whoever works sends a job, waits for it, looks at the result for a while, and sends the next: jobs never overlap.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import twoclouds
from twoclouds.explorables.idle_and_waiting.facts import INSTANCE, SIZE, VOLUME, facts
from twoclouds.lab import Lab
from twoclouds.world.clock import SECOND

DAY = 24 * 3600 * SECOND
MORNING = 23 * 3600 * SECOND
"""Eight o'clock on the day after a lab has opened at nine."""

PLAIN, PLAIN_GIB = "mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04", Fraction("1.5")
"""An Azure image that is quick to lay out here, and its size: how long its download takes is set in the lab."""

TABLE_JOBS = 10


@dataclass(frozen=True)
class Day:
    """What 24 hours cost, and how many seconds went by between a job's call and the start of its script, all told."""

    dollars: float
    waited: float


def live(
    arrangement: str,
    *,
    jobs: int,
    minutes: float = 10,
    pause: float = 5,
    idle: int = 120,
    keep: int = 3600,
    quota: bool = True,
    pull: int = 60,
    assumed: Mapping[str, float] | None = None,
) -> Day:
    """A day in a lab that goes by these assumptions, after one with a single job: what is kept is there already, and
    holds the image. `pull`: seconds that an Azure node takes to fetch its image, a multiple of 3."""
    with twoclouds.open() as lab:
        lab.assume("azure/image_pull_per_gib", float(pull / PLAIN_GIB))
        for name, value in (assumed or {}).items():
            lab.assume(name, value)
        lab.workload("train.py", minutes=minutes, on="4 vCPU")
        compute: Compute = Aws(lab, arrangement, keep, quota) if arrangement in AWS else Azure(arrangement, idle)
        clock, script = lab.world.clock, round(minutes * 60 * SECOND)
        live_one(lab, compute, "the-day-before", script, step=30 * SECOND)
        clock.advance(MORNING - clock.now)
        before, waited, step = lab.bill().total, 0, max(1, min(round(pause * 60), 30)) * SECOND
        for number in range(jobs):
            sent = clock.now
            began, ended = live_one(lab, compute, f"job-{number}", script, step)
            waited += began - sent
            clock.advance(ended + round(pause * 60 * SECOND) - clock.now)
        clock.advance(MORNING + DAY - clock.now)
        return Day(round(float(lab.bill().total - before), 6), waited / SECOND)


def live_one(lab: Lab, compute: Compute, name: str, script: int, step: int) -> tuple[int, int]:
    """Send a job and let time pass until it is over: when its script began and when it ended, in ms."""
    compute.send(name)
    lab.world.clock.advance(script)
    while (ended := _when(lab, name, "job.completed")) is None:
        lab.world.clock.advance(step)
    began = _when(lab, name, "job.running", "job.training")
    assert began is not None
    return began, ended


def _when(lab: Lab, name: str, *kinds: str) -> int | None:
    events = (event for event in lab.world.events if event.kind in kinds)
    return next((event.time for event in events if event.subject.endswith(f"/{name}")), None)


class Compute(Protocol):
    """Where the jobs go."""

    def send(self, name: str) -> None:
        """Send a job through the SDK."""


AZURE = ("cluster-0", "cluster-1", "instance", "serverless")
AWS = ("on-demand", "warm-pool")


class Azure:
    """A cluster that keeps 0 or 1 node, a compute instance, or serverless compute; all with machines of one size."""

    def __init__(self, arrangement: str, idle: int) -> None:
        from azure.ai.ml import MLClient
        from azure.ai.ml.entities import AmlCompute, ComputeInstance, Environment
        from azure.identity import DefaultAzureCredential

        from twoclouds.azure import account

        logging.getLogger("azure.ai.ml").setLevel(logging.ERROR)
        self.client = MLClient(
            DefaultAzureCredential(), account.SUBSCRIPTION, account.RESOURCE_GROUP, account.WORKSPACE
        )
        self.where: dict[str, str] = {"compute": "kept"}
        if arrangement == "serverless":
            self.where = {"instance_type": SIZE}
        elif arrangement == "instance":
            self.client.compute.begin_create_or_update(ComputeInstance(name="kept", size=SIZE)).result()
        else:
            minimum = int(arrangement.removeprefix("cluster-"))
            cluster = AmlCompute(name="kept", size=SIZE, min_instances=minimum, idle_time_before_scale_down=idle)
            self.client.compute.begin_create_or_update(cluster).result()
        self.client.environments.create_or_update(Environment(name="plain", version="1", image=PLAIN))

    def send(self, name: str) -> None:
        from azure.ai.ml import command

        job = command(name=name, command="true train.py", environment="plain:1", experiment_name="day", **self.where)
        self.client.jobs.create_or_update(job)


class Aws:
    """Training jobs that bring machines of their own, or ask for them to be kept."""

    def __init__(self, lab: Lab, arrangement: str, keep: int, quota: bool) -> None:
        import boto3

        lab.world.quotas.set(f"aws/{INSTANCE} for training warm pool usage", int(quota))
        self.client: Any = boto3.client("sagemaker")
        self.resources = {"InstanceType": INSTANCE, "InstanceCount": 1, "VolumeSizeInGB": VOLUME}
        if arrangement == "warm-pool":
            self.resources["KeepAlivePeriodInSeconds"] = keep

    def send(self, name: str) -> None:
        from sagemaker.core import image_uris

        from twoclouds.aws import account

        self.client.create_training_job(
            TrainingJobName=name,
            RoleArn=account.ROLE_ARN,
            AlgorithmSpecification={
                "TrainingImage": image_uris.retrieve("sklearn", region=account.REGION, version="1.4-2"),
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["true", "train.py"],
            },
            OutputDataConfig={"S3OutputPath": f"s3://{account.BUCKET}/models"},
            ResourceConfig=self.resources,
            StoppingCondition={"MaxRuntimeInSeconds": 86_400},
        )


def day() -> dict[str, Any]:
    """The facts that the figure computes with, and a day of ten jobs on every kind of compute, as a lab lived it."""
    days = {name: live(name, jobs=TABLE_JOBS) for name in (*AZURE, *AWS)}
    lived = [{"id": name, "dollars": each.dollars, "waited": each.waited} for name, each in days.items()]
    return {"facts": facts(), "lived": {"jobs": TABLE_JOBS, "days": lived}}


TABLES: dict[str, Callable[[], dict[str, Any]]] = {"day": day}
