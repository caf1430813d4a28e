import boto3


def scenario(lab):
    sagemaker = boto3.client("sagemaker")
    for kind in ("TrainingJob", "Endpoint", "ModelPackage", "ModelPackageGroup"):
        sagemaker.search(Resource=kind, MaxResults=100)
