"""What a machine runs, and what comes back: plain values between a cloud and a runner."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from twoclouds.world.images import Image

Stream = Literal["stdout", "stderr"]
Outcome = Literal["exited", "stopped", "over budget", "too much output"]
ServerOutcome = Literal["answered", "exited", "over budget", "too much output"]


@dataclass(frozen=True, kw_only=True)
class Container:
    """An image, a command and its files, as a vendor's container contract lays them out.

    Every path is absolute and as the script sees it (``/opt/ml/input/data/training/sensors.csv``).
    ``files`` maps a path to its content; ``directories`` are made empty. Of what the script leaves behind, only
    what lies under ``collect`` (directories or files) comes back. The parents of all these paths, ``workdir`` and the
    folders in which containers are used to write (/tmp, /root, /opt, /mnt, /srv, /data) are the only places the script
    may write to. ``environment`` is the whole environment of the command,
    apart from
    ``PATH``, ``HOME``, ``USER``, ``LANG`` and ``TZ``, which the runner sets unless they are given here. What the
    image brings (files, environment, folder, command) is there too, where the container says nothing else:
    :attr:`on_its_image`.
    ``started`` is the virtual time, in seconds since the epoch, at which the script's clock starts; ``processors`` is
    how many the script finds in its machine. ``streams`` maps a path to what can be read from its named pipes
    (``<path>_0``, ``<path>_1``, …: one for each time round, once each); ``neighbours`` are the names of other
    containers of the same job, which cannot be reached and say so. ``install_seconds`` pass on the script's clock when
    it runs a ``pip install`` that has something to install.
    """

    name: str
    image: Image
    command: tuple[str, ...]
    workdir: str
    started: float
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    directories: tuple[str, ...] = ()
    collect: tuple[str, ...] = ()
    processors: int = 4
    waiting: tuple[str, ...] = ()
    answers: tuple[tuple[str, str, str], ...] = ()
    streams: Mapping[str, Callable[[int], bytes]] = field(default_factory=dict)
    neighbours: tuple[str, ...] = ()
    install_seconds: float = 0.0

    @property
    def on_its_image(self) -> Container:
        """The container with all that its image brings; what it says itself comes first."""
        image = self.image.definition
        return replace(
            self,
            command=self.command or (*image.entrypoint, *image.command),
            workdir=self.workdir or image.workdir or "/",
            environment={**image.environment, **self.environment},
            files={**image.files, **self.files},
        )


@dataclass(frozen=True)
class Line:
    """One line a script printed, without its line end; ``at`` is how many virtual seconds it had slept by then."""

    at: float
    stream: Stream
    text: str


@dataclass(frozen=True, kw_only=True)
class JobRequest:
    """An HTTP request made inside a job. Header names are in lower case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, kw_only=True)
class JobResponse:
    """The answer to a :class:`JobRequest`."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """All a run left behind.

    ``outcome`` is ``exited`` (the command ended by itself; ``exit_code`` is a shell's: 143 after an unhandled SIGTERM),
    ``stopped`` (SIGTERM was raised in it at ``stop_after``; ``exit_code`` is what it then ended with), ``over
    budget`` (it was still running when the
    real seconds it may take were over) or ``too much output``; the last two have no exit code, and their last line
    says why.
    ``files`` holds what was found under ``Container.collect``; ``requests`` what went through ``send``, in order;
    ``slept`` the virtual seconds its clock moved.
    """

    lines: tuple[Line, ...]
    exit_code: int | None
    outcome: Outcome
    files: Mapping[str, bytes] = field(default_factory=dict)
    requests: tuple[JobRequest, ...] = ()
    slept: float = 0.0

    @property
    def text(self) -> str:
        """All lines of both streams, in the order in which they were printed."""
        return "".join(f"{line.text}\n" for line in self.lines)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a served container answered to one request, or what became of it instead.

    ``outcome`` is ``answered``; ``exited`` (its process ended before it had answered, or had ended already), ``over
    budget`` or ``too much output``: then it was ended, ``status`` is 0, and the server's last lines say why. ``slept``
    is how many virtual seconds the program's clock moved meanwhile.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    outcome: ServerOutcome = "answered"
    slept: float = 0.0
