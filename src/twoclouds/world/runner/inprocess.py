"""Runs containers in this process, for browsers, which have neither subprocesses nor threads: Python commands only."""

from __future__ import annotations

import atexit
import contextlib
import functools
import io
import itertools
import os
import shlex
import signal
import subprocess
import sys
import traceback
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from twoclouds.world.container import Container, JobRequest, JobResponse, Outcome, Stream, Transcript
from twoclouds.world.runner import Now, Send, Server, borrow, folder, pip, pip_child, pipes, seams
from twoclouds.world.runner.borrowed_packages import Carried, carried
from twoclouds.world.runner.channel import answer
from twoclouds.world.runner.job import processors
from twoclouds.world.runner.job.output import hide
from twoclouds.world.runner.job.paths import PathMap
from twoclouds.world.runner.job.paths import install as map_paths
from twoclouds.world.runner.transcribe import OVER, TOO_MUCH, Transcriber
from twoclouds.world.runner.venv import as_seen

PREFIX = "/opt/venv"


class InProcess:
    """A runner: no two of its runs overlap in a process, but one may be in another (of a script that asks a server)."""

    def __init__(self) -> None:
        self._servers: list[Any] = []

    def run(
        self, container: Container, *, send: Send, stop_after: int | None = None, budget: float = 20.0
    ) -> Transcript:
        """See :class:`twoclouds.world.runner.Runner`. A command is Python's or pip's, or ``bash -c`` with some of
        them and ``&&``.
        """
        container = container.on_its_image
        with borrow.ALONE, folder.scratch() as root:
            folder.lay_out(container, root)
            return Run(container, root, send, stop_after, budget).transcript()

    def serve(
        self, container: Container, *, send: Send, now: Now | None = None, port: int = 0, budget: float = 60.0
    ) -> Server:
        """See :class:`twoclouds.world.runner.Runner`. Nothing here can listen on a port."""
        from twoclouds.world.runner.inprocess_server import Served

        server = Served(container.on_its_image, send=send, now=now, port=port)
        server.start(budget)
        self._servers = [other for other in self._servers if other.alive]
        if server.alive:
            self._servers.append(server)
        return server

    def close(self) -> None:
        """See :class:`twoclouds.world.runner.Runner`."""
        for server in self._servers:
            server.close()
        self._servers.clear()


class TooMuch(BaseException):
    """More output than is kept."""


class Run:
    """One container in this process: its clock, its output so far, and this process lent to it."""

    def __init__(self, container: Container, root: Path, send: Send, stop_after: int | None, budget: float) -> None:
        self.container = container
        self.root = root
        self._send = send
        self._stop_after = stop_after
        self._budget = budget
        self.clock = borrow.Clock(container.started, container.waiting)
        self.signals = borrow.Signals()
        homes = tuple(str(home) for home in container.image.wheelhouse.homes)
        self.paths = PathMap(str(root), (*folder.writable(container), PREFIX), (sys.base_prefix, *homes))
        self.paths.appear = pipes.appearing(container.streams, root)
        self.text = Transcriber(shown=self._shown)
        self._requests: list[JobRequest] = []
        self._image = container.image
        self._outcome: Outcome = "exited"
        self._aside: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext
        self._remarks = dict(container.image.remarks)
        self._packages: Carried
        self._at_exit: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = []
        self.streams = self._stream("stdout"), self._stream("stderr")

    def _shown(self, text: str) -> str:
        for home in self.paths.machine[1:]:
            text = text.replace(home, f"{PREFIX}/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages")
        return as_seen(self.paths.shown(text), sys.base_prefix)

    def transcript(self) -> Transcript:
        code: int | None = 0
        try:
            with borrow.limited(self._budget, str(self.root)):
                code = self._commands()
        except borrow.OverBudget:
            code = None
            self._outcome = "over budget"
        except TooMuch:
            code = None
            self._outcome = "too much output"
        at = round(self.clock.slept, 6)
        self.text.close(at)
        if self._outcome == "over budget":
            self.text.say(OVER.format(self._budget), at)
        if self._outcome == "too much output":
            self.text.say(TOO_MUCH, at)
        return Transcript(
            lines=tuple(self.text.lines),
            exit_code=code,
            outcome=self._outcome,
            files=folder.collect(self.container, self.root, str(self.root)),
            requests=tuple(self._requests),
            slept=at,
        )

    def _commands(self) -> int:
        code = 0
        place = self.container.workdir
        environment = dict(folder.environment(self.container, f"{PREFIX}/bin:/usr/local/bin:/usr/bin:/bin"))
        for words in commands(self.container.command):
            if words[0] == "cd":
                place = os.path.normpath(os.path.join(place, words[1]))
                continue
            words = [os.path.expandvars(word) if "$" not in word else _expanded(word, environment) for word in words]
            code = self._command(words, place, environment)
            if code:
                break
        return code

    def _command(self, words: list[str], place: str, environment: dict[str, str]) -> int:
        words = self._program(words, environment["PATH"])
        name = os.path.basename(words[0])
        if name in ("pip", "pip3") or words[1:3] == ["-m", "pip"]:
            return self._pip(words[3:] if words[1:3] == ["-m", "pip"] else words[1:], place)
        if not name.startswith("python"):
            self._take("stderr", f"{words[0]}: command not found in a browser's runner, which runs Python only\n")
            return 127
        arguments = words[1:]
        while arguments and arguments[0] in ("-u", "-B", "-E"):
            arguments = arguments[1:]
        return self._python(arguments, place, environment)

    def _program(self, words: list[str], path: str) -> list[str]:
        """A command that is a Python script of the container's, as the interpreter is asked to run it."""
        places = [""] if "/" in words[0] else path.split(":")
        for place in places:
            name = os.path.join(place, words[0])
            if name.startswith("/") and (file := folder.inside(self.root, name)).is_file():
                first = file.read_bytes().split(b"\n", 1)[0]
                return ["python3", name, *words[1:]] if first.startswith(b"#!") and b"python" in first else words
        return words

    def _pip(self, arguments: list[str], place: str) -> int:
        files = {}
        for flag, path in itertools.pairwise(arguments):
            if flag in ("-r", "--requirement"):
                files[path] = folder.inside(self.root, os.path.join(place, path)).read_text()
        said = pip.run(self._image, arguments, files, takes=self.container.install_seconds)
        self._image = said.image
        self.clock.slept += said.seconds
        for stream, lines in (("stdout", said.stdout), ("stderr", said.stderr)):
            self._take("stdout" if stream == "stdout" else "stderr", "".join(f"{line}\n" for line in lines))
        return said.code

    def _pip_inside(self, arguments: list[str], place: str) -> int:
        """pip, asked by the script: what it installs can be imported from then on."""
        with self._aside():
            code = self._pip(arguments, self.paths.shown(place))
        self._packages.carry(self._image)
        return code

    def _python(self, arguments: list[str], place: str, environment: dict[str, str]) -> int:
        self._remarks = dict(self._image.remarks)
        self.streams = self._stream("stdout"), self._stream("stderr")
        with self.inside(place, environment):
            code = self.ended(lambda: self._script(arguments))
            for function, args, kwargs in reversed(self._at_exit):
                self.ended(functools.partial(function, *args, **kwargs))
            for stream in self.streams:
                with contextlib.suppress(ValueError):
                    stream.flush()
            return code

    @contextlib.contextmanager
    def inside(self, place: str, environment: dict[str, str]) -> Iterator[None]:
        """This process is the container's, for as long as its Python has to run."""
        self._at_exit = []

        def register(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
            self._at_exit.append((function, args, kwargs))
            return function

        callers = dict(os.environ), os.getcwd(), (sys.stdout, sys.stderr)
        with contextlib.ExitStack() as stack:
            stack.enter_context(borrow.state(folder=str(folder.inside(self.root, place)), environment=environment))
            packages = stack.enter_context(carried(self._image, root=self.root, remarks=self._remarks))
            self._packages = packages
            stack.enter_context(seams.diverted(self._answer, self.clock.here, self.container.neighbours))
            stack.enter_context(self.clock.running())
            stack.enter_context(
                borrow.patched(
                    (signal, "signal", self.signals.set),
                    (signal, "getsignal", self.signals.get),
                    (signal, "raise_signal", self.signals.send),
                    (atexit, "register", register),
                    (os, "kill", self._kill),
                    *((os, name, answer) for name, answer in processors.readings(self.container.processors)),
                    (sys, "prefix", PREFIX),
                    (sys, "exec_prefix", PREFIX),
                    (subprocess.Popen, "__init__", pip_child.only(self._pip_inside)),
                )
            )
            stack.callback(map_paths(self.paths, self.clock.here))
            self._aside = lambda: _all(packages.aside, self.clock.aside, lambda: borrow.callers(*callers))
            sys.stdin, (sys.stdout, sys.stderr) = io.StringIO(), self.streams
            sys.dont_write_bytecode = True
            sys.executable = f"{PREFIX}/bin/python3"
            yield

    def _script(self, arguments: list[str]) -> None:
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        if not arguments:
            return
        if arguments[0] == "-c":
            sys.argv = ["-c", *arguments[2:]]
            sys.path.insert(0, "")
            exec(compile(arguments[1], "<string>", "exec"), module.__dict__)
        elif arguments[0] == "-m":
            import runpy

            sys.argv = [arguments[1], *arguments[2:]]
            sys.path.insert(0, str(self.paths.real(os.getcwd())))
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = list(arguments)
            real = str(self.paths.real(arguments[0]))
            if not os.path.isfile(real):
                shown = os.path.join(self.paths.shown(os.getcwd()), arguments[0])
                sys.stderr.write(
                    f"{PREFIX}/bin/python3: can't open file '{shown}': [Errno 2] No such file or directory\n"
                )
                raise SystemExit(2)
            sys.path.insert(0, os.path.dirname(os.path.realpath(real)))
            module.__dict__.update(__file__=real, __cached__=None)
            exec(compile(Path(real).read_bytes(), real, "exec"), module.__dict__)

    def ended(self, work: Callable[[], None]) -> int:
        """Run a part of the script, and report how it ended as the interpreter does: the exit code."""
        try:
            work()
        except SystemExit as end:
            if end.code is None or isinstance(end.code, int):
                return (end.code or 0) & 0xFF
            sys.stderr.write(f"{end.code}\n")
            return 1
        except borrow.Killed as killed:
            return killed.code
        except (borrow.OverBudget, TooMuch):
            raise
        except BaseException as error:
            hide(error, set(), OURS)
            with contextlib.suppress(borrow.Killed):
                sys.stderr.write("".join(traceback.format_exception(error)))
            return 1
        return 0

    def _kill(self, process: int, number: int) -> None:
        if process != os.getpid():
            raise ProcessLookupError(3, "No such process")
        self.signals.send(number)

    def _answer(self, request: JobRequest) -> JobResponse:
        self._requests.append(request)
        with self._aside():
            return answer(self._send, request)

    def _stream(self, name: Stream) -> io.TextIOWrapper:
        raw = _Raw(lambda data: self._taken(name, data))
        raw.name = f"<{name}>"
        stream = _Text(
            raw, encoding="utf-8", errors="backslashreplace" if name == "stderr" else "strict", write_through=True
        )
        stream.ended = self._line_ended
        return stream

    def _take(self, stream: Stream, text: str) -> None:
        self._taken(stream, text.encode())

    def _taken(self, stream: Stream, data: bytes) -> None:
        self.text.take(stream, data, round(self.clock.slept, 6))
        if self.text.full:
            raise TooMuch

    def _line_ended(self) -> None:
        if self._stop_after is not None and self._outcome == "exited" and len(self.text.lines) >= self._stop_after:
            self._outcome = "stopped"
            self.signals.send(signal.SIGTERM)


class _Raw(io.RawIOBase):
    """Bytes on their way to the transcript."""

    name: str
    mode = "w"

    def __init__(self, take: Callable[[bytes], None]) -> None:
        super().__init__()
        self._take = take

    def writable(self) -> bool:
        """See :class:`io.RawIOBase`."""
        return True

    def write(self, data: Any, /) -> int:
        """See :class:`io.RawIOBase`."""
        content = bytes(data)
        self._take(content)
        return len(content)


class _Text(io.TextIOWrapper):
    """A text stream whose line ends are where a stop can fall."""

    ended: Callable[[], None]

    def write(self, text: str, /) -> int:
        """See :class:`io.TextIOWrapper`."""
        count = super().write(text)
        if "\n" in text:
            self.ended()
        return count


OURS = os.path.dirname(__file__)


@contextlib.contextmanager
def _all(*managers: Callable[[], contextlib.AbstractContextManager[None]]) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for manager in managers:
            stack.enter_context(manager())
        yield


def commands(command: tuple[str, ...]) -> list[list[str]]:
    """The simple commands of a container's command: one, or those of ``bash -c "a && b"``."""
    if os.path.basename(command[0]) not in ("bash", "sh") or len(command) < 3:
        return [list(command)]
    lexer = shlex.shlex(command[2].replace("\\\n", " "), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    found: list[list[str]] = [[]]
    for word in lexer:
        if word in ("&&", ";"):
            found.append([])
        else:
            found[-1].append(word)
    return [words for words in found if words]


def _expanded(word: str, environment: dict[str, str]) -> str:
    for name in sorted(environment, key=len, reverse=True):
        word = word.replace(f"${{{name}}}", environment[name]).replace(f"${name}", environment[name])
    return word
