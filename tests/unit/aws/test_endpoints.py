"""Endpoints: from create to delete, as (second, event, dollars)."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.aws_jobs import BUCKET, log
from tests.aws_models import SERVER, ask, config, deploy, multiplier, put_model
from twoclouds.wire.errors import NotSimulated

ARN = "arn:aws:sagemaker:us-west-2:123456789012:endpoint/endpoint"


def printed(lab, name="endpoint"):
    streams = lab.aws.state.logs.streams(f"/aws/sagemaker/Endpoints/{name}")
    return [(stream.name.partition("/")[0], line) for stream in streams for _, line in stream.events]


def refused(call, **parameters):
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    return raised.value.response["Error"]["Code"], raised.value.response["Error"]["Message"]


def settle(sagemaker, name="endpoint"):
    while (described := sagemaker.describe_endpoint(EndpointName=name))["EndpointStatus"] in ("Creating", "Updating"):
        time.sleep(10)
    return described


def billing(lab):
    """How many machines cost something at this moment."""
    return sum(line.hourly > 0 for line in lab.world.bill.running())


def update(sagemaker, name, factor, *, server=SERVER, variant=None, **changes):
    sagemaker.create_model(**multiplier(name, factor, server=server))
    sagemaker.create_endpoint_config(
        **config(name, variant={"VariantName": f"times-{factor}", "ModelName": name, **(variant or {})})
    )
    sagemaker.update_endpoint(EndpointName="endpoint", EndpointConfigName=name, **changes)


def test_an_endpoint_from_its_request_to_its_end(lab, sagemaker):
    deploy(sagemaker)
    assert sagemaker.describe_endpoint(EndpointName="endpoint")["EndpointStatus"] == "InService"
    assert ask(21) == (42.0, "times-2")
    assert [line for _, line in printed(lab)] == ["loading ['factor.txt', 'server.py']", "asked 21"]
    lab.skip(hours=1)
    sagemaker.delete_endpoint(EndpointName="endpoint")
    assert (
        refused(sagemaker.delete_endpoint, EndpointName="endpoint")[1] == f'Cannot update in-progress endpoint "{ARN}".'
    )
    lab.skip(minutes=1)
    assert refused(sagemaker.describe_endpoint, EndpointName="endpoint")[1] == f'Could not find endpoint "{ARN}".'
    assert log(lab) == [
        (2, "endpoint.creating", 0),
        (2, "machine.requested", 0),
        (2, "machine.provisioning", 0),
        (122, "machine.booted", 0),
        (196, "machine.pulled", 0),
        (216, "machine.working", 0),
        (216, "endpoint.inservice", 0),
        (3823.05, "endpoint.deleting", 0.115225),
        (3823.05, "machine.released", 0.115225),
        (3838.05, "endpoint.deleted", 0.115225),
    ]
    assert lab.world.bill.running() == []
    assert lab.world.quotas.used("aws/ml.m5.large for endpoint usage") == 0
    assert lab.world.clock.failures == []


def test_what_is_refused(lab, sagemaker):
    deploy(sagemaker, wait=False)
    arn = f'"{ARN}"'
    for again in ("endpoint", "Endpoint"):
        said = refused(sagemaker.create_endpoint, EndpointName=again, EndpointConfigName="endpoint")
        assert said[1].lower() == f"cannot create already existing endpoint {arn}.".lower()
    said = refused(sagemaker.update_endpoint, EndpointName="endpoint", EndpointConfigName="endpoint")
    assert said == ("ValidationException", f"Cannot update in-progress endpoint {arn}.")
    said = refused(sagemaker.create_endpoint, EndpointName="other", EndpointConfigName="none")
    assert (
        said[1]
        == 'Could not find endpoint configuration "arn:aws:sagemaker:us-west-2:123456789012:endpoint-config/none".'
    )
    runtime = boto3.client("sagemaker-runtime")
    said = refused(runtime.invoke_endpoint, EndpointName="endpoint", Body=b"1")
    assert said == ("ValidationError", "Endpoint endpoint of account 123456789012 not found.")
    settle(sagemaker)
    said = refused(runtime.invoke_endpoint, EndpointName="endpoint", Body=b"1" * 6291457)
    assert said[0] == "ValidationError"
    assert said[1].endswith("Member must have length less than or equal to 6291456")
    sagemaker.delete_endpoint_config(EndpointConfigName="endpoint")
    sagemaker.create_endpoint_config(**config("new", variant={"ModelName": "endpoint-2"}))
    said = refused(sagemaker.update_endpoint, EndpointName="endpoint", EndpointConfigName="new")
    assert said[1].startswith("Could not find endpoint configuration")


def test_the_quota_counts_instances_of_endpoints_alone_and_refuses_at_the_call(lab, sagemaker):
    sagemaker.create_model(**multiplier("model", 2))
    sagemaker.create_endpoint_config(**config(variant={"InitialInstanceCount": 5}))
    code, message = refused(sagemaker.create_endpoint, EndpointName="endpoint", EndpointConfigName="config")
    assert code == "ResourceLimitExceeded"
    assert message.startswith(
        "The account-level service limit 'ml.m5.large for endpoint usage' is 4 Instances, with current utilization of "
        "0 Instances and a request delta of 5 Instances."
    )
    assert sagemaker.list_endpoints()["Endpoints"] == []
    assert lab.world.quotas.used("aws/ml.m5.large for endpoint usage") == 0


def test_a_container_that_is_not_well_fails_the_endpoint_after_four_minutes(lab, sagemaker):
    deploy(sagemaker, server="raise SystemExit('no model here')")
    described = sagemaker.describe_endpoint(EndpointName="endpoint")
    assert described["EndpointStatus"] == "Failed"
    assert described["FailureReason"] == (
        "The primary container for production variant times-2 did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )
    assert "no model here" in [line for _, line in printed(lab)]
    assert log(lab, "endpoint.") == [(2, "endpoint.creating", 0), (441, "endpoint.failed", 0)]
    assert lab.world.quotas.used("aws/ml.m5.large for endpoint usage") == 0
    said = refused(sagemaker.update_endpoint, EndpointName="endpoint", EndpointConfigName="endpoint")[1]
    assert said == f'Cannot update endpoint "{ARN}" in status Failed.'
    sagemaker.delete_endpoint(EndpointName="endpoint")


def test_what_aws_does_not_say_about_a_failed_endpoint_can_be_assumed_the_other_way(lab, sagemaker):
    lab.assume("aws/endpoint_starting_billed", True)
    lab.assume("aws/failed_endpoint_billed", True)
    deploy(sagemaker, server="raise SystemExit('no model here')")
    assert sagemaker.describe_endpoint(EndpointName="endpoint")["EndpointStatus"] == "Failed"
    assert billing(lab) == 1
    before = lab.world.bill.total()
    lab.skip(hours=2)
    assert lab.world.bill.total() - before == 2 * Fraction("0.115")
    sagemaker.delete_endpoint(EndpointName="endpoint")
    lab.settle()
    assert billing(lab) == 0
    assert lab.world.quotas.used("aws/ml.m5.large for endpoint usage") == 0
    assert lab.world.clock.failures == []


def test_a_model_that_vanishes_before_the_endpoint_comes(lab, sagemaker):
    deploy(sagemaker, wait=False)
    boto3.client("s3").delete_object(Bucket=BUCKET, Key="models/endpoint-2.tar.gz")
    assert settle(sagemaker)["FailureReason"].startswith(
        'Failed to download model data for container "primary" from URL'
    )


def test_an_archive_that_is_none(lab, sagemaker):
    deploy(sagemaker, wait=False)
    boto3.client("s3").put_object(Bucket=BUCKET, Key="models/endpoint-2.tar.gz", Body=b"no archive")
    assert settle(sagemaker)["FailureReason"].startswith("Failed to extract model data archive for container")


def test_errors_of_the_model(lab, sagemaker):
    deploy(sagemaker)
    with pytest.raises(ClientError) as raised:
        ask("fail")
    answer = raised.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("ModelError", 424)
    assert answer["Error"]["Message"].startswith(
        'Received server error (500) from primary with message "it went wrong". '
        "See https://us-west-2.console.aws.amazon.com/cloudwatch/home?region=us-west-2#logEventViewer:group="
    )
    assert (answer["OriginalStatusCode"], answer["OriginalMessage"]) == (500, "it went wrong")
    assert "/aws/sagemaker/Endpoints/endpoint:log-stream:times-2/i-0" in answer["LogStreamArn"]
    began = lab.world.clock.now
    assert ask({"sleep": 30})[0] == 2.0
    assert lab.world.clock.now - began == 30_050
    with pytest.raises(
        ClientError, match=r"Received server error \(0\) from primary with message \"Your invocation timed"
    ):
        ask({"sleep": 61})
    assert lab.world.clock.now - began == 90_050
    with pytest.raises(ClientError, match="ModelError"):
        ask("die")
    assert ask(1)[0] == 2.0


def test_traffic_goes_by_weight_the_same_way_every_time(lab, sagemaker):
    deploy(sagemaker, factors=(2, 3), variants=[{"InitialVariantWeight": 3.0}, {"InitialVariantWeight": 1.0}])
    asked = [ask(1)[1] for _ in range(8)]
    assert asked == ["times-2", "times-2", "times-3", "times-2"] * 2
    assert ask(1, TargetVariant="times-3") == (3.0, "times-3")
    runtime = boto3.client("sagemaker-runtime")
    said = refused(runtime.invoke_endpoint, EndpointName="endpoint", Body=b"1", TargetVariant="times-9")
    assert said == ("ValidationError", f"Variant times-9 not found for Endpoint {ARN}.")
    sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="endpoint",
        DesiredWeightsAndCapacities=[
            {"VariantName": "times-2", "DesiredWeight": 0.0, "DesiredInstanceCount": 2},
            {"VariantName": "times-3", "DesiredWeight": 1.0},
        ],
    )
    described = settle(sagemaker)
    assert [(v["CurrentWeight"], v["CurrentInstanceCount"]) for v in described["ProductionVariants"]] == [
        (0, 2),
        (1, 1),
    ]
    assert {ask(1)[1] for _ in range(4)} == {"times-3"}
    assert billing(lab) == 3


def test_fewer_instances_and_never_none(lab, sagemaker):
    deploy(sagemaker, variants=[{"InitialInstanceCount": 3}])
    asked = lambda count: [{"VariantName": "times-2", "DesiredInstanceCount": count}]  # noqa: E731
    said = refused(
        sagemaker.update_endpoint_weights_and_capacities,
        EndpointName="endpoint",
        DesiredWeightsAndCapacities=asked(0),
    )
    assert "at least 1" in said[1]
    said = refused(
        sagemaker.update_endpoint_weights_and_capacities,
        EndpointName="endpoint",
        DesiredWeightsAndCapacities=asked(9),
    )
    assert said[0] == "ResourceLimitExceeded"
    sagemaker.update_endpoint_weights_and_capacities(EndpointName="endpoint", DesiredWeightsAndCapacities=asked(1))
    assert settle(sagemaker)["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    assert lab.world.quotas.used("aws/ml.m5.large for endpoint usage") == 1
    assert billing(lab) == 1


def test_an_update_serves_from_the_old_fleet_until_the_new_one_is_well_and_bills_one_at_a_time(lab, sagemaker):
    deploy(sagemaker)
    update(sagemaker, "better", 3)
    described = sagemaker.describe_endpoint(EndpointName="endpoint")
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("Updating", "endpoint")
    assert described["PendingDeploymentSummary"]["EndpointConfigName"] == "better"
    assert ask(1) == (2.0, "times-2")
    described = settle(sagemaker)
    assert described["EndpointConfigName"] == "better"
    assert ask(1) == (3.0, "times-3")
    shift = [(time, kind) for time, kind, _ in log(lab) if kind in ("machine.working", "machine.released")]
    assert [kind for _, kind in shift] == ["machine.working", "machine.working", "machine.released"]
    assert shift[1][0] == shift[2][0]
    lab.skip(hours=1)
    since = (lab.world.clock.now - 216_000) / 3_600_000
    assert lab.world.bill.total() == Fraction("0.115") * Fraction(lab.world.clock.now - 216_000, 3_600_000), since


def test_an_update_that_fails_leaves_the_old_fleet_in_service(lab, sagemaker):
    deploy(sagemaker)
    update(sagemaker, "worse", 3, server="raise SystemExit(1)")
    described = settle(sagemaker)
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "endpoint")
    assert "did not pass the ping health check" in described["FailureReason"]
    assert ask(1) == (2.0, "times-2")
    assert lab.world.quotas.used("aws/ml.m5.large for endpoint usage") == 1
    assert billing(lab) == 1


def test_a_canary_gets_its_share_while_both_fleets_are_billed(lab, sagemaker):
    deploy(sagemaker, variants=[{"InitialInstanceCount": 2}])
    routing = {
        "Type": "CANARY",
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 25},
        "WaitIntervalInSeconds": 600,
    }
    policy = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": 300}}
    update(sagemaker, "better", 3, variant={"InitialInstanceCount": 2}, DeploymentConfig=policy)
    lab.skip(minutes=5)
    assert Counter(ask(1)[1] for _ in range(20)) == {"times-2": 15, "times-3": 5}
    assert billing(lab) == 4
    lab.skip(minutes=10)
    assert Counter(ask(1)[1] for _ in range(5)) == {"times-3": 5}
    assert billing(lab) == 4
    settle(sagemaker)
    assert billing(lab) == 2
    assert sagemaker.describe_endpoint(EndpointName="endpoint")["LastDeploymentConfig"] == policy


def test_a_rolling_update_replaces_batch_by_batch(lab, sagemaker):
    deploy(sagemaker, variants=[{"InitialInstanceCount": 2}])
    policy = {
        "RollingUpdatePolicy": {"MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1}, "WaitIntervalInSeconds": 60}
    }
    update(sagemaker, "better", 3, variant={"InitialInstanceCount": 2}, DeploymentConfig=policy)
    lab.skip(seconds=230)
    assert Counter(ask(1)[1] for _ in range(4)) == {"times-2": 2, "times-3": 2}
    assert billing(lab) == 2
    settle(sagemaker)
    assert Counter(ask(1)[1] for _ in range(4)) == {"times-3": 4}
    assert billing(lab) == 2
    assert lab.world.quotas.used("aws/ml.m5.large for endpoint usage") == 2


def test_what_a_shadow_answers_nobody_sees(lab, sagemaker):
    sagemaker.create_model(**multiplier("shadow", 7))
    shadow = config(variant={"VariantName": "shadow", "ModelName": "shadow", "InitialVariantWeight": 0.5})
    deploy(sagemaker, ShadowProductionVariants=shadow["ProductionVariants"])
    assert {ask(number)[1] for number in range(4)} == {"times-2"}
    lab.skip(seconds=1)
    assert [line for variant, line in printed(lab) if variant == "shadow"][1:] == ["asked 1", "asked 3"]
    assert billing(lab) == 2


def test_a_pipeline_passes_each_answer_on(lab, sagemaker):
    from tests.aws_jobs import IMAGE, ROLE

    containers = [
        {"Image": IMAGE, "ModelDataUrl": put_model(f"{name}.tar.gz", server_py=SERVER, factor_txt=factor)}
        for name, factor in (("first", "2"), ("second", "5"))
    ]
    containers[0]["ContainerHostname"] = "preprocessing"
    sagemaker.create_model(ModelName="model", Containers=containers, ExecutionRoleArn=ROLE)
    sagemaker.create_endpoint_config(**config())
    sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="config")
    settle(sagemaker)
    assert ask(3)[0] == 30.0
    names = {
        stream.name.rpartition("/")[2] for stream in lab.aws.state.logs.streams("/aws/sagemaker/Endpoints/endpoint")
    }
    assert names == {"preprocessing", "container-2"}
    with pytest.raises(ClientError, match=r"Received server error \(500\) from preprocessing"):
        ask("fail")


def test_an_answer_as_a_stream(lab, sagemaker):
    deploy(sagemaker)
    runtime = boto3.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint_with_response_stream(EndpointName="endpoint", Body=b"4")
    assert b"".join(event["PayloadPart"]["Bytes"] for event in answer["Body"]) == b"8.0"
    assert answer["InvokedProductionVariant"] == "times-2"


def test_custom_attributes_and_the_content_type_come_back(lab, sagemaker):
    server = """
def app(environ, start_response):
    said = environ.get("HTTP_X_AMZN_SAGEMAKER_CUSTOM_ATTRIBUTES", "")
    start_response("200 OK", [("Content-Type", "text/csv"), ("X-Amzn-SageMaker-Custom-Attributes", said + "!")])
    return [environ.get("CONTENT_TYPE", "").encode() + b"," + environ.get("HTTP_ACCEPT", "").encode()]
"""
    deploy(sagemaker, server=server)
    runtime = boto3.client("sagemaker-runtime")
    answer = runtime.invoke_endpoint(
        EndpointName="endpoint", Body=b"1", ContentType="text/csv", Accept="text/csv", CustomAttributes="trace"
    )
    assert (answer["Body"].read(), answer["ContentType"], answer["CustomAttributes"]) == (
        b"text/csv,text/csv", "text/csv", "trace!",
    )  # fmt: skip


def test_several_threads_may_ask_at_once(lab, sagemaker):
    deploy(sagemaker, factors=(2, 3))
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask, range(40)))
    assert Counter(variant for _, variant in answers) == {"times-2": 20, "times-3": 20}
    assert all(value == number * int(variant[-1]) for number, (value, variant) in enumerate(answers))
    assert sum("asked" in line for _, line in printed(lab)) == 40


def test_deployments_that_cannot_be(lab, sagemaker):
    deploy(sagemaker)

    def update_by(**deployment):
        sagemaker.update_endpoint(EndpointName="endpoint", EndpointConfigName="endpoint", DeploymentConfig=deployment)

    routing = {"Type": "CANARY", "WaitIntervalInSeconds": 60}
    with pytest.raises(ClientError, match="CanarySize must be specified"):
        update_by(BlueGreenUpdatePolicy={"TrafficRoutingConfiguration": routing})
    size = {"Type": "CAPACITY_PERCENT", "Value": 60}
    with pytest.raises(ClientError, match="at most 50 percent"):
        update_by(BlueGreenUpdatePolicy={"TrafficRoutingConfiguration": routing | {"CanarySize": size}})
    with pytest.raises(NotSimulated, match=r"DeploymentConfig\.AutoRollbackConfiguration"):
        update_by(AutoRollbackConfiguration={"Alarms": [{"AlarmName": "errors"}]})
    assert sagemaker.describe_endpoint(EndpointName="endpoint")["EndpointStatus"] == "InService"
    assert lab.world.quotas.used("aws/ml.m5.large for endpoint usage") == 1
