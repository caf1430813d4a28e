"""A container's files in a folder of this machine: laid out before a run, collected after it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from twoclouds.world.container import Container

SYSTEM = ("/bin", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr")
SCRATCH = ("/data", "/mnt", "/opt", "/root", "/srv", "/tmp")
"""Folders of a container's own that scripts are used to write in, besides those that its contract names."""


def lay_out(container: Container, root: Path) -> None:
    """Write the container's files and folders under ``root``, as old as the container."""
    for folder in (*container.directories, container.workdir, *SCRATCH):
        inside(root, folder).mkdir(parents=True, exist_ok=True)
    for name, content in container.files.items():
        path = inside(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if content.startswith(b"#!"):
            path.chmod(0o755)
    for path in (root, *root.rglob("*")):
        os.utime(path, (container.started, container.started))


def collect(container: Container, root: Path, prefix: str = "") -> dict[str, bytes]:
    """The content of all files under the container's ``collect``, by path, in order; ``prefix`` is taken out of paths
    in them.
    """
    found: dict[str, bytes] = {}
    for name in container.collect:
        start = inside(root, name)
        paths = [start] if start.is_file() else sorted(start.rglob("*"))
        for path in paths:
            if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts:
                found["/" + path.relative_to(root).as_posix()] = _without(path.read_bytes(), prefix)
    return dict(sorted(found.items()))


def _without(content: bytes, prefix: str) -> bytes:
    return content.replace(prefix.encode(), b"") if prefix else content


def inside(root: Path, name: str) -> Path:
    """Where a container's absolute path lies under ``root``. Raises ``ValueError`` for a path that is not absolute,
    or climbs out.
    """
    parts = name.split("/")
    if not name.startswith("/") or ".." in parts:
        raise ValueError(f"not an absolute path in a container: {name}")
    return root.joinpath(*(part for part in parts if part))


def writable(container: Container) -> tuple[str, ...]:
    """The folders the script may write in: the first two parts of each of its paths, and where containers are used to
    write. What it writes there and nobody collects goes with the container."""
    parents = (os.path.dirname(name) for name in container.files)
    beside = [name for name in container.files if os.path.dirname(name) == "/"]
    folders = [*container.directories, container.workdir, *parents, *beside]
    tops = {"/" + "/".join([part for part in folder.split("/") if part][:2]) for folder in folders} | {*SCRATCH}
    return tuple(sorted(tops - {"/", *SYSTEM}))


def environment(container: Container, path: str) -> Mapping[str, str]:
    """The command's whole environment: the container's, on top of what every container has."""
    standard = dict(PATH=path, HOME="/root", LANG="C.UTF-8", TZ="UTC", PYTHONHASHSEED="0")
    merged = {**standard, **container.environment}
    return {**merged, "PATH": merged["PATH"].replace("${PATH}", path)}


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for one run, gone afterwards."""
    path = Path(os.path.realpath(tempfile.mkdtemp(prefix="tc-", dir="/tmp" if os.path.isdir("/tmp") else None)))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
