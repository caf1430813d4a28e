"""Streams of a container: named pipes ``<path>_0``, ``<path>_1``, …, each to be read once, one after the other."""

from __future__ import annotations

import errno
import os
import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from twoclouds.world.runner import folder

Content = Callable[[int], bytes]

PAUSE = 0.005
"""Real seconds between two looks for a reader."""


class Pipes:
    """Feeds the streams of one running container, each from a thread of its own, until closed."""

    def __init__(self, streams: Mapping[str, Content], root: Path) -> None:
        self._over = threading.Event()
        self._threads = []
        for name, content in streams.items():
            path = folder.inside(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            os.mkfifo(f"{path}_0")
            thread = threading.Thread(target=self._feed, args=(path, content), daemon=True, name=f"stream {name}")
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Feed no more."""
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=1)

    def _feed(self, path: Path, content: Content) -> None:
        number = 0
        while (descriptor := self._opened(f"{path}_{number}")) is not None:
            number += 1
            with suppress(OSError):
                os.mkfifo(f"{path}_{number}")
            with suppress(OSError), open(descriptor, "wb", buffering=0) as pipe:  # a reader may close it early
                pipe.write(content(number - 1))

    def _opened(self, path: str) -> int | None:
        """The pipe, once somebody reads it; None if nobody will."""
        while not self._over.is_set():
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    return None
                self._over.wait(PAUSE)
            else:
                os.set_blocking(descriptor, True)
                return descriptor
        return None


def appearing(streams: Mapping[str, Content], root: Path) -> Callable[[str], None]:
    """For a runner without pipes: what to call with each path that a script uses; a stream is there then, as a file."""

    made: set[str] = set()

    def appear(path: str) -> None:
        found = re.fullmatch(r"(.*)_(\d+)", path)
        content = streams.get(found[1]) if found else None
        if found and content is not None and path not in made:
            made.add(path)
            place = folder.inside(root, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content(int(found[2])))

    return appear
