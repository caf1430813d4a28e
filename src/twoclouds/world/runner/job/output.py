"""A job's standard streams: one queue for both, so that their order is the script's; a line's end is where a stop can
fall.
"""

from __future__ import annotations

import array
import io
import os
import signal
import sys
import time
from types import TracebackType
from typing import Any

from .clock import Shared

MARK = b"\x1d\x1e"
"""Bytes written to standard error travel as ``MARK + length + ":" + bytes``; all others are standard output."""

_pause = time.sleep
_FIONREAD = 0x541B if sys.platform == "linux" else 0x4004667F


class Streams:
    """Knows when all this process has printed has been read by whoever reads it."""

    def __init__(self, shared: Shared, fifo: str, stop: bool) -> None:
        self._shared = shared
        self._queue = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        os.set_blocking(self._queue, True)
        self._stop = stop

    def ours(self, descriptor: int) -> bool:
        """Whether ``descriptor`` is the job's own queue, not a file or a parent's pipe."""
        try:
            return os.path.samestat(os.fstat(descriptor), os.fstat(self._queue))
        except OSError:
            return False

    def settle(self) -> None:
        """Flush, and wait until the readers have dealt with it: first a parent that captures us, then the runner."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (AttributeError, ValueError, OSError):
                continue
        if not self.ours(1):
            _wait(lambda: not _unread(1) and _asleep(os.getppid()))
        _wait(lambda: not _unread(self._queue) and not self._shared.reading)

    def line_ended(self) -> None:
        """Called after a line was printed: raise SIGTERM here if the run is to stop at it."""
        if self._stop:
            self.settle()
            if self._shared.stop == 1 and not _parent():
                self._shared.stop = 2
                signal.raise_signal(signal.SIGTERM)


def _wait(done: Any) -> None:
    for turn in range(20_000):
        if done():
            return
        _pause(0 if turn < 50 else 0.0001)


def _unread(descriptor: int) -> int:
    import fcntl

    count = array.array("i", [0])
    try:
        fcntl.ioctl(descriptor, _FIONREAD, count)
    except OSError:
        return 0
    return count[0]


def _parent() -> bool:
    """Whether this process has children (where the system tells): a driver that repeats what the script says is not
    the script.
    """
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", "rb") as children:
            return bool(children.read())
    except OSError:
        return False


def _asleep(process: int) -> bool:
    """Whether a process waits for something (where the system tells; else give it a moment)."""
    try:
        with open(f"/proc/{process}/stat", "rb") as stat:
            return stat.read().rpartition(b") ")[2][:1] != b"R"
    except OSError:
        _pause(0.005)
        return True


class _Text(io.TextIOWrapper):
    """A text stream that tells ``streams`` when a line has ended."""

    streams: Streams
    mode = "w"

    def write(self, text: str, /) -> int:
        count = super().write(text)
        if "\n" in text:
            self.streams.line_ended()
        return count


class _Marked(io.FileIO):
    """Standard error's bytes, marked as such."""

    def write(self, data: Any, /) -> int:
        content = bytes(data)
        if content:
            _write_all(self.fileno(), MARK + b"%d:" % len(content) + content)
        return len(content)


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def install(shared: Shared, *, fifo: str, stop: bool) -> Streams:
    """Line-buffer standard output, mark standard error, and keep this package's frames out of tracebacks."""
    streams = Streams(shared, fifo, stop)
    sys.stdout = _text(streams, io.FileIO(1, "w", closefd=False), sys.stdout, "<stdout>")
    raw = _Marked(2, "w", closefd=False) if streams.ours(2) else io.FileIO(2, "w", closefd=False)
    sys.stderr = _text(streams, raw, sys.stderr, "<stderr>")
    vars(sys).update(__stdout__=sys.stdout, __stderr__=sys.stderr)
    sys.excepthook = _report
    return streams


def _text(streams: Streams, raw: io.FileIO, standard: Any, name: str) -> _Text:
    raw.name = name
    stream = _Text(io.BufferedWriter(raw), encoding="utf-8", errors=standard.errors, line_buffering=True)
    stream.streams = streams
    return stream


def _report(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    hide(error, set())
    sys.__excepthook__(kind, error, error.__traceback__)


def hide(error: BaseException | None, seen: set[int], ours: str = "") -> None:
    """Take the frames of files under ``ours`` (by default this package) out of the traceback of ``error`` and of what
    led to it.
    """
    if error is None or id(error) in seen:
        return
    ours = ours or _HERE
    seen.add(id(error))
    kept = None
    frames = []
    traceback = error.__traceback__
    while traceback:
        frames.append(traceback)
        traceback = traceback.tb_next
    for frame in reversed(frames):
        name = frame.tb_frame.f_code.co_filename
        foreign = not name.startswith(ours) and not (name.startswith("<frozen importlib") and _from_us(frames, ours))
        if foreign:
            kept = TracebackType(kept, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    error.__traceback__ = kept
    hide(error.__cause__, seen, ours)
    hide(error.__context__, seen, ours)


def _from_us(frames: list[TracebackType], ours: str) -> bool:
    return any(frame.tb_frame.f_code.co_filename.startswith(ours) for frame in frames)


_HERE = os.path.dirname(__file__)
