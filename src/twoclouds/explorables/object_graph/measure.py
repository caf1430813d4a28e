"""The table of `object_graph`: one change, made on both clouds, and what their own records say was made and is named.

For each change: last week's run, the change, this week's run, and last week's run sent again, word for word. What a
run's script saw is what it printed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from twoclouds.explorables.laboratory import laboratory
from twoclouds.explorables.object_graph import stories
from twoclouds.explorables.object_graph.aws_runs import AwsRuns
from twoclouds.explorables.object_graph.azure_runs import AzureRuns
from twoclouds.explorables.object_graph.runs import Record, Wish
from twoclouds.lab import Lab

Data = dict[str, Any]

CHANGES = {
    "data": Wish(week=2),
    "in_place": Wish(week=2, in_place=True),
    "package": Wish(package=True),
    "machine": Wish(bigger=True),
}


def graph() -> Data:
    """Every change, on both clouds."""
    found = {change: measured(wish) for change, wish in CHANGES.items()}
    clouds = [
        {
            "cloud": cloud,
            "objects": [
                {"key": key, **told, "name": found["data"][cloud]["before"][key]} for key, told in objects.items()
            ],
            "changes": {
                change: found[change][cloud]["after"] | {"note": note} for change, note in stories.NOTES[cloud].items()
            },
        }
        for cloud, objects in stories.OBJECTS.items()
    ]
    return {**stories.TEXTS, "changes": stories.CHANGES, "clouds": clouds}


TABLES: dict[str, Callable[[], Data]] = {"graph": graph}


def measured(wish: Wish) -> dict[str, Data]:
    """One change, on both clouds, in a lab of its own."""
    with laboratory(stories.FILES) as lab:
        return {"azure": compared(lab, AzureRuns(), wish), "aws": compared(lab, AwsRuns(), wish)}


def compared(lab: Lab, runs: AzureRuns | AwsRuns, wish: Wish) -> Data:
    """What the records of two runs, a week apart, name; and whether the first, sent again, sees what it saw."""
    last = runs.run("last-week", Wish())
    lab.skip(hours=7 * 24)
    this = runs.run("this-week", wish)
    now = runs.behind(last.names)
    objects = {key: {"is": became(last, this, now, key), "name": short(this.names[key])} for key in last.names}
    again = runs.again(last, "last-week-again")
    return {
        "before": {key: short(name) for key, name in last.names.items()},
        "after": {"objects": objects, "refused": runs.refused, "sees": [last.saw, again.saw]},
    }


def short(name: str) -> str:
    """A name without what it shares with all others, and without the second in which a job was sent."""
    last = re.split(r"amazonaws\.com/|:role/", name)[-1]
    return re.sub(r"^s3://sagemaker-[^/]+/[^/]+/|(?<=-)\d{14}(?=/)", "…", last)


def became(last: Record, this: Record, now: dict[str, str], key: str) -> str:
    """What became of the thing that last week's run names: it is the `same`, its content `changed`, or this week's run
    names a `new` one. A `line` of the request is no thing at all."""
    if key not in last.behind:
        return "line"
    if this.names[key] != last.names[key]:
        return "new"
    return "same" if now[key] == last.behind[key] else "changed"
