"""How long jobs waited: from the call until the script began."""

import pytest

from twoclouds.waits import Waits, waits
from twoclouds.world.world import World


@pytest.fixture
def world():
    return World()


def happens(world, seconds, kind, job):
    world.clock.advance(seconds * 1000)
    world.events.record(f"job.{kind}", job)


def test_a_wait_is_from_the_call_to_the_script_on_either_cloud(world):
    happens(world, 10, "created", "azure/a")
    happens(world, 5, "queued", "azure/a")
    happens(world, 0, "starting", "aws/b")
    happens(world, 121, "training", "aws/b")
    happens(world, 184, "running", "azure/a")
    happens(world, 600, "completed", "azure/a")

    assert [(wait.account, wait.job, wait.asked, wait.waited) for wait in waits(world)] == [
        ("azure", "a", 10_000, 310_000),
        ("aws", "b", 15_000, 121_000),
    ]
    assert repr(Waits(world)) == (
        "cloud         job  asked for     waited h:mm:ss\n"
        "Azure ML      a    Mon 09:00:10  0:05:10\n"
        "SageMaker AI  b    Mon 09:00:15  0:02:01"
    )
    assert Waits(world).frame()["minutes"].tolist() == [5.17, 2.02]


def test_a_job_that_waits_still_is_not_there_and_one_that_begins_again_counts_once(world):
    happens(world, 0, "starting", "aws/spot")
    happens(world, 60, "training", "aws/spot")
    happens(world, 60, "starting", "aws/spot")
    happens(world, 60, "training", "aws/spot")
    happens(world, 0, "created", "azure/waiting")
    assert [(wait.job, wait.waited) for wait in waits(world)] == [("spot", 60_000)]


def test_nothing_yet_is_said_in_words(world):
    assert repr(Waits(world)) == "No script has begun yet."
    assert Waits(world)._repr_html_() == "<p>No script has begun yet.</p>"
