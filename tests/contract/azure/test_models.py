"""Models through the real azure-ai-ml: what is registered, and what a deployment finds of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contract.azure_lab import Session, folder
from twoclouds.azure.assets import models
from twoclouds.world.container import Line, Transcript

MLMODEL = """
flavors:
  python_function: {loader_module: mlflow.sklearn, python_version: 3.11}
  sklearn: {pickled_model: model.pkl, sklearn_version: 1.5.1}
"""


def model(name: str, path: str, **settings: Any) -> Any:
    from azure.ai.ml.entities import Model

    return Model(name=name, path=path, **settings)


def test_a_model_from_a_folder_and_what_a_deployment_finds(azure: Session, tmp_path: Path) -> None:
    source = folder(tmp_path / "model", MLmodel=MLMODEL, model_pkl="trained")
    made = azure.client.models.create_or_update(model("iris", source, type="mlflow_model", tags={"by": "me"}))

    found = models.find(azure.lab.azure.state, made.id)
    assert (found.name, found.version, found.type, sorted(found.flavors)) == (
        "iris", "1", "mlflow_model", ["python_function", "sklearn"],
    )  # fmt: skip
    assert made.flavors["sklearn"] == {"pickled_model": "model.pkl", "sklearn_version": "1.5.1"}
    assert sorted(models.files(azure.lab.azure.state, found)) == ["model/MLmodel", "model/model.pkl"]


def test_a_model_that_is_one_file(azure: Session, tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_text("trained")
    azure.client.models.create_or_update(model("iris", str(path)))
    found = models.find(azure.lab.azure.state, "azureml:iris@latest")
    assert (found.type, found.flavors) == ("custom_model", {})
    assert models.files(azure.lab.azure.state, found) == {"model.pkl": b"trained"}

    azure.client.models.download("iris", "1", download_path=tmp_path / "out")
    assert (tmp_path / "out/iris/model.pkl").read_text() == "trained"


@pytest.mark.parametrize(
    "path", ["azureml://jobs/first/outputs/artifacts/paths/model/", "runs:/first/model", "outputs/trained"]
)
def test_a_model_from_a_job(azure: Session, path: str) -> None:
    from azure.ai.ml import Output

    azure.cluster()
    root = f"/mnt/azureml/cr/j/{azure.lab.world.ids.hex('azure/run', 'first')}"
    azure.lab.world.ids._asked.clear()
    azure.runner.transcript = Transcript(
        lines=(Line(0, "stdout", "hello"),), exit_code=0, outcome="exited",
        files={f"{root}/cap/data-capability/wd/trained/model.pkl": b"trained"},
    )  # fmt: skip
    azure.submit(name="first", outputs={"trained": Output(type="uri_folder")})
    azure.lab.skip(hours=1)
    azure.lab.azure.state.blobs.put("azureml", "ExperimentRun/dcid.first/model/model.pkl", b"logged")
    if path == "outputs/trained":
        path = "azureml://jobs/first/outputs/trained"

    made = azure.client.models.create_or_update(model("iris", path, type="custom_model"))
    found = models.find(azure.lab.azure.state, made.id)
    assert made.job_name == "first"
    content = models.files(azure.lab.azure.state, found)
    assert content in ({"model/model.pkl": b"logged"}, {"trained/model.pkl": b"trained"})
    assert content == {f"{found.folder}/model.pkl": b"trained" if "trained" in path else b"logged"}


def test_versions_of_a_model(azure: Session, tmp_path: Path) -> None:
    from azure.ai.ml.entities import Model

    client = azure.client.models
    for n in (1, 2, 3):
        source = folder(tmp_path / str(n), model_pkl=f"trained {n}")
        client.create_or_update(Model(name="iris", path=source, stage="Dev"))
    client.create_or_update(Model(name="iris", version="best", path=str(tmp_path / "2"), tags={"f1": "0.9"}))
    kept = client.get("iris", "1")
    kept.stage, kept.tags = "Production", {"owner": "ann"}
    client.create_or_update(kept)

    assert [m.version for m in client.list("iris")] == ["best", "3", "2", "1"]
    assert [m.version for m in client.list("iris", stage="Production")] == ["1"]
    assert client.get("iris", label="latest").version == "best"
    client.archive("iris", label="latest")
    assert client.get("iris", label="latest").version == "3"
    client.restore("iris", "best")
    client.archive("iris")
    assert [m.name for m in client.list()] == []
    assert [m.name for m in client.list(list_view_type="All")] == ["iris"]
    assert client.get("iris", "1").tags == {"owner": "ann"}
    client.restore("iris")
    assert [(m.name, m.latest_version) for m in client.list()] == [("iris", "best")]


NOWHERE = "azureml://datastores/workspaceblobstore/paths/nowhere"

REFUSALS = [
    ("nothing there", lambda a: a.client.models.create_or_update(model("m", NOWHERE)),
     "HttpResponseError", "BadRequest", "The request is invalid."),
    ("no such run", lambda a: a.client.models.create_or_update(model("m", "runs:/nobody/model")),
     "ResourceNotFoundError", "UserError", "Job nobody not found."),
    ("unknown", lambda a: a.client.models.get("m", "1"), "ResourceNotFoundError", "UserError", "models/m/versions/1"),
    ("archive nothing", lambda a: a.client.models.archive("m"), "ResourceNotFoundError", "UserError",
     "The specified resource was not found."),
]  # fmt: skip


@pytest.mark.parametrize(("case", "call", "kind", "code", "message"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_refusals(azure: Session, case: str, call: Any, kind: str, code: str, message: str) -> None:
    azure.refuses(call, kind, code, message)


def test_an_mlflow_model_without_its_file(azure: Session, tmp_path: Path) -> None:
    source = folder(tmp_path / "model", model_pkl="trained")
    azure.refuses(
        lambda a: a.client.models.create_or_update(model("m", source, type="mlflow_model")),
        "HttpResponseError", "BadRequest", "An MLflow model needs an MLmodel file",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("call", "operation"),
    [
        (lambda a: a.client.models.share("m", "1", share_with_name="m", share_with_version="1",
                                         registry_name="azureml"), "registries/azureml"),
        (lambda a: models.find(a.lab.azure.state, "azureml://registries/azureml/models/x/versions/1"),
         "the model azureml://registries"),
    ],
)  # fmt: skip
def test_what_is_not_simulated_says_so(azure: Session, tmp_path: Path, call: Any, operation: str) -> None:
    azure.client.models.create_or_update(model("m", folder(tmp_path / "m", model_pkl="trained"), version="1"))
    azure.lacks(call, operation)


def test_every_operation_is_called_by_the_sdk(azure: Session, tmp_path: Path) -> None:
    client = azure.client.models
    client.create_or_update(model("m", folder(tmp_path / "m", model_pkl="trained")))
    assert client.get("m", version="1").name == client.get("m", label="latest").name == "m"
    assert [found.name for found in client.list()] == ["m"]
    assert [found.version for found in client.list("m")] == ["1"]
    client.archive("m")
    client.restore("m")
    assert azure.uncalled("models") == set()
