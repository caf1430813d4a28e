"""Images: what a container finds installed. An image is a virtual environment, resolved against a local wheelhouse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class ImageDefinition:
    """What an image is made from.

    ``packages`` are requirement strings (``scikit-learn==1.5.1``); ``absent`` are packages that the real image carries and this lab does
    not have (importing one raises ``NotInThisLab`` in the job). ``base`` and ``origin`` only name things in logs.
    A definition with ``substitute=True`` (a vendor's curated image) takes the version at hand where the wheelhouse lacks the one asked for,
    and says so; otherwise that is a failed build, as with pip.
    """

    base: str
    packages: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    origin: str = ""
    substitute: bool = False


@dataclass(frozen=True)
class Substitution:
    """This lab's version of a package, where the real image has another."""

    package: str
    asked: str
    given: str


@dataclass(frozen=True, kw_only=True)
class Image:
    """A built image. ``packages`` maps each installed distribution to its version; ``key`` is the definition's hash."""

    key: str
    definition: ImageDefinition
    packages: Mapping[str, str]
    substitutions: tuple[Substitution, ...] = ()
    log: tuple[str, ...] = ()
    root: Path = field(repr=False, compare=False, default=Path())


class BuildFailed(Exception):
    """A build ended with an error; ``log`` holds its lines, pip's wording included."""

    def __init__(self, log: tuple[str, ...]) -> None:
        super().__init__("\n".join(log))
        self.log = log
