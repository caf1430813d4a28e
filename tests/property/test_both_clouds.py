"""Whatever jobs are sent to both clouds, whenever: money adds up, no machine is billed twice, quotas hold.

The requests are those of the SDKs, written by hand so that many schedules can be tried; what the scripts do is drawn.
"""

import json
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twoclouds.azure import account as azure
from twoclouds.azure.identity import principals
from twoclouds.lab import Lab
from twoclouds.wire.http import Request
from twoclouds.world.clock import SECOND
from twoclouds.world.container import Line, Transcript

SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=AKIATWOCLOUDSEXAMPLE/20261130/us-west-2/sagemaker/aws4_request"}
AWS_TYPES = ("ml.m5.large", "ml.m5.xlarge")
ROLE = "arn:aws:iam::123456789012:role/TwoCloudsExecutionRole"
IMAGE = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
ENVIRONMENT = "azureml://registries/azureml/environments/sklearn-1.5/versions/40"


class Drawn:
    """A runner whose scripts end as they were drawn: well, with an error, or not at all."""

    def __init__(self, ends):
        self.ends = list(ends)

    def run(self, container, *, send, stop_after=None, budget=20.0):
        end = self.ends.pop() if self.ends else 0
        if end is None:
            raise OSError("the runner broke")
        return Transcript(lines=(Line(0.0, "stdout", "hello"),), exit_code=end, outcome="exited")


def token(lab):
    state = lab.azure.state
    return principals.token(state, principals.PEOPLE["administrator"][0], f"https://{azure.ARM}", lasts=10**9)


def arm(lab, method, path, body=None):
    url = f"https://{azure.ARM}{azure.WORKSPACE_ID}/{path}?api-version=2025-12-01"
    return lab.send(Request(method, url, {"authorization": f"Bearer {token(lab)}"}, json.dumps(body or {}).encode()))


def sagemaker(lab, operation, **parameters):
    headers = {**SIGNED, "x-amz-target": f"SageMaker.{operation}", "content-type": "application/x-amz-json-1.1"}
    url = "https://api.sagemaker.us-west-2.amazonaws.com/"
    return lab.send(Request("POST", url, headers, json.dumps(parameters).encode()))


def cluster(lab, name, nodes, idle):
    scale = {"minNodeCount": 0, "maxNodeCount": nodes, "nodeIdleTimeBeforeScaleDown": f"PT{idle}S"}
    properties = {"vmSize": "Standard_D4s_v5", "vmPriority": "Dedicated", "scaleSettings": scale}
    body = {"location": azure.REGION, "properties": {"computeType": "AmlCompute", "properties": properties}}
    return arm(lab, "PUT", f"computes/{name}", body)


def azure_job(lab, name, target):
    job = {
        "jobType": "Command",
        "command": "python train.py",
        "environmentId": ENVIRONMENT,
        "computeId": f"{azure.WORKSPACE_ID}/computes/{target}",
        "experimentName": "drawn",
    }
    return arm(lab, "PUT", f"jobs/{name}", {"properties": job})


def aws_job(lab, name, instance_type, count):
    return sagemaker(
        lab,
        "CreateTrainingJob",
        TrainingJobName=name,
        RoleArn=ROLE,
        AlgorithmSpecification={
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python3", "train.py"],
        },
        OutputDataConfig={"S3OutputPath": "s3://two-clouds-data/models"},
        ResourceConfig={"InstanceType": instance_type, "InstanceCount": count, "VolumeSizeInGB": 10},
        StoppingCondition={"MaxRuntimeInSeconds": 3600},
    )


steps = st.one_of(
    st.tuples(st.just("azure"), st.sampled_from(["small", "large"])),
    st.tuples(st.just("aws"), st.sampled_from(AWS_TYPES), st.integers(1, 3)),
    st.tuples(st.just("stop")),
    st.tuples(st.just("delete"), st.sampled_from(["small", "large"])),
    st.tuples(st.just("skip"), st.integers(0, 2000)),
)
ends = st.lists(st.sampled_from([0, 0, 0, 1, None]), max_size=20)


def test_money_machines_and_quotas():
    answers = Counter()

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(steps, min_size=4, max_size=20), ends)
    def any_schedule(schedule, ends):
        lab = Lab()
        world = lab.world
        world.runner = Drawn(ends)
        assert cluster(lab, "small", 1, 60).status in (200, 201)
        assert cluster(lab, "large", 3, 300).status in (200, 201)
        seen = [0]
        for number, step in enumerate(schedule):
            answers[step[0], play(lab, number, step)] += 1
            check_quotas(world)
            seen.append(world.clock.now)
        lab.skip(hours=12)

        assert seen == sorted(seen), "time ran back"
        assert {str(failure.error) for failure in world.clock.failures} <= {"the runner broke"}
        assert not world.bill.running(), "something bills although every job is over"
        check_bill(world, seen)
        for instance_type in AWS_TYPES:
            assert world.quotas.used(f"aws/{instance_type} for training job usage") == 0

    any_schedule()
    accepted = {kind for (kind, status), count in answers.items() if status in (200, 201, 202)}
    assert accepted == {"azure", "aws", "stop", "delete"}, f"a schedule that is only refused proves nothing: {answers}"


def play(lab, number, step):
    kind, *rest = step
    if kind == "azure":
        return azure_job(lab, f"job-{number}", *rest).status
    if kind == "aws":
        return aws_job(lab, f"job-{number}", *rest).status
    if kind == "stop":
        newest = next(reversed(lab.aws.state.training_jobs), "none")
        return sagemaker(lab, "StopTrainingJob", TrainingJobName=newest).status
    if kind == "delete":
        return arm(lab, "DELETE", f"computes/{rest[0]}").status
    lab.skip(seconds=rest[0])
    return 0


def check_quotas(world):
    for name in world.quotas:
        assert 0 <= world.quotas.used(name) <= world.quotas.limit(name)
    busy = Counter(line.item for line in world.bill.running() if line.account == "aws")
    for instance_type in AWS_TYPES:
        assert busy[instance_type] <= world.quotas.limit(f"aws/{instance_type} for training job usage")
    nodes = Counter(line.resource.partition("/node")[0] for line in world.bill.running() if line.item != "job")
    assert nodes["small"] <= 1
    assert nodes["large"] <= 3


def check_bill(world, instants):
    for at in [*instants, world.clock.now]:
        total = world.bill.total(at=at)
        for field in ("account", "resource", "phase", "item", "owner"):
            assert sum(world.bill.by(field, at=at).values()) == total
    by_machine = {}
    for line in world.bill:
        by_machine.setdefault((line.account, line.resource, line.item), []).append(line)
    for lines in by_machine.values():
        assert all(one.end <= other.start for one, other in pairwise(lines)), "a machine was billed twice"


def check_sagemakers_own_word(lab, name):
    described = json.loads(sagemaker(lab, "DescribeTrainingJob", TrainingJobName=name).body)
    lines = [line for line in lab.world.bill.lines(owner=name, account="aws") if line.item.startswith("ml.")]
    billed = sum(line.lasted(lab.world.clock.now) for line in lines if line.hourly)
    assert billed == described["BillableTimeInSeconds"] * described["ResourceConfig"]["InstanceCount"] * SECOND


@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.parametrize("count", [1, 2])
def test_the_bill_says_what_billable_time_says(end, count):
    lab = Lab()
    lab.world.runner = Drawn([end] * count)
    assert aws_job(lab, "job", "ml.m5.xlarge", count).status == 200
    lab.skip(hours=2)
    check_sagemakers_own_word(lab, "job")
