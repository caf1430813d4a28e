"""`.venv`: made from the lock file on first use, updated when the lock file changes.

A stamp is written last and removed before anything is touched. Without a stamp that fits, `.venv` is not used but made
again, so an interrupted set-up never poisons the next try; and with one, a start costs a look at a few small files.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import messages, packages
from .places import Course, environment

GIGABYTE = 1_000_000_000
NEEDED = 3 * GIGABYTE  # while the set-up runs; what stays is 1.7 GB
KERNEL = "twoclouds"
STAMP = "twoclouds-setup.json"


def ready(course: Course, wheels: Path | None = None) -> None:
    """See to it that `.venv` is what the lock file says.

    Installs from the folder `wheels`, else from a bundle's own, else from pip's index. Raises messages.Problem.
    """
    if state(course) == "ready":
        return
    with _alone(course):
        now = state(course)
        if now == "moved":
            finish(course)
        elif now != "ready":
            make(course, wheels, anew=now != "outdated")


def state(course: Course) -> str:
    """`ready`, `missing`, `unfinished`, `broken`, `outdated` (another lock file) or `moved` (another folder name)."""
    wanted = lock_hash(course)
    if not course.venv.exists():
        return "missing"
    try:
        stamp = json.loads((course.venv / STAMP).read_text("utf-8"))
    except (OSError, ValueError):
        return "unfinished"
    if not _runs(course.python) or packages.count(packages.site_packages(course.python)) < stamp["packages"]:
        return "broken"
    if stamp["lock"] != wanted:
        return "outdated"
    return "ready" if stamp["root"] == str(course.root) else "moved"


def make(course: Course, wheels: Path | None, *, anew: bool) -> None:
    """Fetch, then install, then compile. Only fetching needs the network, and until it is done nothing is changed."""
    course.setup.mkdir(exist_ok=True)
    wheels = wheels or (course.wheels if course.wheels.is_dir() else None)
    if shutil.disk_usage(course.root).free < NEEDED:
        raise messages.disk_full(str(course.root))
    if anew:
        messages.say("Setting up the course in .venv. This happens once, and takes a few minutes.")
        _new_venv(course)
    else:
        messages.say("The course has changed what it needs: updating .venv.")
    if wheels is None:
        wheels = course.setup / "wheels"
        packages.fetch(course.python, course.lock, wheels, scratch=course.setup)
    (course.venv / STAMP).unlink(missing_ok=True)
    packages.install(course.python, course.lock, wheels, scratch=course.setup)
    packages.compile_all(course.python)
    finish(course)
    tidy(course)


def finish(course: Course) -> None:
    """Put `src/` on the path, install the kernel, prepare IPython and matplotlib, and write the stamp."""
    site = packages.site_packages(course.python)
    (site / "twoclouds-course.pth").write_text(f"{course.root / 'src'}\n", "utf-8")
    _write_kernel(course)
    _write_command(course)
    profile = course.private / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_config.py").write_text(
        'c = get_config()  # noqa\nc.HistoryManager.hist_file = ":memory:"\n', "utf-8"
    )
    # Else the first figure of a lesson would carry matplotlib's remark that it builds a font cache.
    fonts = [str(course.python), "-c", "import matplotlib.font_manager"]
    subprocess.run(fonts, env=environment(course), capture_output=True)
    stamp = {"lock": lock_hash(course), "root": str(course.root), "packages": packages.count(site)}
    unfinished = course.venv / f"{STAMP}.new"
    unfinished.write_text(json.dumps(stamp, indent=1) + "\n", "utf-8")
    unfinished.replace(course.venv / STAMP)


def tidy(course: Course) -> None:
    """Remove what only an unfinished set-up needs."""
    for leftover in ("wheels", "tmp", "pip.log"):
        _remove(course.setup / leftover)


def lock_hash(course: Course) -> str:
    if not course.lock.exists():
        raise messages.Problem(
            f"{course.lock} is missing.", "get the whole course again; this folder is not all of it."
        )
    return hashlib.sha256(course.lock.read_bytes()).hexdigest()


def kernel_spec(course: Course) -> dict[str, object]:
    """The course's own kernel: the same hash seed, time zone and width everywhere, and nobody's personal settings."""
    return {
        "argv": [str(course.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Two Clouds (Python 3)",
        "language": "python",
        "metadata": {"debugger": True},
        "env": {
            "PYTHONHASHSEED": "0",
            "TZ": "UTC",
            "COLUMNS": "100",
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPATH": "",
            "IPYTHONDIR": str(course.private / "ipython"),
            "MPLCONFIGDIR": str(course.private / "matplotlib"),
        },
    }


def _write_kernel(course: Course) -> None:
    folder = course.venv / "share" / "jupyter" / "kernels" / KERNEL
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kernel.json").write_text(json.dumps(kernel_spec(course), indent=1) + "\n", "utf-8")


def _write_command(course: Course) -> None:
    """`twoclouds`, as pip would install it beside `python`."""
    folder = course.python.parent
    if os.name == "nt":
        text = f'@set PYTHONHASHSEED=0\r\n@"{course.python}" -m twoclouds %*\r\n'
        (folder / "twoclouds.cmd").write_text(text, "utf-8")
        return
    command = folder / "twoclouds"
    command.write_text(f'#!/bin/sh\nPYTHONHASHSEED=0 TZ=UTC exec "{course.python}" -m twoclouds "$@"\n', "utf-8")
    command.chmod(0o755)


def _new_venv(course: Course) -> None:
    if course.venv.is_symlink() or course.venv.exists():
        messages.say("The .venv that is here is not whole (interrupted, or its Python is gone): making it again.")
        _remove(course.venv)
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        raise messages.Problem(
            "This Python comes without pip and venv, as Debian and Ubuntu ship it.",
            f"run  sudo apt install python3.{sys.version_info.minor}-venv  and then the same command again.",
        ) from None
    try:
        venv.EnvBuilder(with_pip=True, symlinks=os.name != "nt").create(course.venv)
    except subprocess.CalledProcessError as error:
        if b"Errno 28" in (error.output or b""):
            raise messages.disk_full(str(course.root)) from None
        raise messages.Problem(
            f"This Python ({sys.executable}) cannot make a virtual environment (exit code {error.returncode}).",
            "run `course.py doctor`; if the disk has room, install Python from https://www.python.org/downloads/.",
        ) from None


def _runs(python: Path) -> bool:
    try:
        return subprocess.run([str(python), "-I", "-S", "-c", "pass"], capture_output=True).returncode == 0
    except OSError:
        return False


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


@contextmanager
def _alone(course: Course) -> Iterator[None]:
    """One set-up at a time. The system's lock goes with its process, so a killed one leaves nothing behind."""
    course.setup.mkdir(exist_ok=True)
    with open(course.setup / "lock", "a+") as file:
        if not _locked(file.fileno(), wait=False):
            messages.say("Another set-up of this course is running: waiting for it.")
            while not _locked(file.fileno(), wait=True):
                pass
        yield


def _locked(descriptor: int, *, wait: bool) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, 0, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True
