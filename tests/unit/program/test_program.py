"""A program of one's own, run as it stands: what is read, filled, passed over and reported."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from twoclouds.azure import account as azure
from twoclouds.program import cells, outcome, passed_over, placeholders
from twoclouds.program.cells import Cell, NotAProgram
from twoclouds.wire.errors import NotSimulated


def notebook(folder: Path, *sources: str, tags: tuple[str, ...] = ()) -> Path:
    path = folder / "program.ipynb"
    code = [{"cell_type": "code", "source": source, "metadata": {"tags": list(tags)}} for source in sources]
    path.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": "# Title"}, *code]}))
    return path


def test_a_notebook_is_its_code_cells(tmp_path):
    assert cells.read(notebook(tmp_path, "a = 1", "", "b = 2")) == [Cell(1, "a = 1"), Cell(3, "b = 2")]


@pytest.mark.parametrize(("name", "text"), [("a.ipynb", "not json"), ("a.ipynb", "[]"), ("a.txt", "print(1)")])
def test_what_is_no_program_is_said_to_be_none(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(NotAProgram, match=name):
        cells.read(tmp_path / name)


@pytest.mark.parametrize(
    ("source", "given", "filled"),
    [
        ('s = "<SUBSCRIPTION_ID>"', {}, f's = "{azure.SUBSCRIPTION}"'),
        ('w = "<AML_WORKSPACE_NAME>"', {}, f'w = "{azure.WORKSPACE}"'),
        ('b = "s3://<your-s3-bucket>/x"', {}, 'b = "s3://two-clouds-data/x"'),
        ('n = "<JOB_NAME>"', {"JOB_NAME": "j1"}, 'n = "j1"'),
        ('n = "<job-name>"', {"JOB_NAME": "j1"}, 'n = "j1"'),
        ('n = "<JOB_NAME>"', {}, 'n = "<JOB_NAME>"'),
        ("small = a <b> c", {}, "small = a <b> c"),
        ("# <prepare the data>", {}, "# <prepare the data>"),
        ('epochs = 10\nname = "x"', {"epochs": "2"}, 'epochs = 2\nname = "x"'),
        ('epochs = 10\nname = "x"', {"name": "y"}, "epochs = 10\nname = 'y'"),
        ("%%writefile a.yml\nname: <WORKSPACE_NAME>", {}, f"%%writefile a.yml\nname: {azure.WORKSPACE}"),
    ],
)
def test_placeholders_are_filled(source, given, filled):
    done, _, _ = placeholders.fill([Cell(1, source)], given)
    assert done[0].source == filled


def test_a_setting_that_fits_nothing_is_refused():
    with pytest.raises(placeholders.NothingToSet, match="no placeholder <COLOUR> and no variable COLOUR"):
        placeholders.fill([Cell(1, "a = 1")], {"COLOUR": "red"})


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("%pip install azure-ai-ml", "# %pip install azure-ai-ml"),
        ("! pip install -q \\\n  docker\nx = 1", "# ! pip install -q \\\n  # docker\nx = 1"),
        ("!{sys.executable} -m pip install x", "# !{sys.executable} -m pip install x"),
        ("!az login --use-device-code", "# !az login --use-device-code"),
        ("if new:\n    !pip install x", "if new:\n    pass  # !pip install x"),
        ("!mkdir -p code", "!mkdir -p code"),
        ("%%writefile a.sh\npip install x", "%%writefile a.sh\npip install x"),
        ("%%bash\npip install x\nls", "%%bash\n# pip install x\nls"),
        ("pip = 3", "pip = 3"),
    ],
)
def test_installing_and_signing_in_are_passed_over(source, left):
    done, passed = passed_over.without(source)
    assert done == left
    assert bool(passed) == (done != source)


def raised(call) -> BaseException:
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def wrapped() -> None:
    try:
        raise NotSimulated("sagemaker:CreateHub")
    except NotSimulated as error:
        raise RuntimeError("the SDK's own words") from error


def test_the_end_of_a_cell():
    cell = Cell(4, "")
    assert outcome.of(cell, None, {}).kind == "ran"
    assert outcome.of(cell, raised(lambda: 1 / 0), {}).kind == "failed"
    assert outcome.of(cell, raised(wrapped), {}).remark == "Two Clouds does not simulate sagemaker:CreateHub."
    assert outcome.of(cell, raised(lambda: __import__("no_such_package")), {}).kind == "not here"
    needy = Cell(5, "hub.name")
    follows = outcome.of(needy, raised(lambda: eval("hub.name")), {"hub": 3})
    assert (follows.kind, follows.remark) == ("follows", "it needs hub, which cell 3 would have made.")
    assert outcome.of(needy, raised(lambda: eval("hub.name")), {}).kind == "failed"
    assert outcome.of(needy, raised(lambda: eval("hub.name")), {"other": 3}).kind == "failed"
    assert outcome.of(Cell(1, "", may_fail=True), raised(lambda: 1 / 0), {}).kind == "ran"


def test_the_exit_code_says_what_kind_of_trouble_there_was():
    def code(*kinds):
        return outcome.exit_code(outcome.Outcome(Cell(1, ""), kind) for kind in kinds)

    assert code("ran", "ran") == 0
    assert code("ran", "not here", "follows") == 3
    assert code("not here", "failed", "not run") == 1


def twoclouds_run(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "twoclouds", "run", *map(str, words)]
    environment = os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": str(Path(__file__).parents[3] / "src")}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


S3 = """
!pip install boto3
open("data.csv", "w").write("1,2\\n")
bucket = "two-clouds-data"
!aws s3 cp data.csv s3://{bucket}/in/
!aws s3 ls s3://{bucket}/in/
!aws s3api list-buckets
"""


def test_a_notebook_runs_and_ends_with_timeline_and_bill(tmp_path):
    done = twoclouds_run(
        notebook(
            tmp_path,
            S3,
            "import boto3\nboto3.client('s3').get_object(Bucket=bucket, Key='in/data.csv')['Body'].read()",
            "hub = boto3.client('sagemaker').create_hub(HubName='h', HubDescription='d')",
            "hub['HubArn']",
        )
    )
    said = done.stdout
    assert done.returncode == 3, done.stderr
    assert "# passed over: !pip install boto3 (nothing is installed" in said
    assert "upload: data.csv to s3://two-clouds-data/in/data.csv" in said
    assert "4 data.csv" in said
    assert "aws: Two Clouds keeps everything on this machine" in said + done.stderr
    assert "b'1,2\\n'" in said
    assert "cell 3: Two Clouds does not simulate sagemaker:CreateHub." in said
    assert "cell 4: it needs hub, which cell 3 would have made." in said
    assert said.index("\nTimeline\n") < said.index("\nBill\n") < said.index("2 of 4 cells ran; 1 not here, 1 follows.")


def test_a_script_that_fails_shows_its_own_line_and_no_more(tmp_path):
    script = tmp_path / "program.py"
    script.write_text("import sys\ncount = 3\nprint(sys.argv, __name__)\nraise ValueError(f'{count} is too few')\n")
    done = twoclouds_run(script, "--set", "count=2")
    assert done.returncode == 1
    assert "__main__" in done.stdout
    assert "ValueError: 2 is too few" in done.stderr
    assert "twoclouds" not in done.stderr.replace(str(tmp_path), "")


def test_wrong_usage_is_one_sentence(tmp_path):
    done = twoclouds_run(tmp_path / "missing.ipynb")
    assert done.returncode == 2
    assert done.stderr.startswith("twoclouds run: ")
    assert len(done.stderr.splitlines()) == 1
