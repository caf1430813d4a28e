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
def _models_bring_their_own_server(request, monkeypatch):
    """A model's archive holds the WSGI application, so that tests of how models are hosted need no toolkit: unless the
    module says IMAGES_SERVE."""
    from twoclouds.aws.images import serving_container

    if not getattr(request.module, "IMAGES_SERVE", False):
        monkeypatch.setattr(serving_container, "program", lambda pulled: (("python3", "/opt/ml/model/server.py"), 0))
