"""Jobs on several nodes, and with several processes on each."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.contract.azure_lab import Session, folder, session
from twoclouds.world.container import Line, Transcript
from twoclouds.world.runner import pick


def told(azure: Session, *names: str) -> list[tuple[str, ...]]:
    """These variables, for each process that ran."""
    return [tuple(container.environment.get(name, "") for name in names) for container in azure.runner.containers]


def logs(azure: Session, name: str) -> list[str]:
    prefix = f"ExperimentRun/dcid.{name}/"
    return [key.removeprefix(prefix) for key in azure.lab.azure.state.blobs.list("azureml", prefix)]


def run(azure: Session, distribution: Any, nodes: int) -> None:
    azure.cluster(max_instances=2)
    azure.submit(name="j", distribution=distribution, instance_count=nodes)
    azure.lab.skip(hours=1)
    assert azure.client.jobs.get("j").status == "Completed"


def test_pytorch(azure: Session) -> None:
    from azure.ai.ml import PyTorchDistribution

    run(azure, PyTorchDistribution(process_count_per_instance=2), 2)
    assert told(azure, "RANK", "LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT") == [
        ("0", "0", "0", "4", "10.0.0.4", "6105"),
        ("1", "1", "0", "4", "10.0.0.4", "6105"),
        ("2", "0", "1", "4", "10.0.0.4", "6105"),
        ("3", "1", "1", "4", "10.0.0.4", "6105"),
    ]
    assert logs(azure, "j") == [f"user_logs/std_log_process_{n}.txt" for n in range(4)]


def test_mpi(azure: Session) -> None:
    from azure.ai.ml import MpiDistribution

    run(azure, MpiDistribution(process_count_per_instance=1), 2)
    names = ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK", "AZ_BATCH_MASTER_NODE")
    assert told(azure, *names) == [("0", "2", "0", "10.0.0.4:6000"), ("1", "2", "0", "10.0.0.4:6000")]


def test_tensorflow(azure: Session) -> None:
    from azure.ai.ml import TensorFlowDistribution

    run(azure, TensorFlowDistribution(worker_count=2, parameter_server_count=1), 2)
    configs = [json.loads(config) for (config,) in told(azure, "TF_CONFIG")]
    assert configs[0]["cluster"] == {"ps": ["10.0.0.4:2222"], "worker": ["10.0.0.5:2222", "10.0.0.4:2223"]}
    assert [config["task"] for config in configs] == [
        {"type": "ps", "index": 0}, {"type": "worker", "index": 0}, {"type": "worker", "index": 1},
    ]  # fmt: skip
    assert logs(azure, "j") == [
        "user_logs/std_log_process_0.txt", "user_logs/std_log_process_0_ps.txt", "user_logs/std_log_process_1.txt",
    ]  # fmt: skip


def test_several_nodes_without_a_distribution(azure: Session) -> None:
    run(azure, None, 2)
    names = ("AZUREML_CR_NODE_RANK", "AZUREML_NODE_COUNT", "AZ_BATCH_HOST_LIST")
    assert told(azure, *names) == [("0", "2", "10.0.0.4,10.0.0.5"), ("1", "2", "10.0.0.4,10.0.0.5")]


def test_many_processes_have_names_of_one_length(azure: Session) -> None:
    from azure.ai.ml import PyTorchDistribution

    run(azure, PyTorchDistribution(process_count_per_instance=11), 1)
    assert logs(azure, "j")[:2] == ["user_logs/std_log_process_00.txt", "user_logs/std_log_process_01.txt"]


def test_all_nodes_are_billed_and_serve_the_one_job(azure: Session) -> None:
    run(azure, None, 2)
    lines = [line for line in azure.lab.world.bill.lines(owner="j") if line.phase == "working"]
    assert [(line.resource, line.start // 1000, (line.end or 0) // 1000) for line in lines] == [
        ("cpu/node-1", 326, 396), ("cpu/node-2", 326, 396),
    ]  # fmt: skip


def test_the_first_process_that_fails_fails_the_job(azure: Session) -> None:
    azure.runner.transcript = Transcript(lines=(Line(0, "stderr", "no"),), exit_code=1, outcome="exited")
    azure.cluster(max_instances=2)
    azure.submit(name="j", instance_count=2)
    azure.lab.skip(hours=1)
    job = azure.lab.azure.state.jobs["j"]
    assert (job.status, "check log file 'user_logs/std_log_process_0.txt'" in job.error) == ("Failed", True)


def test_what_no_job_can_have(azure: Session) -> None:
    from azure.ai.ml import PyTorchDistribution

    azure.cluster()
    for settings, message in (
        ({"distribution": PyTorchDistribution(process_count_per_instance=-1)}, "processCountPerInstance is 1 or more"),
        ({"instance_count": -1}, "instanceCount is 1 or more"),
    ):
        azure.refuses(lambda a, s=settings: a.submit(**s), "HttpResponseError", "BadRequest", message)


@pytest.mark.slow
def test_every_process_really_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from azure.ai.ml import PyTorchDistribution

    script = """
        import os
        rank = os.environ["RANK"]
        print("rank", rank, "of", os.environ["WORLD_SIZE"])
        open(f"outputs/{rank}.txt", "w").write(rank)
    """
    with session() as azure:
        azure.lab.world.runner = pick()
        azure.cluster(max_instances=2)
        job = azure.submit(
            name="j",
            code=folder(tmp_path / "src", train_py=dedent(script)),
            distribution=PyTorchDistribution(),
            instance_count=2,
        )
        azure.client.jobs.stream(job.name)
        azure.client.jobs.download("j", download_path=tmp_path / "out")
    assert "Streaming user_logs/std_log_process_0.txt" in capsys.readouterr().out
    found = {path.name: path.read_text() for path in (tmp_path / "out").rglob("*.txt")}
    assert found == {
        "0.txt": "0", "1.txt": "1",
        "std_log_process_0.txt": "rank 0 of 2\n", "std_log_process_1.txt": "rank 1 of 2\n",
    }  # fmt: skip
