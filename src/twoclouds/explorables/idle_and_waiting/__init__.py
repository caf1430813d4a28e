"""From how many jobs a day does keeping a machine pay? A guess for both clouds, then all that it hangs on, to move."""

from __future__ import annotations

from pathlib import Path

from twoclouds.explorables.explorable import Explorable, stored
from twoclouds.tables import Table, duration

NAMES = {
    "cluster-0": "Azure ML: cluster, minimum 0",
    "cluster-1": "Azure ML: cluster, minimum 1",
    "instance": "Azure ML: compute instance left on",
    "serverless": "Azure ML: serverless",
    "on-demand": "SageMaker AI: training jobs",
    "warm-pool": "SageMaker AI: training jobs, warm pool of 1 hour",
}


class IdleAndWaiting(Explorable):
    """Guess from how many jobs a day a kept machine is the cheaper one; then see what a day costs on each kind of
    compute, and how long its jobs wait."""

    folder = Path(__file__).parent
    question = "From how many jobs a day does keeping a machine pay?"

    def __init__(self) -> None:
        super().__init__({"question": self.question, **stored(self.folder, "day")})

    def table(self) -> Table:
        """A day on every kind of compute, as a lab lived it."""
        lived = self.data["lived"]
        rows = [
            (NAMES[each["id"]], f"${each['dollars']:.2f}", duration(round(each["waited"] * 1000)))
            for each in lived["days"]
        ]
        caption = f"A day with {lived['jobs']} jobs of 10 minutes, one after the other, 5 minutes between two"
        return Table(caption, ("compute", "cost of the day", "waited for scripts to begin (h:mm:ss)"), rows)
