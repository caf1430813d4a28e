"""Long-running operations, as the SDK's pollers follow them."""

from __future__ import annotations

from tests.contract.azure_lab import Session
from twoclouds.world.clock import SECOND


def test_two_pollers_at_once(azure: Session) -> None:
    from azure.ai.ml.entities import AmlCompute

    begin = azure.client.compute.begin_create_or_update
    pollers = [begin(AmlCompute(name=name, size="Standard_D4s_v5", max_instances=1)) for name in ("one", "two")]
    states = [poller.result().provisioning_state for poller in pollers]
    assert states == ["Succeeded", "Succeeded"]
    assert azure.lab.world.clock.now == 12 * SECOND


def test_a_poller_that_is_not_waited_for_to_the_end(azure: Session) -> None:
    from azure.ai.ml.entities import AmlCompute

    cluster = AmlCompute(name="cpu", size="Standard_D4s_v5", max_instances=1)
    poller = azure.client.compute.begin_create_or_update(cluster)
    poller.wait(timeout=3)
    early = (poller.done(), poller.status(), azure.lab.world.clock.now)
    azure.lab.skip(seconds=30)
    assert early == (False, "InProgress", 4 * SECOND)
    assert (poller.done(), poller.status()) == (True, "Succeeded")
    assert poller.result().name == "cpu"
