"""A container's absolute paths, kept in a folder: where a job cannot have a root of its own, Python's file functions
are told.

A path under one of the container's folders stands for the same path under the folder. Everything else on the machine
can be read, as
libraries need it, and not written: that fails as on a read-only file system.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import re
import sys
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from typing import Any

from .network import WhenImported

READERS = ("stat", "lstat", "listdir", "scandir", "access", "readlink", "chdir", "statvfs")
WRITERS = ("mkdir", "rmdir", "remove", "unlink", "chmod", "utime", "truncate", "mkfifo")
PAIRS = ("rename", "replace", "link", "symlink")


class PathMap:
    """Between the container's paths and those of the folder ``root``; ``tops`` are the container's folders.

    ``machine`` are folders of this machine that libraries come from; they can be read even where one of ``tops``
    covers them. ``appear`` is called with each path of the container's that is used, before it is.
    """

    def __init__(self, root: str, tops: tuple[str, ...], machine: tuple[str, ...] = ()) -> None:
        self.root = root
        self.tops = tops
        self.machine = machine
        names = "|".join(re.escape(top) for top in sorted(tops, key=len, reverse=True))
        self.appear: Callable[[str], None] = lambda path: None
        self._inside = re.compile(rf"(?<![\w./-])(?:{names})(?=/|[^\w.-]|$)")

    def real(self, path: Any, *, writing: bool = False) -> Any:
        """Where a path of the container lies. Raises ``OSError`` (read-only file system) for a place that is not the
        container's.
        """
        if isinstance(path, int) or path is None:
            return path
        name = os.fspath(path)
        if isinstance(name, bytes):
            return os.fsencode(self.real(os.fsdecode(name), writing=writing))
        if name == "":
            return path
        full = name if name.startswith("/") else os.path.join(self.shown(_getcwd()), name)
        if full == self.root or full.startswith(self.root + "/"):
            full = full[len(self.root) :] or "/"
        flat = os.path.normpath(full)
        if not writing and flat.startswith(self.machine):
            return path
        if flat == "/" or self.owns(flat):
            self.appear(flat)
            return self.root + flat
        if writing and not flat.startswith("/dev/"):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        return flat if not name.startswith("/") else path

    def owns(self, flat: str) -> bool:
        """Whether a normalised absolute path lies in one of the container's folders."""
        return any(flat == top or flat.startswith(top + "/") for top in self.tops)

    def shown(self, text: str) -> str:
        """A text as the container would print it."""
        return text.replace(self.root + "/", "/").replace(self.root, "/") if self.root in text else text

    def rewritten(self, text: str) -> str:
        """A command or a shell script with the container's paths replaced by the real ones."""
        return self._inside.sub(lambda found: self.root + found.group(), self.shown(text))


_getcwd = os.getcwd


def install(paths: PathMap, here: Callable[[], bool] = lambda: True) -> Callable[[], None]:
    """Patch Python's file functions to go through ``paths`` where ``here()``; returns what undoes it."""
    undo: list[tuple[Any, str, Any]] = []

    def put(module: Any, name: str, replacement: Callable[..., Any]) -> None:
        original = getattr(module, name, None)
        if original is None:
            return
        undo.append((module, name, original))

        def called(*args: Any, **kwargs: Any) -> Any:
            return replacement(original, *args, **kwargs) if here() else original(*args, **kwargs)

        called.__name__ = called.__qualname__ = name
        setattr(module, name, called)

    def opened(original: Any, file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        return original(paths.real(file, writing=bool(set(mode) & set("wax+"))), mode, *args, **kwargs)

    def low_opened(original: Any, path: Any, flags: int, *args: Any, **kwargs: Any) -> Any:
        writing = bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        return original(paths.real(path, writing=writing) if "dir_fd" not in kwargs else path, flags, *args, **kwargs)

    def one(writing: bool) -> Callable[..., Any]:
        def call(original: Any, path: Any = ".", *args: Any, **kwargs: Any) -> Any:
            if kwargs.get("dir_fd") is not None:
                return original(path, *args, **kwargs)
            return original(paths.real(path, writing=writing), *args, **kwargs)

        return call

    def two(original: Any, source: Any, target: Any, *args: Any, **kwargs: Any) -> Any:
        return original(paths.real(source, writing=True), paths.real(target, writing=True), *args, **kwargs)

    def imported(original: Any, loader: Any, path: Any) -> Any:
        return original(loader, paths.real(path))

    put(SourceFileLoader, "get_data", imported)
    put(builtins, "open", opened)
    put(io, "open", opened)
    put(os, "open", low_opened)
    put(os, "getcwd", lambda original: paths.shown(original()))
    for name in READERS:
        put(os, name, one(False))
    for name in WRITERS:
        put(os, name, one(True))
    for name in PAIRS:
        put(os, name, two)

    def restore() -> None:
        for module, name, original in reversed(undo):
            setattr(module, name, original)

    return restore


def adopt(paths: PathMap) -> None:
    """In a job's own process: show the container's paths in argv and environ, and give children the real ones."""
    sys.argv[:] = [paths.shown(text) for text in sys.argv]
    sys.executable = paths.shown(sys.executable)
    for name, value in os.environ.items():
        if paths.root in value:
            os.environ[name] = paths.shown(value)
    if "subprocess" in sys.modules:
        _guide_children(sys.modules["subprocess"], paths)
    else:
        sys.meta_path.insert(0, WhenImported("subprocess", lambda module: _guide_children(module, paths)))


def _guide_children(module: Any, paths: PathMap) -> None:
    """Rewrite what ``subprocess.Popen`` is about to start."""
    execute = module.Popen._execute_child

    def _execute_child(
        self: Any, command: Any, executable: Any, preexec: Any, close: Any, fds: Any, cwd: Any, env: Any, *rest: Any
    ) -> Any:
        words = [command] if isinstance(command, str | bytes) else list(command)
        words = [paths.rewritten(os.fsdecode(word)) for word in words]
        values = {name: paths.rewritten(value) for name, value in (os.environ if env is None else env).items()}
        place = paths.real(cwd) if cwd is not None else None
        changed = words[0] if isinstance(command, str | bytes) else words
        return execute(self, changed, executable, preexec, close, fds, place, values, *rest)

    module.Popen._execute_child = _execute_child
