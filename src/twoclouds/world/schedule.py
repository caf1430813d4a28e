"""When something that repeats comes next: cron expressions, and recurrences such as "every second week on Friday"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

HORIZON = 366 * 8
"""Days to look ahead: a day that does not come in so many (February 30) never comes."""

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Trigger(Protocol):
    """Something that says when it comes next."""

    def next_after(self, moment: datetime) -> datetime | None:
        """The next time after `moment`, both without a time zone; None if there is none."""


def next_after(trigger: Trigger, moment: datetime, zone: ZoneInfo) -> datetime | None:
    """The next time after `moment` (aware) at which `trigger`, read in `zone`, comes."""
    local = moment.astimezone(zone).replace(tzinfo=None)
    while (found := trigger.next_after(local)) is not None:
        aware = found.replace(tzinfo=zone)
        if aware > moment:
            return aware
        local = found
    return None


@dataclass(frozen=True)
class Cron:
    """A cron expression of five fields: minute, hour, day of the month, month, day of the week (0 or 7 is Sunday)."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int] | None
    months: frozenset[int]
    weekdays: frozenset[int] | None

    @classmethod
    def parse(cls, expression: str) -> Cron:
        """Read an expression. Raises ValueError."""
        fields = expression.split()
        if len(fields) != 5:
            raise ValueError(f"A cron expression has five fields: minute hour day month weekday; not {expression!r}.")
        minutes, hours, days, months, weekdays = fields
        return cls(
            _field(minutes, 0, 59),
            _field(hours, 0, 23),
            None if days == "*" else _field(days, 1, 31),
            _field(months, 1, 12, "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC", first=1),
            None
            if weekdays == "*"
            else frozenset(n % 7 for n in _field(weekdays, 0, 7, "SUN MON TUE WED THU FRI SAT")),
        )

    def next_after(self, moment: datetime) -> datetime | None:
        """The next minute after `moment` that the expression names."""
        times = _times(self.hours, self.minutes)
        return _first(moment, (day for day in _days(moment.date()) if self._names(day)), times)

    def _names(self, day: date) -> bool:
        """If both kinds of day are restricted, either will do: so cron has it."""
        by_month = self.days is not None and day.day in self.days
        by_week = self.weekdays is not None and day.isoweekday() % 7 in self.weekdays
        unrestricted = self.days is None and self.weekdays is None
        return day.month in self.months and (unrestricted or by_month or by_week)


@dataclass(frozen=True)
class Recurrence:
    """Every `interval` minutes, hours, days, weeks or months from `start`; days, weeks and months at certain times."""

    frequency: str
    interval: int
    start: datetime
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    weekdays: tuple[str, ...] = ()
    month_days: tuple[int, ...] = ()

    def next_after(self, moment: datetime) -> datetime | None:
        """The next time after `moment`, and not before `start`."""
        if self.frequency.lower() in ("minute", "hour"):
            step = timedelta(minutes=self.interval * (60 if self.frequency.lower() == "hour" else 1))
            return self.start if moment < self.start else self.start + ((moment - self.start) // step + 1) * step
        after = max(moment, self.start - timedelta(microseconds=1))
        times = _times(self.hours or (self.start.hour,), self.minutes or (self.start.minute,))
        return _first(after, (day for day in _days(after.date()) if self._names(day)), times)

    def _names(self, day: date) -> bool:
        first, frequency = self.start.date(), self.frequency.lower()
        if frequency == "day":
            return (day - first).days % self.interval == 0
        if frequency == "week":
            monday = first - timedelta(days=first.weekday())
            wanted = self.weekdays or (DAYS[first.weekday()],)
            return (day - monday).days // 7 % self.interval == 0 and DAYS[day.weekday()] in wanted
        months = (day.year - first.year) * 12 + day.month - first.month
        return months % self.interval == 0 and day.day in (self.month_days or (first.day,))


def _days(first: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range(HORIZON))


def _times(hours: frozenset[int] | tuple[int, ...], minutes: frozenset[int] | tuple[int, ...]) -> list[time]:
    return [time(hour, minute) for hour in sorted(hours) for minute in sorted(minutes)]


def _first(after: datetime, days: Iterator[date], times: list[time]) -> datetime | None:
    moments = (datetime.combine(day, each) for day in days for each in times)
    return next((moment for moment in moments if moment > after), None)


def _field(text: str, lowest: int, highest: int, names: str = "", *, first: int = 0) -> frozenset[int]:
    numbers: set[int] = set()
    known = {name: str(number) for number, name in enumerate(names.split(), first)}
    for part in text.upper().split(","):
        plain = re.sub(r"[A-Z]+", lambda match: known.get(match[0], match[0]), part)
        match = re.fullmatch(r"(?:\*|(\d+)(?:-(\d+))?)(?:/(\d+))?", plain)
        if match is None:
            raise ValueError(f"{text!r} is no field of a cron expression.")
        low = int(match[1]) if match[1] else lowest
        high = int(match[2]) if match[2] else low if match[1] and not match[3] else highest
        step = int(match[3] or 1)
        if not lowest <= low <= high <= highest or step == 0:
            raise ValueError(f"{text!r} does not lie between {lowest} and {highest}.")
        numbers.update(range(low, high + 1, step))
    return frozenset(numbers)
