"""An open design is tried on a second workload, in a lab of its own."""

import pytest

from twoclouds import lab as labs
from twoclouds.practice import worlds
from twoclouds.practice.checks import Met, Missing
from twoclouds.practice.evidence import Evidence
from twoclouds.practice.exercise import Exercise
from twoclouds.practice.hints import Hint
from twoclouds.practice.replay import REFUSED, Replay, happen, ready_within, waits, within
from twoclouds.practice.task import Prediction, Task

NOBODY_NEEDS_IT = Hint("Who needs a node at night?", "A minimum of nodes is a minimum day and night.")
CLUSTER = Hint("Which cluster?", "Make one.")


def a_cluster(evidence):
    return Met("a cluster.") if evidence.azure.clusters else Missing("no cluster.", "Where would jobs run?", CLUSTER)


def a_quiet_weekend(lab, design):
    from azure.ai.ml.entities import AmlCompute

    (cluster,) = design.azure.clusters
    carried = AmlCompute(name="team", min_instances=cluster.minimum, max_instances=cluster.maximum)
    worlds.azure().compute.begin_create_or_update(carried).result()
    print("noise of the SDK")
    happen(lab, [], hours=60)


def an_impossible_weekend(lab, design):
    from azure.ai.ml.entities import AmlCompute

    worlds.azure().compute.begin_create_or_update(AmlCompute(name="ends-with-1")).result()


def opened(run):
    replay = Replay(told="On a weekend", run=run, requirements=(within("1.00", NOBODY_NEEDS_IT, account="azure"),))
    task = Task(
        number="9.9",
        title="A design",
        minutes=1,
        prediction=Prediction("How much?", truth=lambda evidence: "1", unit="dollars"),
        prepare=lambda lab: None,
        requirements=(a_cluster,),
        because="So.",
        replay=replay,
    )
    exercise = Exercise(task)
    exercise.predict(1)
    return exercise


@pytest.fixture(autouse=True)
def _closed():
    yield
    if labs._open:
        labs._open.close()


def design(**limits):
    from azure.ai.ml.entities import AmlCompute

    worlds.azure().compute.begin_create_or_update(AmlCompute(name="team", **limits)).result()


def test_a_design_that_lasts_passes_and_the_learners_lab_stays_as_it_was(capsys):
    exercise = opened(a_quiet_weekend)
    design(max_instances=3)
    before = (repr(exercise.lab), [compute.name for compute in worlds.azure().compute.list()])
    said = repr(exercise.check())
    assert said.startswith("Passed")
    assert "On a weekend: it cost $" in said
    assert capsys.readouterr().out == ""
    assert (repr(exercise.lab), [compute.name for compute in worlds.azure().compute.list()]) == before


def test_a_design_that_does_not_last_gets_a_hint_of_its_own():
    exercise = opened(a_quiet_weekend)
    design(min_instances=1, max_instances=3)
    said = repr(exercise.check())
    assert "On a weekend, and not enough: it cost $" in said
    assert exercise.hint().after == NOBODY_NEEDS_IT.first


def test_nothing_is_replayed_before_the_first_requirements_are_met():
    def never(lab, design):
        raise AssertionError

    assert "no cluster." in repr(opened(never).check())


def test_what_a_cloud_refuses_is_said_and_what_is_a_mistake_of_the_exercise_is_raised():
    exercise = opened(an_impossible_weekend)
    design()
    assert "a cloud refused:" in repr(exercise.check())
    assert exercise.hint().after == REFUSED.first
    broken = opened(lambda lab, design: 1 / 0)
    design()
    with pytest.raises(ZeroDivisionError):
        broken.check()


def test_calls_are_made_at_their_minute():
    made = []
    with labs.open() as lab:
        lab.skip(minutes=7)
        calls = [(minute, lambda: made.append(lab.world.clock.now // 60_000)) for minute in (30, 5)]
        happen(lab, calls, hours=1)
        assert made == [12, 37]
        assert lab.world.clock.now == 67 * 60_000


def test_how_long_jobs_waited():
    from twoclouds.practice.evidence.azure import Azure, CommandJob

    prompt = CommandJob(name="a", status="Completed", created=0, started=60_000)
    late = CommandJob(name="b", status="Completed", created=0, started=600_000)
    waiting = CommandJob(name="c", status="Queued", created=0)
    assert waits([prompt, late, waiting], now=900_000) == [1, 10, 15]

    ready = ready_within(5, CLUSTER, jobs=lambda evidence: evidence.azure.jobs)
    assert isinstance(ready(Evidence(azure=Azure(jobs=(prompt,)))), Met)
    assert "waited 10.0 minutes" in ready(Evidence(azure=Azure(jobs=(prompt, late)))).seen
    assert "1 of 2 jobs" in ready(Evidence(azure=Azure(jobs=(prompt, waiting)))).seen
    assert isinstance(ready(Evidence()), Missing)
