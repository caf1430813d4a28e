"""MLflow on the workspace: the real client against the service's REST API, and inside jobs through azureml-mlflow."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.contract.azure_lab import Session, folder, session
from twoclouds.azure import account
from twoclouds.world.clock import SECOND
from twoclouds.world.runner import pick

BASE = f"https://{account.API}/mlflow/v2.0{account.WORKSPACE_ID}"

with_plugin = pytest.mark.skipif(
    importlib.util.find_spec("azureml") is None, reason="azureml-mlflow is not installed: no tracking URI of azureml://"
)


@pytest.fixture
def client(azure: Session, monkeypatch: pytest.MonkeyPatch) -> Any:
    """MLflow's own client, signed in with a token as its REST API takes it."""
    mlflow = pytest.importorskip("mlflow")
    token = azure.client._credential.get_token("https://management.azure.com/.default").token
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", token)
    return mlflow.MlflowClient(tracking_uri=BASE, registry_uri=BASE)


def test_experiments_and_runs(azure: Session, client: Any) -> None:
    from mlflow.entities import ViewType
    from mlflow.exceptions import MlflowException, RestException

    identifier = client.create_experiment("wine", tags={"team": "a"})
    with pytest.raises(RestException, match="Experiment 'wine' already exists"):
        client.create_experiment("wine")
    client.set_experiment_tag(identifier, "stage", "trial")
    assert client.get_experiment_by_name("wine").tags == {"team": "a", "stage": "trial"}
    assert client.get_experiment_by_name("beer") is None
    client.delete_experiment(identifier)
    assert client.search_experiments() == []
    client.restore_experiment(identifier)
    assert [found.name for found in client.search_experiments(filter_string="name = 'wine'")] == ["wine"]

    for rate, loss in (("0.1", 3.0), ("0.2", 1.0), ("0.3", 2.0)):
        run = client.create_run(identifier, run_name=f"rate {rate}").info.run_id
        client.log_param(run, "rate", rate)
        for step in range(3):
            client.log_metric(run, "loss", loss + 2 - step, step=step)
        client.set_tag(run, "kind", "sweep")
        client.set_terminated(run)
    found = client.search_runs([identifier], "metrics.loss < 3 and params.rate != '0.2'", order_by=["metrics.loss ASC"])
    assert [(run.info.run_name, run.data.metrics["loss"], run.info.status) for run in found] == [
        ("rate 0.3", 2.0, "FINISHED")
    ]
    found = client.search_runs([identifier], "tags.kind = 'sweep'", order_by=["metrics.loss DESC"])
    assert [run.data.params["rate"] for run in found] == ["0.1", "0.3", "0.2"]
    assert [metric.value for metric in client.get_metric_history(run, "loss")] == [4.0, 3.0, 2.0]
    with pytest.raises(MlflowException, match="Changing param values is not allowed"):
        client.log_param(run, "rate", "9")
    with pytest.raises(RestException, match="Invalid clause"):
        client.search_runs([identifier], "loss is small")
    client.delete_tag(run, "kind")
    client.delete_run(run)
    assert len(client.search_runs([identifier])) == 2
    assert len(client.search_runs([identifier], run_view_type=ViewType.ALL)) == 3
    client.restore_run(run)
    with pytest.raises(RestException, match="Run nobody was not found"):
        client.get_run("nobody")


def test_a_job_is_a_run_and_its_nested_runs_are_its_children(azure: Session, client: Any) -> None:
    azure.cluster()
    azure.submit(name="parent", tags={"a": "b"})
    azure.lab.world.clock.advance_to(350 * SECOND)
    run = client.get_run("parent")
    assert (run.info.status, run.info.run_name, run.data.tags["a"]) == ("RUNNING", "parent", "b")
    client.create_run(run.info.experiment_id, tags={"mlflow.parentRunId": "parent"}, run_name="child")
    client.update_run("parent", status="FAILED", name="renamed")
    azure.lab.skip(minutes=10)
    assert [each.display_name for each in azure.client.jobs.list(parent_job_name="parent")] == ["child"]
    assert (azure.client.jobs.get("parent").status, azure.client.jobs.get("parent").display_name) == (
        "Completed", "renamed",
    )  # fmt: skip
    client.set_tag("parent", "c", "d")
    assert azure.client.jobs.get("parent").tags == {"a": "b", "c": "d"}


def test_models_are_registered_from_a_run(azure: Session, client: Any) -> None:
    from mlflow.exceptions import RestException

    run = client.create_run(client.create_experiment("wine")).info
    state = azure.lab.azure.state
    flavors = b"flavors:\n  sklearn:\n    pickled_model: model.pkl\n"
    state.blobs.put(account.ARTIFACT_CONTAINER, f"ExperimentRun/dcid.{run.run_id}/model/MLmodel", flavors)
    client.create_registered_model("wine", description="all wines")
    with pytest.raises(RestException, match="already exists"):
        client.create_registered_model("wine")
    for _ in range(2):
        version = client.create_model_version("wine", f"{run.artifact_uri}/model", run.run_id, tags={"x": "1"})
    with pytest.raises(RestException, match="No blobs found in storage at model asset path"):
        client.create_model_version("wine", f"{run.artifact_uri}/nothing", run.run_id)
    assert (version.version, version.status, version.run_id) == ("2", "READY", run.run_id)
    asset = azure.client.models.get("wine", label="latest")
    assert (asset.version, asset.type, list(asset.flavors), asset.job_name, asset.tags) == (
        "2", "mlflow_model", ["sklearn"], run.run_id, {"x": "1"},
    )  # fmt: skip
    client.update_model_version("wine", "2", "the better one")
    client.set_model_version_tag("wine", "2", "y", "2")
    client.transition_model_version_stage("wine", "1", "Production")
    client.transition_model_version_stage("wine", "2", "Production", archive_existing_versions=True)
    stages = {v.version: v.current_stage for v in client.search_model_versions("name='wine'")}
    assert stages == {"2": "Production", "1": "Archived"}
    assert [v.version for v in client.get_latest_versions("wine", ["Production"])] == ["2"]
    assert client.get_model_version("wine", "2").description == "the better one"
    assert client.get_model_version_download_uri("wine", "2").endswith(f"dcid.{run.run_id}/model")
    assert [model.name for model in client.search_registered_models()] == ["wine"]
    assert client.get_registered_model("wine").latest_versions[0].version == "2"
    with pytest.raises(RestException, match="Registered Model with name=beer not found"):
        client.get_registered_model("beer")


def test_logged_models_are_among_the_artifacts_of_their_run(azure: Session, client: Any) -> None:
    from mlflow.exceptions import MlflowException

    run = client.create_run(client.create_experiment("wine")).info
    model = client.create_logged_model(run.experiment_id, name="model", source_run_id=run.run_id, params={"a": "1"})
    client.log_outputs(run.run_id, [])
    client.finalize_logged_model(model.model_id, "READY")
    client.set_logged_model_tags(model.model_id, {"x": "1"})
    client.log_model_params(model.model_id, {"b": "2"})
    found = client.get_logged_model(model.model_id)
    assert (found.artifact_location, str(found.status)) == (f"{run.artifact_uri}/model", "READY")
    assert (found.params, found.tags) == ({"a": "1", "b": "2"}, {"x": "1"})
    assert [each.model_id for each in client.search_logged_models([run.experiment_id])] == [model.model_id]
    azure.lab.assume("azure/mlflow_logged_models", False)
    with pytest.raises(MlflowException, match="does not know logged models"):
        client.get_logged_model(model.model_id)


def test_every_operation_is_called_by_the_client(azure: Session, client: Any) -> None:
    from mlflow.entities import Param

    test_experiments_and_runs(azure, client)
    client.delete_experiment(client.create_experiment("other"))
    azure.cluster()
    azure.submit(name="j")
    client.log_inputs("j", datasets=[])
    client.log_batch("j", params=[Param("rate", "0.5")])
    client.update_run("j", name="x")
    client.log_outputs("j", [])
    client.get_experiment(client.get_run("j").info.experiment_id)
    assert azure.uncalled("mlflow_tracking") == set()


def test_every_operation_of_models_is_called_by_the_client(azure: Session, client: Any) -> None:
    test_models_are_registered_from_a_run(azure, client)
    run = client.create_run(client.create_experiment("beer")).info
    model = client.create_logged_model(run.experiment_id, name="model", source_run_id=run.run_id)
    client.get_logged_model(model.model_id)
    client.finalize_logged_model(model.model_id, "READY")
    client.set_logged_model_tags(model.model_id, {"x": "1"})
    client.log_model_params(model.model_id, {"b": "2"})
    client.search_logged_models([run.experiment_id])
    assert azure.uncalled("mlflow_registry", "logged_models") == set()


# Through azureml-mlflow


@with_plugin
@pytest.mark.slow
def test_a_script_logs_registers_and_is_not_counted_twice(tmp_path: Path) -> None:
    from azure.ai.ml.entities import Environment

    script = """
        import mlflow, time
        mlflow.log_param("rate", 0.5)
        for step in range(3):
            mlflow.log_metric("loss", 3 - step, step=step)
            print("step", step, flush=True)
            time.sleep(60)
        open("note.txt", "w").write("note")
        mlflow.log_artifact("note.txt", "notes")
        mlflow.set_tag("done", "yes")
    """
    image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"
    conda = {"name": "x", "dependencies": ["python=3.11", {"pip": ["mlflow-skinny", "azureml-mlflow"]}]}
    with session() as azure:
        azure.lab.world.runner = pick()
        azure.cluster()
        settings = {
            "code": folder(tmp_path / "src", train_py=dedent(script)),
            "environment": azure.client.environments.create_or_update(
                Environment(name="tracked", image=image, conda_file=conda)
            ),
        }
        azure.submit(name="whole", **settings)
        azure.client.jobs.stream("whole")
        azure.submit(name="half", **settings)
        azure.lab.skip(seconds=120)
        azure.client.jobs.begin_cancel("half").result()
        azure.client.jobs.download("whole", download_path=tmp_path / "out")
        told = {
            name: (run.params, [metric.value for metric in run.metrics["loss"]], run.tags)
            for name, run in azure.lab.azure.state.history.runs.items()
        }
    assert told["whole"] == ({"rate": "0.5"}, [3.0, 2.0, 1.0], {"done": "yes"})
    assert told["half"] == ({"rate": "0.5"}, [3.0, 2.0], {})
    assert (tmp_path / "out/artifacts/notes/note.txt").read_text() == "note"


@with_plugin
def test_the_tracking_uri_of_the_workspace(azure: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a notebook, with `mlflow_tracking_uri` of the workspace, as Microsoft's samples have it."""
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.chdir(tmp_path)
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(azure.client.workspaces.get(account.WORKSPACE).mlflow_tracking_uri)
    try:
        mlflow.set_experiment("notebook")
        with mlflow.start_run(run_name="mine") as run:
            mlflow.log_metric("acc", 0.5)
            mlflow.log_text("hello", "texts/hello.txt")
        found = mlflow.search_runs(experiment_names=["notebook"])
        client = mlflow.MlflowClient()
        assert list(found["metrics.acc"]) == [0.5]
        assert [each.path for each in client.list_artifacts(run.info.run_id)] == ["texts"]
        path = client.download_artifacts(run.info.run_id, "texts/hello.txt")
        assert Path(path).read_text() == "hello"
        assert azure.uncalled("run_artifacts") == {
            "Artifacts - List In Container", "Artifacts - Get Content Information",
            "Artifacts - Batch Create Empty Artifacts",
        }  # fmt: skip
    finally:
        mlflow.set_tracking_uri(before)
