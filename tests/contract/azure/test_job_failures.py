"""How a command job goes wrong, and what `jobs.stream` then says."""

from __future__ import annotations

import pytest

from tests.contract.azure_lab import Session, data_input
from twoclouds.world.container import Line, Transcript

FAILURES = {
    "raises": (
        Transcript(lines=(Line(0, "stdout", "a"), Line(0, "stderr", "ValueError: no")), exit_code=1, outcome="exited"),
        (
            "Execution failed. User process 'python' exited with status code 1. Please check log file "
            "'user_logs/std_log.txt' for error details. Error: ValueError: no"
        ),
    ),
    "exits 3": (
        Transcript(lines=(), exit_code=3, outcome="exited"),
        "User process 'python' exited with status code 3. Please check log file 'user_logs/std_log.txt' for",
    ),
    "never ends": (
        Transcript(lines=(Line(0, "stderr", "This lab stopped it."),), exit_code=None, outcome="over budget"),
        "This lab stopped it.",
    ),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_script_that_fails(azure: Session, case: str) -> None:
    from azure.ai.ml.exceptions import JobException

    transcript, message = FAILURES[case]
    azure.runner.transcript = transcript
    azure.cluster()
    job = azure.submit()
    with pytest.raises(JobException) as failure:
        azure.client.jobs.stream(job.name)
    assert message in str(failure.value).replace("\\n", "\n")
    assert azure.client.jobs.get(job.name).status == "Failed"
    assert azure.lab.azure.state.clusters["cpu"].pool.nodes[0].state == "idle"


def test_a_runner_that_breaks_is_a_failed_job(azure: Session) -> None:
    def broken(container: object, **_: object) -> Transcript:
        raise OSError("no space left on device")

    azure.runner.run = broken  # type: ignore[method-assign, assignment]
    azure.cluster()
    job = azure.submit()
    azure.lab.skip(hours=1)
    assert (azure.client.jobs.get(job.name).status, azure.lab.azure.state.jobs[job.name].error) == (
        "Failed",
        "OSError: no space left on device",
    )
    assert azure.lab.azure.state.clusters["cpu"].pool.nodes == []


def test_an_image_that_cannot_be_built(azure: Session, capsys: pytest.CaptureFixture[str]) -> None:
    from azure.ai.ml.entities import Environment
    from azure.ai.ml.exceptions import JobException

    azure.cluster()
    conda = {"name": "x", "dependencies": ["python=3.11", {"pip": ["nosuchpackage==1.0"]}]}
    image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"
    job = azure.submit(environment=Environment(image=image, conda_file=conda))
    with pytest.raises(JobException, match=r"Image build failed\. For more details, check log file azureml-logs/"):
        azure.client.jobs.stream(job.name)
    assert "ERROR: No matching distribution found for nosuchpackage==1.0\n" in capsys.readouterr().out


def test_an_input_that_is_not_there(azure: Session) -> None:
    azure.cluster()
    path = "azureml://datastores/workspaceblobstore/paths/nowhere"
    job = azure.submit("python t.py ${{inputs.d}}", inputs={"d": data_input(path)})
    azure.lab.skip(hours=1)
    assert azure.lab.azure.state.jobs[job.name].error.startswith("Failed to mount input 'd'")
