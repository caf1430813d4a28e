"""The images that Microsoft's samples name: what each holds, and how large it is (`data/images.csv`)."""

from __future__ import annotations

import re

from twoclouds.azure.assets import packages
from twoclouds.azure.catalog import images
from twoclouds.azure.state import State
from twoclouds.world.catalog import Row
from twoclouds.world.images import ImageDefinition

UNKNOWN = "?"
"""In place of packages: an environment that Microsoft publishes, whose content nobody has looked up for this lab."""


def find(image: str) -> Row | None:
    """What is known of an image, whatever its tag or digest."""
    name = plain(image)
    rows = images()
    return next((row for row in rows.values() if row["image"] == name and row["packages"] != UNKNOWN), None)


def base(state: State, image: str) -> ImageDefinition | None:
    """What an image holds; None for one that is not known."""
    row = find(image)
    if row is None:
        return None
    held = row["packages"].split()
    carried, absent = packages.split(state, held)
    return ImageDefinition(base=image, packages=carried, absent=absent, pinned=packages.pinned(state, held))


def size_gib(image: str) -> float:
    """How large an image is; one that is not known is taken to be as large as Python's."""
    row = find(image) or images()["python"]
    return float(row["size_gib"])


def known() -> str:
    """The images that are known, for a message."""
    return ", ".join(sorted({row["image"] for row in images().values() if row["packages"] != UNKNOWN}))


def plain(image: str) -> str:
    """An image's name without the registry that is meant when none is named, without tag and digest."""
    name = re.sub(r"^(index\.)?docker\.io/", "", image.strip()).removeprefix("library/")
    return re.sub(r"(?<!^)(@sha256:\w+|:[\w.-]+)$", "", name)
