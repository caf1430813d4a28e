"""The table of `least_i_must_own`: each script sent to both clouds, rung after rung, up to the first that runs it."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import twoclouds
from twoclouds.explorables.least_i_must_own import recipes
from twoclouds.explorables.least_i_must_own.recipes import Cloud
from twoclouds.explorables.least_i_must_own.scripts import LADDERS, SCRIPTS, Script
from twoclouds.lab import Lab

CLOUDS: tuple[Cloud, ...] = ("azure", "aws")
PLAIN: dict[Cloud, str] = {"azure": "sklearn-1.5", "aws": "sagemaker-scikit-learn:1.4-2"}
"""Where a script is sent for which there is no ready image."""

DOCKERFILE = "FROM python:3.11-slim\nCOPY decode /opt/plantlog/decode\nRUN chmod +x /opt/plantlog/decode\n"

Outcome = tuple[bool, str]
"""Whether it ran, and what was said."""


def ladder() -> dict[str, Any]:
    """Every script, with the rungs of both clouds: whether it runs there, what says so, and whether that was tried."""
    with _quiet(), tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), twoclouds.open() as lab:
        return {"scripts": [_script(lab, script) for script in SCRIPTS], "ladders": LADDERS}


def _script(lab: Lab, script: Script) -> dict[str, Any]:
    said: dict[str, Any] = {"name": script.name, "title": script.title, "text": script.text, "remark": script.remark}
    said["lowest"] = {cloud: recipes.lowest(script, cloud) for cloud in CLOUDS}
    for cloud in CLOUDS:
        said[cloud] = [_rung(lab, script, cloud, rung) for rung in range(4)]
    return said


def _rung(lab: Lab, script: Script, cloud: Cloud, rung: int) -> dict[str, Any]:
    lowest = recipes.lowest(script, cloud)
    if rung > lowest:
        return {"runs": True, "why": "Runs too, and more is yours.", "tried": False}
    if (rung == 0 and (script.trains or cloud == "azure")) or not script.here:
        return {"runs": rung == lowest, "why": _told(script, cloud, rung), "tried": False}
    ran, said = TRY[cloud](lab, script, rung) if rung else _built_in()
    if ran is not (rung == lowest):
        raise AssertionError(f"{script.name} on rung {rung} of {cloud}: {said}")
    return {"runs": ran, "why": f"{said}{_held(script, cloud) if rung == 1 else ''}", "tried": True}


def _told(script: Script, cloud: Cloud, rung: int) -> str:
    """What the vendors' documents and recipes say, where nothing is run."""
    if rung == 0 and script.trains:
        return "Its own code trains there; yours is not asked."
    if rung == 0:
        return "automl.classification(…) in the SDK; this lab does not simulate AutoML."
    if image := recipes.ready(script, cloud):
        return f"{image.name} ({image.date})."
    held = "; ".join(f"{name} holds {what}" for name, what in recipes.nearest(script, cloud))
    return f"{held}." if rung == 1 else f"The list asks for {script.packages[0]}."


def _held(script: Script, cloud: Cloud) -> str:
    """What a ready image's recipe says of the package that the script is about."""
    image = recipes.ready(script, cloud)
    name = re.split(r"[=<>~!]", script.packages[0])[0] if script.packages else ""
    return f" {image.name} holds {name}{image.holds[name]} ({image.date})." if image else ""


# On Azure ML


def _on_azure(lab: Lab, script: Script, rung: int) -> Outcome:
    from azure.ai.ml import MLClient, command
    from azure.ai.ml.entities import BuildContext, Environment
    from azure.identity import DefaultAzureCredential

    from twoclouds.azure import account

    client = MLClient(DefaultAzureCredential(), account.SUBSCRIPTION, account.RESOURCE_GROUP, account.WORKSPACE)
    image = recipes.ready(script, "azure")
    name = f"{script.name}-{rung}"
    curated = image.name if image else PLAIN["azure"]
    environment: Any = f"azureml://registries/azureml/environments/{curated}/labels/latest"
    if rung == 2:
        conda = {"dependencies": ["python=3.11", {"pip": [*script.packages] or ["pip"]}]}
        base = "mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04"
        environment = Environment(name=name, version="1", image=base, conda_file=conda)
    elif rung == 3:
        environment = Environment(name=name, version="1", build=BuildContext(path=str(_image(script))))
    job = command(name=name, code=str(_source(script)), command="python train.py", environment=environment)
    client.jobs.create_or_update(job)
    lab.settle()
    if client.jobs.get(name).status == "Completed":
        return True, "Completed."
    client.jobs.download(name, download_path=name)
    return False, _last(Path(name, "artifacts/user_logs/std_log.txt").read_text(encoding="utf-8"))


# On SageMaker AI


def _on_aws(lab: Lab, script: Script, rung: int) -> Outcome:
    import boto3
    from sagemaker.core.training.configs import Compute, SourceCode
    from sagemaker.core.utils.exceptions import FailedStatusError
    from sagemaker.train import ModelTrainer

    from twoclouds.aws import account

    source: dict[str, str] = {}
    if rung == 2:
        (_source(script) / "requirements.txt").write_text("\n".join(script.packages) + "\n", encoding="utf-8")
        source["requirements"] = "requirements.txt"
    trainer = ModelTrainer(
        base_job_name=f"{script.name}-{rung}",
        training_image=_pushed(lab, script) if rung == 3 else _uri(script),
        source_code=SourceCode(source_dir=str(_source(script)), entry_script="train.py", **source),
        compute=Compute(instance_type="ml.m5.xlarge", instance_count=1),
        role=account.ROLE_ARN,
    )
    try:
        trainer.train(wait=True)
    except FailedStatusError:
        logs = boto3.client("logs")
        place: Any = {"logGroupName": "/aws/sagemaker/TrainingJobs"}
        streams = logs.describe_log_streams(**place, logStreamNamePrefix=f"{script.name}-{rung}")["logStreams"]
        events = logs.get_log_events(**place, logStreamName=streams[0]["logStreamName"])["events"]
        return False, _last("\n".join(event["message"] for event in events))
    return True, "Completed."


def _built_in() -> Outcome:
    """SageMaker's XGBoost, which trains by itself: the label in the first column, no head, no names."""
    import boto3
    from sagemaker.core import image_uris
    from sagemaker.core.training.configs import InputData
    from sagemaker.train import ModelTrainer

    from twoclouds.aws import account

    rows = "\n".join(f"{number % 2},{number},{number * number}" for number in range(40))
    boto3.client("s3").put_object(Bucket=account.BUCKET, Key="bare/table.csv", Body=rows.encode())
    table = InputData(channel_name="train", data_source=f"s3://{account.BUCKET}/bare/", content_type="text/csv")
    ModelTrainer(
        base_job_name="built-in",
        training_image=image_uris.retrieve("xgboost", region=account.REGION, version="3.0-5"),
        hyperparameters={"objective": "binary:logistic", "num_round": "5"},
        input_data_config=[table],
        role=account.ROLE_ARN,
    ).train(wait=True)
    return True, "Completed, in the image of XGBoost 3.0-5."


def _uri(script: Script) -> str:
    from sagemaker.core import image_uris

    from twoclouds.aws import account

    image = recipes.ready(script, "aws")
    repository, _, tag = (image.name if image else PLAIN["aws"]).partition(":")
    framework = {"sagemaker-scikit-learn": "sklearn", "sagemaker-xgboost": "xgboost"}[repository]
    return image_uris.retrieve(framework, region=account.REGION, version=tag)


def _pushed(lab: Lab, script: Script) -> str:
    import boto3

    boto3.client("ecr").create_repository(repositoryName=script.name)
    return lab.push_image(_image(script), f"{script.name}:1").uri


TRY: dict[Cloud, Callable[[Lab, Script, int], Outcome]] = {"azure": _on_azure, "aws": _on_aws}


# What is sent


def _source(script: Script) -> Path:
    """A folder with the script."""
    folder = Path(f"{script.name}-source")
    folder.mkdir(exist_ok=True)
    (folder / "train.py").write_text(script.text, encoding="utf-8")
    return folder


def _image(script: Script) -> Path:
    """A folder with a Dockerfile, and the program that no index has."""
    folder = Path(f"{script.name}-image")
    folder.mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    (folder / "decode").write_text("#!/bin/sh\necho decoded $1\n", encoding="utf-8")
    return folder


def _last(log: str) -> str:
    """The error that a script ended with."""
    found = re.findall(r"^(\w*Error: .*)$", log, re.MULTILINE)
    return f"{found[-1]}." if found else log[-300:]


@contextlib.contextmanager
def _quiet() -> Any:
    logging.getLogger("azure.ai.ml").setLevel(logging.ERROR)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


TABLES: dict[str, Callable[[], dict[str, Any]]] = {"ladder": ladder}
