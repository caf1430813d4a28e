"""The Rosetta's names are looked up in the SDKs when the book is built; what a wrong one does is shown here."""

import csv
import sys

import pytest

from tests.notebooks.kernels import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import symbols

NAMES = [
    (vendor, name)
    for row in csv.DictReader((ROOT / "book" / "data" / "rosetta.csv").read_text("utf-8").splitlines())
    for vendor in ("azure", "boto3", "sagemaker")
    for name in symbols.CODE.findall(row[vendor])
    if name not in ("azureml", "./outputs")
]

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")


@pytest.mark.parametrize(("vendor", "name"), NAMES)
def test_every_name_of_the_rosetta_is_in_the_installed_sdk(vendor: str, name: str) -> None:
    getattr(symbols, vendor)(name)


@pytest.mark.parametrize(
    ("vendor", "name"),
    [
        ("azure", "AmlComputer"),
        ("azure", "AmlCompute(minimum)"),
        ("azure", "ml_client.jobs.watch"),
        ("boto3", "CreateTrainingJobs"),
        ("boto3", "ResourceConfig.Count"),
        ("boto3", "sagemaker-runtime:Invoke"),
        ("sagemaker", "sagemaker.estimator.Estimator"),
        ("sagemaker", "sagemaker.core.training.configs.Compute(use_spot_instances)"),
    ],
)
def test_a_name_that_is_gone_or_never_was_is_told(vendor: str, name: str) -> None:
    with pytest.raises(symbols.Unknown, match=name.split("(")[0].split(".")[-1]):
        getattr(symbols, vendor)(name)
