"""Whatever is asked of SageMaker and whenever: the bill adds up, the quota holds, and every machine goes back."""

from datetime import UTC, datetime
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.aws_jobs import BUCKET, IMAGE, ROLE
from twoclouds.aws import catalog, training
from twoclouds.aws.cloud import Aws
from twoclouds.aws.errors import AwsError
from twoclouds.world.container import Line, Transcript
from twoclouds.world.world import World

TYPES = ("ml.m5.large", "ml.m5.xlarge", "ml.c5.xlarge", "ml.g4dn.xlarge")


class Script:
    """Stands for a runner: each script prints ten lines, and fails or sleeps as its job's name says."""

    def run(self, container, *, send, stop_after=None, budget=20.0):
        lines = tuple(Line(0.0, "stdout", f"line {n}") for n in range(stop_after or 10))
        stopped, failing = stop_after is not None, container.name.startswith("bad")
        files = {"/opt/ml/model/model.txt": b"a model"}
        return Transcript(
            lines=lines, exit_code=int(failing), outcome="stopped" if stopped else "exited", files=files, slept=0.0
        )


asked = st.lists(
    st.tuples(
        st.integers(0, 400_000),
        st.sampled_from(["create", "create bad", "stop"]),
        st.integers(0, 9),
        st.sampled_from(TYPES),
        st.integers(1, 3),
        st.integers(1, 400),
    ),
    max_size=14,
)


def create(state, name, instance_type, count, limit):
    training.create_training_job(
        state,
        {
            "TrainingJobName": name,
            "RoleArn": ROLE,
            "AlgorithmSpecification": {
                "TrainingImage": IMAGE,
                "TrainingInputMode": "File",
                "ContainerEntrypoint": ["python3", "train.py"],
            },
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
            "ResourceConfig": {"InstanceType": instance_type, "InstanceCount": count, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": limit},
        },
    )


@given(asked)
@settings(max_examples=60)
def test_random_schedules(schedule):
    world = World(start=datetime(2026, 11, 30, 9, tzinfo=UTC), runner=Script())
    aws = Aws(world, send=lambda request: None)
    for wait, what, number, instance_type, count, limit in schedule:
        world.clock.advance(wait)
        name = f"bad-{number}" if what == "create bad" else f"job-{number}"
        try:
            if what == "stop":
                training.stop_training_job(aws.state, {"TrainingJobName": name})
            else:
                create(aws.state, name, instance_type, count, limit)
        except AwsError:
            pass
        for usage in (f"aws/{kind} for training job usage" for kind in TYPES):
            assert world.quotas.used(usage) <= world.quotas.limit(usage)
    world.clock.advance(3_600_000)

    jobs = aws.state.training_jobs.values()
    assert {job.status for job in jobs} <= {"Completed", "Failed", "Stopped"}
    assert world.bill.running() == []
    assert all(world.quotas.used(name) == 0 for name in world.quotas)
    for job in jobs:
        price = catalog.machine_type(job.requisition.instance_type).hourly
        billed = Fraction(price) * job.billable_seconds * job.requisition.count / 3600
        assert sum(line.cost(world.clock.now) for line in world.bill.lines(owner=job.name)) == billed
    assert world.bill.total() == sum(world.bill.by("resource").values())
    times = [event.time for event in world.events]
    assert times == sorted(times)
    assert world.clock.failures == []
