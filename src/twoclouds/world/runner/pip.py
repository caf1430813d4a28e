"""``pip`` inside a running job: its commands, answered from the wheelhouse in pip's words."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass

from twoclouds.world.images import BuildFailed, Image, install, remove
from twoclouds.world.wheelhouse import normalise

HOST = "pip.twoclouds.invalid"
VERSION = "24.0"
VALUED = ("-r", "--requirement", "-c", "--constraint", "-i", "--index-url", "--extra-index-url", "-f", "--find-links")


@dataclass(frozen=True)
class Answer:
    """What a pip command prints and exits with, the image it leaves, and how long it takes in virtual time."""

    image: Image
    stdout: tuple[str, ...] = ()
    stderr: tuple[str, ...] = ()
    code: int = 0
    seconds: float = 0.0

    def json(self) -> bytes:
        """As the job's ``pip`` reads it."""
        return json.dumps(dict(stdout=self.stdout, stderr=self.stderr, code=self.code, seconds=self.seconds)).encode()


def run(image: Image, arguments: list[str], files: dict[str, str], *, takes: float = 0.0) -> Answer:
    """One pip command in a container of ``image``; ``files`` holds the requirements files it names, ``takes`` is how
    many virtual seconds pass when something is installed.
    """
    values = {value for flag, value in itertools.pairwise(arguments) if flag in VALUED}
    words = [word for word in arguments if not word.startswith("-") and word not in values]
    if "--version" in arguments or "-V" in arguments:
        return Answer(image, (f"pip {VERSION}",))
    commands: dict[str, Callable[[], Answer]] = {
        "install": lambda: _install(image, words[1:], files, takes),
        "uninstall": lambda: _uninstall(image, words[1:]),
        "list": lambda: Answer(image, _table(image)),
        "freeze": lambda: Answer(image, tuple(f"{name}=={version}" for name, version in image.packages.items())),
        "check": lambda: Answer(image, ("No broken requirements found.",)),
    }
    if not words or words[0] not in commands:
        return Answer(image, (), (f'ERROR: unknown command "{words[0] if words else ""}"',), 1)
    return commands[words[0]]()


def _install(image: Image, words: list[str], files: dict[str, str], takes: float) -> Answer:
    wanted = [*words, *(line for text in files.values() for line in requirements(text))]
    if not wanted and not files:
        return Answer(
            image, (), ('ERROR: You must give at least one requirement to install (see "pip help install")',), 1
        )
    if not wanted:
        return Answer(image)
    try:
        grown, log = install(image, wanted)
    except BuildFailed as failure:
        errors = tuple(line for line in failure.log if line.startswith("ERROR"))
        return Answer(image, tuple(line for line in failure.log if line not in errors), errors, 1)
    return Answer(grown, log, seconds=takes if grown.packages != image.packages else 0.0)


def _uninstall(image: Image, words: list[str]) -> Answer:
    """The packages are gone, with nobody asked; those that are not there are passed over."""
    held = {normalise(name) for name in image.packages}
    missing = tuple(word for word in words if normalise(word) not in held)
    shrunk, log = remove(image, (word for word in words if word not in missing))
    return Answer(shrunk, log, tuple(f"WARNING: Skipping {word} as it is not installed." for word in missing))


def requirements(text: str) -> list[str]:
    """The requirements of a requirements file: comments and options left out."""
    lines = (line.split(" #")[0].strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith(("#", "-"))]


def _table(image: Image) -> tuple[str, ...]:
    rows = [("Package", "Version"), *image.packages.items()]
    wide, wider = (max(len(row[column]) for row in rows) for column in (0, 1))
    body = [f"{name:<{wide}} {version}" for name, version in rows]
    return (body[0], f"{'-' * wide} {'-' * wider}", *body[1:])
