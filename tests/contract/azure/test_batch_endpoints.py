"""Batch endpoints through the real azure-ai-ml: each invocation is a job that really scores its files."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from tests.contract.azure_lab import Session, events, folder
from twoclouds.world.runner import pick

CONDA = "dependencies:\n- python=3.11\n"
IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
SCORE = """
import os

def init():
    global factor
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "factor.txt")) as file:
        factor = float(file.read())
    print("init")

def run(mini_batch):
    names = [os.path.basename(path) for path in mini_batch]
    print("run", names)
    if "bad.txt" in names:
        raise ValueError("a bad file")
    return [f"{name} {factor * float(open(path).read())}" for name, path in zip(names, mini_batch)]
"""
MLMODEL = """
flavors:
  python_function: {loader_module: mlflow.sklearn, model_path: model.pkl, env: {conda: conda.yaml}, predict_fn: predict}
  sklearn: {pickled_model: model.pkl, serialization_format: pickle, sklearn_version: 1.5.1}
mlflow_version: 2.17.0
signature: {inputs: '[{"name": "x", "type": "double"}]', outputs: '[{"type": "double"}]'}
"""


@pytest.fixture
def scored(azure: Session) -> Session:
    azure.lab.world.runner = pick()
    azure.cluster(max_instances=2)
    return azure


def endpoint(azure: Session, name: str = "mill") -> Any:
    from azure.ai.ml.entities import BatchEndpoint

    return azure.client.batch_endpoints.begin_create_or_update(BatchEndpoint(name=name, tags={"a": "b"})).result()


def deployment(tmp_path: Path, name: str = "first", *, score: str = SCORE, **given: Any) -> Any:
    from azure.ai.ml.entities import CodeConfiguration, Environment, Model, ModelBatchDeployment
    from azure.ai.ml.entities import ModelBatchDeploymentSettings as Settings

    code = tmp_path / f"code-{name}"
    if not code.exists():
        folder(code, score_py=score)
    (tmp_path / "factor.txt").write_text("2")
    (tmp_path / "conda.yaml").write_text(CONDA)
    settings = {
        "mini_batch_size": 2, "instance_count": 2, "max_concurrency_per_instance": 1, **given.pop("settings", {}),
    }  # fmt: skip
    asked = dict(
        endpoint_name="mill",
        model=Model(name="factor", path=str(tmp_path / "factor.txt")),
        environment=Environment(name="scoring", image=IMAGE, conda_file=str(tmp_path / "conda.yaml")),
        code_configuration=CodeConfiguration(code=str(code), scoring_script="score.py"),
        compute="cpu",
    )
    return ModelBatchDeployment(name=name, settings=Settings(**settings), **(asked | given))


def deploy(azure: Session, made: Any, *, default: bool = True) -> Any:
    result = azure.client.batch_deployments.begin_create_or_update(made).result()
    if default:
        found = azure.client.batch_endpoints.get("mill")
        found.defaults.deployment_name = made.name
        azure.client.batch_endpoints.begin_create_or_update(found).result()
    return result


def invoke(azure: Session, tmp_path: Path, files: dict[str, str], **settings: Any) -> Any:
    from azure.ai.ml import Input

    data = tmp_path / "data"
    data.mkdir(exist_ok=True)
    for name, text in files.items():
        (data / name).write_text(text)
    data_input = Input(type="uri_folder", path=str(data))
    return azure.client.batch_endpoints.invoke("mill", input=data_input, **settings)


def step(azure: Session, job: Any) -> Any:
    (found,) = azure.client.jobs.list(parent_job_name=job.name)
    return found


def predictions(azure: Session, tmp_path: Path, job: Any, name: str = "predictions.csv") -> list[str]:
    where = tmp_path / "out"
    azure.client.jobs.download(step(azure, job).name, download_path=where, output_name="score")
    return (where / "named-outputs/score" / name).read_text().splitlines()


NUMBERS = {f"{n}.txt": str(n) for n in range(5)}


def test_a_job_goes_over_the_files(scored: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    azure = scored
    made = endpoint(azure)
    assert made.provisioning_state == "Succeeded"
    assert made.scoring_uri == "https://mill.eastus.inference.ml.azure.com/jobs"
    deploy(azure, deployment(tmp_path))
    assert azure.client.batch_endpoints.get("mill").defaults.deployment_name == "first"
    job = invoke(azure, tmp_path, NUMBERS)
    azure.client.jobs.stream(job.name)

    out = capsys.readouterr().out
    child = step(azure, job)
    assert f"Submitting 1 runs, first five are: {child.name[:8]}:{child.name}" in out
    assert f"Completing processing run id {child.name}." in out
    assert (azure.client.jobs.get(job.name).status, child.status) == ("Completed", "Completed")
    assert child.creation_context.last_modified_at > child.creation_context.created_at
    assert predictions(azure, tmp_path, job) == [f"{n}.txt {2.0 * n}" for n in range(5)]
    azure.client.jobs.download(child.name, download_path=tmp_path / "all", all=True)
    logs = sorted((tmp_path / "all/artifacts/logs/user/stdout").rglob("*.txt"))
    assert [path.read_text().splitlines() for path in logs] == [
        ["init", "run ['0.txt', '1.txt']", "run ['4.txt']"],
        ["init", "run ['2.txt', '3.txt']"],
    ]
    assert [one.name for one in azure.client.jobs.list()] == [job.name]
    assert [one.name for one in azure.client.batch_endpoints.list_jobs("mill")] == [job.name]
    assert [one.name for one in azure.client.batch_deployments.list_jobs("mill", name="first")] == [job.name]


def test_what_happens_when(scored: Session, tmp_path: Path) -> None:
    endpoint(scored)
    deploy(scored, deployment(tmp_path))
    began = scored.lab.world.clock.now / 1000
    job = invoke(scored, tmp_path, NUMBERS)
    scored.lab.skip(hours=1)
    child = step(scored, job).name
    log = [(second - began, what.replace(child, "step")) for second, what in events(scored) if second >= began]
    wanted = ("job", "machine.working cpu", "machine.released cpu")
    assert [entry for entry in log if entry[1].startswith(wanted) and job.name not in entry[1]] == [
        (5.0, "job.preparing step"),
        (725.0, "job.queued step"),
        (1005.0, "job.running step"),
        (1005.0, "machine.working cpu/node-1"),
        (1005.0, "machine.working cpu/node-2"),
        (1045.0, "job.finalizing step"),
        (1055.0, "job.completed step"),
        (1235.0, "machine.released cpu/node-1"),
        (1235.0, "machine.released cpu/node-2"),
    ]
    assert not scored.lab.world.bill.running()


@pytest.mark.parametrize(("threshold", "status"), [(-1, "Completed"), (0, "Failed"), (1, "Completed")])
def test_files_that_fail(scored: Session, tmp_path: Path, threshold: int, status: str) -> None:
    from azure.ai.ml.entities import BatchRetrySettings

    endpoint(scored)
    retry = BatchRetrySettings(max_retries=1, timeout=30)
    settings = {"error_threshold": threshold, "retry_settings": retry, "instance_count": 1, "mini_batch_size": 1}
    deploy(scored, deployment(tmp_path, settings=settings))
    job = invoke(scored, tmp_path, {"a.txt": "1", "bad.txt": "2", "c.txt": "3"})
    scored.lab.skip(hours=1)
    found = scored.client.jobs.get(job.name)
    assert found.status == status
    assert predictions(scored, tmp_path, job) == ["a.txt 2.0", "c.txt 6.0"]


def test_a_script_that_does_not_start(scored: Session, tmp_path: Path) -> None:
    endpoint(scored)
    score = "def init():\n    raise ValueError('no model')\ndef run(files):\n    pass\n"
    deploy(scored, deployment(tmp_path, score=score))
    job = invoke(scored, tmp_path, NUMBERS)
    scored.lab.skip(hours=1)
    assert scored.client.jobs.get(job.name).status == "Failed"
    assert scored.lab.azure.state.jobs[job.name].error == "The scoring script failed: ValueError: no model"


def test_only_what_the_script_writes_itself(scored: Session, tmp_path: Path) -> None:
    score = (
        "import os\ndef init():\n    pass\n"
        "def run(files):\n    for path in files:\n        name = os.path.basename(path)\n"
        "        open(os.path.join(os.environ['AZUREML_BI_OUTPUT_PATH'], 'of-' + name), 'w').write(open(path).read())\n"
        "    return files\n"
    )
    endpoint(scored)
    deploy(scored, deployment(tmp_path, score=score, settings={"output_action": "summary_only"}))
    job = invoke(scored, tmp_path, {"a.txt": "1", "b.txt": "2"})
    scored.lab.skip(hours=1)
    assert predictions(scored, tmp_path, job, "of-a.txt") == ["1"]
    assert sorted(path.name for path in (tmp_path / "out/named-outputs/score").iterdir()) == ["of-a.txt", "of-b.txt"]


def test_an_mlflow_model_needs_no_script(scored: Session, tmp_path: Path) -> None:
    from azure.ai.ml.entities import Model
    from sklearn.linear_model import LinearRegression

    line = LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0])
    folder(tmp_path / "model", MLmodel=MLMODEL, conda_yaml="dependencies: [{pip: [mlflow, scikit-learn]}]")
    (tmp_path / "model/model.pkl").write_bytes(pickle.dumps(line))
    endpoint(scored)
    model = Model(name="line", path=str(tmp_path / "model"), type="mlflow_model")
    deploy(scored, deployment(tmp_path, model=model, environment=None, code_configuration=None))
    job = invoke(scored, tmp_path, {"a.csv": "x\n0\n1\n", "b.csv": "x\n2\n"})
    scored.lab.skip(hours=1)
    rows = [row.split(",") for row in predictions(scored, tmp_path, job)]
    assert [(row[0], round(float(row[1])), row[2]) for row in rows] == [
        ("0", 1, "a.csv"), ("1", 3, "a.csv"), ("0", 5, "b.csv"),
    ]  # fmt: skip


def test_a_request_may_ask_for_something_else(scored: Session, tmp_path: Path) -> None:
    endpoint(scored)
    deploy(scored, deployment(tmp_path), default=False)
    overrides = [{"mini_batch_size": 5}, {"compute.instance_count": 1}, {"output_file_name": "mine.csv"}]
    job = invoke(scored, tmp_path, NUMBERS, deployment_name="first", params_override=overrides)
    scored.lab.skip(hours=1)
    assert predictions(scored, tmp_path, job, "mine.csv") == [f"{n}.txt {2.0 * n}" for n in range(5)]


def test_canceling(scored: Session, tmp_path: Path) -> None:
    endpoint(scored)
    deploy(scored, deployment(tmp_path))
    job = invoke(scored, tmp_path, NUMBERS)
    scored.lab.skip(minutes=10)
    scored.client.jobs.begin_cancel(job.name).result()
    assert (scored.client.jobs.get(job.name).status, step(scored, job).status) == ("Canceled", "Canceled")
    scored.lab.skip(hours=1)
    assert not scored.lab.world.bill.running()


def test_bad_input_and_every_operation(scored: Session, tmp_path: Path) -> None:
    from azure.ai.ml import Input
    from azure.core.exceptions import HttpResponseError

    azure, bad = scored, ("HttpResponseError", "BadRequest")
    azure.refuses(
        lambda a: deploy(a, deployment(tmp_path)), "ResourceNotFoundError", "ResourceNotFound", "batchEndpoints/mill"
    )
    endpoint(azure)
    deploy(azure, deployment(tmp_path), default=False)
    azure.refuses(lambda a: invoke(a, tmp_path, NUMBERS), *bad, "no default deployment")
    known = {"model": "azureml:factor:1", "environment": "scoring:1"}
    bare = known | {"environment": None}
    azure.refuses(lambda a: deploy(a, deployment(tmp_path, "other", **bare)), *bad, "needs an")
    azure.refuses(
        lambda a: deploy(a, deployment(tmp_path, "other", **known, compute="gone")),
        "ResourceNotFoundError", "ResourceNotFound", "gone",
    )  # fmt: skip

    def wrong_default(a: Session) -> None:
        found = a.client.batch_endpoints.get("mill")
        found.defaults.deployment_name = "red"
        a.client.batch_endpoints.begin_create_or_update(found)

    azure.refuses(wrong_default, *bad, "'red' does not exist")
    azure.lab.azure.sign_in("reader")
    there = Input(type="uri_folder", path="azureml://datastores/workspaceblobstore/paths/data/")
    with pytest.raises(HttpResponseError, match="AuthorizationFailed"):
        azure.client.batch_endpoints.invoke("mill", input=there, deployment_name="first")
    azure.lab.azure.sign_in("administrator")
    job = invoke(azure, tmp_path, NUMBERS, deployment_name="first")
    azure.lab.skip(hours=1)
    assert azure.client.jobs.get(job.name).status == "Completed"
    assert [one.name for one in azure.client.batch_endpoints.list()] == ["mill"]
    assert [one.name for one in azure.client.batch_deployments.list("mill")] == ["first"]
    assert azure.client.batch_deployments.get("first", "mill").mini_batch_size == 2
    assert [one.name for one in azure.client.batch_deployments.list_jobs("mill", name="first")] == [job.name]
    assert [one.name for one in azure.client.batch_endpoints.list_jobs("mill")] == [job.name]
    azure.client.batch_deployments.begin_delete("first", "mill").result()
    azure.client.batch_endpoints.begin_delete("mill").result()
    assert not azure.lab.azure.state.batch_endpoints
    assert azure.uncalled("batch_endpoints", "batch_deployments", "batch_jobs") == set()
