"""The sensor task: its data can be made again, its script says what is wrong with a table, on both clouds."""

import runpy
import shutil
from pathlib import Path

import pytest

import twoclouds

SENSORS = Path(__file__).parents[2] / "notebooks" / "sensors"
HEAD = "machine,age,load,temperature,vibration,failed\n"
GOOD = HEAD + "m1,3.9,0.3,57,2.2,0\nm2,4.4,0.2,55,2.4,1\n"

MALFORMED = [
    pytest.param(HEAD + "m1,3.9,0.3,57,2.2,0\nm2,hot,0.2,55,2.4,1\n", "line 3: ValueError", id="a word for a number"),
    pytest.param(HEAD + "m1,3.9,0.3\n", "line 2: TypeError", id="a line cut off"),
    pytest.param("a,b\n1,2\n", "line 2: KeyError('age')", id="other columns"),
    pytest.param(GOOD.replace(",1\n", ",maybe\n"), "line 3: ValueError", id="neither failed nor not"),
    pytest.param(GOOD.encode("utf-16").decode("latin-1"), "line 2: KeyError('age')", id="another encoding"),
]


@pytest.mark.parametrize("folder", ["data", "next-week"])
def test_the_data_is_what_its_generator_makes(tmp_path, folder):
    shutil.copy(SENSORS / "make_sensors.py", tmp_path)
    runpy.run_path(str(tmp_path / "make_sensors.py"), run_name="__main__")
    assert (tmp_path / folder / "sensors.csv").read_bytes() == (SENSORS / folder / "sensors.csv").read_bytes()


@pytest.mark.parametrize(("table", "said"), MALFORMED)
def test_a_malformed_table_is_named_with_its_line(tmp_path, table, said, monkeypatch):
    (tmp_path / "sensors.csv").write_bytes(table.encode("utf-8"))
    train = runpy.run_path(str(SENSORS / "src" / "train.py"))
    with pytest.raises(SystemExit) as stopped:
        train["read"](tmp_path)
    assert str(stopped.value).startswith("sensors.csv, ")
    assert said in str(stopped.value)


def test_an_empty_folder_is_said_to_be_empty(tmp_path):
    train = runpy.run_path(str(SENSORS / "src" / "train.py"))
    with pytest.raises(SystemExit, match="No CSV file in"):
        train["read"](tmp_path)


@pytest.fixture
def lab():
    with twoclouds.open() as lab:
        yield lab


def test_a_malformed_table_fails_the_job_on_sagemaker(lab):
    import boto3

    from tests.aws_jobs import channel, finish, job, printed, put

    put("bad/sensors.csv", HEAD + "m1,hot,0.3,57,2.2,0\n")
    sagemaker = boto3.client("sagemaker")
    request = job(script=(SENSORS / "src" / "train.py").read_text())
    request["InputDataConfig"].append(channel("training", "bad/"))
    sagemaker.create_training_job(**request)

    done = finish(sagemaker)
    assert done["TrainingJobStatus"] == "Failed"
    assert done["FailureReason"] == "AlgorithmError: , exit code: 1"
    said = "sensors.csv, line 2: ValueError(\"could not convert string to float: 'hot'\")"
    assert [line for _, line in printed(lab)] == [said]


def test_a_malformed_table_fails_the_job_on_azure(lab, tmp_path):
    from azure.ai.ml import Input, MLClient, command
    from azure.ai.ml.entities import AmlCompute
    from azure.ai.ml.exceptions import JobException
    from azure.identity import DefaultAzureCredential

    from twoclouds.azure import account

    (tmp_path / "sensors.csv").write_text(HEAD + "m1,hot,0.3,57,2.2,0\n")
    client = MLClient(
        DefaultAzureCredential(), account.SUBSCRIPTION, account.RESOURCE_GROUP, account.WORKSPACE, show_progress=False
    )
    client.compute.begin_create_or_update(AmlCompute(name="cpu-cluster", size="Standard_D4s_v5")).result()
    sent = command(
        name="malformed",
        experiment_name="sensors",
        code=str(SENSORS / "src"),
        command="python train.py --data ${{inputs.data}} --out outputs",
        inputs={"data": Input(type="uri_folder", path=str(tmp_path))},
        environment="azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
        compute="cpu-cluster",
    )
    client.jobs.create_or_update(sent)
    with pytest.raises(JobException, match=r"sensors\.csv, line 2: ValueError"):
        client.jobs.stream("malformed")
    assert client.jobs.get("malformed").status == "Failed"
