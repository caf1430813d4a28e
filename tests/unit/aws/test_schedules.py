"""Whatever is asked of SageMaker and whenever: the bill adds up, the quotas hold, and every machine goes back."""

from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.aws_jobs import BUCKET, IMAGE, ROLE
from twoclouds.aws import catalog, quotas
from twoclouds.aws.cloud import Aws
from twoclouds.aws.errors import AwsError
from twoclouds.aws.training import training
from twoclouds.world.container import Line, Transcript
from twoclouds.world.world import World

TYPES = ("ml.m7i.large", "ml.m5.large")


class Script:
    """Stands for a runner: each script prints ten lines, and fails or sleeps as its job's name says."""

    def run(self, container, *, send, stop_after=None, budget=20.0):
        lines = tuple(Line(0.0, "stdout", f"line {n}") for n in range(stop_after or 10))
        stopped, failing = stop_after is not None, container.name.startswith("bad")
        files = {"/opt/ml/model/model.txt": b"a model"}
        return Transcript(
            lines=lines, exit_code=int(failing), outcome="stopped" if stopped else "exited", files=files, slept=0.0
        )


kinds, numbers, types = st.sampled_from(["warm", "plain", "bad", "spot"]), st.integers(0, 2), st.sampled_from(TYPES)
creates = st.tuples(st.just("create"), kinds, numbers, types, st.sampled_from([1, 1, 2]), st.integers(100, 400))
changes = st.one_of(
    st.tuples(st.just("stop"), kinds, numbers),
    st.tuples(st.just("keep"), kinds, numbers, st.integers(0, 900)),
    st.tuples(st.just("delete"), kinds, numbers),
    st.tuples(st.just("scarce"), st.sampled_from(["", " spot"]), types, st.integers(0, 2)),
)
schedules = st.lists(
    st.tuples(st.sampled_from([250_000, 700, 60_000, 150_000, 0]), st.one_of(creates, changes)), min_size=8, max_size=16
)


def create(state, name, kind, instance_type, count, limit):
    resources = {"InstanceType": instance_type, "InstanceCount": count, "VolumeSizeInGB": 1}
    stopping = {"MaxRuntimeInSeconds": limit}
    if kind in ("warm", "bad"):
        resources["KeepAlivePeriodInSeconds"] = limit
    if kind == "spot":
        stopping["MaxWaitTimeInSeconds"] = 2 * limit
    request = {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["python3", "train.py"],
        },
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": resources,
        "StoppingCondition": stopping,
        "EnableManagedSpotTraining": kind == "spot",
    }
    training.create_training_job(state, request)


def play(world, state, step):
    what, *rest = step
    if what == "scarce":
        kind, instance_type, left = rest
        world.capacity.make_scarce(f"aws/{instance_type}{kind}", left, lasting=300_000)
        return
    kind, number, *rest = rest
    name = f"{kind}-{number}"
    if what == "create":
        create(state, name, kind, *rest)
    elif what == "stop":
        training.stop_training_job(state, {"TrainingJobName": name})
    elif what == "keep":
        changed = {"TrainingJobName": name, "ResourceConfig": {"KeepAlivePeriodInSeconds": rest[0]}}
        training.update_training_job(state, changed)
    else:
        training.delete_training_job(state, {"TrainingJobName": name})


def check_bill_of(world, job):
    """What the bill says of a job is what DescribeTrainingJob says of it."""
    lines = [line for line in world.bill.lines(owner=job.requisition.job) if not line.resource.endswith("/volume")]
    price = Fraction(catalog.machine_type(job.requisition.types[0]).hourly) * len(job.hosts) / 3600
    kept = sum(line.cost(world.clock.now) for line in lines if line.phase == "idle")
    assert kept == price * (job.pool.seconds if job.pool else 0)
    ran = sum(line.cost(world.clock.now) for line in lines) - kept
    if job.request["EnableManagedSpotTraining"]:
        assert ran <= price * job.billable_seconds < ran + price
    else:
        assert ran == price * job.billable_seconds


def test_random_schedules():
    outcomes = Counter()

    @given(schedules)
    @example([(0, ("create", "warm", 0, TYPES[0], 1, 400)), (250_000, ("create", "plain", 0, TYPES[0], 1, 400))])
    @example([(0, ("create", "spot", 0, TYPES[0], 1, 400)), (150_700, ("scarce", " spot", TYPES[0], 0))])
    @example([(0, ("scarce", " spot", TYPES[0], 0)), (700, ("create", "spot", 0, TYPES[0], 1, 100))])
    @settings(max_examples=60)
    def any_schedule(schedule):
        outcomes.update(whole(schedule))

    any_schedule()
    wanted = {"Completed", "Failed", "Stopped", "Interrupted", "Pending", "MaxRuntimeExceeded", "MaxWaitTimeExceeded"}
    assert wanted | {"Reused", "Terminated", "no pool"} <= set(outcomes), "a schedule that does nothing proves nothing"


def whole(schedule):
    """Play a schedule to its end, and check what has to hold: what became of its jobs and their machines."""
    world = World(start=datetime(2026, 11, 30, 9, tzinfo=UTC), runner=Script())
    aws = Aws(world, send=lambda request: None)
    every = {}
    for wait, step in schedule:
        world.clock.advance(wait)
        with suppress(AwsError):
            play(world, aws.state, step)
        every |= {job.requisition.job: job for job in aws.state.training_jobs.values()}
        for kind in TYPES:
            for use in (quotas.TRAINING, quotas.SPOT, quotas.WARM_POOL):
                name = f"aws/{quotas.name(kind, use)}"
                assert 0 <= world.quotas.used(name) <= world.quotas.limit(name)
    world.clock.advance(2 * 3_600_000)

    assert world.clock.failures == []
    assert {job.status for job in every.values()} <= {"Completed", "Failed", "Stopped"}
    assert world.bill.running() == []
    assert [name for name in world.quotas if world.quotas.used(name)] == []
    assert [kind for kind in TYPES if world.capacity.used(f"aws/{kind}")] == []
    for job in every.values():
        check_bill_of(world, job)
    for job in every.values():
        volume = world.bill.lines(resource=f"{job.requisition.job}/volume")
        held = sum(line.lasted(world.clock.now) for line in volume) // 1000
        assert held == job.requisition.paying.seconds() + (job.pool.seconds if job.pool else 0)
    assert world.bill.total() == sum(world.bill.by("resource").values())
    by_machine = {}
    for line in world.bill:
        by_machine.setdefault((line.resource, line.item), []).append(line)
    for lines in by_machine.values():
        assert all(one.end <= other.start for one, other in pairwise(lines)), "a machine was billed twice"
    times = [event.time for event in world.events]
    assert times == sorted(times)
    pools = [job.pool.status if job.pool else "no pool" for job in every.values()]
    return pools + [transition.status for job in every.values() for transition in job.transitions]
