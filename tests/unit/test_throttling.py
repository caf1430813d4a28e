"""Requests that come too often are refused, and the SDKs try again in virtual time."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

import twoclouds
from twoclouds.azure import account
from twoclouds.world.clock import SECOND, Clock
from twoclouds.world.throttles import Throttles
from twoclouds.world.world import START

ADMINISTRATOR = "44444444-0000-0000-0000-444444444444"


@pytest.fixture
def lab():
    with twoclouds.open() as opened:
        yield opened


def test_a_bucket_fills_as_time_passes():
    clock = Clock(START)
    throttles = Throttles(clock)
    throttles.on = True
    log = []
    for pause in (0, 0, 0, 0, 400, 100, 10_000, 0, 0, 0):
        clock.advance(pause)
        log.append((clock.now, throttles.take("calls", per_second=2, burst=3)))
    assert log == [
        *((0, 0), (0, 0), (0, 0), (0, 500)),
        *((400, 100), (500, 0)),
        *((10_500, 0), (10_500, 0), (10_500, 0), (10_500, 500)),
    ]


def test_nobody_waits_unless_the_lab_throttles(lab):
    sagemaker = boto3.client("sagemaker", config=Config(retries={"total_max_attempts": 1}))
    for _ in range(100):
        sagemaker.list_training_jobs()
    assert lab.world.clock.now == 0


def test_botocore_tries_again_in_virtual_time_and_waits_the_same_every_time(lab):
    def story():
        lab.throttle()
        sagemaker = boto3.client("sagemaker")
        for _ in range(40):
            sagemaker.list_training_jobs()
        return lab.world.clock.now

    first = story()
    assert 5 * SECOND < first < 60 * SECOND
    lab.reset()
    assert story() == first


def test_who_does_not_try_again_sees_the_refusal(lab):
    lab.throttle()
    sagemaker = boto3.client("sagemaker", config=Config(retries={"total_max_attempts": 1}))

    def ask_on():
        for _ in range(40):
            sagemaker.list_training_jobs()

    with pytest.raises(ClientError, match=r"\(ThrottlingException\).*: Rate exceeded"):
        ask_on()
    lab.throttle(False)
    for _ in range(40):
        sagemaker.list_training_jobs()


def test_azure_core_waits_as_long_as_the_answer_says(lab):
    import requests
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential

    def drain():
        while not lab.world.throttles.take(f"azure/read/{ADMINISTRATOR}", per_second=25, burst=250):
            pass

    client = MLClient(DefaultAzureCredential(), account.SUBSCRIPTION, account.RESOURCE_GROUP, account.WORKSPACE)
    lab.throttle()
    client.workspaces.get(account.WORKSPACE)
    drain()
    before = lab.world.clock.now
    client.workspaces.get(account.WORKSPACE)
    assert lab.world.clock.now - before == 100 + 1000 + 100
    drain()
    token = DefaultAzureCredential().get_token("https://management.azure.com/.default").token
    drain()
    url = f"https://{account.ARM}{account.WORKSPACE_ID}"
    answer = requests.get(url, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert answer.json()["error"]["message"].startswith("Number of 'read' requests for subscription '11111111-1111")
