"""Whatever is asked of Azure, in whatever order: a modelled answer or an error of Azure's, and a world that adds up."""

import json
import threading
from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.property import azure_calls
from tests.property.invariants import check_bill, check_now
from tests.property.pretence import pretended_lab
from twoclouds.azure import account
from twoclouds.azure.cloud import Azure
from twoclouds.wire.http import Request, Response

pauses = st.sampled_from([1, 30, 200, 3600, 100_000]).map(lambda seconds: [seconds])
parts = st.one_of(azure_calls.stories(), st.lists(azure_calls.calls(), min_size=1, max_size=4), pauses)
steps = st.lists(parts, min_size=3, max_size=12).map(lambda parts: [step for part in parts for step in part])
ends = st.lists(st.sampled_from([0, 0, 0, 1, None]), max_size=20)
drawn = settings(
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""Failures are told as they were drawn, with the step at which they happened: to make them small takes minutes."""


@pytest.fixture(scope="module", autouse=True)
def _recorded():
    """What is drawn from is there before anything is drawn."""
    azure_calls.names()


def play(lab, schedule, answers=None):
    """Take the steps one after the other, and look at the world after each."""
    for step in schedule:
        try:
            take(lab, step, answers)
        except BaseException as error:
            error.add_note(f"at the step {step}")
            raise


def take(lab, step, answers=None):
    if isinstance(step, int):
        lab.skip(seconds=step)
    else:
        before = lab.world.clock.now
        answered = azure_calls.send(lab, step)
        if answers is not None:
            answers[answered and answered[0], answered and answered[1].status] += 1
        azure_calls.judge(answered, step)
        assert lab.world.clock.now >= before, "time ran back"
    check_now(lab)


def finish(lab):
    """Let everything end that ends by itself, cancel and delete the rest, and see that nothing is held or billed."""
    lab.skip(hours=24 * 40)
    check_now(lab)
    for _ in range(3):
        for request in list(endings(lab)):
            take(lab, request)
        lab.skip(hours=3)
    check_bill(lab.world)
    held = {name: lab.world.quotas.used(name) for name in lab.world.quotas if lab.world.quotas.used(name)}
    assert not held, f"still taken of the quotas: {held}"
    left = [line for line in lab.world.bill.running() if line.account == "azure" and "torage" not in line.item]
    assert not left, f"still billed: {left}"


def endings(lab):
    """A DELETE, and before it a POST of /cancel, for whatever a list of the workspace shows: by the routes alone."""
    paths = {(route.method, route.path) for route in azure_calls.ROUTES if route.host == account.ARM}
    for method, path in sorted(paths):
        below = path.removeprefix(account.WORKSPACE_PATH)
        if method != "GET" or ("DELETE", f"{path}/{{name}}") not in paths or below == path or "{" in below:
            continue
        for resource in listed(lab, f"{account.WORKSPACE_ID}{below}"):
            if ("POST", f"{path}/{{name}}/cancel") in paths:
                yield azure_request("POST", f"{resource}/cancel")
            yield azure_request("DELETE", resource)


def listed(lab, path):
    """The ids of all that a list shows, page by page."""
    url = f"https://{account.ARM}{path}?api-version=2025-12-01&listViewType=All"
    while url:
        _, response = azure_calls.send(lab, Request("GET", url, {"authorization": "Bearer"}))
        assert response.status == 200, response
        body = json.loads(response.body)
        yield from (resource["id"] for resource in body["value"])
        url = body.get("nextLink")


def azure_request(method, path, body=b""):
    return Request(method, f"https://{account.ARM}{path}?api-version=2025-12-01", {"authorization": "Bearer"}, body)


def test_any_calls_in_any_order():
    answers = Counter()

    @settings(drawn, max_examples=40)
    @given(steps, ends)
    def any_schedule(schedule, ends):
        lab = pretended_lab(ends)
        play(lab, schedule, answers)
        finish(lab)

    any_schedule()
    called = {operation for operation, _ in answers}
    assert len(called) > len(azure_calls.ROUTES) * 0.5, "many operations are called"
    assert any("Create" in (operation or "") and status in (200, 201) for operation, status in answers)


@settings(drawn, max_examples=5)
@given(st.lists(steps, min_size=3, max_size=3))
def test_calls_from_several_threads(schedules):
    lab, problems = pretended_lab(), []

    def work(schedule):
        try:
            for step in schedule:
                if not isinstance(step, int):
                    azure_calls.judge(azure_calls.send(lab, step), step)
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


# That these tests can fail


def crashes(azure, real, request):
    return {}["no such key"]


def says_what_no_model_has(azure, real, request):
    response = real(azure, request)
    return replace(response, body=json.dumps({**json.loads(response.body), "colour": "blue"}).encode())


def fails_inside(azure, real, request):
    return Response(500, {}, b"")


def takes_and_keeps(azure, real, request):
    name = next(iter(azure.world.quotas))
    azure.world.quotas.set(name, 100)
    azure.world.quotas.take(name, 1)
    return real(azure, request)


def bills_for_ever(azure, real, request):
    azure.world.bill.open(
        account="azure", resource=request.url, item="x", phase="working", hourly=Decimal(1), owner="x"
    )
    return real(azure, request)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (crashes, KeyError),
        (says_what_no_model_has, AssertionError),
        (fails_inside, AssertionError),
        (takes_and_keeps, AssertionError),
        (bills_for_ever, AssertionError),
    ],
)
def test_a_fault_is_found(monkeypatch, fault, error):
    real = Azure.send
    asked = azure_request("GET", account.WORKSPACE_ID)

    def send(self, request):
        return fault(self, real, request) if request.url == asked.url else real(self, request)

    monkeypatch.setattr(Azure, "send", send)
    lab = pretended_lab()
    with pytest.raises(error):
        played_and_finished(lab, asked)


def played_and_finished(lab, asked):
    play(lab, [asked])
    finish(lab)


def test_without_a_fault_nothing_is_found():
    played_and_finished(pretended_lab(), azure_request("GET", account.WORKSPACE_ID))
