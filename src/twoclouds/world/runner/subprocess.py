"""Runs containers as subprocesses: on Linux in a root of their own, elsewhere under a map of paths."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from twoclouds.world.container import Container, JobRequest, JobResponse, Outcome, Transcript
from twoclouds.world.images import Image
from twoclouds.world.runner import Now, Send, Server, folder, pip, venv
from twoclouds.world.runner.channel import Channel
from twoclouds.world.runner.job.clock import Shared
from twoclouds.world.runner.job.paths import PathMap
from twoclouds.world.runner.pipes import Pipes
from twoclouds.world.runner.serving import Served, Servers, program
from twoclouds.world.runner.transcribe import OVER, TOO_MUCH, Transcriber

GRACE = 2.0
"""Real seconds a script has to end after SIGTERM."""
HERE = Path(__file__).parent
PREFIX = "/opt/venv"
MISSING = 'echo "$0: No such file or directory" >&2; exit 127'
LAB = "/run/lab"
PASSWD = "root:x:0:0:root:/root:/bin/bash\n"


class Subprocess:
    """A runner. ``namespace``: whether to give each job a root of its own; by default where this machine can."""

    def __init__(self, *, namespace: bool | None = None) -> None:
        self._namespace = namespace
        self._servers = Servers()

    def run(
        self, container: Container, *, send: Send, stop_after: int | None = None, budget: float = 20.0
    ) -> Transcript:
        """See :class:`twoclouds.world.runner.Runner`."""
        with folder.scratch() as place:
            job = Job(container.on_its_image, place, mode=self._mode(), stop=stop_after is not None, send=send)
            return job.run(stop_after, budget)

    def serve(
        self, container: Container, *, send: Send, now: Now | None = None, port: int = 0, budget: float = 60.0
    ) -> Server:
        """See :class:`twoclouds.world.runner.Runner`."""
        mode, container = self._mode(), container.on_its_image
        words = (f":{port}", *container.command) if port else program(container)
        hosted = replace(container, command=(f"{PREFIX}/bin/{venv.HOSTED}", *words))

        def job(place: Path) -> Job:
            return Job(hosted, place, mode=mode, stop=False, send=send)

        server = Served(job, self._servers, now=now, started=container.started, port=0 if mode else port)
        server.start(budget)
        return server

    def close(self) -> None:
        """See :class:`twoclouds.world.runner.Runner`."""
        self._servers.close()

    def _mode(self) -> str:
        return possible() if self._namespace is None or self._namespace else ""


class Job:
    """One run: its folder, its process, its transcript so far."""

    def __init__(self, container: Container, scratch: Path, *, mode: str, stop: bool, send: Send) -> None:
        self._container = container
        self._scratch = scratch
        self._mode = mode
        self._send = send
        self._image: Image = container.image
        self.root = scratch / "root"
        self.lab = scratch / "lab"
        self.prefix = PREFIX if mode else f"{self.root}{PREFIX}"
        homes = container.image.wheelhouse.homes
        self._sources = {home: f"/opt/wheels/{n}" if mode else str(home) for n, home in enumerate(homes)}
        machine = (_base().prefix, str(self.lab), *(str(home) for home in homes))
        self._paths = PathMap(str(self.root), (*folder.writable(container), PREFIX), machine)
        self.text = Transcriber(shown=self._seen if mode else self._shown)
        self._prepare(stop)

    def _prepare(self, stop: bool) -> None:
        self.root.mkdir()
        self.lab.mkdir()
        folder.lay_out(self._container, self.root)
        if self._mode:
            self._lay_out_system()
        (self.lab / "twoclouds_job").mkdir() if self._mode else (self.lab / "twoclouds_job").symlink_to(HERE / "job")
        os.mkfifo(self.lab / "output")
        (self.lab / "clock").write_bytes(bytes(Shared.SIZE))
        extension = _clock_extension()
        settings = dict(
            started=self._container.started,
            stop=stop,
            clock=(f"{LAB}/clock.so" if self._mode else extension) if extension else "",
            absent=self._container.image.definition.absent,
            pinned=dict(self._container.image.definition.pinned),
            substituted=self._container.image.remarks,
            processors=self._container.processors,
            waiting=self._container.waiting,
            answers=self._container.answers,
            root="" if self._mode else str(self.root),
            tops=self._paths.tops,
            machine=self._paths.machine,
            neighbours=self._container.neighbours,
        )
        (self.lab / "settings.json").write_text(json.dumps(settings))
        base = _base()
        venv.lay_out(
            self._container.image,
            at=self.root / PREFIX[1:],
            prefix=self.prefix,
            lab=LAB if self._mode else str(self.lab),
            python=f"{base.seen}/bin/{base.name}" if self._mode else f"{base.prefix}/bin/{base.name}",
            home=f"{base.seen if self._mode else base.prefix}/bin",
            sources=self._sources,
        )

    def start(self) -> None:
        """Begin: ``process`` runs, ``queue`` is where its output arrives, ``shared`` its clock, ``text`` its lines."""
        self.channel = Channel(str(self.lab / "channel"), self._answer)
        self._pipes = Pipes(self._container.streams, self.root)
        self.queue = os.open(self.lab / "output", os.O_RDONLY | os.O_NONBLOCK)
        self.shared = Shared(str(self.lab / "clock"))
        writer = os.open(self.lab / "output", os.O_WRONLY)
        try:
            self.process = self._start(writer)
        finally:
            os.close(writer)

    def end(self) -> None:
        """Whatever it is doing, it ends."""
        _kill(self.process)
        os.close(self.queue)
        self.channel.close()
        self._pipes.close()

    def run(self, stop_after: int | None, budget: float) -> Transcript:
        """From its start to its end."""
        self.start()
        try:
            outcome = self._follow(self.process, self.queue, self.shared, stop_after, time.monotonic() + budget)
        finally:
            self.end()
        process, channel = self.process, self.channel
        at = round(self.shared.slept, 6)
        self.text.close(at)
        if outcome == "over budget":
            self.text.say(OVER.format(budget), at)
        if outcome == "too much output":
            self.text.say(TOO_MUCH, at)
        code = process.returncode
        return Transcript(
            lines=tuple(self.text.lines),
            exit_code=(128 - code if code < 0 else code) if outcome in ("exited", "stopped") else None,
            outcome=outcome,
            files=folder.collect(self._container, self.root, "" if self._mode else str(self.root)),
            requests=tuple(channel.requests),
            slept=at,
        )

    def _start(self, output: int) -> subprocess.Popen[bytes]:
        path = f"{self.prefix}/bin:/usr/local/bin:/usr/bin:/bin"
        environment = dict(folder.environment(self._container, path))
        if not self._mode:
            return self._start_mapped(output, environment)
        plan = dict(
            root=str(self.root),
            binds=self._binds(),
            command=self._container.command,
            workdir=self._container.workdir,
            environment=environment,
            hostname=environment.get("HOSTNAME", "container"),
            user=self._mode == "user",
        )
        (self._scratch / "plan.json").write_text(json.dumps(plan))
        base = _base()
        return subprocess.Popen(
            [
                f"{base.prefix}/bin/{base.name}",
                "-I",
                "-S",
                str(HERE / "namespace.py"),
                str(self._scratch / "plan.json"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={},
            start_new_session=True,
        )

    def _start_mapped(self, output: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start the command itself, with real paths in it, in its environment and in the shell scripts it was given."""
        for name, content in self._container.files.items():
            if name.endswith(".sh") or content.startswith((b"#!/bin/bash", b"#!/bin/sh", b"#!/usr/bin/env bash")):
                path = folder.inside(self.root, name)
                path.write_text(self._paths.rewritten(content.decode()))
        command = [self._paths.rewritten(word) for word in self._container.command]
        found = shutil.which(command[0], path=self._paths.rewritten(environment["PATH"]))
        return subprocess.Popen(
            [found, *command[1:]] if found else ["/bin/sh", "-c", MISSING, command[0]],
            cwd=folder.inside(self.root, self._container.workdir),
            env={name: self._paths.rewritten(value) for name, value in environment.items()},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    def _shown(self, text: str) -> str:
        """A line as the container would print it: no path of this machine."""
        for home in self._sources:
            text = text.replace(str(home), f"{PREFIX}/{venv.PACKAGES}")
        return venv.as_seen(self._paths.shown(text), _base().prefix)

    def _seen(self, text: str) -> str:
        """A line of a container that has a root of its own."""
        return venv.as_seen(text, _base().seen)

    def _lay_out_system(self) -> None:
        """The files of a system that programs look up themselves in: its user, its own name."""
        host = self._container.environment.get("HOSTNAME", "container")
        for name, text in (("passwd", PASSWD), ("group", "root:x:0:\n"), ("hosts", f"127.0.0.1 localhost {host}\n")):
            path = self.root / "etc" / name
            path.parent.mkdir(exist_ok=True)
            if not path.exists():
                path.write_text(text)

    def _binds(self) -> list[tuple[str, str, str]]:
        base = _base()
        rows = [(f"{self.root}{name}", name, "rw") for name in folder.writable(self._container)]
        rows += [
            (name, name, "ro")
            for name in ("/usr", "/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/ssl/certs")
            if os.path.exists(name)
        ]
        for name in ("/bin", "/sbin", "/lib", "/lib64"):
            if os.path.islink(name):
                if not (self.root / name[1:]).is_symlink():
                    (self.root / name[1:]).symlink_to(os.readlink(name))
            elif os.path.exists(name):
                rows.append((name, name, "ro"))
        if base.seen != base.prefix:
            rows += [(base.prefix, base.seen, "ro"), (f"{base.prefix}/lib", f"{base.prefix}/lib", "ro")]
        empty = self._scratch / "empty"
        empty.mkdir()
        rows += [
            (str(empty), f"{where}/{venv.PACKAGES}", "ro")
            for where in {base.seen, base.prefix}
            if os.path.isdir(f"{base.prefix}/{venv.PACKAGES}")
        ]
        rows += [(str(home), seen, "ro") for home, seen in self._sources.items()]
        rows += [(str(self.lab), LAB, "rw"), (str(HERE / "job"), f"{LAB}/twoclouds_job", "ro")]
        if extension := _clock_extension():
            rows.append((extension, f"{LAB}/clock.so", "ro"))
        return rows

    def _follow(
        self, process: subprocess.Popen[bytes], queue: int, shared: Shared, stop_after: int | None, deadline: float
    ) -> Outcome:
        """Read until the process is gone or has to go."""
        outcome: Outcome = "exited"
        asked = 0.0
        with selectors.DefaultSelector() as selector:
            selector.register(queue, selectors.EVENT_READ)
            while True:
                now = time.monotonic()
                if now > deadline:
                    return "over budget"
                if asked and now > asked + GRACE:
                    return outcome
                ended = process.poll() is not None
                ready = selector.select(0 if ended else min(0.05, deadline - now))
                if ready:
                    at = round(shared.slept, 6)
                    shared.reading = 1
                    data = os.read(queue, 1 << 16)
                    if not data:
                        process.wait(timeout=max(0.1, deadline - now)) if not ended else None
                        return outcome
                    self.text.feed(data, at)
                    if stop_after is not None and outcome == "exited" and len(self.text.lines) >= stop_after:
                        outcome, asked = "stopped", now
                        shared.stop = 1
                    shared.reading = 0
                    if self.text.full:
                        return "too much output"
                elif ended:
                    return outcome
                if asked and shared.stop == 1 and now > asked + 0.3:
                    shared.stop = 2
                    process.send_signal(signal.SIGTERM)

    def _answer(self, request: JobRequest) -> JobResponse:
        if request.url.partition("//")[2].startswith(pip.HOST):
            asked = json.loads(request.body)
            answer = pip.run(self._image, asked["arguments"], asked["files"], takes=self._container.install_seconds)
            place = self.root / PREFIX[1:] / venv.PACKAGES
            venv.relink(answer.image, place, self._sources, before=self._image)
            self._image = answer.image
            return JobResponse(status=200, body=answer.json())
        return self._send(request)


class _Base:
    """The interpreter that this environment was made from, and where a job sees it."""

    def __init__(self) -> None:
        executable = os.path.realpath(sys.executable)
        self.prefix = os.path.realpath(sys.base_prefix)
        self.name = os.path.basename(executable)
        self.seen = self.prefix if self.prefix == "/usr" else "/usr/local"


@functools.cache
def _base() -> _Base:
    return _Base()


@functools.cache
def _clock_extension() -> str:
    """The file of time-machine's compiled part; empty where it is not installed."""
    spec = importlib.util.find_spec("_time_machine")
    return spec.origin or "" if spec else ""


@functools.cache
def possible() -> str:
    """How this process may have namespaces: as "root", through a "user" namespace, or not (empty). Tried once, with a
    real run.
    """
    if sys.platform != "linux":
        return ""
    for mode in ("root", "user") if os.getuid() == 0 else ("user",):
        image_less = Container(name="probe", image=_no_image(), command=("/bin/true",), workdir="/tmp", started=0.0)
        with folder.scratch() as scratch:
            try:
                probe = Job(image_less, scratch, mode=mode, stop=False, send=_nobody)
                if probe.run(None, 5.0).exit_code == 0:
                    return mode
            except OSError:
                continue
    return ""


def _no_image() -> Image:
    from twoclouds.world.images import ImageDefinition

    return Image(key="", definition=ImageDefinition(base=""), packages={})


def _nobody(request: JobRequest) -> JobResponse:
    raise ConnectionError(request.url)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
