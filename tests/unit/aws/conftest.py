import pytest

import twoclouds


@pytest.fixture
def lab():
    with twoclouds.open() as opened:
        yield opened


@pytest.fixture
def sagemaker(lab):
    import boto3

    return boto3.client("sagemaker")
