"""Identifiers, quotas, objects, workloads, and facts that say where they come from."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoclouds.world.catalog import Catalog, CatalogError
from twoclouds.world.clock import SECOND, Clock
from twoclouds.world.ids import Ids
from twoclouds.world.quotas import QuotaExceeded, Quotas
from twoclouds.world.storage import ObjectNotFound, ObjectStore
from twoclouds.world.workloads import Workloads


def test_identifiers_depend_on_what_was_asked_for_and_not_on_who_else_asked():
    one, other = Ids(1), Ids(1)
    other.hex("data", "sensors")
    assert one.uuid("job", "train") == other.uuid("job", "train")
    assert one.uuid("job", "train") != one.uuid("job", "score")
    assert one.uuid("code") != one.uuid("code")
    assert Ids(2).hex("job") != Ids(1).hex("job")
    assert len(one.hex("key", length=12)) == 12


def test_a_quota_refuses_and_takes_nothing():
    quotas = Quotas()
    quotas.set("cores", 8)
    quotas.take("cores", 8)
    with pytest.raises(QuotaExceeded) as refused:
        quotas.take("cores", 4)
    assert (refused.value.limit, refused.value.used, refused.value.requested) == (8, 8, 4)
    quotas.give_back("cores", 4)
    quotas.take("cores", 4)
    with pytest.raises(QuotaExceeded):
        quotas.take("never set", 1)
    with pytest.raises(ValueError, match="only 8 is taken"):
        quotas.give_back("cores", 9)


@given(st.lists(st.integers(-6, 6), max_size=60))
def test_a_quota_always_holds(changes):
    quotas = Quotas()
    quotas.set("instances", 10)
    for change in changes:
        try:
            if change >= 0:
                quotas.take("instances", change)
            else:
                quotas.give_back("instances", -change)
        except (QuotaExceeded, ValueError):
            pass
        assert 0 <= quotas.used("instances") <= 10


def test_objects_are_listed_by_key_and_remember_when_they_were_written():
    clock = Clock(datetime(2026, 11, 30, 9, tzinfo=UTC))
    store = ObjectStore(clock)
    store.make("data")
    store.put("data", "b.csv", b"2")
    clock.advance(5 * SECOND)
    store.put("data", "a/a.csv", b"1", metadata={"kind": "csv"})

    assert list(store.list("data")) == ["a/a.csv", "b.csv"]
    assert list(store.list("data", "a/")) == ["a/a.csv"]
    assert store.get("data", "a/a.csv").modified == 5000
    store.describe("data", "b.csv", {"kind": "table"})
    assert store.get("data", "b.csv").metadata == {"kind": "table"}
    store.delete("data", "b.csv")
    for missing in ("b.csv", "c.csv"):
        with pytest.raises(ObjectNotFound):
            store.get("data", missing)
    with pytest.raises(ObjectNotFound):
        store.put("nowhere", "a", b"")


def test_a_script_takes_what_was_declared_whatever_the_real_machine_is_like():
    workloads = Workloads()
    workloads.declare("train.py", minutes=38, on="4 vCPU")
    assert workloads.duration(["src/train.py"], vcpus=4) == 38 * 60 * SECOND
    assert workloads.duration(["train.py"], vcpus=8) == 19 * 60 * SECOND
    assert workloads.duration(["other.py"], vcpus=8) == 60 * SECOND
    assert workloads.duration(["other.py"], vcpus=8, slept=30.5) == 91 * SECOND
    with pytest.raises(ValueError, match='"4 vCPU"'):
        workloads.declare("train.py", minutes=1, on="a big one")
    with pytest.raises(ValueError, match="more than 0"):
        workloads.declare("train.py", minutes=0)


def test_a_fact_without_a_source_is_refused(tmp_path):
    table = tmp_path / "prices.csv"
    table.write_text("type,usd,source,date,assumed\nsmall,0.115,P1,2026-09-01,no\nboot,90,guess,2026-11-23,yes\n")
    prices = Catalog(table)
    assert prices["small"].decimal("usd") == prices["small"].decimal("usd")
    assert [(name, prices[name].assumed) for name in prices] == [("small", False), ("boot", True)]

    table.write_text("type,usd,source,date,assumed\nsmall,0.115,,2026-09-01,no\n")
    with pytest.raises(CatalogError, match="'small' needs a source"):
        Catalog(table)
