"""A command job that does not end by itself: canceled, over its time limit, or without its nodes."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from tests.contract.azure_lab import Session, events, folder, session
from twoclouds.world.clock import SECOND
from twoclouds.world.container import Line, Transcript
from twoclouds.world.runner import pick

EPOCHS = Transcript(
    lines=tuple(Line(0, "stdout", f"epoch {n}") for n in range(5)), exit_code=0, outcome="exited",
)  # fmt: skip


def log(azure: Session, name: str) -> str:
    return azure.lab.azure.state.blobs.get("azureml", f"ExperimentRun/dcid.{name}/user_logs/std_log.txt").data.decode()


def happened(azure: Session, name: str) -> list[tuple[float, str]]:
    return [(time, what.partition(" ")[0]) for time, what in events(azure, "job.") if what.endswith(f" {name}")]


@pytest.mark.parametrize(
    ("second", "state", "until"),
    [
        (14, "Starting", []),
        (100, "Queued", [(16, "job.queued")]),
        (300, "Preparing", [(16, "job.queued"), (256, "job.preparing")]),
        (360, "Running", [(16, "job.queued"), (256, "job.preparing"), (326, "job.running")]),
    ],
)
def test_a_job_is_canceled_in_any_state(azure: Session, second: int, state: str, until: list[tuple[int, str]]) -> None:
    azure.runner.transcript = EPOCHS
    azure.cluster()
    azure.submit(name="j")
    azure.lab.world.clock.advance_to(second * SECOND)
    before = azure.client.jobs.get("j").status
    poller = azure.client.jobs.begin_cancel("j")
    between = azure.client.jobs.get("j").status
    poller.result()
    after = azure.client.jobs.get("j").status
    assert (before, between, after) == (state, "CancelRequested", "Canceled")
    assert happened(azure, "j")[1:] == [*until, (second, "job.cancelrequested"), (second + 5, "job.canceled")]
    azure.lab.skip(hours=1)
    assert not azure.lab.world.bill.running()
    assert azure.lab.azure.state.clusters["cpu"].pool.nodes == []


def test_a_canceled_job_makes_room_for_the_next(azure: Session) -> None:
    azure.runner.transcript = EPOCHS
    azure.cluster()
    for name in ("first", "second", "third"):
        azure.submit(name=name)
    azure.lab.world.clock.advance_to(360 * SECOND)
    azure.client.jobs.begin_cancel("second").result()
    azure.client.jobs.begin_cancel("first").result()
    azure.lab.skip(hours=1)
    assert {name: job.status for name, job in azure.lab.azure.state.jobs.items()} == {
        "first": "Canceled", "second": "Canceled", "third": "Completed",
    }  # fmt: skip
    lines = azure.lab.world.bill.lines(resource="cpu/node-1", phase="working")
    assert [(line.owner, line.start // SECOND, (line.end or 0) // SECOND) for line in lines] == [
        ("first", 326, 371), ("third", 381, 451),
    ]  # fmt: skip


def test_a_canceled_script_keeps_what_it_had_written_and_is_not_counted_twice(azure: Session) -> None:
    azure.runner.transcript = EPOCHS
    azure.runner.last_words = (Line(0, "stdout", "saving"),)
    azure.cluster()
    azure.submit(name="j")
    azure.lab.world.clock.advance_to(350 * SECOND)
    azure.client.jobs.begin_cancel("j").result()
    assert log(azure, "j") == "epoch 0\nepoch 1\nsaving\n"
    assert len(azure.runner.containers) == 2


def test_what_has_ended_is_not_canceled(azure: Session) -> None:
    azure.cluster()
    azure.submit(name="j")
    azure.lab.world.clock.advance_to(390 * SECOND)
    for state in ("Finalizing", "Completed"):
        azure.refuses(
            lambda a: a.client.jobs.begin_cancel("j"), "HttpResponseError", "UserError",
            f"The run j is in the state {state} and cannot be canceled.",
        )  # fmt: skip
        azure.lab.skip(minutes=5)


def test_a_job_over_its_time_limit_is_canceled(azure: Session, capsys: pytest.CaptureFixture[str]) -> None:
    azure.runner.transcript = EPOCHS
    azure.cluster()
    azure.submit(name="short", timeout=25)
    azure.submit(name="long", timeout=100)
    for name in ("short", "long"):
        azure.client.jobs.stream(name)
    assert happened(azure, "short")[-3:] == [(326, "job.running"), (351, "job.cancelrequested"), (356, "job.canceled")]
    assert log(azure, "short") == "epoch 0\nepoch 1\n"
    assert azure.client.jobs.get("long").status == "Completed"
    run = azure.client.jobs._runs_operations.get_run("short")
    assert (run.status, run.cancelation_reason) == ("Canceled", "The job exceeded its time limit.")


def test_nothing_is_left_of_a_refused_time_limit(azure: Session) -> None:
    azure.cluster()
    azure.refuses(
        lambda a: a.submit(timeout=-5), "HttpResponseError", "BadRequest", "The timeout of a job is more than 0 seconds"
    )


@pytest.mark.slow
def test_a_canceled_script_is_sent_a_signal(tmp_path: Path) -> None:
    script = """
        import signal, sys, time
        def save(number, frame):
            print("saving", flush=True)
            open("outputs/checkpoint", "w").write(str(epoch))
            sys.exit(0)
        signal.signal(signal.SIGTERM, save)
        for epoch in range(10):
            print("epoch", epoch, flush=True)
            time.sleep(60)
    """
    with session() as azure:
        azure.lab.world.runner = pick()
        azure.cluster()
        azure.submit(name="j", code=folder(tmp_path / "src", train_py=dedent(script)))
        azure.lab.world.clock.advance_to(500 * SECOND)
        azure.client.jobs.begin_cancel("j").result()
        printed = log(azure, "j").split("\n")
        azure.client.jobs.download("j", download_path=tmp_path / "out")
        assert azure.client.jobs.get("j").status == "Canceled"
    assert printed[-2:] == ["saving", ""]
    kept = (tmp_path / "out/artifacts/outputs/checkpoint").read_text()
    assert printed[-3] == f"epoch {kept}"
