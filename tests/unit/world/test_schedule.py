"""When something that repeats comes next."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from twoclouds.world.schedule import Cron, Recurrence, Trigger, next_after

MONDAY = datetime.fromisoformat("2026-11-30T09:00")


def times(trigger: Trigger, count: int = 3) -> list[str]:
    """When it comes from that Monday on."""

    def all_of_them() -> object:
        moment: datetime | None = MONDAY
        while moment is not None and (moment := trigger.next_after(moment)):
            yield f"{moment:%a %d %b %H:%M}"

    return list(islice(all_of_them(), count))  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 18 * * *", ["Mon 30 Nov 18:00", "Tue 01 Dec 18:00", "Wed 02 Dec 18:00"]),
        ("*/20 9,10 * * MON-FRI", ["Mon 30 Nov 09:20", "Mon 30 Nov 09:40", "Mon 30 Nov 10:00"]),
        ("30 7 * * 0", ["Sun 06 Dec 07:30", "Sun 13 Dec 07:30", "Sun 20 Dec 07:30"]),
        ("30 7 * * 7", ["Sun 06 Dec 07:30", "Sun 13 Dec 07:30", "Sun 20 Dec 07:30"]),
        ("0 0 1 * 3", ["Tue 01 Dec 00:00", "Wed 02 Dec 00:00", "Wed 09 Dec 00:00"]),
        ("0 12 29 FEB *", ["Tue 29 Feb 12:00", "Sun 29 Feb 12:00", "Fri 29 Feb 12:00"]),
        ("0 0 30 2 *", []),
    ],
)
def test_cron(expression: str, expected: list[str]) -> None:
    assert times(Cron.parse(expression)) == expected


@pytest.mark.parametrize(
    "expression", ["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "a * * * *", "5-1 * * * *", "*/0 * * * *"]
)
def test_what_is_no_cron_expression(expression: str) -> None:
    with pytest.raises(ValueError, match=r"cron expression|does not lie between"):
        Cron.parse(expression)


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        (Recurrence("Minute", 90, MONDAY), ["Mon 30 Nov 10:30", "Mon 30 Nov 12:00", "Mon 30 Nov 13:30"]),
        (Recurrence("hour", 8, MONDAY), ["Mon 30 Nov 17:00", "Tue 01 Dec 01:00", "Tue 01 Dec 09:00"]),
        (Recurrence("Day", 2, MONDAY, (8, 20), (15,)), ["Mon 30 Nov 20:15", "Wed 02 Dec 08:15", "Wed 02 Dec 20:15"]),
        (Recurrence("Week", 2, MONDAY, (7,), (0,), ("Friday",)), ["Fri 04 Dec 07:00", "Fri 18 Dec 07:00"]),
        (Recurrence("Month", 1, MONDAY, (7,), (0,), (), (1, 31)), ["Tue 01 Dec 07:00", "Thu 31 Dec 07:00"]),
    ],
)  # fmt: skip
def test_recurrences(trigger: Recurrence, expected: list[str]) -> None:
    assert times(trigger, len(expected)) == expected


def test_a_recurrence_does_not_come_before_its_start() -> None:
    assert times(Recurrence("Day", 1, datetime.fromisoformat("2026-12-24T06:30")), 1) == ["Thu 24 Dec 06:30"]


def test_it_is_read_on_the_clock_of_its_zone_in_summer_too() -> None:
    zone, at_six = ZoneInfo("America/Los_Angeles"), Cron.parse("0 18 * * *")
    found = [
        next_after(at_six, datetime(2026, month, 15, tzinfo=UTC), zone) for month in (1, 7)
    ]  # fmt: skip
    assert [moment.astimezone(UTC).hour for moment in found if moment] == [2, 1]
