"""The cheat sheets: their code runs on the simulated clouds and leaves nothing that bills; each is one printed page."""

import json
import re
import shutil
import sys

import pytest

import twoclouds
from tests.notebooks.kernels import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import sheets

NAMES = list(sheets.sheets())
FILLED_IN = {
    "SUBSCRIPTION": "11111111-1111-1111-1111-111111111111",
    "GROUP": "two-clouds",
    "WORKSPACE": "two-clouds-ws",
    "ENDPOINT": "sensors",
    "REGION": "us-west-2",
    "BUCKET": "two-clouds-data",
    "ROLE": "arn:aws:iam::123456789012:role/TwoCloudsExecutionRole",
}

WIDEST = 86  # characters of code that fit its column in print

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("name", NAMES)
def test_every_name_in_the_code_is_in_the_installed_sdk(name):
    assert list(sheets.unknown(sheets.sheets()[name])) == []


@pytest.mark.parametrize(
    "code",
    [
        "from sagemaker.train import Trainer",
        "from azure.ai.ml import command\ncommand(script='x')",
        "ml_client.jobs.watch('x')",
        "import boto3\nlogs = boto3.client('logs')\nlogs.filter_log_events(groupName='x')",
        "import boto3\nboto3.client('sagemaker').list_endpoint()",
    ],
)
def test_a_name_that_never_was_is_told(code):
    assert list(sheets.unknown({"code": [{"lines": code}]}))


@pytest.mark.parametrize("name", NAMES)
def test_a_sheet_is_one_page_and_the_same_bytes_each_time(name):
    sheet = sheets.sheets()[name]
    printed = sheets.printed(sheet)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    assert printed == sheets.printed(sheet)
    assert max(len(line) for part in sheet["code"] for line in part["lines"].splitlines()) <= WIDEST


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_code_runs_and_leaves_nothing_that_bills(name, tmp_path, monkeypatch):
    shutil.copytree(ROOT / "notebooks" / "sensors", tmp_path / "sensors")
    (tmp_path / "machine.json").write_text(json.dumps([3.9, 0.32, 57.3, 2.25]))
    monkeypatch.chdir(tmp_path)
    with twoclouds.open() as lab:
        import boto3

        s3 = boto3.client("s3")
        s3.upload_file("sensors/data/sensors.csv", "two-clouds-data", "sensors/sensors.csv")
        names = dict(FILLED_IN)
        *parts, cleaning = sheets.sheets()[name]["code"]
        for part in parts:
            exec(part["lines"], names)
        working = lab.bill().total
        lab.skip(hours=24)
        left = lab.bill().total
        assert left - working > 2  # the endpoint's machine
        exec(cleaning["lines"], names)
        lab.skip(hours=1)
        cleaned = lab.bill().total
        lab.skip(hours=72)
        assert lab.bill().total - cleaned < 0.01  # a few stored megabytes
