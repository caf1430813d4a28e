"""The packages at hand: distributions installed beside the course, the course's own, and a folder of wheels. Resolves
requirements as pip words it.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet


ALIASES = {"xgboost": "xgboost-cpu"}
"""A project's name, and that of the same package built without what only a GPU needs."""

OWN = Path(__file__).parent / "data" / "packages"
"""The course's own packages: of each version a folder, laid out as site-packages. The oldest of each is on the index
when a lab opens, and no version of them exists beside these."""


class Unresolvable(Exception):
    """No set of packages at hand satisfies the requirements; ``errors`` are pip's lines."""

    def __init__(self, *errors: str) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


@dataclass(frozen=True)
class Package:
    """A distribution at hand: its files lie in ``home``, a folder laid out as site-packages."""

    name: str
    version: str
    home: Path
    metadata: Path

    @property
    def is_own(self) -> bool:
        """Whether it is one of the course's own."""
        return self.home.parent == OWN

    @cached_property
    def requires(self) -> tuple[str, ...]:
        """Its requirement strings, markers and extras included."""
        import importlib.metadata

        return tuple(importlib.metadata.PathDistribution(self.metadata).requires or ())

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The paths of its RECORD that lie in site-packages, bytecode aside."""
        record = (self.metadata / "RECORD").read_text(encoding="utf-8")
        names = (line.split(",", 1)[0].strip('"') for line in record.splitlines())
        return tuple(name for name in names if name and not name.startswith(("../", "/")) and "__pycache__" not in name)

    @cached_property
    def tops(self) -> frozenset[str]:
        """The entries of site-packages that hold its files."""
        return frozenset(name.split("/", 1)[0] for name in self.files)

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """The names under which it is imported."""
        names = {name.partition(".")[0] for name in self.tops if not name.endswith((".dist-info", ".libs", ".pth"))}
        return tuple(sorted(names))


@dataclass(frozen=True)
class Link:
    """``path`` (in a container's site-packages) is the file or folder ``source``."""

    path: str
    source: Path


@dataclass(frozen=True)
class Resolved:
    """What a set of requirements comes to: the packages in name order, and the versions that had to be substituted."""

    packages: tuple[Package, ...]
    substituted: Mapping[str, str]


class Wheelhouse:
    """Packages by name. ``site`` is a site-packages folder (by default the one this course runs in), ``wheels`` a
    folder of wheels.
    """

    def __init__(self, *, site: Path | None = None, wheels: Path | None = None) -> None:
        self._site = site or Path(sysconfig.get_path("purelib"))
        self._wheels = wheels
        self._released: set[Package] = set()

    @cached_property
    def homes(self) -> tuple[Path, ...]:
        """The folders the packages lie in."""
        unpacked = [_unpack(wheel) for wheel in sorted(self._wheels.glob("*.whl"))] if self._wheels else []
        return (self._site, *sorted(OWN.iterdir()), *unpacked)

    @cached_property
    def packages(self) -> dict[str, list[Package]]:
        """Normalised name → packages, newest first."""
        from packaging.version import Version

        found: dict[str, list[Package]] = {}
        for home in self.homes:
            for metadata in sorted(home.glob("*.dist-info")):
                if not (metadata / "RECORD").exists():
                    continue
                name, _, version = metadata.name.removesuffix(".dist-info").partition("-")
                found.setdefault(normalise(name), []).append(
                    Package(_spelling(metadata, name), version, home, metadata)
                )
        for name, same in ALIASES.items():
            found[name] = found.get(name, []) + found.get(same, [])
        for candidates in found.values():
            candidates.sort(key=lambda package: Version(package.version), reverse=True)
        return found

    def release(self, project: str, version: str) -> None:
        """Its author puts a version of one of the course's own packages on the index, where the newest is taken unless
        a requirement says otherwise. Raises ValueError for one that there is not, or that is there already."""
        versions = [package for package in self.packages.get(normalise(project), []) if package.is_own]
        for package in versions:
            if package.version == version and package not in self._on_index(versions):
                self._released.add(package)
                return
        waiting = [package.version for package in versions if package not in self._on_index(versions)]
        raise ValueError(
            f"There is no {project} {version} to be released. There is: {', '.join(waiting) or 'none of that name'}."
        )

    def settled(self, text: str) -> str:
        """A requirement with the version that it comes to now, if it asks for one of the course's own packages."""
        candidates = self.packages.get(normalise(re.split(r"[^\w.-]", text.strip(), maxsplit=1)[0]), [])
        if not any(package.is_own for package in candidates):
            return text
        asked = parsed(text)
        chosen = [p for p in self._on_index(candidates) if asked.specifier.contains(p.version, prereleases=True)]
        return f"{chosen[0].name}=={chosen[0].version}" if chosen else text

    def _on_index(self, packages: list[Package]) -> list[Package]:
        """Those of a project's packages, newest first, that are to be had by now."""
        return [each for each in packages if not each.is_own or each is packages[-1] or each in self._released]

    def resolve(self, requirements: Iterable[str], *, absent: Iterable[str] = ()) -> Resolved:
        """The packages that satisfy ``requirements`` and, in turn, theirs; ``absent`` names are left out.

        A requirement that only older versions than those at hand satisfy is taken to exist on the real index: the
        version at hand
        stands in, and ``substituted`` says what was asked. Raises :class:`Unresolvable`.
        """
        chosen: dict[str, Package] = {}
        substituted: dict[str, str] = {}
        left_out = {normalise(name) for name in absent}
        waiting = [parsed(text) for text in requirements]
        asked: set[tuple[str, frozenset[str]]] = set()
        while waiting:
            requirement = waiting.pop(0)
            name, extras = normalise(requirement.name), frozenset(requirement.extras)
            if name in left_out or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
                continue
            package = self._choose(requirement)
            if not requirement.specifier.contains(package.version, prereleases=True):
                substituted[package.name] = str(requirement.specifier)
            if (name, extras) in asked:
                continue
            asked.add((name, extras))
            if name in chosen and chosen[name] is not package:
                raise Unresolvable(
                    f"ERROR: Cannot install {requirement} and {name}=={chosen[name].version} "
                    "because these package versions have conflicting dependencies.",
                    "ERROR: ResolutionImpossible",
                )
            chosen[name] = package
            waiting.extend(_dependencies(package, extras))
        return Resolved(tuple(chosen[name] for name in sorted(chosen)), dict(sorted(substituted.items())))

    def _choose(self, requirement: Requirement) -> Package:
        candidates = self._on_index(self.packages.get(normalise(requirement.name), []))
        for package in candidates:
            if requirement.specifier.contains(package.version, prereleases=True):
                return package
        newest = next((package for package in candidates if not package.is_own), None)
        if newest and _older_exists(requirement.specifier, newest.version):
            return newest
        versions = ", ".join(package.version for package in reversed(candidates)) or "none"
        raise Unresolvable(
            f"ERROR: Could not find a version that satisfies the requirement {requirement} (from versions: {versions})",
            f"ERROR: No matching distribution found for {requirement}",
        )

    def links(self, packages: Iterable[Package]) -> tuple[Link, ...]:
        """What to link into an empty site-packages to install ``packages``: whole folders where nothing in them is
        another package's alone.
        """
        wanted = tuple(packages)
        theirs = {package.metadata for package in wanted}
        found: dict[str, Path] = {}
        for package in wanted:
            for top in sorted(package.tops):
                others = self._owners.get(top, set()) - theirs
                paths = [top] if not others else _portions(package, self._rivals(package, others), top)
                found.update({path: package.home / path for path in paths})
                if "/" not in top and top.endswith(".py"):
                    found.update(_bytecode(package.home, top))
        return tuple(Link(path, source) for path, source in sorted(found.items()) if not _linked_above(path, found))

    @cached_property
    def _owners(self) -> dict[str, set[Path]]:
        owners: dict[str, set[Path]] = {}
        for candidates in self.packages.values():
            for package in candidates:
                for top in package.tops:
                    owners.setdefault(top, set()).add(package.metadata)
        return owners

    def _rivals(self, package: Package, metadata: set[Path]) -> list[Package]:
        return [
            other
            for candidates in self.packages.values()
            for other in candidates
            if other.metadata in metadata and other.home == package.home
        ]


def normalise(name: str) -> str:
    """A project's name as indexes compare it: lower case, runs of ``-_.`` one dash."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parsed(text: str) -> Requirement:
    """A line of a requirements file. Raises :class:`Unresolvable` for what is none."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise Unresolvable(f"ERROR: Invalid requirement: {text!r}: {str(error).splitlines()[0]}") from None


def _dependencies(package: Package, extras: frozenset[str]) -> Iterator[Requirement]:
    for text in package.requires:
        requirement = parsed(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in sorted(extras | {""})):
            requirement.marker = None
            yield requirement


def _older_exists(specifier: SpecifierSet, version: str) -> bool:
    """Whether a version older than ``version`` could satisfy ``specifier``."""
    from packaging.version import InvalidVersion, Version

    tried = [Version("0.0.1")]
    for clause in specifier:
        try:
            bound = clause.version.removesuffix(".*")
            tried += [Version(bound), Version(f"{bound}.0.1")]  # the latter is within >bound,<next
        except InvalidVersion:
            continue
    newest = Version(version)
    return any(candidate < newest and specifier.contains(candidate, prereleases=True) for candidate in tried)


def _spelling(metadata: Path, name: str) -> str:
    """The project's name as its METADATA spells it."""
    with open(metadata / "METADATA", encoding="utf-8") as lines:
        for line in lines:
            if line.lower().startswith("name:"):
                return line[5:].strip()
            if not line.strip():
                break
    return name


def _portions(package: Package, rivals: list[Package], folder: str) -> list[str]:
    """The largest parts of ``folder`` in which ``rivals`` have no file that ``package`` has not."""
    prefix = f"{folder}/"
    mine = {name for name in package.files if name.startswith(prefix) or name == folder}
    theirs = {name for rival in rivals for name in rival.files if name.startswith(prefix)}
    if theirs <= mine:
        return [folder]
    parts: list[str] = []
    for child in sorted({_child(prefix, name) for name in mine if name != folder}):
        if child in mine:
            parts.append(child)
            parts.extend(_bytecode(package.home, child))
        else:
            parts.extend(_portions(package, rivals, child))
    return parts


def _linked_above(path: str, links: Mapping[str, Path]) -> bool:
    """Whether a folder that ``path`` lies in is linked as a whole."""
    return any(path[:end] in links for end, letter in enumerate(path) if letter == "/")


def _child(prefix: str, name: str) -> str:
    return prefix + name[len(prefix) :].split("/", 1)[0]


def _bytecode(home: Path, module: str) -> dict[str, Path]:
    """The cached bytecode of one module, if it is there."""
    folder, _, name = module.rpartition("/")
    if not name.endswith(".py"):
        return {}
    cached = os.path.join(folder, "__pycache__", f"{name[:-3]}.{sys.implementation.cache_tag}.pyc")
    return {cached: home / cached} if (home / cached).exists() else {}


def _unpack(wheel: Path) -> Path:
    """The wheel's files, unpacked once for its content (safe with several processes at it)."""
    import shutil
    import tempfile
    import zipfile

    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()[:24]
    home = Path(tempfile.gettempdir()) / f"twoclouds-wheels-{os.getuid() if hasattr(os, 'getuid') else 0}" / digest
    if not home.exists():
        home.parent.mkdir(mode=0o700, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=home.parent))
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(fresh)
        try:
            fresh.rename(home)
        except OSError:  # another process was faster
            shutil.rmtree(fresh, ignore_errors=True)
    return home
