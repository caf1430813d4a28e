import boto3

from tests.aws_jobs import BUCKET
from tests.aws_models import ask, config, deploy, multiplier, put_model


def scenario(lab):
    sagemaker, runtime = boto3.client("sagemaker"), boto3.client("sagemaker-runtime")
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    deploy(sagemaker, "live", wait=False, DataCaptureConfig=capture)
    sagemaker.describe_endpoint(EndpointName="live")
    lab.settle()
    for _ in sagemaker.list_endpoints()["Endpoints"]:
        sagemaker.describe_endpoint(EndpointName="live")
    ask(1, "live")
    runtime.invoke_endpoint_with_response_stream(EndpointName="live", Body=b"1")
    scaling(sagemaker)
    sagemaker.create_model(**multiplier("next", 3))
    sagemaker.create_endpoint_config(**config("next", variant={"ModelName": "next"}))
    sagemaker.update_endpoint(EndpointName="live", EndpointConfigName="next")
    sagemaker.describe_endpoint(EndpointName="live")
    lab.settle()
    desired = [{"VariantName": "AllTraffic", "DesiredWeight": 2.0}]
    sagemaker.update_endpoint_weights_and_capacities(EndpointName="live", DesiredWeightsAndCapacities=desired)
    lab.settle()
    sagemaker.delete_endpoint(EndpointName="live")
    lab.settle()
    asynchronous(lab, sagemaker, runtime)


def scaling(sagemaker):
    scaler = boto3.client("application-autoscaling")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/live/variant/times-2",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    scaler.register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    scaler.put_scaling_policy(
        **target,
        PolicyName="tracking",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 70.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        },
    )
    scaler.describe_scalable_targets(ServiceNamespace="sagemaker")
    scaler.describe_scaling_policies(ServiceNamespace="sagemaker")
    scaler.describe_scaling_activities(ServiceNamespace="sagemaker")
    scaler.delete_scaling_policy(**target, PolicyName="tracking")
    scaler.deregister_scalable_target(**target)


def asynchronous(lab, sagemaker, runtime):
    places = {"S3OutputPath": f"s3://{BUCKET}/out", "S3FailurePath": f"s3://{BUCKET}/failed"}
    deploy(sagemaker, "later", wait=False, AsyncInferenceConfig={"OutputConfig": places})
    lab.settle()
    location = put_model("asked.json")
    runtime.invoke_endpoint_async(EndpointName="later", InputLocation=location)
    sagemaker.describe_endpoint(EndpointName="later")
    sagemaker.delete_endpoint(EndpointName="later")
    lab.settle()
