import boto3

from tests.unit.aws.test_processing import processing


def scenario(lab):
    sagemaker = boto3.client("sagemaker")
    for name in ("process", "process-stopped"):
        sagemaker.create_processing_job(**processing(name))
    sagemaker.create_processing_job(**processing("process-bad", script="raise SystemExit(1)"))
    sagemaker.stop_processing_job(ProcessingJobName="process-stopped")
    lab.skip(hours=1)
    for name in ("process", "process-stopped", "process-bad"):
        sagemaker.describe_processing_job(ProcessingJobName=name)
    sagemaker.list_processing_jobs(MaxResults=2)
