"""A learner's own AWS account is out of reach while a lab is open, and back afterwards."""

import os
import threading

import boto3

import twoclouds
from tests.aws_jobs import BUCKET


def test_own_profiles_and_keys_are_out_of_reach(monkeypatch):
    own = {"AWS_PROFILE": "mine", "AWS_SESSION_TOKEN": "secret", "AWS_ENDPOINT_URL": "https://elsewhere.example"}
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    with twoclouds.open():
        assert {name: os.environ.get(name) for name in own} == dict.fromkeys(own)
        credentials = boto3.Session().get_credentials()
        assert (credentials.method, credentials.access_key, credentials.token) == ("env", "AKIATWOCLOUDSEXAMPLE", None)
        assert boto3.client("sts").get_caller_identity()["Account"] == "123456789012"
    assert {name: os.environ.get(name) for name in own} == own


def test_opening_a_lab_asks_nothing_of_moto():
    with twoclouds.open() as lab:
        assert lab.aws.state.others._stubber is None
        assert boto3.client("s3").head_bucket(Bucket=BUCKET)["BucketRegion"] == "us-west-2"
        assert lab.aws.state.others._stubber is not None


def test_another_thread_may_ask_too_and_does_not_move_time():
    with twoclouds.open() as lab:
        s3 = boto3.client("s3")
        threads = [
            threading.Thread(target=s3.put_object, kwargs={"Bucket": BUCKET, "Key": f"k{n}", "Body": b"v"})
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 8
        assert lab.world.clock.now == 0


def test_what_is_simulated_is_listed_with_who_asks_for_it():
    with twoclouds.open() as lab:
        rows = [row for row in lab.simulated() if row.cloud == "AWS"]
    assert {"sagemaker:CreateTrainingJob", "logs:GetLogEvents", "s3:*"} <= {row.name for row in rows}
    assert all(row.caller and row.module for row in rows)
