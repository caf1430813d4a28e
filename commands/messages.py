"""What is said to the learner: one clear sentence and a next step; progress as a bar, or lines without a terminal."""

import errno
import sys
import time
from types import TracebackType
from typing import Self, TextIO

QUIET_SECONDS = 10  # without a terminal, one line at most this often


class Problem(Exception):
    """Something the learner can mend: what is wrong, and the next step."""

    def __init__(self, what: str, next_step: str) -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.what}\nNext: {self.next_step}"


def say(text: str) -> None:
    print(text, flush=True)


def from_os(error: OSError, *, folder: str) -> Problem:
    """The sentence for an error of the operating system."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(folder)
    if isinstance(error, PermissionError):
        place = error.filename or folder
        return Problem(
            f"{place} may not be written or read by you.",
            "give yourself the right to it, or move the course into a folder of yours.",
        )
    return Problem(f"The operating system refused: {error}.", "mend that, then run the same command again.")


def disk_full(folder: str) -> Problem:
    return Problem(
        f"The disk that holds {folder} is full.",
        "make room (the course needs about 3 GB while it is set up), then run the same command again.",
    )


class Progress:
    """`with Progress("Fetching packages", 305) as p: p.at(12)` says `12 of 305, 4 s`, now and then."""

    def __init__(self, title: str, total: int, out: TextIO | None = None) -> None:
        self.title = title
        self.total = total
        self.done = 0
        self.out = out or sys.stdout
        self.terminal = self.out.isatty()
        self.began = self.said = time.monotonic()

    def __enter__(self) -> Self:
        self._write()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.done = self.total
            self._write()
        if self.terminal:
            self.out.write("\n")
        self.out.flush()

    def at(self, done: int) -> None:
        """Say how far it is; call it as often as you like."""
        self.done = min(done, self.total)
        if time.monotonic() - self.said >= (0.1 if self.terminal else QUIET_SECONDS):
            self._write()

    def _write(self) -> None:
        self.said = time.monotonic()
        state = f"{self.title}: {self.done} of {self.total}, {self.said - self.began:.0f} s"
        if self.terminal:
            filled = 20 * self.done // max(1, self.total)
            self.out.write(f"\r[{'#' * filled}{'.' * (20 - filled)}] {state}\x1b[K")
        else:
            self.out.write(f"{state}\n")
        self.out.flush()
