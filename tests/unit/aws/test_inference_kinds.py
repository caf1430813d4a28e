"""Serverless and asynchronous endpoints, data capture, and automatic scaling: on the clock."""

import json
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.aws_jobs import BUCKET, put
from tests.aws_models import ask, deploy

SERVERLESS = [{"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 2}}]
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/endpoint/variant/times-2",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


def keys(prefix):
    return [o["Key"] for o in boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]


def read(key):
    return boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()


# Serverless


def test_a_serverless_endpoint_starts_cold_stays_warm_and_costs_by_use(lab, sagemaker):
    deploy(sagemaker, variants=SERVERLESS)
    assert sagemaker.describe_endpoint(EndpointName="endpoint")["ProductionVariants"][0]["CurrentServerlessConfig"] == {
        "MemorySizeInMB": 2048, "MaxConcurrency": 2,
    }  # fmt: skip
    lab.skip(hours=10)
    assert lab.world.bill.total() == 0
    spans = []
    for pause in (0, 60, 3600):
        lab.skip(seconds=pause)
        began = lab.world.clock.now
        assert ask(4)[0] == 8.0
        spans.append(lab.world.clock.now - began)
    assert spans == [5_050, 50, 5_050]
    assert lab.world.bill.total() == Fraction("0.0000200") * 2 * Fraction(3 * 50, 1000)
    assert lab.world.bill.running() == []
    assert lab.world.clock.failures == []


def test_beyond_its_concurrency_requests_are_throttled(lab, sagemaker):
    deploy(sagemaker, variants=SERVERLESS)
    runtime = boto3.client("sagemaker-runtime", config=Config(retries={"max_attempts": 0}))

    def call(_):
        try:
            return runtime.invoke_endpoint(EndpointName="endpoint", Body=b"3")["Body"].read()
        except ClientError as error:
            return error.response["Error"]["Code"]

    with ThreadPoolExecutor(1) as pool:
        assert list(pool.map(call, range(4))) == [b"6.0", b"6.0", "ThrottlingException", "ThrottlingException"]
    lab.skip(minutes=1)
    assert call(0) == b"6.0"
    assert {line.resource for line in lab.world.bill} == {"endpoint/times-2-1", "endpoint/times-2-2"}


def test_what_starts_too_slowly_is_not_ready_and_then_warm(lab, sagemaker):
    deploy(sagemaker, variants=SERVERLESS)
    lab.assume("aws/serverless_cold_start", 90)
    with pytest.raises(ClientError, match="ModelNotReadyException"):
        ask(1)
    lab.skip(seconds=91)
    assert ask(1)[0] == 2.0


def test_concurrency_is_shared_between_all_serverless_endpoints(lab, sagemaker):
    deploy(sagemaker, variants=[{"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 200}}], wait=False)
    for number in range(4):
        sagemaker.create_endpoint(EndpointName=f"other-{number}", EndpointConfigName="endpoint")
    with pytest.raises(ClientError, match="is 1000 Invocations, with current utilization of 1000"):
        sagemaker.create_endpoint(EndpointName="sixth", EndpointConfigName="endpoint")
    lab.settle()
    for name in ("endpoint", *(f"other-{number}" for number in range(4))):
        sagemaker.delete_endpoint(EndpointName=name)
    assert not [name for name in lab.world.quotas if name.startswith("aws/Maximum") and lab.world.quotas.used(name)]


def test_a_real_time_endpoint_does_not_become_serverless(lab, sagemaker):
    deploy(sagemaker)
    variant = {"VariantName": "v", "ModelName": "endpoint-2", **SERVERLESS[0]}
    sagemaker.create_endpoint_config(EndpointConfigName="serverless", ProductionVariants=[variant])
    with pytest.raises(ClientError, match="not supported"):
        sagemaker.update_endpoint(EndpointName="endpoint", EndpointConfigName="serverless")


# Asynchronous


def deploy_async(sagemaker, **client):
    places = {"S3OutputPath": f"s3://{BUCKET}/out", "S3FailurePath": f"s3://{BUCKET}/failed"}
    deploy(sagemaker, AsyncInferenceConfig={"OutputConfig": places, "ClientConfig": client})
    return boto3.client("sagemaker-runtime")


def test_asynchronous_requests_are_answered_in_s3_in_their_turn(lab, sagemaker):
    runtime = deploy_async(sagemaker)
    put("in/a.json", '{"sleep": 100}')
    put("in/b.json", "5")
    put("in/c.json", '"fail"')
    answers = [
        runtime.invoke_endpoint_async(EndpointName="endpoint", InputLocation=f"s3://{BUCKET}/in/{name}.json")
        for name in "abc"
    ]
    assert keys("out/") == []
    lab.skip(seconds=50)
    assert keys("out/") == []
    lab.skip(seconds=100)
    outputs = [answer["OutputLocation"].partition(f"{BUCKET}/")[2] for answer in answers]
    assert sorted(keys("out/")) == sorted(outputs[:2])
    assert [read(output) for output in outputs[:2]] == ["2.0", "10.0"]
    failure = answers[2]["FailureLocation"].partition(f"{BUCKET}/")[2]
    assert read(failure).startswith("Received server error (500) from primary with message")
    kinds = [event.kind for event in lab.world.events.of("inference.")]
    assert kinds == ["inference.completed", "inference.completed", "inference.failed"]


def test_what_an_asynchronous_endpoint_refuses(lab, sagemaker):
    runtime = deploy_async(sagemaker)
    with pytest.raises(ClientError, match="does not support InvokeEndpoint"):
        ask(1)
    with pytest.raises(ClientError, match="Exactly one of Body and InputLocation"):
        runtime.invoke_endpoint_async(EndpointName="endpoint")
    answer = runtime.invoke_endpoint_async(
        EndpointName="endpoint", InputLocation=f"s3://{BUCKET}/none", InferenceId="x"
    )
    assert answer["InferenceId"] == "x"
    lab.skip(minutes=1)
    assert "NoSuchKey" in read(answer["FailureLocation"].partition(f"{BUCKET}/")[2])
    answer = runtime.invoke_endpoint_async(EndpointName="endpoint", Body=b"7", Filename="seven.out")
    lab.skip(minutes=1)
    assert (answer["OutputLocation"], read("out/seven.out")) == (f"s3://{BUCKET}/out/seven.out", "14.0")


def test_scaled_to_zero_it_costs_nothing_keeps_requests_and_comes_back_for_enough_of_them(lab, sagemaker):
    runtime, scaler = deploy_async(sagemaker), boto3.client("application-autoscaling")
    scaler.register_scalable_target(**TARGET, MinCapacity=0, MaxCapacity=2)
    dimensions = [{"Name": "EndpointName", "Value": "endpoint"}]
    metric = {"MetricName": "ApproximateBacklogSizePerInstance", "Namespace": "AWS/SageMaker", "Statistic": "Average"}
    scaler.put_scaling_policy(
        **TARGET,
        PolicyName="backlog",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 1.0,
            "CustomizedMetricSpecification": {**metric, "Dimensions": dimensions},
        },
    )
    lab.skip(minutes=30)
    assert sagemaker.describe_endpoint(EndpointName="endpoint")["ProductionVariants"][0]["CurrentInstanceCount"] == 0
    spent = lab.world.bill.total()
    lab.skip(hours=10)
    assert lab.world.bill.total() == spent
    runtime.invoke_endpoint_async(EndpointName="endpoint", Body=b"1")
    lab.skip(hours=1)
    assert keys("out/") == []
    for number in (b"2", b"3"):
        runtime.invoke_endpoint_async(EndpointName="endpoint", Body=number)
    lab.skip(minutes=15)
    assert sorted(read(key) for key in keys("out/")) == ["2.0", "4.0", "6.0"]
    assert lab.world.bill.total() > spent
    lab.skip(hours=1)
    assert lab.world.bill.running() == []


# Scaling


def test_an_endpoint_grows_with_its_traffic_and_shrinks_again(lab, sagemaker):
    deploy(sagemaker)
    scaler = boto3.client("application-autoscaling")
    with pytest.raises(ClientError, match="No scalable target found"):
        scaler.put_scaling_policy(
            **TARGET, PolicyName="p", PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 1.0, "PredefinedMetricSpecification":
                {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
            },
        )  # fmt: skip
    scaler.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=4)
    scaler.put_scaling_policy(
        **TARGET,
        PolicyName="tracking",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 4.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        },
    )
    for _ in range(60):
        ask(1)
        lab.skip(seconds=5)
    described = sagemaker.describe_endpoint(EndpointName="endpoint")
    assert described["ProductionVariants"][0]["DesiredInstanceCount"] == 3
    lab.skip(hours=1)
    activities = scaler.describe_scaling_activities(ServiceNamespace="sagemaker")["ScalingActivities"]
    assert [(a["Description"], a["StatusCode"]) for a in activities] == [
        ("Setting desired instance count to 1.", "Successful"),
        ("Setting desired instance count to 3.", "Successful"),
    ]
    assert "AlarmHigh" in activities[1]["Cause"]
    assert sum(line.hourly > 0 for line in lab.world.bill.running()) == 1
    sagemaker.delete_endpoint(EndpointName="endpoint")
    lab.skip(hours=1)
    assert scaler.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"] == []


def test_bounds_hold_at_once_and_the_quota_stands_in_the_way(lab, sagemaker):
    deploy(sagemaker)
    scaler = boto3.client("application-autoscaling")
    scaler.register_scalable_target(**TARGET, MinCapacity=9, MaxCapacity=10)
    (activity,) = scaler.describe_scaling_activities(ServiceNamespace="sagemaker")["ScalingActivities"]
    assert (activity["Cause"], activity["StatusCode"]) == ("minimum capacity was set to 9", "Failed")
    assert "'ml.m5.large for endpoint usage' is 4 Instances" in activity["StatusMessage"]
    scaler.register_scalable_target(**TARGET, MinCapacity=2, MaxCapacity=3)
    assert sagemaker.describe_endpoint(EndpointName="endpoint")["EndpointStatus"] == "Updating"
    lab.settle()
    assert sagemaker.describe_endpoint(EndpointName="endpoint")["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    with pytest.raises(ClientError, match="doesn't exist"):
        scaler.register_scalable_target(
            **TARGET | {"ResourceId": "endpoint/none/variant/v"}, MinCapacity=1, MaxCapacity=1
        )
    with pytest.raises(ClientError, match="cannot be less"):
        scaler.register_scalable_target(**TARGET, MinCapacity=3, MaxCapacity=2)


# Data capture


def test_captured_requests_and_answers_are_json_lines_in_s3(lab, sagemaker):
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 50,
        "DestinationS3Uri": f"s3://{BUCKET}/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    }
    deploy(sagemaker, DataCaptureConfig=capture)
    assert sagemaker.describe_endpoint(EndpointName="endpoint")["DataCaptureConfig"]["CaptureStatus"] == "Started"
    for number in range(4):
        ask(number, InferenceId=f"id-{number}")
    assert keys("captured/") == []
    lab.skip(minutes=3)
    (key,) = keys("captured/")
    assert key.startswith("captured/endpoint/times-2/2026/11/30/09/03-43-050-")
    first, second = (json.loads(line) for line in read(key).splitlines())
    assert first["captureData"] == {
        "endpointInput": {
            "observedContentType": "application/json", "mode": "INPUT", "data": "1", "encoding": "JSON",
        },
        "endpointOutput": {
            "observedContentType": "application/json", "mode": "OUTPUT", "data": "2.0", "encoding": "JSON",
        },
    }  # fmt: skip
    assert (second["eventMetadata"]["inferenceId"], second["eventVersion"]) == ("id-3", "0")
