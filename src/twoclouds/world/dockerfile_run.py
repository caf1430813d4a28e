"""RUN, as far as a build in this lab goes: packages by pip, folders, and what changes nothing that a program sees."""

from __future__ import annotations

import itertools
import posixpath
import re
import shlex
from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from twoclouds.world import conda
from twoclouds.world.images import BuildFailed, ImageDefinition
from twoclouds.world.runner.pip import VALUED, requirements
from twoclouds.world.wheelhouse import normalise

AT_HAND = re.compile(
    "apt-(transport-https|utils)|build-essential|ca-certificates|cmake|g[+][+]|gcc|gfortran|libc6-dev|libgomp1|locales|"
    "libpq-dev|make|pkg-config|python-is-python3|python3(-(dev|distutils|pip|setuptools|venv|wheel))?|"
    "software-properties-common"
)
"""System packages that a build needs only for Python and its packages, which are here without them."""

HARMLESS = ("chmod", "chown", "echo", "export", "ldconfig", "set", "touch", "true", "update-alternatives")
"""Commands whose effect no program here sees: a script is executable by its first line, and there is one Python."""


class Refused(Exception):
    """An instruction that this build cannot honour, or that fails; the text is its last line."""


@dataclass
class Layer:
    """An image being built."""

    base: str
    packages: list[str]
    absent: list[str]
    files: dict[str, bytes]
    environment: dict[str, str]
    workdir: str
    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    folders: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    """What the build says of steps that it passes over."""

    @classmethod
    def on(cls, image: ImageDefinition, name: str) -> Layer:
        """The layer that FROM begins with."""
        return cls(
            name,
            list(image.packages),
            list(image.absent),
            dict(image.files),
            dict(image.environment),
            image.workdir,
            image.entrypoint,
            image.command,
        )

    def definition(self, origin: str) -> ImageDefinition:
        """The image as it now is."""
        return ImageDefinition(
            base=self.base,
            packages=tuple(self.packages),
            absent=tuple(self.absent),
            origin=origin,
            files=self.files,
            environment=self.environment,
            workdir=self.workdir,
            entrypoint=self.entrypoint,
            command=self.command,
        )

    def absolute(self, path: str) -> str:
        """A path as it stands from the working directory."""
        return posixpath.normpath(posixpath.join(self.workdir or "/", path))

    def has_folder(self, path: str) -> bool:
        """Whether a path is a folder in the image so far."""
        below = path.rstrip("/") + "/"
        return path in (self.workdir, "/") or path in self.folders or any(name.startswith(below) for name in self.files)

    def install(self, wanted: list[str], elsewhere: Container[str]) -> None:
        """Add packages; one that is there already is replaced. Those that are `elsewhere` only are noted as absent."""
        for text in wanted:
            name = _project(text)
            self.packages = [held for held in self.packages if _project(held) != name]
            if name in elsewhere:
                self.absent.append(name)
            else:
                self.packages.append(text)


def run(layer: Layer, text: str, arguments: Mapping[str, str], elsewhere: Container[str]) -> None:
    """Carry out the commands of one RUN. Raises Refused."""
    place = layer.workdir
    try:
        for words in _commands(text, {**arguments, **layer.environment}):
            if words[0] == "cd":
                layer.workdir = layer.absolute(words[1] if len(words) > 1 else "/root")
            else:
                _command(layer, words, elsewhere)
    finally:
        layer.workdir = place


def _command(layer: Layer, words: list[str], elsewhere: Container[str]) -> None:
    program = posixpath.basename(words[0])
    if program == "sudo":
        return _command(layer, words[1:], elsewhere)
    if re.fullmatch(r"python[\d.]*", program) and words[1:3] == ["-m", "pip"]:
        words = ["pip", *words[3:]]
    if re.fullmatch(r"pip[\d.]*", posixpath.basename(words[0])):
        _pip(layer, words[1:], elsewhere)
    elif program in ("apt-get", "apt"):
        _apt(layer, words[1:])
    elif program in ("conda", "mamba"):
        _conda(layer, words[1:], elsewhere)
    elif program == "mkdir":
        layer.folders |= {layer.absolute(word) for word in words[1:] if not word.startswith("-")}
    elif program == "rm":
        gone = [layer.absolute(word) for word in words[1:] if not word.startswith("-")]
        layer.files = {p: d for p, d in layer.files.items() if not any(p == g or p.startswith(f"{g}/") for g in gone)}
    elif program == "ln" and re.search(r"/(python|pip)[\d.]*$", words[-1]):
        return None  # there is one Python, under all its names
    elif program not in HARMLESS:
        raise Refused(f"Two Clouds: RUN {' '.join(words)}: this lab's builds install packages; they run no {program}.")
    return None


def _pip(layer: Layer, arguments: list[str], elsewhere: Container[str]) -> None:
    plain = [word for word in arguments if not word.startswith("-")]
    if not plain or plain[0] != "install":
        return
    values, wanted = set(), []
    for flag, value in itertools.pairwise(arguments):
        if flag in VALUED:
            values.add(value)
        if flag in ("-r", "--requirement"):
            content = layer.files.get(layer.absolute(value))
            if content is None:
                raise Refused(
                    f"ERROR: Could not open requirements file: [Errno 2] No such file or directory: '{value}'"
                )
            wanted += requirements(content.decode())
    wanted += [word for word in plain[1:] if word not in values]
    for text in wanted:
        if text.startswith((".", "/")) or "://" in text:
            raise Refused(f"Two Clouds: pip install {text}: this lab installs packages by name, from what is at hand.")
    tools = ("pip", "setuptools", "wheel")
    layer.install([text for text in wanted if _project(text) not in tools], elsewhere)


def _conda(layer: Layer, words: list[str], elsewhere: Container[str]) -> None:
    """Packages go into the one environment there is, whatever conda's is called."""
    if words[:1] == ["run"]:
        inside = list(itertools.dropwhile(lambda word: word.startswith("-"), _without_values(words[1:])))
        return _command(layer, inside, elsewhere) if inside else None
    try:
        layer.install(list(conda.command(words, lambda path: _text(layer, path))), elsewhere)
    except conda.NotACondaFile as error:
        raise Refused(f"Two Clouds: conda {' '.join(words)}: {error}") from None
    except BuildFailed as failed:
        raise Refused("\n".join(failed.log)) from None
    return None


def _without_values(words: list[str]) -> list[str]:
    """Words without conda's options that take a value, and these."""
    values = iter(words)
    return [word for word in values if word not in conda.NAMED or next(values, "") is None]


def _text(layer: Layer, path: str) -> str:
    content = layer.files.get(layer.absolute(path))
    if content is None:
        raise Refused(f"EnvironmentFileNotFound: '{layer.absolute(path)}' file not found")
    return content.decode("utf-8", "replace")


def _apt(layer: Layer, arguments: list[str]) -> None:
    plain = [word for word in arguments if not word.startswith("-")]
    wanted = plain[1:] if plain and plain[0] == "install" else []
    missing = [name for name in wanted if not AT_HAND.fullmatch(name.split("=")[0])]
    if missing:
        raise Refused(f"Two Clouds: apt-get install {' '.join(missing)}: this lab has no such system package.")
    if wanted:
        layer.notes.append(f"Two Clouds: {' '.join(wanted)}: taken from your own machine; nothing is installed by apt.")


def _commands(text: str, environment: Mapping[str, str]) -> list[list[str]]:
    """The simple commands of a shell line, joined by && or ;."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split = True
    found: list[list[str]] = [[]]
    try:
        for word in lexer:
            if word in ("&&", ";"):
                found.append([])
            elif set(word) <= set("();<>|&"):
                raise Refused(f"Two Clouds: RUN with {word}: this lab's builds take plain commands, joined by && or ;")
            else:
                found[-1].append(_filled(word, environment))
    except ValueError as error:
        raise Refused(f"/bin/sh: syntax error: {error}") from None
    return [words for words in found if words]


def _filled(word: str, environment: Mapping[str, str]) -> str:
    return re.sub(r"\$\{?(\w+)\}?", lambda match: environment.get(match[1], ""), word)


def _project(text: str) -> str:
    return normalise(re.split(r"[\s=<>!~\[;@]", text.strip(), maxsplit=1)[0])
