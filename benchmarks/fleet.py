"""A thousand jobs on each cloud: submitted, waited for and listed through the SDK, next to the SDK alone."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.canned import Recorder
from benchmarks.figures import Figure
from benchmarks.measure import perf_counter

JOBS = 1000
MEASURED = 100
"""Jobs over which memory is measured, after a few that fill the caches."""


@dataclass
class Fleet:
    """The jobs of one cloud: how they are prepared, submitted and waited for, and listed."""

    name: str
    prepare: Callable[[Any], Any]
    submit: Callable[[Any, int], str]
    wait: Callable[[Any, str], None]
    count: Callable[[Any], int]
    artefacts: Callable[[Any], int]


def run(fleet: Fleet, client: Any, numbers: range) -> None:
    """Submit all, wait for each, list them."""
    names = [fleet.submit(client, number) for number in numbers]
    for name in names:
        fleet.wait(client, name)
    assert fleet.count(client) >= len(numbers)


def speed(fleet: Fleet) -> Figure:
    """A thousand jobs of a program that does nothing; what their processes take is subtracted."""
    import twoclouds

    with twoclouds.open() as lab:
        client = fleet.prepare(lab)
        recorder = Recorder(lab)
        recorder.start = lab.world.clock.datetime
        with recorder.recording(), _timed_runs(lab) as runs:
            began = perf_counter()
            run(fleet, client, range(JOBS))
            whole = perf_counter() - began
        with recorder.replaying(start=recorder.start):
            began = perf_counter()
            run(fleet, client, range(JOBS))
            sdk = perf_counter() - began
    ratio = (whole - runs[0]) / sdk
    beside = f"SDK alone {sdk:.1f} s, processes {runs[0]:.1f} s: {ratio:.2f}×"
    return Figure(f"{JOBS:,} {fleet.name}", f"{whole:.1f} s", beside, "≤ 3× the SDK", ratio <= 3)


def memory(fleet: Fleet) -> Figure:
    """What a lab holds of a finished job, its artefacts aside: the smaller of two lots' means.

    Python doubles its table of interned strings now and then, by megabytes; that falls into one lot.
    """
    import twoclouds

    with twoclouds.open() as lab:
        client = fleet.prepare(lab)
        run(fleet, client, range(20))
        tracemalloc.start()
        lots = [range(start, start + MEASURED) for start in (20, 20 + MEASURED)]
        each = min(_held(fleet, lab, client, lot) for lot in lots)
        tracemalloc.stop()
    return Figure(f"memory of one of the {fleet.name}", f"{each:.1f} kB", "artefacts aside", "≤ 20 kB", each <= 20)


def _held(fleet: Fleet, lab: Any, client: Any, numbers: range) -> float:
    """What a lab holds of each of these jobs, in kB."""

    def now() -> int:
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - int(fleet.artefacts(lab))

    before = now()
    run(fleet, client, numbers)
    return (now() - before) / len(numbers) / 1000


@contextmanager
def _timed_runs(lab: Any) -> Iterator[list[float]]:
    """Add up what the runner takes: starting, running and ending the jobs' processes."""
    taken, runner = [0.0], lab.world.runner
    real = runner.run

    def timed(*args: Any, **options: Any) -> Any:
        began = perf_counter()
        try:
            return real(*args, **options)
        finally:
            taken[0] += perf_counter() - began

    runner.run = timed
    try:
        yield taken
    finally:
        del runner.run


# Training jobs


def _training_client(lab: Any) -> Any:
    import boto3

    from twoclouds.aws.account import CLOUD

    lab.world.quotas.set(f"{CLOUD}/ml.m5.large for training job usage", 2 * (JOBS + MEASURED))
    return boto3.client("sagemaker")


def _train(client: Any, number: int) -> str:
    from sagemaker.core import image_uris

    from twoclouds.aws import account

    name = f"job-{number}"
    client.create_training_job(
        TrainingJobName=name,
        RoleArn=account.ROLE_ARN,
        AlgorithmSpecification={
            "TrainingImage": image_uris.retrieve("sklearn", region=account.REGION, version="1.4-2"),
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["true"],
        },
        OutputDataConfig={"S3OutputPath": f"s3://{account.BUCKET}/models"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30},
        StoppingCondition={"MaxRuntimeInSeconds": 3600},
    )
    return name


def _trained(client: Any, name: str) -> None:
    client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name)


def _training_jobs(client: Any) -> int:
    pages = client.get_paginator("list_training_jobs").paginate(MaxResults=100, StatusEquals="Completed")
    return sum(len(page["TrainingJobSummaries"]) for page in pages)


def _s3_bytes(lab: Any) -> int:
    return sum(key.size for bucket in lab.aws.state.others.s3.buckets.values() for key in bucket.keys.values())


# Command jobs


def _workspace(lab: Any) -> Any:
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import AmlCompute
    from azure.identity import DefaultAzureCredential

    from twoclouds.azure import account

    for name in list(lab.world.quotas):
        if name.startswith(f"{account.CLOUD}/"):
            lab.world.quotas.set(name, 10_000)
    client = MLClient(DefaultAzureCredential(), account.SUBSCRIPTION, account.RESOURCE_GROUP, account.WORKSPACE)
    cluster = AmlCompute(name="cpu", size="Standard_DS3_v2", max_instances=100)
    client.compute.begin_create_or_update(cluster).result()
    return client


def _command(client: Any, number: int) -> str:
    from azure.ai.ml import command

    environment = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"
    job = command(name=f"job-{number}", command="true", environment=environment, compute="cpu", experiment_name="e")
    return str(client.jobs.create_or_update(job).name)


def _finished(client: Any, name: str) -> None:
    while client.jobs.get(name).status not in ("Completed", "Failed", "Canceled"):
        time.sleep(30)


def _blob_bytes(lab: Any) -> int:
    return int(lab.azure.state.blobs.size)


TRAINING = Fleet("training jobs", _training_client, _train, _trained, _training_jobs, _s3_bytes)
COMMANDS = Fleet("command jobs", _workspace, _command, _finished, lambda c: len(list(c.jobs.list())), _blob_bytes)


def jobs() -> list[Figure]:
    """A thousand jobs on each cloud, and what is left of one in memory."""
    return [figure(fleet) for fleet in (TRAINING, COMMANDS) for figure in (speed, memory)]
