"""The four weeks of `drift_dial`: what is made anew on which day, and what moves under it without anybody's mistake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DAYS = 28
PACKAGE = "sensorscale"
RELEASES = {3: "1.1.0", 17: "2.0.0"}
"""Day → the version of the package that its author releases."""

TRAINED = (1, 15)
SERVED = (1, 8, 12, 15, 22)
"""The days on which the model is trained, and those on which what serves it is made anew."""

MOVES = {
    "azure": {"sensors": (10, 18), "sensors-serving": (18,)},
    "aws": {"sensors": (4, 18), "sensors-serving": (18,)},
}
"""When an environment's label, or an image's tag, comes to stand for something newer."""

WHAT = (
    (1, "both", "The model is trained, and served."),
    (3, "both", "The author of sensorscale releases 1.1.0."),
    (4, "aws", "The nightly build pushes the image again (of two, the one for training), under the same tag."),
    (8, "both", "What serves is made anew: it was off over the weekend."),
    (
        10,
        "azure",
        "A colleague needs pandas too, and registers the next version of the environment (of two, that for training).",
    ),
    (12, "both", "What serves is made anew, on another type of machine."),
    (15, "both", "The model is trained anew, and what serves is made anew for it."),
    (17, "both", "The author of sensorscale releases 2.0.0."),
    (18, "both", "Whoever keeps an image mends it, under its old name: of two, each its own."),
    (22, "both", "What serves is made anew, after another weekend."),
)
"""(day, on which cloud, what happens)."""


class Broken(Exception):
    """What was to serve does not start."""


Pin = Literal["nothing", "list", "image"]


@dataclass(frozen=True)
class Choice:
    """Two images or one, and what is pinned: nothing, the package's version in the list, or the image itself (by an
    environment's version, by a digest)."""

    images: Literal["shared", "separate"]
    pin: Pin

    @property
    def key(self) -> str:
        return f"{self.images}-{self.pin}"

    def image(self, role: Literal["training", "serving"]) -> str:
        """What the image for training, or for serving, is called."""
        name = "sensors-serving" if self.images == "separate" and role == "serving" else "sensors"
        return f"{name}{LISTED}" if self.pin == "list" else name


CHOICES = tuple(Choice(images, pin) for images in ("separate", "shared") for pin in ("nothing", "list", "image"))

LISTED = "-listed"
"""How the name of an image ends whose list says the package's version."""


def requirement(image: str) -> str:
    """The package as the list of an image names it."""
    return f"{PACKAGE}==1.0.0" if image.endswith(LISTED) else PACKAGE
