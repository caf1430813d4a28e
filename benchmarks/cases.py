"""What is measured."""

from __future__ import annotations

import contextlib
import gc
import io
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import fleet
from benchmarks.canned import Recorder
from benchmarks.figures import Figure
from benchmarks.measure import in_new_python, medians, perf_counter

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "notebooks" / "sensors"


def starting() -> list[Figure]:
    """`import twoclouds` and `twoclouds.open()`, each in a Python of its own."""
    timed = "import time; began = time.perf_counter(); {}; print(time.perf_counter() - began)"
    importing = in_new_python(timed.format("import twoclouds"))
    opening = in_new_python("import twoclouds, time; began = time.perf_counter(); twoclouds.open(); "
                            "import time_machine; print(time.perf_counter() - began)")  # fmt: skip
    return [
        Figure("`import twoclouds`", f"{importing:.3f} s", "", "≤ 0.15 s", importing <= 0.15),
        Figure("`twoclouds.open()`", f"{opening:.3f} s", "", "≤ 0.5 s", opening <= 0.5),
    ]


def world() -> list[Figure]:
    """10,000 jobs of eight events and a machine each, without any SDK."""
    from decimal import Decimal

    from twoclouds.world.bill import Bill
    from twoclouds.world.clock import SECOND, Clock
    from twoclouds.world.events import Events
    from twoclouds.world.machines import Machine, MachineType

    kind = MachineType("m", 4, Decimal(16), 0, Decimal("0.2"))

    def run() -> None:
        clock = Clock(datetime(2026, 11, 30, 9, tzinfo=UTC))
        bill, events = Bill(clock), Events(clock)

        def job(number: int):  # type: ignore[no-untyped-def]
            yield clock.timeout(number * SECOND)
            machine = Machine(clock=clock, bill=bill, events=events, account="a", name=f"m{number}", type=kind)
            machine.enter("provisioning")
            yield from machine.boot(90 * SECOND)
            yield from machine.pull("image", 30 * SECOND)
            machine.enter("working")
            for _ in range(4):
                yield clock.timeout(600 * SECOND)
            machine.release()

        for number in range(10_000):
            clock.start(job(number), name=str(number))
        clock.advance(20_000 * SECOND)
        assert bill.total() == 10_000 * Decimal("0.2") * 2520 / 3600

    taken = medians({"jobs": run}, rounds=3)["jobs"]
    return [Figure("10,000 jobs in the world", f"{taken:.2f} s", "", "< 2 s", taken < 2)]


def describe() -> list[Figure]:
    """`describe_training_job`: ours, a canned answer at the same seam, and moto's own, in turns."""
    turns = [_describe_turn() for _ in range(15)]
    one = _median(ours for ours, _, _ in turns)
    ratio = _median(ours / other for ours, other, _ in turns)
    faster = _median(moto / ours for ours, _, moto in turns)
    figure = f"{one * 1000:.2f} ms"
    return [
        Figure("`describe_training_job`", figure, f"{ratio:.2f}× a canned answer", "≤ 1.4×", ratio <= 1.4),
        Figure("`describe_training_job`", figure, f"moto takes {faster:.1f}× as long", "≥ 3×", faster >= 3),
    ]


def _describe_turn() -> tuple[float, float, float]:
    """Ours, canned, moto's: in a new lab, since moto takes everybody's users away when it is done."""
    import twoclouds

    with twoclouds.open() as lab:
        sagemaker, request = _training_request()
        sagemaker.create_training_job(**request)
        lab.skip(hours=1)
        recorder = Recorder(lab)

        def ask() -> object:
            return sagemaker.describe_training_job(TrainingJobName=request["TrainingJobName"])

        with recorder.recording():
            ask()
        ours = _timed(ask, 50)
        with recorder.replaying(forever=True):
            canned = _timed(ask, 50)
        return ours, canned, _moto_describe(request)


def _median(values: Iterable[float]) -> float:
    return statistics.median(list(values))


def _timed(call: Callable[[], object], times: int) -> float:
    gc.collect()
    began = perf_counter()
    for _ in range(times):
        call()
    return (perf_counter() - began) / times


def _training_request():  # type: ignore[no-untyped-def]
    import boto3
    from sagemaker.core import image_uris

    from twoclouds.aws import account

    s3 = boto3.client("s3")
    s3.put_object(Bucket=account.BUCKET, Key="sensors/sensors.csv", Body=(SOURCE / "data/sensors.csv").read_bytes())
    s3.put_object(Bucket=account.BUCKET, Key="code/train.py", Body=(SOURCE / "src/train.py").read_bytes())

    def channel(name: str, prefix: str) -> dict[str, object]:
        place = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{account.BUCKET}/{prefix}/"}
        return {"ChannelName": name, "DataSource": {"S3DataSource": place}}

    image = image_uris.retrieve("sklearn", region=account.REGION, version="1.4-2", instance_type="ml.m5.xlarge")
    return boto3.client("sagemaker"), {
        "TrainingJobName": "sensors-1",
        "RoleArn": account.ROLE_ARN,
        "AlgorithmSpecification": {
            "TrainingImage": image,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python3", "/opt/ml/input/data/code/train.py"],
        },
        "InputDataConfig": [channel("training", "sensors"), channel("code", "code")],
        "OutputDataConfig": {"S3OutputPath": f"s3://{account.BUCKET}/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 7200},
    }


def _moto_describe(request: dict[str, object]) -> float:
    """moto's own answer to the same question about the same job, with the lab's credentials and clock."""
    import boto3
    from moto import mock_aws

    with mock_aws():
        sagemaker = boto3.client("sagemaker")
        sagemaker.create_training_job(**request)
        return _timed(lambda: sagemaker.describe_training_job(TrainingJobName=request["TrainingJobName"]), 50)


def compute() -> list[Figure]:
    """`ml_client.compute.get`: ours and a canned answer at the same seam."""
    import twoclouds

    lab = twoclouds.open()
    client = _ml_client()
    from azure.ai.ml.entities import AmlCompute

    client.compute.begin_create_or_update(AmlCompute(name="cpu-cluster", size="Standard_D4s_v5")).result()
    recorder = Recorder(lab)

    def ask() -> object:
        return client.compute.get("cpu-cluster")

    with recorder.recording():
        ask()

    def canned() -> float:
        with recorder.replaying(forever=True, start=lab.world.clock.datetime):
            return _timed(ask, 50)

    pairs = [(_timed(ask, 50), canned()) for _ in range(15)]
    lab.close()
    one, ratio = _median(ours for ours, _ in pairs), _median(ours / other for ours, other in pairs)
    return [Figure("`compute.get`", f"{one * 1000:.2f} ms", f"{ratio:.2f}× a canned answer", "≤ 1.4×", ratio <= 1.4)]


def _ml_client():  # type: ignore[no-untyped-def]
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential

    from twoclouds.azure import account

    return MLClient(DefaultAzureCredential(), account.SUBSCRIPTION, account.RESOURCE_GROUP, account.WORKSPACE)


def train() -> list[Figure]:
    """A 40-virtual-minute `ModelTrainer(...).train()`: over the SDK against canned answers plus the script's run."""
    whole, recorder = min((_recorded_train() for _ in range(3)), key=lambda taken: taken[0])
    sdk = min(_replayed_train(recorder) for _ in range(3))
    script = min(_script() for _ in range(3))
    over = whole - sdk - script
    return [
        Figure(
            "a 40-minute `train()`",
            f"{whole:.2f} s",
            f"SDK {sdk:.2f} s, script {script:.2f} s: {over:.2f} s over both",
            "≤ 1 s over both",
            over <= 1,
        )
    ]


def _recorded_train() -> tuple[float, Recorder]:
    import twoclouds

    with twoclouds.open() as lab:
        lab.workload("train.py", minutes=40, on="4 vCPU")
        _training_request()
        recorder = Recorder(lab)
        recorder.start = lab.world.clock.datetime
        with _quiet(), recorder.recording():
            began = perf_counter()
            _train()
            return perf_counter() - began, recorder


def _replayed_train(recorder: Recorder) -> float:
    with _quiet(), recorder.replaying(start=recorder.start):
        began = perf_counter()
        _train()
        return perf_counter() - began


def _train() -> None:
    from sagemaker.core import image_uris
    from sagemaker.core.training.configs import Compute, InputData, SourceCode
    from sagemaker.train import ModelTrainer

    from twoclouds.aws import account

    trainer = ModelTrainer(
        training_image=image_uris.retrieve("sklearn", region=account.REGION, version="1.4-2",
                                           instance_type="ml.m5.xlarge"),
        source_code=SourceCode(source_dir=str(SOURCE / "src"), entry_script="train.py"),
        compute=Compute(instance_type="ml.m5.xlarge", instance_count=1),
        role=account.ROLE_ARN,
        base_job_name="sensors",
    )  # fmt: skip
    data = InputData(channel_name="training", data_source=f"s3://{account.BUCKET}/sensors/")
    trainer.train(input_data_config=[data], wait=True, logs=True)


def _script() -> float:
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-I", str(SOURCE / "src/train.py"), "--data", str(SOURCE / "data"), "--out", out]
        began = perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return perf_counter() - began


def _quiet():  # type: ignore[no-untyped-def]
    stack = contextlib.ExitStack()
    stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
    stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
    return stack


def lesson() -> list[Figure]:
    """Lesson 1, executed from top to bottom in a kernel of its own."""
    import nbclient
    import nbformat

    path = ROOT / "notebooks" / "01-one-job-two-clouds.ipynb"
    notebook = nbformat.read(path, as_version=4)
    began = perf_counter()
    nbclient.NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    taken = perf_counter() - began
    return [Figure("lesson 1, executed", f"{taken:.1f} s", "", "≤ 20 s", taken <= 20)]


ALL: dict[str, Callable[[], list[Figure]]] = {
    "starting": starting,
    "world": world,
    "describe": describe,
    "compute": compute,
    "train": train,
    "jobs": fleet.jobs,
    "lesson": lesson,
}
