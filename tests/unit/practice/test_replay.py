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


def opened(run, **more):
    replay = Replay(told="On a weekend", run=run, requirements=(within("1.00", NOBODY_NEEDS_IT, account="azure"),))
    return exercise_with(replay, **more)


def exercise_with(replay, **more):
    task = Task(
        number="9.9",
        title="A design",
        minutes=1,
        prediction=Prediction("How much?", truth=lambda evidence: "1", unit="dollars"),
        prepare=lambda lab: None,
        because="So.",
        replay=replay,
        **{"requirements": (a_cluster,), **more},
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


def all_went_well(evidence):
    if evidence.report is None:
        return Missing("nothing was run yet.", "What does ex.run ask for?", CLUSTER)
    return Met("all went well.") if min(evidence.report) > 0 else Missing("it did not.", "Why?", NOBODY_NEEDS_IT)


def a_day(lab, operate):
    return [operate(hour) for hour in (2, 1)]


def another_day(lab, design):
    return [design.design[0](hour) for hour in (1, 0)]


@pytest.mark.parametrize("here", [False, True])
def test_a_design_of_functions_is_tried_and_then_replayed(here):
    replay = Replay(told="On another day", run=another_day, requirements=(all_went_well,), here=here)
    exercise = exercise_with(replay, requirements=(all_went_well,), run=a_day)
    assert "nothing was run yet" in repr(exercise.check())
    assert exercise.run(lambda hour: hour) == [2, 1]
    assert "On another day, and not enough: it did not." in repr(exercise.check())
    assert exercise.hint().after == NOBODY_NEEDS_IT.first
    exercise.run(lambda hour: 6 // hour)
    assert "a function of yours raised ZeroDivisionError" in repr(exercise.check())
    exercise.run(lambda hour: hour + 1)
    assert repr(exercise.check()).startswith("Passed")
    exercise.restart()
    assert "nothing was run yet" in repr(exercise.check())


def test_another_function_is_another_attempt_and_the_same_is_not():
    def attempt(text):
        names = {}
        exec(compile(text, "cell", "exec"), names)
        return Evidence(design=(names["operate"],)).fingerprint

    assert attempt("def operate(hour): return 1") == attempt("def operate(hour): return 1")
    assert attempt("def operate(hour): return 1") != attempt("def operate(hour): return 2")


def test_an_exercise_without_functions_says_so():
    assert "no use for functions" in repr(opened(a_quiet_weekend).run(print))


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
