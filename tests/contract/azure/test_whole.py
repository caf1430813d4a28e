"""What holds for all of this cloud."""

from __future__ import annotations

import re
from pathlib import Path

from tests.contract.azure_lab import session
from twoclouds.azure import account
from twoclouds.azure.cloud import Azure
from twoclouds.world.world import World


def test_hosts_that_are_not_azure_are_somebody_elses() -> None:
    azure = Azure(World(), send=lambda request: None)  # type: ignore[arg-type, return-value]
    hosts = (account.ARM, account.LOGIN, account.API, account.BLOB, "other.blob.core.windows.net", "s3.amazonaws.com")
    assert [azure.serves(host) for host in hosts] == [True, True, True, True, False, False]


def test_every_route_says_which_lesson_calls_it() -> None:
    azure = Azure(World(), send=lambda request: None)  # type: ignore[arg-type, return-value]
    rows = list(azure.simulated())
    assert all(operation and module and caller for operation, module, caller in rows)
    assert len({operation for operation, _, _ in rows}) == len(rows)


def test_the_same_calls_give_the_same_names_and_ids() -> None:
    def names() -> list[str]:
        with session() as azure:
            azure.cluster()
            jobs = [azure.submit() for _ in range(3)]
            azure.lab.skip(minutes=10)
            nodes = [node.name for node in azure.lab.azure.state.clusters["cpu"].pool.nodes]
            return [*(job.name for job in jobs), *nodes]

    first = names()
    assert names() == first
    assert len(set(first)) == 4


def test_the_tests_beside_this_one_call_every_operation() -> None:
    azure = Azure(World(), send=lambda request: None)  # type: ignore[arg-type, return-value]
    modules = {module for _, module, _ in azure.simulated()}
    texts = [path.read_text() for path in Path(__file__).parent.glob("test_*.py")]
    called = {name for text in texts for names in re.findall(r"uncalled\((.*?)\)", text) for name in names.split(", ")}
    assert {f'"{module}"' for module in modules} - called == set()
