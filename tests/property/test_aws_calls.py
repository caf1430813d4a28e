"""Whatever is asked of AWS, in whatever order: a modelled answer or a modelled error, and a world that adds up."""

import threading
from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.property import aws_calls
from tests.property.invariants import check_bill, check_now
from tests.property.pretence import pretended_lab
from twoclouds.aws.cloud import OPERATIONS
from twoclouds.aws.protocol import contract

pytestmark = pytest.mark.usefixtures("scenarios")
pauses = st.tuples(st.just("skip"), st.sampled_from([1, 30, 200, 3600, 100_000]))
parts = st.one_of(aws_calls.stories(), st.lists(aws_calls.calls(), min_size=1, max_size=4), pauses.map(lambda p: [p]))
steps = st.lists(parts, min_size=3, max_size=12).map(lambda parts: [step for part in parts for step in part])
ends = st.lists(st.sampled_from([0, 0, 0, 1, None]), max_size=20)
drawn = settings(
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""Failures are told as they were drawn, with the step at which they happened: to make them small takes minutes."""


def play(lab, schedule, answers=None):
    """Take the steps one after the other, and look at the world after each."""
    for step in schedule:
        try:
            take(lab, step, answers)
        except BaseException as error:
            error.add_note(f"at the step {step}")
            raise


def take(lab, step, answers):
    if step[0] == "skip":
        lab.skip(seconds=step[1])
    else:
        before = lab.world.clock.now
        answer = aws_calls.send(lab, *step)
        if answers is not None:
            answers[step[1], answer and answer[0]] += 1
        aws_calls.judge(*step[:2], answer)
        assert lab.world.clock.now >= before, "time ran back"
    check_now(lab)


def finish(lab):
    """Let everything end that ends by itself, stop and delete the rest, and see that nothing is held or billed."""
    lab.skip(hours=24 * 40)
    check_now(lab)
    for _ in range(4):
        for service, operation, parameters in list(endings(lab)):
            aws_calls.judge(service, operation, aws_calls.send(lab, service, operation, parameters))
        lab.skip(hours=1)
    check_now(lab)
    check_bill(lab.world)
    held = {name: lab.world.quotas.used(name) for name in lab.world.quotas if lab.world.quotas.used(name)}
    assert not held, f"still taken of the quotas: {held}"
    left = [line for line in lab.world.bill.running() if line.account == "aws" and line.hourly]
    assert not left, f"still billed: {left}"


def endings(lab):
    """A Stop and a Delete for whatever a List shows: by the names of the operations and their members alone."""
    for service, operation in sorted(OPERATIONS, reverse=True):
        noun = operation.removeprefix("Stop").removeprefix("Delete")
        if noun == operation or (service, f"List{noun}s") not in OPERATIONS:
            continue
        members = contract.operation_model(service, operation).input_shape.members
        for summary in listed(lab, service, noun):
            known = {f"{noun}Name": summary.get(f"{noun}Arn"), **summary}
            yield service, operation, {member: known[member] for member in members if known.get(member)}


def listed(lab, service, noun):
    """All that a list shows, page by page."""
    token = {}
    while token is not None:
        status, page = aws_calls.send(lab, service, f"List{noun}s", {"MaxResults": 100, **token})
        assert status == 200, page
        (shown,) = (value for key, value in page.items() if key != "NextToken")
        yield from shown
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else None


def test_any_calls_in_any_order():
    answers = Counter()

    @settings(drawn, max_examples=40)
    @given(steps, ends)
    def any_schedule(schedule, ends):
        lab = pretended_lab(ends)
        aws_calls.prepare(lab)
        play(lab, schedule, answers)
        finish(lab)

    any_schedule()
    called = {operation for operation, _ in answers}
    assert len(called) > len(OPERATIONS) * 0.8, "most operations are called"
    done = {operation for operation, status in answers if status == 200}
    assert any(operation.startswith("Create") for operation in done), "a schedule that is only refused proves nothing"


@settings(drawn, max_examples=5)
@given(st.lists(steps, min_size=3, max_size=3))
def test_calls_from_several_threads(schedules):
    lab = pretended_lab()
    aws_calls.prepare(lab)
    problems = []

    def work(schedule):
        try:
            for step in schedule:
                if step[0] != "skip":
                    aws_calls.judge(*step[:2], aws_calls.send(lab, *step))
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=(schedule,)) for schedule in schedules]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            lab.skip(seconds=60)
            thread.join(0.01)
    assert problems == []
    finish(lab)


@settings(drawn, max_examples=10)
@given(steps)
def test_who_may_nothing_changes_nothing(schedule):
    lab = pretended_lab()
    aws_calls.prepare(lab)
    iam = lab.aws.state.others.iam
    iam.create_user("us-west-2", "nobody")
    key = iam.create_access_key("nobody").access_key_id
    for step in schedule:
        if step[0] == "skip":
            continue
        answer = aws_calls.send(lab, *step, key=key)
        assert answer is None or answer[0] != 200, step
        assert answer is None or answer[1]["__type"] in (
            "AccessDeniedException", "ValidationException", "SerializationException"
        )  # fmt: skip
    assert not lab.world.clock.failures
    assert lab.world.clock.now == 0
    assert not list(lab.world.bill)


# That these tests can fail


QUIETEST = ("service-quotas", "ListServices")
"""An operation that changes nothing, and that `finish` does not call."""


def crashes(real, state, parameters):
    return {}["no such key"]


def says_too_much(real, state, parameters):
    return {**real(state, parameters), "Colour": "blue"}


def takes_and_keeps(real, state, parameters):
    state.world.quotas.take("aws/ml.m5.large for training job usage", 1)
    return real(state, parameters)


def bills_for_ever(real, state, parameters):
    state.world.bill.open(account="aws", resource="x", item="x", phase="working", hourly=Decimal(1), owner="x")
    return real(state, parameters)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (crashes, KeyError),
        (says_too_much, AssertionError),
        (takes_and_keeps, AssertionError),
        (bills_for_ever, AssertionError),
    ],
)
def test_a_fault_is_found(monkeypatch, fault, error):
    real = OPERATIONS[QUIETEST]
    faulty = replace(real, answer=lambda state, parameters: fault(real.answer, state, parameters))
    monkeypatch.setitem(OPERATIONS, QUIETEST, faulty)
    lab = pretended_lab()
    with pytest.raises(error):
        played_and_finished(lab)


def played_and_finished(lab):
    play(lab, [(*QUIETEST, {})])
    finish(lab)


def test_an_error_that_the_model_lacks_is_found():
    with pytest.raises(AssertionError, match="does not know the error Oops"):
        aws_calls.judge("sagemaker", "StopTrainingJob", (400, {"__type": "Oops", "message": "x"}))


def test_no_operation_is_left_out():
    assert set(aws_calls.seeds()) == set(OPERATIONS)
