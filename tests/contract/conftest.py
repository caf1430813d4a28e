import pytest


@pytest.fixture(autouse=True, scope="module")
def _a_model_may_bring_its_own_server():
    from twoclouds.aws.images import serving_container

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serving_container, "program", lambda pulled: (("python3", "/opt/ml/model/server.py"), 0))
        yield
