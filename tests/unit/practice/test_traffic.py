"""A day of customers: they come at their time, whatever the learner's code does meanwhile."""

from fractions import Fraction

import pytest

from twoclouds import lab as labs
from twoclouds.practice.traffic import Asked, Day, serve
from twoclouds.practice.worlds import lesson05 as worlds

MORNING = Day("Tuesday", 8, 10, (7200, 8 * 3600 + 60, 9 * 3600, 10 * 3600 - 1, 10 * 3600))


@pytest.fixture
def lab():
    with labs.open() as opened:
        yield opened


def test_a_day_goes_from_midnight_to_midnight_and_tells_each_hour_the_opening_hours(lab):
    told = []
    served = serve(lab, MORNING, lambda *hour: told.append((f"{lab.world.clock.datetime:%a %H:%M}", *hour)))
    assert told == [(f"Tue {hour:02}:00", hour, 8, 10) for hour in range(24)]
    assert f"{lab.world.clock.datetime:%a %H:%M}" == "Wed 00:00"
    assert [one.second for one in served.asked] == [8 * 3600 + 60, 9 * 3600, 10 * 3600 - 1]
    assert (served.unanswered, served.cost) == (served.asked, 0)
    assert repr(served).endswith("3 customers, 3 without an answer, the slowest after 0.00 s; $0.0000.")


def test_customers_come_while_the_learners_code_waits(lab):
    """And what does not answer as the model would is no answer."""
    import boto3

    sagemaker = boto3.client("sagemaker")
    worlds.put_sagemaker_model("sensors", epochs=8)
    variant = {
        "VariantName": "one",
        "ModelName": "sensors",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }
    sagemaker.create_endpoint_config(EndpointConfigName="one", ProductionVariants=[variant])

    def operate(hour, opens, closes):
        if hour == opens:
            sagemaker.create_endpoint(EndpointName="sensors", EndpointConfigName="one")
            lab.skip(hours=3)

    served = serve(lab, MORNING, operate)
    assert served.asked == (
        Asked(8 * 3600 + 60, good=False, took=0),
        Asked(9 * 3600, good=True, took=50),
        Asked(10 * 3600 - 1, good=True, took=50),
    )
    assert served.slower_than(10) == served.asked[1:]
    assert 15.9 < served.cost / Fraction("0.115") < 16
    assert lab.world.clock.failures == []

    sagemaker.delete_model(ModelName="sensors")
    worlds.put_sagemaker_model("sensors", epochs=1)
    variant["VariantName"] = "other"
    sagemaker.create_endpoint_config(EndpointConfigName="other", ProductionVariants=[variant])
    sagemaker.update_endpoint(EndpointName="sensors", EndpointConfigName="other")
    assert len(serve(lab, MORNING, None).unanswered) == 3


def test_an_error_in_the_learners_code_is_the_learners_and_ends_the_day(lab):
    def operate(hour, opens, closes):
        if hour == 9:
            raise KeyError("nine")

    with pytest.raises(KeyError, match="nine"):
        serve(lab, MORNING, operate)
    lab.skip(hours=20)
    assert lab.world.clock.failures == []
