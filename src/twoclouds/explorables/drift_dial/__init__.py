"""On which day do training and serving part, and who notices? Pins to choose, a day to guess, then four weeks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twoclouds.explorables.explorable import Explorable, stored
from twoclouds.tables import Table

CLOUDS = {"azure": "Azure ML", "aws": "SageMaker AI"}
CHOICES = {
    "separate-nothing": "two images, nothing pinned",
    "separate-list": "two images, the package pinned",
    "separate-image": "two images, both pinned",
    "shared-nothing": "one image for both, nothing pinned",
    "shared-list": "one image for both, the package pinned",
    "shared-image": "one image for both, pinned",
}


class DriftDial(Explorable):
    """Four weeks of a model that is served from an image: choose what is pinned, guess the day on which the package
    that trains and the one that serves part, and see who notices."""

    folder = Path(__file__).parent
    question = "On which day do training and serving part, and who notices?"

    def __init__(self) -> None:
        super().__init__({"question": self.question, **stored(self.folder, "weeks")})

    def table(self) -> Table:
        """For every choice, on both clouds, the first day on which they differ, and the day on which nothing starts."""
        rows = [
            (words, CLOUDS[cloud], *_days(lives[key]))
            for key, words in CHOICES.items()
            for cloud, lives in self._lives()
        ]
        return Table("When training and serving part", ("images", "cloud", "they part", "nothing starts"), rows)

    def _lives(self) -> list[tuple[str, dict[str, Any]]]:
        return list(self.data["lives"].items())


def _days(events: list[dict[str, Any]]) -> tuple[str, str]:
    """The first day of each kind, in words."""
    servers = [event for event in events if event["made"] == "server"]
    apart = [event["day"] for event in servers if event.get("version") != event["trained"]]
    broken = [event["day"] for event in servers if "broken" in event]
    return tuple(f"day {days[0]}" if days else "never" for days in (apart, broken))  # type: ignore[return-value]
