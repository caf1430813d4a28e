"""From the bytes of a job's output queue to the lines of its transcript."""

from __future__ import annotations

from collections.abc import Callable

from twoclouds.world.container import Line, Stream
from twoclouds.world.runner.job.output import MARK

MOST = 5_000_000
"""Bytes of output that are kept; more ends the run."""

OVER = "the script was still running after {:g} seconds of real time, which is all a job gets here; it was ended."
OVER_REQUEST = (
    "the request was still under way after {:g} seconds of real time, which is all it gets here; the server was ended."
)
OVER_START = "the server was not ready after {:g} seconds of real time, which is all it gets here; it was ended."
TOO_MUCH = "the script printed more than 5 MB; it was ended."


class Transcriber:
    """Takes the queue's bytes as they come, and splits them into streams and lines."""

    def __init__(self, shown: Callable[[str], str] = str) -> None:
        self._shown = shown
        self.lines: list[Line] = []
        self.size = 0
        self._pending = b""
        self._partial: dict[Stream, bytes] = {"stdout": b"", "stderr": b""}

    @property
    def full(self) -> bool:
        """Whether there is more than is kept."""
        return self.size > MOST

    def feed(self, data: bytes, at: float) -> None:
        """Take what was read when the job had slept ``at`` seconds."""
        self._pending += data
        while self._pending:
            start = self._pending.find(MARK)
            if start == -1:
                keep = 1 if self._pending.endswith(MARK[:1]) else 0
                taken = self._pending[: len(self._pending) - keep]
                self._pending = self._pending[len(taken) :]
                self.take("stdout", taken, at)
                return
            self.take("stdout", self._pending[:start], at)
            head, colon, rest = self._pending[start + len(MARK) :].partition(b":")
            self._pending = self._pending[start:]
            if not colon or len(rest) < int(head):
                return
            self.take("stderr", rest[: int(head)], at)
            self._pending = rest[int(head) :]

    def close(self, at: float) -> None:
        """Take the unfinished lines as they are."""
        for stream, rest in self._partial.items():
            if rest:
                self._line(stream, rest, at)
        self._partial = {"stdout": b"", "stderr": b""}

    def say(self, sentence: str, at: float) -> None:
        """Add a line of the lab's own."""
        self.close(at)
        self.lines.append(Line(at, "stderr", f"Two Clouds: {sentence}"))

    def take(self, stream: Stream, data: bytes, at: float) -> None:
        """Take bytes of one stream."""
        if not data:
            return
        self.size += len(data)
        *whole, rest = (self._partial[stream] + data).split(b"\n")
        self._partial[stream] = rest
        for line in whole:
            self._line(stream, line, at)

    def _line(self, stream: Stream, line: bytes, at: float) -> None:
        self.lines.append(Line(at, stream, self._shown(line.decode("utf-8", "replace").removesuffix("\r"))))
