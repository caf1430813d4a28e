"""An image laid out as a virtual environment on disk, for one run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from twoclouds.world.images import Image
from twoclouds.world.wheelhouse import Link

PACKAGES = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"

HOSTED = "twoclouds-serve"
"""The command that stands in front of a program which serves."""

SITE = """\
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, {lab!r})
import twoclouds_job
sys.path.remove({lab!r})
twoclouds_job.install({lab!r})
"""
"""Imported through a .pth file: a sitecustomize would not be found where the system's Python has one of its own."""

PIP = """\
#!{prefix}/bin/python3
import sys
sys.path.insert(0, {lab!r})
from twoclouds_job.pip import main
main()
"""

HOST = """\
#!{prefix}/bin/python3
import sys
sys.path[0] = {lab!r}
from twoclouds_job.host import main
del sys.path[0]
main({lab!r})
"""

SLEEP = """\
#!{prefix}/bin/python3
import sys
import time
units = dict(s=1, m=60, h=3600, d=86400)
for text in sys.argv[1:]:
    time.sleep(float(text.rstrip("smhd")) * units.get(text[-1], 1))
"""

DATE = """\
#!{prefix}/bin/python3
import sys
import time
formats = [text[1:] for text in sys.argv[1:] if text.startswith("+")] or ["%a %b %e %H:%M:%S UTC %Y"]
print(time.strftime(formats[0].replace("%s", str(int(time.time()))).replace("%N", "000000000"), time.gmtime()))
"""


def lay_out(image: Image, *, at: Path, prefix: str, lab: str, python: str, home: str, sources: dict[Path, str]) -> None:
    """Make the environment in the folder ``at``; the job will see it at ``prefix``, ``lab`` at that path, and run
    ``python``.

    ``home`` is the folder of the base interpreter. ``sources`` says where the job sees each folder of the wheelhouse.
    """
    packages = at / PACKAGES
    packages.mkdir(parents=True)
    (at / "bin").mkdir()
    (at / "pyvenv.cfg").write_text(f"home = {home}\ninclude-system-site-packages = false\n")
    for name in ("python", "python3", f"python3.{sys.version_info[1]}"):
        (at / "bin" / name).symlink_to(python)
    for name, script in (("pip", PIP), ("pip3", PIP), ("sleep", SLEEP), ("date", DATE), (HOSTED, HOST)):
        path = at / "bin" / name
        path.write_text(script.format(prefix=prefix, lab=lab))
        path.chmod(0o755)
    (packages / "_twoclouds.py").write_text(SITE.format(lab=lab))
    (packages / "_twoclouds.pth").write_text("import _twoclouds\n")
    (packages / "pip").mkdir()
    (packages / "pip" / "__init__.py").touch()
    (packages / "pip" / "__main__.py").write_text(PIP.format(prefix=prefix, lab=lab))
    link(image.links, packages, sources)


def as_seen(text: str, prefix: str) -> str:
    """A text in which the base interpreter, which lies at ``prefix``, is where containers have it: in /usr/local."""
    library = PACKAGES.rpartition("/")[0]
    if prefix == "/usr":
        return text.replace(f"/usr/{library}/", f"/usr/local/{library}/")
    return text.replace(prefix, "/usr/local")


def link(links: Iterable[Link], packages: Path, sources: dict[Path, str]) -> None:
    """Add ``links`` to a site-packages folder; what is there already stays."""
    for entry in links:
        path = packages / entry.path
        if path.is_symlink():
            continue
        if "/" in entry.path:
            path.parent.mkdir(parents=True, exist_ok=True)
        os.symlink(_seen(entry.source, sources), path)


def _seen(source: Path, sources: dict[Path, str]) -> str:
    for home, seen in sources.items():
        if source.is_relative_to(home):
            return f"{seen}/{source.relative_to(home)}"
    raise ValueError(f"{source} lies in no wheelhouse")


def relink(image: Image, packages: Path, sources: dict[Path, str], *, before: Image) -> None:
    """Make a site-packages folder hold the links of ``image``, where it held those of ``before``."""
    wanted = {entry.path for entry in image.links}
    gone = {entry.path for entry in before.links} - wanted
    for path in gone:
        if (packages / path).is_symlink():
            (packages / path).unlink()
    for folder in sorted({parent for path in gone for parent in _parents(path)}, reverse=True):
        place = packages / folder
        if place.is_dir() and not place.is_symlink() and not any(place.iterdir()):
            place.rmdir()
    folders = {parent for path in wanted for parent in _parents(path)}
    for folder in sorted(folders):
        if (packages / folder).is_symlink():
            (packages / folder).unlink()
    link(image.links, packages, sources)


def _parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]
