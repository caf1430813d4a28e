"""Framework images: the toolkit runs the user's script, and serves with the user's handlers; as AWS's toolkits do."""

import io
import json
import textwrap

import pytest

from tests.aws_algorithms import Endpoint, archive, csv, image, model_files, put, table, train
from tests.aws_jobs import BUCKET, ROLE, printed

IMAGES_SERVE = True
PYTORCH = "763104351884.dkr.ecr.us-west-2.amazonaws.com/pytorch-{}:1.13.1-cpu-py39"
SKLEARN = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"

SCRIPT = """
    import argparse, json, os, sys
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--train", default=os.environ["SM_CHANNEL_TRAIN"])
    parser.add_argument("--model-dir", default=os.environ["SM_MODEL_DIR"])
    arguments = parser.parse_args()
    import helper
    print(sys.argv, os.getcwd(), os.listdir(arguments.train), os.environ["SM_HP_EPOCHS"], os.environ["SM_HOSTS"])
    with open(os.path.join(arguments.model_dir, "factor.json"), "w") as file:
        json.dump(helper.FACTOR * arguments.epochs, file)
"""
HANDLERS = """
    import json, os

    def model_fn(model_dir):
        print("loading from", sorted(os.listdir(model_dir)))
        with open(os.path.join(model_dir, "factor.json")) as file:
            return json.load(file)

    def predict_fn(data, model):
        return data * model
"""


@pytest.fixture(params=["", "pathmap", "inprocess"], ids=["root", "map", "in process"])
def anywhere(request, monkeypatch):
    """A lab on each way of running containers."""
    import twoclouds

    monkeypatch.setenv("TWOCLOUDS_RUNNER", request.param)
    with twoclouds.open() as opened:
        yield opened


def submitted(script, **files):
    """The hyperparameters with which SDK v2 names a script that it has stored in S3."""
    packed = archive(train_py=textwrap.dedent(script), **{name: textwrap.dedent(text) for name, text in files.items()})
    return {
        "sagemaker_program": json.dumps("train.py"),
        "sagemaker_submit_directory": json.dumps(put("code/sourcedir.tar.gz", packed)),
        "sagemaker_container_log_level": "20",
    }


def test_a_script_is_fetched_run_and_served(anywhere):
    where = put("train/train.csv", csv(table(10)))
    given = {**submitted(SCRIPT, helper_py="FACTOR = 2"), "epochs": "3"}
    job = train("script", SKLEARN, given, train=where)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    lines = [line for _, line in printed(anywhere, "script")]
    assert "['train.py', '--epochs', '3'] /opt/ml/code ['train.csv'] 3 [\"algo-1\"]" in lines
    assert lines[lines.index("Invoking script with the following command:") + 1] == (
        "/usr/local/bin/python3 train.py --epochs 3"
    )
    assert lines[-1].endswith("Reporting training SUCCESS")
    files = {**model_files(job), "code/inference.py": textwrap.dedent(HANDLERS).encode()}
    environment = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    endpoint = Endpoint(anywhere, SKLEARN, files, environment)
    assert endpoint.ping() == 200
    assert endpoint.ask("[[1, 2]]", "application/json") == (200, "application/json", [[6.0, 12.0]])
    assert endpoint.ask("1,2\n3,4", "text/csv", "text/csv") == (200, "text/csv", "6.0,12.0\n18.0,24.0\n")
    status, _, said = endpoint.ask("x", "image/png")
    assert (status, said["error"]) == (415, "UnsupportedFormatError")
    assert said["error-message"].startswith("Content type image/png is not supported by this framework.")
    assert endpoint.ask("[[1]]", "application/json", "image/png")[0] == 406
    assert endpoint.printed().count("loading from ['code', 'factor.json']") == 1


def test_requirements_are_installed(anywhere):
    where = put("train/train.csv", csv(table(10)))
    given = submitted("import six; print('six', six.__version__)", requirements_txt="six\n")
    job = train("needs", SKLEARN, given, train=where)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    lines = [line for _, line in printed(anywhere, "needs")]
    assert any(line.startswith("six 1.") for line in lines)
    given = submitted("print('no')", requirements_txt="no-such-package==1\n")
    job = train("lacks", SKLEARN, given, train=where)
    assert job["FailureReason"] == (
        'AlgorithmError: InstallRequirementsError:\nExitCode 1\nErrorMessage ""\n'
        'Command "/usr/local/bin/python3 -m pip install -r requirements.txt", exit code: 1'
    )


def test_installing_requirements_takes_time_that_is_billed(lab):
    where = put("train/train.csv", csv(table(10)))
    plain = train("plain", SKLEARN, submitted("print('it')"), train=where)
    needs = train("needs", SKLEARN, submitted("print('it')", requirements_txt="colorama\n"), train=where)
    assert needs["BillableTimeInSeconds"] - plain["BillableTimeInSeconds"] == 20


def test_a_script_that_fails_says_so_as_its_toolkit_does(lab):
    where = put("train/train.csv", csv(table(10)))
    broken = submitted("def f():\n    raise ValueError('no such thing')\nf()")
    job = train("sklearn", SKLEARN, broken, train=where)
    assert job["FailureReason"] == (
        'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage ""\n'
        'Command "/usr/local/bin/python3 train.py", exit code: 1'
    )
    lines = [line for _, line in printed(lab, "sklearn")]
    at = lines.index("Traceback (most recent call last):")
    assert lines[at + 1] == '  File "/opt/ml/code/train.py", line 3, in <module>'
    job = train("torch", PYTORCH.format("training"), submitted("import torch"), train=where)
    assert "NotInThisLab: torch is part of the real image, but not of this lab" in job["FailureReason"]
    job = train("nothing", SKLEARN, {}, train=where)
    assert job["FailureReason"].startswith("AlgorithmError: framework error: ")
    assert "'NoneType' object has no attribute 'endswith'" in job["FailureReason"]
    job = train("gone", SKLEARN, {**broken, "sagemaker_program": "other.py"}, train=where)
    assert "No such file or directory: '/opt/ml/code/other.py'" in job["FailureReason"]
    status, code = job["TrainingJobStatus"], int(job["FailureReason"].rpartition(" ")[2])
    assert (status, code) == ("Failed", 2)


def test_a_shell_script_is_an_entry_point_too(lab):
    where = put("train/train.csv", csv(table(10)))
    packed = archive(**{"run.sh": "#!/bin/bash\necho hello $@ from $SM_CURRENT_HOST\n"})
    given = {"sagemaker_program": "run.sh", "sagemaker_submit_directory": put("code/shell.tar.gz", packed), "n": "1"}
    assert train("shell", SKLEARN, given, train=where)["TrainingJobStatus"] == "Completed"
    assert "hello -n 1 from algo-1" in [line for _, line in printed(lab, "shell")]


def test_handlers_in_a_model_server(lab):
    files = {"factor.json": b"3", "code/inference.py": textwrap.dedent(HANDLERS).encode()}
    endpoint = Endpoint(lab, PYTORCH.format("inference"), files)
    assert endpoint.ask("[[1, 2]]", "application/json") == (200, "application/json", [[3, 6]])
    import numpy as np

    body = io.BytesIO()
    np.save(body, np.array([[5.0]]))
    assert endpoint.ask(body.getvalue(), "application/x-npy") == (200, "application/json", [[15.0]])
    status, _, said = endpoint.ask("no json", "application/json")
    assert (status, said.split("\n")[1]) == (500, "Traceback (most recent call last):")


def test_a_transform_fn_does_all_of_it_and_not_beside_the_others(lab):
    both = "def transform_fn(model, data, kind, accept):\n    return f'{model} {data} {kind}', 'text/plain'\n"
    load = "def model_fn(model_dir):\n    return 'm'\n"
    environment = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    endpoint = Endpoint(lab, SKLEARN, {"code/inference.py": (load + both).encode()}, environment)
    assert endpoint.ask("[1]", "application/json") == (200, "text/plain", "m [1] application/json")
    wrong = load + both + "def input_fn(data, kind):\n    return data\n"
    endpoint = Endpoint(lab, SKLEARN, {"code/inference.py": wrong.encode()}, environment)
    assert endpoint.ping() == 500
    assert any("Cannot use transform_fn implementation with input_fn" in line for line in endpoint.printed())


def test_a_model_without_a_way_to_load_it_is_not_well(lab):
    environment = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    endpoint = Endpoint(lab, SKLEARN, {"code/inference.py": b""}, environment)
    assert endpoint.ping() == 500
    assert "Please provide a model_fn implementation." in endpoint.printed()
    endpoint = Endpoint(lab, PYTORCH.format("inference"), {"model.pth": b""})
    assert endpoint.ping() == 500
    assert any("NotInThisLab: torch is part of the real image" in line for line in endpoint.printed())


def test_xgboost_in_script_mode_with_the_names_of_its_container(lab):
    script = """
        import os, xgboost as xgb
        from sagemaker_xgboost_container.data_utils import get_dmatrix
        data = get_dmatrix(os.environ["SM_CHANNEL_TRAIN"], "csv")
        xgb.train({"max_depth": 2}, data, 3).save_model(os.environ["SM_MODEL_DIR"] + "/xgboost-model.json")
    """
    handlers = """
        import os, xgboost as xgb
        from sagemaker_xgboost_container import encoder
        def model_fn(model_dir):
            booster = xgb.Booster()
            booster.load_model(os.path.join(model_dir, "xgboost-model.json"))
            return booster
        def input_fn(data, kind):
            return encoder.csv_to_dmatrix(data) if kind == "text/csv" else encoder.decode(data, kind)
    """
    where = put("train/train.csv", csv(table(50)))
    job = train("xgb", image("xgboost", "1.7-1"), submitted(script), train=where)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    files = {**model_files(job), "code/inference.py": textwrap.dedent(handlers).encode()}
    environment = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    endpoint = Endpoint(lab, image("xgboost", "1.7-1"), files, environment)
    status, _, body = endpoint.ask("1,0,0,0", "text/csv", "application/json")
    assert (status, len(body)) == (200, 1)


def test_the_learner_can_ask_boto3_for_a_job_with_the_toolkits_environment(lab):
    import boto3

    uri = put("code/sourcedir.tar.gz", archive(train_py="print('by the environment')"))
    where = put("train/train.csv", csv(table(10)))
    environment = {"SAGEMAKER_PROGRAM": "train.py", "SAGEMAKER_SUBMIT_DIRECTORY": uri}
    job = train("env", SKLEARN, environment=environment, train=where)
    assert (job["TrainingJobStatus"], job["RoleArn"]) == ("Completed", ROLE)
    assert "by the environment" in [line for _, line in printed(lab, "env")]
    assert boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="code/")["KeyCount"] == 1
