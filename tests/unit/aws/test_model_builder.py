"""sagemaker v3: ModelBuilder, Transformer and the resource classes, against the lab."""

import json

import boto3
import pytest

from tests.aws_jobs import BUCKET, IMAGE, ROLE, put
from tests.aws_models import put_model

IMAGES_SERVE = True
INFERENCE = """
def model_fn(model_dir):
    return float(open(model_dir + "/factor.txt").read())

def input_fn(data, content_type):
    import json
    return json.loads(data)

def predict_fn(value, factor):
    return value * factor

def output_fn(value, accept):
    return str(value), "application/json"
"""


@pytest.fixture
def source(tmp_path):
    from sagemaker.core.training.configs import SourceCode

    (tmp_path / "inference.py").write_text(INFERENCE)
    return SourceCode(source_dir=str(tmp_path), entry_script="inference.py")


def test_built_deployed_registered_and_transformed(lab, source):
    from sagemaker.core.inference_config import ServerlessInferenceConfig
    from sagemaker.core.resources import Endpoint, ModelPackage
    from sagemaker.core.transformer import Transformer
    from sagemaker.serve import ModelBuilder

    data = put_model("trained/model.tar.gz", factor_txt="2.5")
    builder = ModelBuilder(
        s3_model_data_url=data, source_code=source, image_uri=IMAGE, role_arn=ROLE, instance_type="ml.m5.large"
    )
    builder.build(model_name="churn")
    endpoint = builder.deploy(endpoint_name="live", initial_instance_count=1, instance_type="ml.m5.large")
    assert json.loads(endpoint.invoke(body="4", content_type="application/json").body.read()) == 10.0
    cheap = builder.deploy(
        endpoint_name="cheap",
        inference_config=ServerlessInferenceConfig(memory_size_in_mb=2048, max_concurrency=5),
    )
    assert json.loads(cheap.invoke(body="2", content_type="application/json").body.read()) == 5.0
    assert {found.endpoint_name for found in Endpoint.get_all()} == {"live", "cheap"}

    arn = builder.register(
        model_package_group_name="churn", content_types=["application/json"], response_types=["application/json"]
    )
    package = ModelPackage.get(model_package_name=arn)
    assert package.model_approval_status == "PendingManualApproval"
    package.update(model_approval_status="Approved")
    assert ModelPackage.get(model_package_name=arn).model_approval_status == "Approved"

    put("in/a.json", "6")
    transformer = Transformer(
        model_name="churn", instance_count=1, instance_type="ml.m5.large", output_path=f"s3://{BUCKET}/out"
    )
    transformer.transform(f"s3://{BUCKET}/in", content_type="application/json", logs=False)
    assert boto3.client("s3").get_object(Bucket=BUCKET, Key="out/a.json.out")["Body"].read() == b"15.0"

    for one in (endpoint, cheap):
        one.delete()
    lab.settle()
    assert [found.endpoint_name for found in Endpoint.get_all()] == []
    assert lab.world.bill.running() == []
    assert lab.world.clock.failures == []
