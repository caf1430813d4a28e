import boto3

from tests.aws_jobs import BUCKET, put
from tests.aws_models import multiplier


def scenario(lab):
    sagemaker = boto3.client("sagemaker")
    sagemaker.create_model(**multiplier("batch", 2))
    put("batch/a.json", "1")
    put("batch-bad/a.json", '"fail"')
    for name in ("batch", "batch-bad", "stopped"):
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{'batch' if name == 'stopped' else name}/"}
        sagemaker.create_transform_job(
            TransformJobName=name,
            ModelName="batch",
            TransformInput={"DataSource": {"S3DataSource": source}, "ContentType": "application/json"},
            TransformOutput={"S3OutputPath": f"s3://{BUCKET}/scored"},
            TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        )
    sagemaker.stop_transform_job(TransformJobName="stopped")
    lab.settle()
    for name in ("batch", "batch-bad", "stopped"):
        sagemaker.describe_transform_job(TransformJobName=name)
    sagemaker.list_transform_jobs()
