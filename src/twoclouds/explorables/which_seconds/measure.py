"""The tables of `which_seconds`: what the bill of a lab says about each stretch of a machine's time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from twoclouds.aws.account import REGION
from twoclouds.azure.account import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE
from twoclouds.explorables.laboratory import Assumed, laboratory
from twoclouds.explorables.which_seconds import stories
from twoclouds.explorables.which_seconds.stories import Movable, Stretch
from twoclouds.lab import Lab
from twoclouds.world.bill import Line
from twoclouds.world.clock import SECOND

Data = dict[str, Any]


def job(assumed: Assumed | None = None) -> Data:
    """One job on each cloud, with nothing set beyond the defaults."""
    with laboratory(stories.FILES, assumed=assumed) as lab:
        cluster(min_instances=0)
        azure_job("sensors-azure")
        lab.skip(minutes=4)
        aws_job("sensors")
        lab.skip(minutes=4)
        tracks = [
            track(lab, "azure", "cpu-cluster/node-1", "one node of a cluster with the defaults", stories.AZURE_JOB),
            track(lab, "aws", "/algo-1", "the machine of one training job", stories.AWS_JOB),
        ]
        return {**stories.JOB, "tracks": tracks, "assumptions": movable(lab, stories.JOB_MOVABLE)}


TABLES: dict[str, Callable[[], Data]] = {"job": job}


# What was measured, as plain data


def track(lab: Lab, cloud: str, machine: str, what: str, stretches: Sequence[Stretch]) -> Data:
    """The time of one machine, as the bill has it, cut into stretches that have names."""
    lines = [line for line in lab.world.bill if line.resource.endswith(machine)]
    parts = list(cut(lines, stretches))
    others = [line for line in lab.world.bill if line.account == cloud and line not in lines and line.hourly]
    return {
        "cloud": cloud,
        "what": f"{what}, {lines[0].item}",
        "hourly": str(max(line.hourly for line in lines)),
        "stretches": [
            {
                "name": stretch.name,
                "phase": stretch.phase,
                "seconds": seconds,
                "billed": billed,
                "because": stretch.because,
                "assumed": stretch.assumed,
                "length": stretch.length,
                "bills": stretch.bills,
            }
            for stretch, seconds, billed in parts
        ],
        "beside": [beside(line, lines[0].start, [seconds for _, seconds, _ in parts]) for line in others],
    }


def cut(lines: Sequence[Line], stretches: Sequence[Stretch]) -> Iterator[tuple[Stretch, int, bool]]:
    """(stretch, seconds, billed) for each: a line of the bill is one stretch, or several of which all but the last say
    how long they are; a stretch in which there is no machine is on no line."""
    rest = list(lines)
    used = 0
    for stretch in stretches:
        if stretch.phase is None:
            yield stretch, stretch.seconds, False
            continue
        line = rest[0]
        left = line.lasted(line.end or 0) // SECOND - used
        seconds = stretch.seconds or left
        yield stretch, seconds, line.hourly > 0
        used = used + seconds
        if seconds == left:
            rest.pop(0)
            used = 0
    if rest:
        raise ValueError(f"The bill has lines that no stretch tells of: {rest}")


def beside(line: Line, start: int, lengths: Sequence[int]) -> Data:
    """What else is billed in the machine's time: from which stretch to which."""
    edges = [start + sum(lengths[:place]) * SECOND for place in range(len(lengths) + 1)]
    first, after = edges.index(line.start), edges.index(line.end or 0)
    return {"name": line.item, "hourly": str(line.hourly * line.count), "first": first, "last": after - 1}


def movable(lab: Lab, chosen: Sequence[Movable]) -> list[Data]:
    """What is assumed and may be moved, with the reason and the date of its row."""
    given = {assumption.name: assumption for assumption in lab.world.assumptions}
    return [
        {
            "name": name.name,
            "label": name.label,
            "value": given[name.name].value,
            "most": name.most,
            "why": given[name.name].why,
            "date": given[name.name].date,
        }
        for name in chosen
    ]


# What is done with the vendors' SDKs


def ml_client() -> Any:
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential

    return MLClient(DefaultAzureCredential(), SUBSCRIPTION, RESOURCE_GROUP, WORKSPACE)


def cluster(**settings: Any) -> None:
    """A cluster of nodes of four virtual CPUs."""
    from azure.ai.ml.entities import AmlCompute

    wanted = AmlCompute(name="cpu-cluster", size="Standard_D4s_v5", **settings)
    ml_client().compute.begin_create_or_update(wanted).result()


def azure_job(name: str) -> None:
    """A command job on the cluster, from its submission to its end."""
    from azure.ai.ml import Input, command

    client = ml_client()
    wanted = command(
        name=name,
        code="src",
        command="python train.py",
        inputs={"sensors": Input(type="uri_folder", path="data")},
        environment="azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
        compute="cpu-cluster",
    )
    client.jobs.create_or_update(wanted)
    client.jobs.stream(name)


def aws_job(name: str, **resources: Any) -> None:
    """A training job with the SDK's defaults, from the call to its end."""
    import boto3
    from sagemaker.core import image_uris
    from sagemaker.core.training.configs import Compute, InputData, SourceCode
    from sagemaker.train import ModelTrainer

    boto3.client("s3").upload_file("data/sensors.csv", "two-clouds-data", "sensors/sensors.csv")
    trainer = ModelTrainer(
        base_job_name=name,
        training_image=image_uris.retrieve("sklearn", region=REGION, version="1.4-2"),
        source_code=SourceCode(source_dir="src", entry_script="train.py"),
        compute=Compute(instance_type="ml.m5.xlarge", instance_count=1, **resources),
        role="arn:aws:iam::123456789012:role/TwoCloudsExecutionRole",
    )
    data = InputData(channel_name="training", data_source="s3://two-clouds-data/sensors/")
    trainer.train(input_data_config=[data], wait=True)
