"""What `ModelBuilder` packs of the notebook's own models runs in the image that it names."""

import io
import json

import pytest

from tests.aws_algorithms import image
from tests.aws_jobs import ROLE

IMAGES_SERVE = True


@pytest.mark.slow
def test_a_model_of_the_notebooks_is_packed_deployed_and_asked(lab, tmp_path):
    import numpy as np
    from sagemaker.serve.builder.schema_builder import SchemaBuilder
    from sagemaker.serve.model_builder import ModelBuilder
    from sagemaker.serve.utils.types import ModelServer
    from xgboost import XGBClassifier

    points = np.random.default_rng(0).normal(size=(100, 4))
    model = XGBClassifier(n_estimators=3).fit(points, (points[:, 0] > 0).astype(int))
    builder = ModelBuilder(
        model=model,
        schema_builder=SchemaBuilder(points[:2], model.predict(points[:2])),
        model_server=ModelServer.TORCHSERVE,
        image_uri=image("xgboost", "1.7-1"),
        instance_type="ml.m5.large",
        model_path=str(tmp_path),
        role_arn=ROLE,
    )
    builder.build(model_name="packed")
    endpoint = builder.deploy(endpoint_name="packed", initial_instance_count=1)
    body = io.BytesIO()
    np.save(body, points[:5])
    answer = endpoint.invoke(body=body.getvalue(), content_type="application/x-npy", accept="application/x-npy")
    assert np.load(io.BytesIO(answer.body.read())).tolist() == model.predict(points[:5]).tolist()
    needed = (tmp_path / "code" / "requirements.txt").read_text().splitlines()
    assert {line.partition("==")[0] for line in needed} >= {"numpy", "sagemaker-serve", "boto3"}


def test_estimators_of_xgboost_save_themselves(lab, tmp_path):
    from xgboost import XGBRegressor

    XGBRegressor(n_estimators=1).fit([[0.0], [1.0]], [0, 1]).save_model(tmp_path / "model.json")
    kind = json.loads((tmp_path / "model.json").read_text())["learner"]["attributes"]["scikit_learn"]
    assert json.loads(kind) == {"_estimator_type": "regressor"}
