"""Images: what a container finds installed. An image is a virtual environment, resolved against a local wheelhouse."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from twoclouds.world.wheelhouse import Link, Resolved, Unresolvable, Wheelhouse, normalise, parsed


@dataclass(frozen=True, kw_only=True)
class ImageDefinition:
    """What an image is made from.

    ``packages`` are requirement strings (``scikit-learn==1.5.1``); ``absent`` are packages that the real image
    carries and this lab does not have: importing one raises ``NotInThisLab`` in the job, which says what the recipe of
    the real image asks for, where it is known (``pinned``: import name → requirement). ``files`` (absolute path →
    content), ``environment``, ``workdir``, ``entrypoint`` and ``command`` are what a Dockerfile adds: a container
    starts with them, and what it says itself comes first. In ``environment`` ``${PATH}`` stands for the path that
    every container has.
    ``base`` and ``origin`` (where the definition stands) only name things in logs.
    """

    base: str
    packages: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    pinned: Mapping[str, str] = field(default_factory=dict)
    origin: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    workdir: str = ""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()


@dataclass(frozen=True)
class Substitution:
    """This lab's version of a package, standing in for the one that was asked for (``asked``: a specifier such as
    ``==1.5.1``). It is announced when the image is built, and in a job when one of its ``modules`` is imported.
    """

    package: str
    asked: str
    given: str
    modules: tuple[str, ...] = ()

    def __str__(self) -> str:
        wanted, given = f"{self.package}{self.asked}", f"{self.package} {self.given}"
        return f"Two Clouds: {wanted} was asked for; this lab has {given} and uses it instead."


@dataclass(frozen=True, kw_only=True)
class Image:
    """A built image: ``packages`` maps each installed distribution to its version; ``key`` is its definition's hash.

    ``links`` is its site-packages: a runner lays them out as a virtual environment for each container.
    """

    key: str
    definition: ImageDefinition
    packages: Mapping[str, str]
    substitutions: tuple[Substitution, ...] = ()
    log: tuple[str, ...] = ()
    links: tuple[Link, ...] = field(default=(), repr=False, compare=False)
    wheelhouse: Wheelhouse = field(default_factory=Wheelhouse, repr=False, compare=False)

    @property
    def homes(self) -> tuple[Path, ...]:
        """The folders of the wheelhouse that hold its packages."""
        sources = [link.source for link in self.links]
        return tuple(home for home in self.wheelhouse.homes if any(source.is_relative_to(home) for source in sources))

    @property
    def remarks(self) -> dict[str, str]:
        """What a job says when it imports a substituted package, by import name."""
        return {module: str(one) for one in self.substitutions for module in one.modules}


def definition_digest(definition: ImageDefinition) -> str:
    """A hash of all that decides what an image holds, in hexadecimal digits."""
    parts: list[Any] = [definition.base, list(definition.packages), list(definition.absent)]
    if definition.files:
        parts.append({path: hashlib.sha256(data).hexdigest() for path, data in sorted(definition.files.items())})
    start = [dict(definition.environment), definition.workdir, list(definition.entrypoint), list(definition.command)]
    if any(start):
        parts.append(start)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class BuildFailed(Exception):
    """A build ended with an error; ``log`` holds its lines, pip's wording included."""

    def __init__(self, log: tuple[str, ...]) -> None:
        super().__init__(log)  # SimPy makes the exception anew from these arguments
        self.log = log

    def __str__(self) -> str:
        return "\n".join(self.log)


class Images:
    """Builds images, each definition once for what the index has to offer by then."""

    def __init__(self, wheelhouse: Wheelhouse | None = None) -> None:
        self._wheelhouse = wheelhouse or Wheelhouse()
        self._built: dict[str, Image] = {}
        self._lock = threading.Lock()

    def key(self, definition: ImageDefinition) -> str:
        """A digest of all that decides what the image holds if it is built now; ``origin`` does not."""
        return definition_digest(self.settled(definition))

    def settled(self, definition: ImageDefinition) -> ImageDefinition:
        """The definition with the versions that it would hold of the course's own packages: the same image whenever it
        is built. What cannot be had stays as it is, and fails when it is built."""
        packages = tuple(self._wheelhouse.settled(text) for text in definition.packages)
        return definition if packages == definition.packages else replace(definition, packages=packages)

    def release(self, project: str, version: str) -> None:
        """The index has a new version of one of the course's own packages. Raises ValueError if there is none such."""
        self._wheelhouse.release(project, version)

    def build(self, definition: ImageDefinition) -> Image:
        """The image of ``definition``, at no virtual cost: how long a build takes is the cloud's data. Raises
        :class:`BuildFailed`.
        """
        key = self.key(definition)
        with self._lock:
            if key not in self._built:
                self._built[key] = self._make(key, definition)
            return self._built[key]

    def carries(self, project: str) -> bool:
        """Whether this lab has a version of a package at all."""
        return normalise(project) in self._wheelhouse.packages

    def _make(self, key: str, definition: ImageDefinition) -> Image:
        log = tuple(f"Collecting {text}" for text in definition.packages)
        try:
            resolved = self._wheelhouse.resolve(definition.packages, absent=definition.absent)
        except Unresolvable as error:
            raise BuildFailed(log + error.errors) from None
        substitutions = _substitutions(resolved)
        log += tuple(str(substitution) for substitution in substitutions)
        log += tuple(
            f"Two Clouds: {name} is part of the real image; this lab does not have it." for name in definition.absent
        )
        return Image(
            key=key,
            definition=definition,
            packages={package.name: package.version for package in resolved.packages},
            substitutions=substitutions,
            log=log + _installed(resolved),
            links=self._wheelhouse.links(resolved.packages),
            wheelhouse=self._wheelhouse,
        )


def install(image: Image, requirements: Iterable[str]) -> tuple[Image, tuple[str, ...]]:
    """``pip install`` in a running container: the image with ``requirements`` added, and pip's lines. Raises
    :class:`BuildFailed`.
    """
    wanted = tuple(requirements)
    log: tuple[str, ...] = ()
    for text in wanted:
        log += (f"Collecting {text}",)
        try:
            image.wheelhouse.resolve([text], absent=image.definition.absent)
        except Unresolvable as error:
            raise BuildFailed(log + error.errors) from None
    given_up = {name for name, version in image.packages.items() if _too_old(name, version, wanted)}
    held = {name: version for name, version in image.packages.items() if name not in given_up}
    lacking = [text for text in wanted if not _is_met(text, held)]
    try:
        resolved = image.wheelhouse.resolve(
            (*lacking, *(f"{name}=={version}" for name, version in held.items())), absent=image.definition.absent
        )
    except Unresolvable as error:
        raise BuildFailed(log + error.errors) from None
    substitutions = _substitutions(resolved)
    log += tuple(str(substitution) for substitution in substitutions)
    fresh = Resolved(tuple(p for p in resolved.packages if image.packages.get(p.name) != p.version), {})
    grown = Image(
        key=image.key,
        definition=image.definition,
        packages={package.name: package.version for package in resolved.packages},
        substitutions=image.substitutions + substitutions,
        log=image.log,
        links=image.wheelhouse.links(resolved.packages),
        wheelhouse=image.wheelhouse,
    )
    return grown, log + _installed(fresh)


def _too_old(name: str, version: str, wanted: Iterable[str]) -> bool:
    """Whether a package that is there has to make way for another version."""
    return any(
        normalise(asked.name) == normalise(name) and not asked.specifier.contains(version, prereleases=True)
        for asked in map(parsed, wanted)
    )


def _is_met(text: str, held: Mapping[str, str]) -> bool:
    """Whether a package that is there is what is asked for: then pip leaves it as it is, newer ones or not."""
    asked = parsed(text)
    version = next((version for name, version in held.items() if normalise(name) == normalise(asked.name)), "")
    return bool(version) and not asked.extras and asked.specifier.contains(version, prereleases=True)


def remove(image: Image, names: Iterable[str]) -> tuple[Image, tuple[str, ...]]:
    """``pip uninstall`` in a running container: the image without these packages, which it has, and pip's lines."""
    gone = {normalise(name) for name in names}
    kept = {name: version for name, version in image.packages.items() if normalise(name) not in gone}
    log: tuple[str, ...] = ()
    for name, version in image.packages.items():
        if name not in kept:
            log += (
                f"Found existing installation: {name} {version}",
                f"Uninstalling {name}-{version}:",
                f"  Successfully uninstalled {name}-{version}",
            )
    at_hand = image.wheelhouse.packages
    packages = [p for name, version in kept.items() for p in at_hand[normalise(name)] if p.version == version]
    return replace(image, packages=kept, links=image.wheelhouse.links(packages)), log


def _substitutions(resolved: Resolved) -> tuple[Substitution, ...]:
    packages = {package.name: package for package in resolved.packages}
    return tuple(
        Substitution(name, asked, packages[name].version, packages[name].modules)
        for name, asked in resolved.substituted.items()
    )


def _installed(resolved: Resolved) -> tuple[str, ...]:
    if not resolved.packages:
        return ()
    names = ", ".join(package.name for package in resolved.packages)
    versions = " ".join(f"{package.name}-{package.version}" for package in resolved.packages)
    return (f"Installing collected packages: {names}", f"Successfully installed {versions}")
