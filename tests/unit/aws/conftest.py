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


@pytest.fixture(autouse=True)
def _a_model_may_bring_its_own_server(request, monkeypatch):
    if getattr(request.module, "IMAGES_SERVE", False):
        return None
    from twoclouds.aws import serving_container

    real = serving_container.program

    def program(pulled, files=None):
        return (("python3", "/opt/ml/model/server.py"), 0)

    monkeypatch.setattr(serving_container, "program", program)
    return real
