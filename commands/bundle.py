"""A folder for a room without network: the course, and the lock file's packages for machines like this one."""

import platform
import shutil
import sys
from pathlib import Path

from . import messages, packages, setup
from .places import Course

LEFT_OUT = (
    ".git", ".venv*", "_work", "_build", "bundle", "wheels", "__pycache__", "*.pyc", "*.egg-info", ".ipynb_checkpoints",
    ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".jupyter_cache",
)  # fmt: skip

README = """Two Clouds, for a room without network
=====================================

Copy this folder onto the machine (it must be writable), open a terminal in it, and run

    python3 course.py start

The packages in wheels/ are for
{machines}
A machine of another kind needs a bundle made on one of its kind; `course.py bundle` into this same folder adds to it.
A course that you have already can use this folder, too:  python3 course.py start --from FOLDER
"""


def bundle(course: Course, folder: Path) -> int:
    """Make the folder, or add this machine's packages to it."""
    if folder.exists() and any(folder.iterdir()) and not (folder / "wheels").is_dir():
        raise messages.Problem(
            f"{folder} holds other things.", "name a folder that does not exist yet, or a bundle to add to."
        )
    if folder.resolve().is_relative_to(course.root) and folder.resolve() != course.root / "bundle":
        raise messages.Problem(
            f"{folder} is inside the course.", "name a folder outside it, or none (then it is `bundle`)."
        )
    setup.ready(course)
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < setup.GIGABYTE:
        raise messages.disk_full(str(folder))
    packages.fetch(course.python, course.lock, folder / "wheels", scratch=course.setup)
    setup.tidy(course)
    shutil.copytree(course.root, folder, ignore=shutil.ignore_patterns(*LEFT_OUT), dirs_exist_ok=True)
    _write_readme(folder)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / setup.GIGABYTE
    messages.say(f"{folder} is ready ({size:.1f} GB). README.txt in it has the one command.")
    return 0


def this_machine() -> str:
    return f"Python {sys.version_info.major}.{sys.version_info.minor} on {platform.system()} {platform.machine()}"


def _write_readme(folder: Path) -> None:
    made_for = folder / "wheels" / "made-for.txt"
    machines = set(made_for.read_text("utf-8").splitlines()) if made_for.exists() else set()
    machines.add(this_machine())
    made_for.write_text("".join(f"{machine}\n" for machine in sorted(machines)), "utf-8")
    lines = "".join(f"    {machine}\n" for machine in sorted(machines))
    (folder / "README.txt").write_text(README.format(machines=lines), "utf-8")
