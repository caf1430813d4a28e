"""Which ready image has what a script needs, as the two clouds' tables of images have it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from packaging.requirements import Requirement
from packaging.version import Version

from twoclouds.aws import catalog as aws
from twoclouds.aws.images import published
from twoclouds.azure import catalog as azure
from twoclouds.azure.assets.base_images import UNKNOWN
from twoclouds.explorables.least_i_must_own.scripts import Script

Cloud = Literal["azure", "aws"]
VERSION = re.compile(r"\d+(\.\d+)*")
TAGGED = {"pytorch-training": "torch", "tensorflow-training": "tensorflow"}
"""Images of AWS's whose framework has the version that their tag begins with."""


@dataclass(frozen=True)
class Ready:
    """A ready image: `holds` maps its packages to what is said of their versions ("" if nothing is); `date` of that."""

    cloud: Cloud
    name: str
    holds: dict[str, str]
    date: str

    def has(self, need: str) -> bool:
        """Whether it satisfies a requirement, as far as its recipe says."""
        wanted = Requirement(need)
        said = self.holds.get(wanted.name)
        if said is None:
            return False
        return wanted.specifier.contains(_version(said)) if VERSION.search(said) else not wanted.specifier


def lowest(script: Script, cloud: Cloud) -> int:
    """The first rung on which a script runs: 0 to 3."""
    if not script.trains:
        return 0
    if script.program:
        return 3
    return 1 if ready(script, cloud) else 2


def ready(script: Script, cloud: Cloud) -> Ready | None:
    """The ready image that has all that a script needs, the newest if there are several."""
    found = [image for image in images(cloud) if script.packages and all(map(image.has, script.packages))]
    return max(found, key=lambda image: _version(image.holds[_name(script)]), default=None)


def nearest(script: Script, cloud: Cloud) -> list[tuple[str, str]]:
    """(image, what it holds) of those that have a package of the script's in another version."""
    name = _name(script)
    return [(image.name, f"{name}{image.holds[name]}") for image in images(cloud) if name in image.holds]


def _name(script: Script) -> str:
    return Requirement(script.packages[0]).name


def _version(said: str) -> Version:
    """The version that a recipe names first, as in ~=1.7.6 or ==3.*; 0 if it names none."""
    match = VERSION.search(said)
    return Version(match[0] if match else "0")


def images(cloud: Cloud) -> Iterator[Ready]:
    """All that may train and whose content was looked up."""
    return _azure() if cloud == "azure" else _aws()


def _azure() -> Iterator[Ready]:
    for row in azure.images().values():
        if row["curated"] == "yes" and row["packages"] != UNKNOWN and "inference" not in row["name"]:
            yield Ready("azure", row["name"], _packages(row["packages"].split()), row.date)


def _aws() -> Iterator[Ready]:
    rows = aws.table("images")
    for pattern in rows:
        row = rows[pattern]
        repository, _, tag = pattern.partition(":")
        base = repository.rstrip("*")
        if row["kind"] != "framework" or "inference" in repository:
            continue
        holds = _packages([*row["packages"].split(), *row["absent"].split()])
        if base in TAGGED and "gpu" not in tag:
            for version in sorted(v for v in published.repositories()[base].versions if v.count(".") == 2):
                yield Ready("aws", f"{base}:{version}", {**holds, TAGGED[base]: f"=={version}"}, row.date)
        elif base not in TAGGED:
            yield Ready("aws", f"{base}:{tag.rstrip('*')}".rstrip(":"), holds, row.date)


def _packages(texts: Iterable[str]) -> dict[str, str]:
    found = (re.match(r"([\w.-]+?)([=<>~!].*)?$", text) for text in texts)
    return {match[1].lower(): match[2] or "" for match in found if match}
