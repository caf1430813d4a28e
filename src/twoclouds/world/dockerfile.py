"""A folder with a Dockerfile, as the definition of an image.

The instructions are those of Docker's "Dockerfile reference". There is no Docker here: what an image is made of is
known without it (packages, files, environment, what it starts), and what this lab cannot honour fails the build with
a line that says so.
"""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch

from twoclouds.world.dockerfile_run import Layer, Refused, run
from twoclouds.world.images import BuildFailed, ImageDefinition
from twoclouds.world.runner.folder import SYSTEM

Base = Callable[[str], ImageDefinition | None]
"""From the name of an image, as FROM has it, to what it holds; None for one that is not known."""

WITHOUT_EFFECT = ("EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "STOPSIGNAL", "VOLUME")
PLAIN = re.compile(r"(docker\.io/|public\.ecr\.aws/docker/)?(library/)?(python|ubuntu|debian)([:@].+)?")
"""Public images that bring an operating system and Python at most."""


@dataclass(frozen=True, kw_only=True)
class Built:
    """What a Dockerfile comes to, and the lines of its build up to where the packages are looked for."""

    definition: ImageDefinition
    log: tuple[str, ...]


def read(
    folder: Mapping[str, bytes],
    *,
    name: str,
    base: Base = lambda image: None,
    dockerfile: str = "Dockerfile",
    arguments: Mapping[str, str] | None = None,
    absent: Container[str] = (),
) -> Built:
    """Read a build context: `folder` maps the paths in it to their content.

    `base` tells what the images of FROM hold; plain Python and operating systems are known here. `absent` are packages
    that exist on the real index and not in this lab: an image may ask for them, a program that imports one is told so.
    Raises :class:`BuildFailed`, its log ending at the line that could not be honoured.
    """
    if dockerfile not in folder:
        raise BuildFailed((f"unable to prepare context: unable to evaluate symlinks in Dockerfile path: {dockerfile}",))
    build = _Build({_clean(path): data for path, data in folder.items()}, base, dict(arguments or {}), absent)
    steps = instructions(folder[dockerfile].decode("utf-8", "replace"))
    for number, (word, rest) in enumerate(steps, 1):
        build.log.append(f"Step {number}/{len(steps)} : {word} {rest}")
        try:
            build.step(word, rest)
        except Refused as refused:
            raise BuildFailed((*build.log, str(refused))) from None
    if build.layer is None:
        raise BuildFailed(("Error response from daemon: the Dockerfile cannot be empty",))
    return Built(definition=build.layer.definition(name), log=tuple(build.log))


def instructions(text: str) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile: (INSTRUCTION, the rest of its line), continued lines joined."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    found = re.sub(r"\\[ \t]*\n", " ", "\n".join(lines)).splitlines()
    words = [line.strip().partition(" ") for line in found if line.strip()]
    return [(word.upper(), " ".join(rest.split())) for word, _, rest in words]


@dataclass
class _Build:
    """A build at some step: `layer` is the image so far."""

    context: dict[str, bytes]
    base: Base
    given: dict[str, str]
    absent: Container[str]
    log: list[str] = field(default_factory=list)
    layer: Layer | None = None
    arguments: dict[str, str] = field(default_factory=dict)

    def step(self, word: str, rest: str) -> None:
        """Carry out one instruction. Raises Refused."""
        if word == "ARG":
            name, _, value = rest.partition("=")
            self.arguments[name] = self.given.get(name, _unquoted(self._expanded(value)))
            return
        if word == "FROM":
            self._from(self._expanded(rest).split())
            return
        if self.layer is None:
            raise Refused(f"no build stage in current context: {word} before FROM")
        known: dict[str, Callable[[Layer, str], None]] = {
            "ADD": self._copy,
            "CMD": self._cmd,
            "COPY": self._copy,
            "ENTRYPOINT": self._entrypoint,
            "ENV": self._env,
            "RUN": self._run,
            "SHELL": self._shell,
            "USER": self._user,
            "WORKDIR": self._workdir,
        }
        if word in known:
            known[word](self.layer, rest)
        elif word not in WITHOUT_EFFECT:
            raise Refused(f"dockerfile parse error: unknown instruction: {word}")

    def _from(self, words: list[str]) -> None:
        words = [word for word in words if not word.startswith("--platform")]
        if self.layer is not None:
            raise Refused("Two Clouds: a second FROM: this lab builds images in one stage.")
        image = words[0] if words else ""
        found = self.base(image)
        if found is None and (PLAIN.fullmatch(image) or image == "scratch"):
            found = ImageDefinition(base=image)
        if found is None:
            raise Refused(f"Two Clouds: FROM {image}: this lab does not know what that image holds.")
        self.layer = Layer.on(found, image)

    def _copy(self, layer: Layer, rest: str) -> None:
        words = _words(rest)
        flags = [word for word in words if word.startswith("--")]
        *sources, target = [self._expanded(word) for word in words if word not in flags]
        if any(flag.startswith("--from") for flag in flags):
            raise Refused("Two Clouds: COPY --from: this lab builds images in one stage.")
        files: dict[str, bytes] = {}
        for source in sources:
            if "://" in source or source.startswith("git@"):
                raise Refused(f"Two Clouds: ADD {source}: nothing is downloaded here.")
            files |= self._placed(source, layer.absolute(target), target.endswith("/") or target == ".", len(sources))
        for path in files:
            if path.startswith(tuple(f"{top}/" for top in SYSTEM)):
                raise Refused(f"Two Clouds: COPY to {path}: /{path.split('/')[1]} is the machine's own in this lab.")
        layer.files.update(files)

    def _placed(self, source: str, target: str, folder: bool, sources: int) -> dict[str, bytes]:
        """The files that one source of COPY stands for, where they go: a folder's content, files by name."""
        source = _clean(source)
        below = {p: d for p, d in self.context.items() if not source or p.startswith(f"{source}/")}
        if below:
            return {posixpath.join(target, p[len(source) + 1 if source else 0 :]): d for p, d in below.items()}
        found = {p: d for p, d in self.context.items() if fnmatch(p, source) and p.count("/") == source.count("/")}
        if not found:
            raise Refused(f"COPY failed: file not found in build context or excluded by .dockerignore: stat {source}")
        assert self.layer is not None
        if folder or sources > 1 or len(found) > 1 or self.layer.has_folder(target):
            return {posixpath.join(target, posixpath.basename(p)): d for p, d in found.items()}
        return dict(zip([target], found.values(), strict=True))

    def _env(self, layer: Layer, rest: str) -> None:
        pairs = [word.partition("=") for word in _words(rest)]
        if not pairs[0][1]:
            name, _, value = rest.partition(" ")
            pairs = [(name, "=", _unquoted(value))]
        for name, _, value in pairs:
            layer.environment[name] = self._expanded(value)

    def _workdir(self, layer: Layer, rest: str) -> None:
        layer.workdir = layer.absolute(self._expanded(_unquoted(rest)))

    def _entrypoint(self, layer: Layer, rest: str) -> None:
        layer.entrypoint, layer.command = _exec(rest), ()

    def _cmd(self, layer: Layer, rest: str) -> None:
        layer.command = _exec(rest)

    def _run(self, layer: Layer, rest: str) -> None:
        run(layer, " ".join(_exec(rest)) if rest.startswith("[") else rest, self.arguments, self.absent)
        self.log += layer.notes
        layer.notes.clear()

    def _shell(self, layer: Layer, rest: str) -> None:
        if not re.search(r'"(/bin/)?(ba)?sh"', rest):
            raise Refused(f"Two Clouds: SHELL {rest}: only sh and bash are here.")

    def _user(self, layer: Layer, rest: str) -> None:
        if rest.split(":")[0] not in ("root", "0"):
            self.log.append(f"Two Clouds: containers here run as root, not as {rest}.")

    def _expanded(self, text: str) -> str:
        known = {**self.arguments, **(self.layer.environment if self.layer else {})}

        def value(match: re.Match[str]) -> str:
            name = match["braced"] or match["plain"]
            if name == "PATH" and "PATH" not in known:
                return "${PATH}"
            return known.get(name) or match["default"] or ""

        return re.sub(r"\$(?:\{(?P<braced>\w+)(?::-(?P<default>[^}]*))?\}|(?P<plain>\w+))", value, text)


def _exec(text: str) -> tuple[str, ...]:
    """The words of ENTRYPOINT or CMD: a JSON list, or a line for the shell."""
    try:
        words = json.loads(text)
    except ValueError:
        words = None
    return tuple(map(str, words)) if isinstance(words, list) else ("/bin/sh", "-c", text)


def _words(text: str) -> list[str]:
    if text.startswith("["):
        return list(_exec(text))
    try:
        return shlex.split(text)
    except ValueError as error:
        raise Refused(f"dockerfile parse error: {error}") from None


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _clean(path: str) -> str:
    clean = posixpath.normpath(path.replace("\\", "/")).lstrip("/")
    return "" if clean == "." else clean
