"""Opening, using, resetting and closing a lab, with the real SDKs on the other side."""

import os
import subprocess
import sys
import urllib.request

import pytest

import twoclouds
from twoclouds.aws.identity.identities import KEY, SECRET
from twoclouds.wire.errors import NetworkRefused, NotSimulated


@pytest.fixture
def lab():
    with twoclouds.open() as lab:
        yield lab


def in_new_python(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_an_sdk_is_loaded_only_when_the_learner_imports_it():
    code = (
        "import sys, twoclouds; lab = twoclouds.open(); lab.skip(hours=1); lab.bill(); "
        "print(*sorted({m.partition('.')[0] for m in sys.modules} & "
        "{'azure', 'boto3', 'botocore', 'sagemaker', 'moto', 'pandas', 'matplotlib', 'requests'}))"
    )
    assert in_new_python(code) == []


def test_a_lab_says_what_time_it_is_and_what_it_has_cost(lab):
    assert repr(lab) == "<Two Clouds lab, Monday 2026-11-30 09:00:00 UTC, $0.0000>"
    assert lab.skip(hours=63) == "Thursday 2026-12-03 00:00:00 UTC"
    with pytest.raises(ValueError, match="does not run back"):
        lab.skip(minutes=-1)


def test_a_second_open_closes_the_first():
    first = twoclouds.open()
    first.skip(hours=1)
    second = twoclouds.open()
    try:
        import time

        assert time.time() == second.world.clock.timestamp
        first.close()
        assert time.time() == second.world.clock.timestamp
    finally:
        second.close()


def test_reset_begins_again_and_the_same_calls_give_the_same_answers(lab):
    import boto3

    def story():
        s3 = boto3.client("s3")
        s3.put_object(Bucket="two-clouds-data", Key="a.txt", Body=b"a")
        role = boto3.client("iam").create_role(RoleName="new", AssumeRolePolicyDocument='{"Version": "2012-10-17"}')
        return (
            [item["Key"] for item in s3.list_objects_v2(Bucket="two-clouds-data")["Contents"]],
            role["Role"]["Arn"],
            str(role["Role"]["CreateDate"]),
            repr(lab),
        )

    first = story()
    lab.reset()
    assert story() == first
    lab.restart()
    assert story() == first


def test_clients_made_before_the_lab_and_before_a_reset_are_served():
    import boto3

    early = boto3.client("s3", region_name="us-west-2", aws_access_key_id=KEY, aws_secret_access_key=SECRET)
    with twoclouds.open() as lab:
        assert [b["Name"] for b in early.list_buckets()["Buckets"]] == ["two-clouds-data"]
        lab.reset()
        assert [b["Name"] for b in early.list_buckets()["Buckets"]] == ["two-clouds-data"]


def test_an_error_in_between_leaves_python_as_it_was():
    before = (dict(os.environ), list(sys.meta_path), urllib.request.socket.socket.connect)
    with pytest.raises(ZeroDivisionError), twoclouds.open():
        raise ZeroDivisionError
    assert (dict(os.environ), list(sys.meta_path), urllib.request.socket.socket.connect) == before


def test_the_learners_own_account_is_out_of_reach(monkeypatch, tmp_path):
    import boto3

    (tmp_path / "credentials").write_text("[mine]\naws_access_key_id = REAL\naws_secret_access_key = REAL\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "REAL")
    with twoclouds.open():
        assert boto3.Session().get_credentials().access_key != "REAL"
        assert boto3.Session().available_profiles == []
        assert os.environ["AZURE_CLIENT_SECRET"] != "REAL"
    assert os.environ["AZURE_CLIENT_SECRET"] == "REAL"


def test_what_is_not_simulated_is_named(lab):
    import boto3
    import requests

    with pytest.raises(NotSimulated, match="does not simulate sagemaker:ListEdgePackagingJobs"):
        boto3.client("sagemaker").list_edge_packaging_jobs()
    with pytest.raises(NotSimulated, match=r"does not simulate GET https://example\.com/"):
        requests.get("https://example.com/")
    with pytest.raises(NotSimulated, match="does not simulate"):
        boto3.client("glacier").list_vaults()
    with pytest.raises(OSError, match=r"example\.com was not contacted"):
        urllib.request.urlopen("https://example.com/")
    assert issubclass(NetworkRefused, OSError)


def test_every_simulated_operation_names_who_calls_it(lab):
    operations = lab.simulated()
    assert {operation.cloud for operation in operations} == {"Azure ML", "AWS"}
    assert all(operation.name and operation.module and operation.caller for operation in operations)


def test_who_signs_in_does_so_to_both_clouds():
    import boto3
    from azure.identity import DefaultAzureCredential

    with pytest.raises(ValueError, match="These may sign in: administrator, data-scientist"):
        twoclouds.open(identity="nobody")
    with twoclouds.open(identity="reader") as lab:
        sts = boto3.client("sts")
        assert sts.get_caller_identity()["Arn"].endswith(":user/reader")
        lab.sign_in("data-scientist")
        assert sts.get_caller_identity()["Arn"].endswith(":user/data-scientist")
        assert DefaultAzureCredential().get_token("https://management.azure.com/.default").token
        assert lab.azure.state.signed_in == "data-scientist"
        lab.reset()
        assert sts.get_caller_identity()["Arn"].endswith(":user/reader")


def test_another_lab_for_a_while_leaves_everything_as_it_was(lab):
    import time

    import boto3
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import AmlCompute
    from azure.identity import DefaultAzureCredential

    s3 = boto3.client("s3")
    s3.put_object(Bucket="two-clouds-data", Key="mine", Body=b"1")
    ml_client = MLClient(
        DefaultAzureCredential(), "11111111-1111-1111-1111-111111111111", "two-clouds", "two-clouds-ws"
    )
    ml_client.compute.begin_create_or_update(AmlCompute(name="mine")).result()
    now, cost, path = time.time(), lab.bill().total, os.environ["PATH"]

    with lab.elsewhere(seed=2) as other:
        assert time.time() == other.world.clock.timestamp < now
        assert "Contents" not in s3.list_objects_v2(Bucket="two-clouds-data")
        assert list(ml_client.compute.list()) == []
        s3.create_bucket(Bucket="theirs", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        other.skip(hours=100)

    assert (time.time(), lab.bill().total, os.environ["PATH"]) == (now, cost, path)
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["two-clouds-data"]
    assert s3.get_object(Bucket="two-clouds-data", Key="mine")["Body"].read() == b"1"
    assert [compute.name for compute in ml_client.compute.list()] == ["mine"]
    assert twoclouds.lab._open is lab


def test_another_lab_that_fails_leaves_everything_as_it_was(lab):
    with pytest.raises(KeyError), lab.elsewhere(seed=2):
        raise KeyError
    assert twoclouds.lab._open is lab
    lab.close()
    with pytest.raises(RuntimeError, match="open"), lab.elsewhere(seed=2):
        pass


def test_identifiers_go_on_after_another_lab():
    def drawn(between):
        with twoclouds.open() as lab:
            import boto3

            iam = boto3.client("iam")

            def role(name):
                return iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["RoleId"]

            first = role("a")
            if between:
                with lab.elsewhere(seed=7):
                    role("b")
            return [first, role("c")]

    assert drawn(between=True) == drawn(between=False)
