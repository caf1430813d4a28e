"""The schedules on which a compute instance starts and stops, and when it stops because it is idle.

how-to-create-compute-instance.md: at most four schedules; idle shutdown after 15 minutes to three days, off by default.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from twoclouds.azure.catalog import read
from twoclouds.azure.errors import bad_request
from twoclouds.wire.errors import NotSimulated
from twoclouds.world.clock import SECOND
from twoclouds.world.schedule import Cron, Recurrence, Trigger, next_after

MOST = 4
SHORTEST, LONGEST = 15 * 60 * SECOND, 3 * 24 * 3600 * SECOND


@dataclass(frozen=True)
class Schedule:
    """When to do what: `Start` or `Stop`."""

    action: str
    trigger: Trigger
    zone: ZoneInfo
    begins: datetime

    def next_after(self, moment: datetime) -> datetime | None:
        """The next time after `moment` (aware), and not before its own start."""
        return next_after(self.trigger, max(moment, self.begins), self.zone)


def schedules(settings: dict[str, Any], now: datetime) -> list[Schedule]:
    """The enabled ones among those that were asked for. Raises AzureError for one that cannot be read."""
    asked = (settings.get("schedules") or {}).get("computeStartStop") or []
    if len(asked) > MOST:
        raise bad_request(f"A compute instance may have {MOST} schedules at most; {len(asked)} were given.")
    return [_schedule(each, now) for each in asked if (each.get("status") or "").lower() != "disabled"]


def idle_shutdown(settings: dict[str, Any]) -> int:
    """After how many ms without a job an instance stops; 0 for never. Raises AzureError for what is out of bounds."""
    import isodate

    if not (text := settings.get("idleTimeBeforeShutdown")):
        return 0
    time = round(isodate.parse_duration(text).total_seconds()) * SECOND
    if not SHORTEST <= time <= LONGEST:
        raise bad_request(f"idleTimeBeforeShutdown ({text}) must be between 15 minutes and 3 days.")
    return time


def shown(settings: dict[str, Any], ids: Iterable[str]) -> dict[str, Any]:
    """The schedules as they go over the wire."""
    asked = (settings.get("schedules") or {}).get("computeStartStop") or []
    listed = [
        {**_shown(each), "id": id, "provisioningStatus": "Completed"} for each, id in zip(asked, ids, strict=False)
    ]
    return {"schedules": {"computeStartStop": listed}} if listed else {}


def _shown(asked: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in asked.items() if value is not None and key not in ("id", "provisioningStatus")}
    for kind in ("cron", "recurrence"):
        if kind in kept:
            kept[kind] = {key: value for key, value in kept[kind].items() if key != "triggerType" and value is not None}
    if frequency := kept.get("recurrence", {}).get("frequency"):
        kept["recurrence"]["frequency"] = frequency.capitalize()
    return kept


def _schedule(asked: dict[str, Any], now: datetime) -> Schedule:
    kind = "cron" if asked.get("cron") else "recurrence"
    given = asked.get(kind)
    if not given or not asked.get("action"):
        raise bad_request("A schedule needs an action, and a trigger of its type.")
    zone = _zone(given.get("timeZone") or "UTC")
    begins = _moment(given.get("startTime"), now.astimezone(zone).replace(tzinfo=None))
    try:
        trigger = _cron(given) if kind == "cron" else _recurrence(given, begins)
    except (ValueError, TypeError) as error:
        raise bad_request(f"The schedule is invalid: {error}") from None
    return Schedule(asked["action"].capitalize(), trigger, zone, begins.replace(tzinfo=zone))


def _cron(given: dict[str, Any]) -> Trigger:
    return Cron.parse(given.get("expression") or "")


def _recurrence(given: dict[str, Any], begins: datetime) -> Trigger:
    pattern = given.get("schedule") or {}
    interval = given.get("interval") or 1
    if interval < 1:
        raise ValueError(f"the interval is 1 or more; not {interval}")
    hours, minutes = tuple(pattern.get("hours") or ()), tuple(pattern.get("minutes") or ())
    if not all(0 <= hour < 24 for hour in hours) or not all(0 <= minute < 60 for minute in minutes):
        raise ValueError("hours are 0 to 23, minutes 0 to 59")
    days = tuple(day.capitalize() for day in pattern.get("weekDays") or ())
    month_days = tuple(pattern.get("monthDays") or ())
    return Recurrence(given.get("frequency") or "Day", interval, begins, hours, minutes, days, month_days)


def _moment(text: str | None, now: datetime) -> datetime:
    if not text:
        return now
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise bad_request(f"The schedule is invalid: {text!r} is no time.") from None


def _zone(name: str) -> ZoneInfo:
    """A time zone by the name that Windows has for it."""
    zones = read("time_zones")
    if name not in zones:
        raise bad_request(f"The time zone '{name}' is not known.")
    try:
        return ZoneInfo(zones[name]["zone"])
    except (OSError, KeyError):
        raise NotSimulated(f"the time zone {name}", "This machine has no time zone data.") from None
