"""What a conda file or a conda command asks for, in pip's words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from twoclouds.world.images import BuildFailed
from twoclouds.world.wheelhouse import normalise

IGNORED = ("--extra-index-url", "--find-links", "--index-url", "--no-cache-dir", "--pre", "--trusted-host", "-f", "-i")
"""Options of pip that change where it looks or how it works: here there is one place to look."""

PYTHON = ("python", "pip", "setuptools", "wheel")
"""Every image has these."""

PROJECTS = {"pytorch": "torch", "pytorch-cpu": "torch", "py-xgboost": "xgboost", "matplotlib-base": "matplotlib"}
"""A package's name on conda's channels → its name on PyPI, where they differ."""

NAMED = ("-n", "--name", "-p", "--prefix", "-c", "--channel", "-f", "--file")
"""Options of conda's commands that take a value."""


class NotACondaFile(ValueError):
    """A text that lists no dependencies."""

    def __init__(self) -> None:
        super().__init__("The conda file is not one: it needs a list of dependencies.")


@dataclass(frozen=True)
class CondaFile:
    """The parts of a conda file that decide what its environment holds."""

    channels: tuple[str, ...]
    dependencies: tuple[Any, ...]

    def requirements(self) -> tuple[str, ...]:
        """All that is to be installed, pip's included, as pip writes it; Python and pip themselves left out.

        Raises BuildFailed for what cannot be installed from here, in pip's words where pip would fail too.
        """
        found: list[str] = []
        for entry in self.dependencies:
            if isinstance(entry, dict):
                found += [text for line in entry.get("pip") or () for text in _from_pip(str(line).strip())]
            elif project(str(entry)) not in PYTHON:
                found.append(_as_pip(str(entry)))
        return tuple(found)


@lru_cache(maxsize=64)
def parse(text: str) -> CondaFile:
    """A conda file. Raises NotACondaFile."""
    import yaml

    try:
        content = yaml.safe_load(text)
        dependencies, channels = content["dependencies"], content.get("channels") or ()
        return CondaFile(tuple(map(str, channels)), tuple(dependencies))
    except (yaml.YAMLError, TypeError, KeyError, AttributeError):
        raise NotACondaFile from None


def command(words: list[str], read: Callable[[str], str]) -> tuple[str, ...]:
    """What `conda …` (its words after `conda`) installs; nothing for a command that only tidies up.

    `read` gives a file's content. Raises BuildFailed and NotACondaFile.
    """
    plain, files = [], []
    values = iter(words)
    for word in values:
        option, equals, value = word.partition("=") if word.startswith("-") else ("", "", "")
        if option in NAMED:
            value = value if equals else next(values, "")
            files += [value] if option in ("-f", "--file") else []
        elif not option:
            plain.append(word)
    if plain[:2] in (["env", "create"], ["env", "update"]):
        return tuple(text for file in files or ["environment.yml"] for text in parse(read(file)).requirements())
    if plain[:1] in (["install"], ["create"]):
        return CondaFile((), tuple(plain[1:])).requirements()
    return ()


def project(text: str) -> str:
    """The name in a requirement, as indexes compare it."""
    name = re.split(r"[\s=<>!~\[;@]", text.strip().rpartition("::")[2], maxsplit=1)[0]
    return normalise(name)


def _from_pip(line: str) -> list[str]:
    """One line of the list under `pip:`."""
    option = re.split(r"[\s=]", line, maxsplit=1)[0]
    if not line or line.startswith("#") or option in IGNORED:
        return []
    if option in ("-r", "--requirement", "-c", "--constraint"):
        file = line[len(option) :].strip(" =")
        _fail(f"ERROR: Could not open requirements file: [Errno 2] No such file or directory: '{file}'")
    if option in ("-e", "--editable") or line.startswith((".", "/", "file:")):
        path = line.removeprefix("-e").removeprefix("--editable").strip(" =")
        _fail(f"ERROR: {path} does not appear to be a Python project: neither 'setup.py' nor 'pyproject.toml' found.")
    if "://" in line:
        _fail(f"Two Clouds: pip install {line}: this lab installs packages by name, from what is at hand.")
    return [line] if project(line) not in PYTHON else []


def _fail(line: str) -> None:
    raise BuildFailed((line, "CondaEnvException: Pip failed"))


def _as_pip(text: str) -> str:
    """`numpy=1.26` (conda: any 1.26) is `numpy==1.26.*`."""
    text = re.sub(r"\s*([=<>!~,])\s*", r"\1", text.strip().rpartition("::")[2])
    text = re.sub(r"^([\w.-]+) (\d[\w.]*)( .*)?$", r"\1==\2", text)
    name, equal, version = text.partition("=")
    name = PROJECTS.get(name, name)
    if equal and not version.startswith("=") and not name.endswith(("<", ">", "!", "~")):
        return f"{name}=={version.partition('=')[0].removesuffix('.*')}.*"
    return f"{name}{equal}{version}"
