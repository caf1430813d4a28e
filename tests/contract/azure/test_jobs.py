"""Command jobs through the real azure-ai-ml, from their submission to what they leave behind."""

from __future__ import annotations

import gc
import importlib
import tracemalloc
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.contract.azure_lab import SKLEARN, Session, data_input, events, folder, session, stream
from twoclouds.azure import account
from twoclouds.world.clock import SECOND
from twoclouds.world.container import Line, Transcript
from twoclouds.world.runner import pick


def test_one_job_from_nothing(azure: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from azure.ai.ml import Input, Output
    from azure.ai.ml.entities import Data

    client = azure.client
    source = folder(tmp_path / "src", train_py="print('hello')")
    data = folder(tmp_path / "data", sensors_csv="a,b\n1,2\n")
    azure.runner.transcript = Transcript(
        lines=tuple(Line(0, "stdout", f"epoch {n}") for n in range(3)), exit_code=0, outcome="exited"
    )

    assert client.workspaces.get(account.WORKSPACE).location == "eastus"
    azure.cluster()
    asset = client.data.create_or_update(Data(name="sensors", path=data, type="uri_folder"))
    job = azure.submit(
        "python train.py --data ${{inputs.data}} --rate ${{inputs.rate}} --out ${{outputs.model}}",
        name="first",
        code=source,
        inputs={"data": Input(type="uri_folder", path="azureml:sensors:1"), "rate": 0.5},
        outputs={"model": Output(type="uri_folder")},
    )
    out = stream(azure, job, capsys)

    assert (asset.version, client.data.get("sensors", label="latest").version) == ("1", "1")
    assert "epoch 0\nepoch 1\nepoch 2\n" in out
    assert client.jobs.get("first").status == "Completed"
    container = azure.runner.containers[0]
    root = container.workdir.removesuffix("/exe/wd")
    assert container.command == (
        "python", "train.py", "--data", f"{root}/cap/data-capability/wd/INPUT_data", "--rate", "0.5",
        "--out", f"{root}/cap/data-capability/wd/model",
    )  # fmt: skip
    assert container.files == {
        f"{root}/exe/wd/train.py": b"print('hello')",
        f"{root}/cap/data-capability/wd/INPUT_data/sensors.csv": b"a,b\n1,2\n",
    }
    assert {"AZUREML_RUN_ID", "AZUREML_ARM_WORKSPACE_NAME", "MLFLOW_TRACKING_URI"} <= set(container.environment)
    azure.lab.skip(minutes=5)
    assert [(what, f"{time:g}") for time, what in events(azure) if "first" in what or "node" in what] == [
        ("job.created first", "13"),
        ("job.queued first", "18"),
        ("machine.requested cpu/node-1", "18"),
        ("machine.provisioning cpu/node-1", "18"),
        ("machine.booted cpu/node-1", "258"),
        ("machine.provisioning cpu/node-1", "258"),
        ("job.preparing first", "258"),
        ("machine.pulled cpu/node-1", "318"),
        ("job.running first", "328"),
        ("machine.working cpu/node-1", "328"),
        ("job.finalizing first", "388"),
        ("job.completed first", "398"),
        ("machine.idle cpu/node-1", "398"),
        ("machine.idle cpu/node-1", "518"),
        ("machine.released cpu/node-1", "578"),
    ]
    assert float(azure.lab.world.bill.total()) == pytest.approx((0.192 * 500 + 0.33 / 24 * 500) / 3600)


def test_download_brings_logs_outputs_and_declared_outputs(azure: Session, tmp_path: Path) -> None:
    from azure.ai.ml import Output

    azure.cluster()
    root = _root(azure, "first")
    azure.runner.transcript = Transcript(
        lines=(Line(0, "stdout", "hello"),), exit_code=0, outcome="exited",
        files={f"{root}/exe/wd/outputs/model.json": b"{}", f"{root}/cap/data-capability/wd/extra/a.txt": b"1"},
    )  # fmt: skip
    job = azure.submit(name="first", outputs={"extra": Output(type="uri_folder")})
    azure.lab.skip(hours=1)
    azure.client.jobs.download(job.name, download_path=tmp_path / "all", all=True)
    azure.client.jobs.download(job.name, download_path=tmp_path / "one", output_name="extra")

    def files(folder: str) -> list[str]:
        return sorted(str(path.relative_to(tmp_path / folder)) for path in (tmp_path / folder).rglob("*.*"))

    artifacts = ["artifacts/outputs/model.json", "artifacts/user_logs/std_log.txt"]
    assert files("all") == [*artifacts, "named-outputs/extra/a.txt"]
    assert files("one") == ["named-outputs/extra/a.txt"]


def test_lines_appear_as_time_passes(azure: Session) -> None:
    azure.runner.transcript = Transcript(
        lines=tuple(Line(0, "stdout", f"epoch {n}") for n in range(3)), exit_code=0, outcome="exited"
    )
    azure.cluster()
    job = azure.submit(name="first")
    azure.lab.world.clock.advance_to(327 * SECOND)
    seen = []
    for _ in range(5):
        logs = [b.data for key, b in azure.lab.azure.state.blobs.list("azureml").items() if job.name in key]
        seen.append(logs[0].decode().count("\n") if logs else 0)
        azure.lab.skip(seconds=15)
    assert seen == [0, 1, 2, 3, 3]


def test_a_folder_is_uploaded_once(azure: Session, tmp_path: Path) -> None:
    source = folder(tmp_path / "src", train_py="pass")
    azure.cluster()
    codes = {azure.client.jobs.get(azure.submit(code=source).name).code for _ in range(2)}
    assert len(codes) == 1
    assert len(azure.lab.azure.state.codes.named) == 1


@pytest.mark.slow
def test_a_script_really_runs(tmp_path: Path) -> None:
    """The one test here whose script runs: it reads its input, writes both kinds of output and sees the platform."""
    from azure.ai.ml import Input, Output
    from azure.ai.ml.entities import Data

    script = """
        import os, sys
        from pathlib import Path
        folder, rate, out = sys.argv[1:]
        print(sorted(os.listdir(folder)), rate, os.environ["AZUREML_RUN_ID"])
        Path("outputs/kept.txt").write_text("kept")
        Path(out, "model.txt").write_text(Path(folder, "sensors.csv").read_text())
    """
    with session() as azure:
        azure.lab.world.runner = pick()
        source = folder(tmp_path / "src", train_py=dedent(script))
        data = folder(tmp_path / "data", sensors_csv="1,2")
        azure.cluster()
        azure.client.data.create_or_update(Data(name="d", path=data, type="uri_folder"))
        job = azure.submit(
            "python train.py ${{inputs.d}} ${{inputs.rate}} ${{outputs.o}}",
            name="real",
            code=source,
            inputs={"d": Input(type="uri_folder", path="azureml:d@latest"), "rate": 0.5},
            outputs={"o": Output(type="uri_folder")},
        )
        azure.lab.skip(hours=1)
        azure.client.jobs.download(job.name, download_path=tmp_path / "out", all=True)
    kept = {path.name: path.read_text() for path in (tmp_path / "out").rglob("*.txt")}
    assert kept == {"kept.txt": "kept", "model.txt": "1,2", "std_log.txt": "['sensors.csv'] 0.5 real\n"}


def test_a_duplicate_job_may_change_its_tags(azure: Session) -> None:
    azure.cluster()
    azure.submit(name="j")
    azure.submit(name="j", tags={"a": "b"})
    assert azure.client.jobs.get("j").tags == {"a": "b"}


# What is refused


REFUSALS = [
    ("job on unknown compute", lambda a: a.submit(compute="gpu"), "ResourceNotFoundError", "ResourceNotFound",
     "computes/gpu' under resource group"),
    ("job on unknown data", lambda a: a.submit("python t.py ${{inputs.d}}", inputs={"d": data_input("azureml:d:1")}),
     "ResourceNotFoundError", "UserError", "data/d/versions/1"),
    ("job in unknown environment", lambda a: a.submit(environment="azureml:e:1"), "ResourceNotFoundError", "UserError",
     "environments/e/versions/1"),
    ("job in unknown curated environment", lambda a: a.submit(environment=SKLEARN.replace("1.5", "9.9")),
     "ResourceNotFoundError", "UserError", "azureml://registries/azureml/environments/sklearn-9.9"),
    ("job name taken", lambda a: a.submit("python other.py", name="taken"), "HttpResponseError",
     "UserError", "A job with this name already exists. If you are trying to submit a new job, use a different name."),
    ("no name for a job", lambda a: a.submit(name="a b"), "HttpResponseError", "UserError",
     "Run name 'a b' is invalid"),
    ("no name for an experiment", lambda a: a.submit(experiment_name="a/b"), "HttpResponseError", "UserError",
     "Experiment name 'a/b' is invalid"),
    ("cancel what there is not", lambda a: a.client.jobs.begin_cancel("x"), "ResourceNotFoundError", "UserError",
     "Job x not found."),
    ("delete what runs", lambda a: a.client.jobs.begin_delete("taken"), "ResourceExistsError", "UserError",
     "Job taken is in the state Starting: cancel it before you delete it."),
]  # fmt: skip


@pytest.mark.parametrize(("case", "call", "kind", "code", "message"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_refusals(azure: Session, case: str, call: Any, kind: str, code: str, message: str) -> None:
    azure.cluster()
    azure.submit(name="taken")
    azure.refuses(call, kind, code, message)


@pytest.mark.parametrize("settings", [{"environment": None}, {"command": None}], ids=["no environment", "no command"])
def test_the_sdk_itself_refuses_what_is_missing(azure: Session, settings: dict[str, Any]) -> None:
    from azure.ai.ml.exceptions import MlException

    azure.cluster()
    with pytest.raises(MlException, match="Missing data for required field"):
        azure.submit(**{"command": "python t.py", **settings})


@pytest.mark.parametrize(
    ("call", "operation"),
    [
        (lambda a: a.submit(compute="local"), "your own machine"),
        (lambda a: a.submit(services={"lab": _make("entities", "JupyterLabJobService")}), "interactive jobs"),
        (lambda a: a.submit(distribution=_make("", "RayDistribution", port=6379)), "Ray"),
        (lambda a: a.client.jobs.create_or_update(_automl()), "jobs of type AutoML"),
    ],
)
def test_what_is_not_simulated_says_so(azure: Session, call: Any, operation: str) -> None:
    azure.cluster()
    azure.lacks(call, operation)


def _automl() -> Any:
    """With limits: the SDK sends two fields of them that its own models lack."""
    from azure.ai.ml import Input, automl

    data = Input(type="mltable", path="azureml://datastores/workspaceblobstore/paths/table")
    job = automl.classification(training_data=data, target_column_name="failed", primary_metric="accuracy")
    job.set_limits(max_trials=5, timeout_minutes=30)
    return job


def _make(module: str, name: str, **settings: Any) -> Any:
    found = importlib.import_module(f"azure.ai.ml.{module}".rstrip("."))
    return getattr(found, name)(**settings)


def test_everything_a_command_can_say_comes_back(azure: Session) -> None:
    from azure.ai.ml import Input, Output, PyTorchDistribution
    from azure.ai.ml.entities import UserIdentityConfiguration

    azure.cluster(max_instances=2)
    path = "azureml://datastores/workspaceblobstore/paths/here"
    azure.lab.azure.state.blobs.put(account.BLOB_CONTAINER, "here/a.csv", b"1")
    job = azure.submit(
        "python t.py ${{inputs.n}} $[[--rate ${{inputs.rate}}]] $[[--seed ${{inputs.seed}}]] ${{inputs.d}}",
        name="all",
        display_name="All of it",
        description="what a command says",
        tags={"a": "b"},
        properties={"p": "q"},
        environment_variables={"E": "1"},
        inputs={
            "n": 3,
            "rate": Input(type="number", optional=True, default=0.5),
            "seed": 7,
            "d": Input(type="uri_folder", path=path, mode="download"),
            "direct": Input(type="custom_model", path=path, mode="direct"),
        },
        outputs={"o": Output(type="uri_file", path=f"{path}/out.txt", mode="upload")},
        distribution=PyTorchDistribution(process_count_per_instance=2),
        instance_count=2,
        shm_size="4g",
        docker_args="--ipc=host",
        timeout=600,
        identity=UserIdentityConfiguration(),
        job_tier="standard",
        priority="high",
    )
    kept = azure.client.jobs.get("all")
    azure.lab.skip(hours=1)
    assert (kept.display_name, kept.description, kept.tags, kept.properties) == (
        "All of it", "what a command says", {"a": "b"}, {"p": "q"},
    )  # fmt: skip
    assert (kept.resources.instance_count, kept.resources.shm_size, kept.resources.docker_args) == (
        2,
        "4g",
        "--ipc=host",
    )
    assert (kept.limits.timeout, kept.distribution.process_count_per_instance) == (600, 2)
    assert (kept.identity.type, kept.inputs["d"].mode, kept.outputs["o"].mode) == (
        "user_identity",
        "download",
        "upload",
    )
    assert (job.name, kept.queue_settings.job_tier) == ("all", "standard")
    container = azure.runner.containers[0]
    assert container.command[:5] == ("python", "t.py", "3", "--seed", "7")
    assert container.environment["E"] == "1"
    assert container.environment["AZURE_ML_INPUT_direct"].endswith("/datastores/workspaceblobstore/paths/here")


def test_named_outputs_become_assets(azure: Session, tmp_path: Path) -> None:
    from azure.ai.ml import Output

    azure.cluster()
    root = _root(azure, "first")
    files = {"model/MLmodel": b"flavors: {sklearn: {pickled_model: model.pkl}}", "table/a.csv": b"1"}
    left = {f"{root}/cap/data-capability/wd/{path}": data for path, data in files.items()}
    azure.runner.transcript = Transcript(lines=(), exit_code=0, outcome="exited", files=left)
    azure.submit(
        name="first",
        outputs={
            "model": Output(type="mlflow_model", name="wine", version="7"),
            "table": Output(type="uri_folder", name="wines"),
        },
    )
    azure.lab.skip(hours=1)
    model_asset, data_asset = azure.client.models.get("wine", "7"), azure.client.data.get("wines", label="latest")
    assert (model_asset.type, list(model_asset.flavors), model_asset.job_name) == ("mlflow_model", ["sklearn"], "first")
    assert (data_asset.version, data_asset.path.rpartition("/paths/")[2]) == ("1", "azureml/first/table/")
    assert azure.client.jobs.get("first").outputs["table"].name == "wines"
    azure.client.jobs.download("first", download_path=tmp_path, output_name="table")
    assert (tmp_path / "named-outputs/table/a.csv").read_text() == "1"


def _root(azure: Session, name: str) -> str:
    root = f"/mnt/azureml/cr/j/{azure.lab.world.ids.hex('azure/run', name)}"
    azure.lab.world.ids._asked.clear()
    return root


def test_an_output_that_is_no_model_fails_its_job(azure: Session) -> None:
    from azure.ai.ml import Output

    azure.cluster()
    azure.submit(name="first", outputs={"model": Output(type="mlflow_model", name="wine")})
    azure.lab.skip(hours=1)
    job = azure.lab.azure.state.jobs["first"]
    assert (job.status, job.error.split(":")[0]) == ("Failed", "The output 'model' cannot be registered")


def test_a_curated_environment_by_its_name_in_a_workspace(azure: Session) -> None:
    azure.cluster()
    job = azure.submit(environment="azureml:AzureML-sklearn-1.5@latest")
    assert job.environment.endswith("sklearn-1.5:40")


def test_an_mltable_is_evaluated(azure: Session, tmp_path: Path) -> None:
    from azure.ai.ml import Input

    azure.cluster()
    table = tmp_path / "table"
    table.mkdir()
    (table / "MLTable").write_text("paths:\n  - pattern: ./*.csv\ntransformations: [read_delimited: {}]\n")
    (table / "a.csv").write_text("1")
    (table / "b.txt").write_text("2")
    found = {}
    for mode in ("eval_mount", "ro_mount"):
        azure.submit("ls ${{inputs.t}}", inputs={"t": Input(type="mltable", path=str(table), mode=mode)})
        azure.lab.skip(hours=1)
        found[mode] = sorted(path.rpartition("/")[2] for path in azure.runner.containers[-1].files)
    assert found == {"eval_mount": ["a.csv"], "ro_mount": ["MLTable", "a.csv", "b.txt"]}


def test_a_job_is_changed_archived_listed_and_deleted(azure: Session) -> None:
    client = azure.client
    azure.cluster()
    for name in ("one", "two", "three"):
        azure.submit(name=name, tags={"owner": "me"} if name == "two" else {})
    azure.lab.skip(hours=1)

    def listed(**query: Any) -> list[str]:
        return [job.name for job in client.jobs.list(**query)]

    assert listed() == ["three", "two", "one"]
    assert listed(tag="owner=me") == ["two"]
    client.jobs.archive("one")
    assert (listed(), listed(list_view_type="ArchivedOnly")) == (["three", "two"], ["one"])
    assert listed(list_view_type="All") == ["three", "two", "one"]
    client.jobs.restore("one")
    client.jobs.update("one", display_name="First", description="d", tags={"x": "1"}, properties={"y": "2"})
    changed = client.jobs.get("one")
    changed.tags["z"] = "3"
    changed = client.jobs.create_or_update(changed)
    assert (changed.display_name, changed.description, changed.tags, changed.properties) == (
        "First", "d", {"x": "1", "z": "3"}, {"y": "2"},
    )  # fmt: skip
    client.jobs.begin_delete("one").result()
    assert listed() == ["three", "two"]
    azure.refuses(lambda a: a.client.jobs.get("one"), "ResourceNotFoundError", "UserError", "Job one not found.")
    assert not [key for key in azure.lab.azure.state.blobs.list("azureml") if "dcid.one/" in key]


def test_a_long_list_comes_in_pages(azure: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    from twoclouds.azure.jobs import jobs

    monkeypatch.setattr(jobs, "PAGE", 2)
    azure.cluster()
    names = [azure.submit(name=f"job{n}").name for n in range(5)]
    assert [job.name for job in azure.client.jobs.list()] == names[::-1]


def test_a_finished_job_holds_little(azure: Session) -> None:
    azure.cluster()
    settings = {"inputs": {"rate": 0.5}, "tags": {"a": "b"}}
    azure.submit(**settings)
    azure.lab.skip(hours=1)  # so that everything has been imported
    tracemalloc.start(16)
    try:
        for _ in range(10):
            azure.submit(**settings)
        azure.lab.skip(hours=2)
        azure.runner.containers.clear()
        gc.collect()
        ours = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, "*/twoclouds/*", all_frames=True)])
    finally:
        tracemalloc.stop()
    assert sum(statistic.size for statistic in ours.statistics("filename")) / 10 < 20_000


def test_every_operation_is_called_by_the_sdk(azure: Session, tmp_path: Path) -> None:
    from azure.ai.ml import Output

    client = azure.client
    azure.cluster()
    source = folder(tmp_path / "src", train_py="pass")
    for _ in range(2):
        job = azure.submit("python train.py ${{outputs.o}}", code=source, outputs={"o": Output(type="uri_folder")})
    client.jobs.stream(job.name)
    client.jobs.download(job.name, download_path=tmp_path / "out", all=True)
    assert next(iter(client.jobs.list())).name == job.name
    assert list(client.jobs.list(parent_job_name=job.name)) == []
    assert client.jobs.show_services(job.name) is None
    assert client.jobs._runs_operations.get_run(job.name).status == "Completed"
    client.jobs.update(job.name, tags={"a": "b"})
    client.jobs.begin_cancel(azure.submit().name).result()
    client.jobs.begin_delete(job.name).result()
    assert azure.uncalled("jobs", "history", "code") == set()
