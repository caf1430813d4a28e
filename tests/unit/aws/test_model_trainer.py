"""sagemaker v3: `ModelTrainer.train()` with its own drivers, unmodified. One file: importing the SDK takes seconds."""

import logging
import subprocess
import sys
import threading

import pytest

from tests.aws_jobs import BUCKET, ROLE, log, printed, put

SCRIPT = """
    import os, sys
    from pathlib import Path
    print(sys.argv[1:], os.listdir(os.environ["SM_CHANNEL_TRAINING"]), flush=True)
    for epoch in range(1, 9):
        print("epoch", epoch, flush=True)
    Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text("a model")
"""


@pytest.fixture
def train(lab, tmp_path):
    """Makes the ModelTrainer of a script."""
    import textwrap

    from sagemaker.core import image_uris
    from sagemaker.core.training.configs import Compute, InputData, SourceCode
    from sagemaker.train import ModelTrainer

    put("sensors/sensors.csv", "age,failed\n1,0\n")

    def made(script=SCRIPT, **options):
        (tmp_path / "train.py").write_text(textwrap.dedent(script))
        return ModelTrainer(
            training_image=image_uris.retrieve("sklearn", region="us-west-2", version="1.2-1"),
            source_code=SourceCode(source_dir=str(tmp_path), entry_script="train.py"),
            compute=Compute(**{"instance_type": "ml.m5.xlarge", "instance_count": 1, **options.pop("compute", {})}),
            input_data_config=[InputData(channel_name="training", data_source=f"s3://{BUCKET}/sensors/")],
            hyperparameters={"epochs": 3},
            base_job_name="sensors",
            role=ROLE,
            **options,
        )

    return made


def test_two_runs_in_a_row(lab, train):
    lab.workload("train.py", minutes=38)
    trainer = train()
    trainer.train(wait=True, logs=True)
    first = trainer._latest_training_job
    trainer.train(wait=True, logs=True)
    second = trainer._latest_training_job
    assert first.training_job_name == "sensors-20261130090000"
    assert second.training_job_name == "sensors-20261130094016"
    assert [first.billable_time_in_seconds, second.billable_time_in_seconds] == [2372, 2372]
    lines = [line for _, line in printed(lab, second.training_job_name)]
    assert "['--epochs', '3'] ['sensors.csv']" in lines
    assert "SM_NUM_CPUS=4" in lines
    assert [line for line in lines if line.startswith("epoch")] == [f"epoch {n}" for n in range(1, 9)]
    assert lab.world.clock.failures == []


def test_the_time_is_the_scripts_not_the_drivers(lab, train):
    lab.workload("train.py", minutes=36)
    trainer = train()
    trainer.train(wait=False, logs=False)
    name = trainer._latest_training_job.training_job_name
    lab.skip(minutes=21)
    assert [line for _, line in printed(lab, name)][-1] == "epoch 5"
    trainer._latest_training_job.stop()
    trainer._latest_training_job.wait()
    assert trainer._latest_training_job.secondary_status == "Stopped"
    assert log(lab, "job.stopping")[0][0] < 22 * 60


def test_what_it_logs_names_no_path_of_this_machine(lab, train, tmp_path, caplog):
    def logged():
        caplog.clear()
        train().train(wait=True, logs=True)
        lab.reset()
        put("sensors/sensors.csv", "age,failed\n1,0\n")
        return [record.getMessage() for record in caplog.records if record.name.startswith("sagemaker")]

    with caplog.at_level(logging.INFO):
        logged()  # some things the SDK says only once in a process
        first = logged()
        assert logged() == first
    assert any("epoch 8" in line for line in first)
    assert "Final Resource Status: [bold]Completed" in first
    text = "\n".join(first)
    base = sys.base_prefix if sys.base_prefix != "/usr" else "/usr/lib/python"
    for place in (str(tmp_path), sys.prefix, base, "site-packages"):
        assert place not in text


def test_a_script_that_fails_says_why(lab, train):
    from sagemaker.core.utils.exceptions import FailedStatusError

    with pytest.raises(FailedStatusError, match=r"(?s)AlgorithmError: .*returned non-zero exit status 7"):
        train("raise SystemExit(7)").train(wait=True, logs=True)


def test_a_role_is_checked_before_anything_runs(lab, train):
    import json

    import boto3
    from sagemaker.core.helper.iam_role_resolver import RoleValidationError

    nobody = {"Version": "2012-10-17", "Statement": []}
    arn = boto3.client("iam").create_role(RoleName="Idle", AssumeRolePolicyDocument=json.dumps(nobody))["Role"]["Arn"]
    with pytest.raises(RoleValidationError, match="Idle"):
        train().__class__(training_image="x", role=arn)


def test_nothing_is_sent_home_and_no_thread_stays(lab, train, monkeypatch):
    from sagemaker.core.telemetry import telemetry_logging

    sent = []
    monkeypatch.setattr(telemetry_logging, "_send_telemetry_request", lambda *args, **kwargs: sent.append(args))
    before = {thread.name for thread in threading.enumerate()}
    train().train(wait=True, logs=True)
    assert {thread.name for thread in threading.enumerate()} <= before
    assert sent == []


def test_importing_it_needs_no_lab_and_leaves_the_panel_alone():
    code = (
        "import twoclouds; lab = twoclouds.open(); import sagemaker.core.resources as r; inside = r.Live; lab.close(); "
        "from rich.live import Live; assert r.Live is Live and inside is not Live"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_machines_that_stay_for_the_next_run(lab, train):
    trainer = train(compute={"instance_type": "ml.m7i.large", "keep_alive_period_in_seconds": 600})
    runs = []
    for _ in range(2):
        trainer.train(wait=True, logs=False)
        runs.append(trainer._latest_training_job)
    runs[0].refresh()
    assert [run.warm_pool_status.status for run in runs] == ["Reused", "Available"]
    assert runs[0].warm_pool_status.reused_by_job == runs[1].training_job_name
    assert runs[1].billable_time_in_seconds < runs[0].billable_time_in_seconds


def test_machines_on_spot(lab, train):
    from sagemaker.core.training.configs import StoppingCondition

    limits = StoppingCondition(max_runtime_in_seconds=3600, max_wait_time_in_seconds=7200)
    trainer = train(compute={"enable_managed_spot_training": True}, stopping_condition=limits)
    lab.scarce("aws/ml.m5.xlarge spot", after=2.5, minutes=5)
    trainer.train(wait=True, logs=False)
    run = trainer._latest_training_job
    statuses = [transition.status for transition in run.secondary_status_transitions]
    assert statuses.count("Interrupted") == 1
    assert run.billable_time_in_seconds == pytest.approx(0.3 * run.training_time_in_seconds, abs=1)
