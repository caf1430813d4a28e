"""pip, with progress: fetching what the lock file pins, and installing it from a folder without any network.

Fetching asks the index that the learner's pip is configured for. Both steps check every file's hash.
"""

import os
import queue
import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from . import messages

EVERY_HASH = ("--require-hashes", "--no-deps", "--only-binary", ":all:")
NO_NETWORK = (
    "Name or service not known|name resolution|getaddrinfo|nodename nor servname|NewConnectionError|ConnectTimeout"
    "|ReadTimeout|Max retries|Connection refused|Network is unreachable|ProxyError|Connection broken|Connection reset"
)


def pinned(lock: Path) -> list[str]:
    """`name==version` of every line of the lock file, other platforms' included."""
    return re.findall(r"^([A-Za-z0-9._-]+==[^\s;\\]+)", lock.read_text("utf-8"), flags=re.MULTILINE)


def fetch(python: Path, lock: Path, into: Path, *, scratch: Path) -> None:
    """Download this platform's packages into a folder. What is there already, whole, is not fetched again."""
    into.mkdir(parents=True, exist_ok=True)
    command = [str(python), "-m", "pip", "download", *EVERY_HASH, "--dest", str(into), "-r", str(lock)]
    with messages.Progress("Fetching packages", len(pinned(lock))) as progress:

        def heard(line: str) -> None:
            progress.total -= line.startswith("Ignoring ")
            progress.at(progress.done + line.startswith("Collecting "))

        code, said = _run(command, _pip_variables(scratch), heard)
        if code:
            raise _refusal(said, scratch, from_folder=None)


def install(python: Path, lock: Path, wheels: Path, *, scratch: Path) -> None:
    """Install the lock file's packages from a folder; reads no configuration and asks no index."""
    command = [
        str(python),
        "-m",
        "pip",
        "install",
        *EVERY_HASH,
        "--no-compile",
        "--no-index",
        "--find-links",
        str(wheels),
        "-r",
        str(lock),
    ]
    site = site_packages(python)
    before = count(site)
    with messages.Progress("Installing packages", len(pinned(lock))) as progress:

        def heard(line: str) -> None:
            progress.total -= line.startswith("Ignoring ")
            progress.at(count(site) - before)

        variables = {
            name: value
            for name, value in _pip_variables(scratch).items()
            if name in ("PIP_USER", "TMPDIR") or not name.startswith("PIP_")
        }
        code, said = _run(
            command, variables | {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}, heard
        )
        if code:
            raise _refusal(said, scratch, from_folder=wheels)


def compile_all(python: Path) -> None:
    """Write the bytecode of everything installed, on all cores: the first import is then as fast as the second."""
    site = site_packages(python)
    with messages.Progress("Compiling modules", sum(1 for _ in site.rglob("*.py"))) as progress:
        variables = {
            name: value
            for name, value in os.environ.items()
            if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME")
        }
        # Some packages carry templates that are no Python: compileall's exit code then says 1, and that is no matter.
        _run(
            [str(python), "-m", "compileall", "-j", "0", str(site)],
            variables,
            lambda line: progress.at(progress.done + line.startswith("Compiling ")),
        )


def site_packages(python: Path) -> Path:
    """Where the virtual environment of this Python keeps its packages."""
    venv = python.parent.parent
    if os.name == "nt":
        return venv / "Lib" / "site-packages"
    return next(iter(sorted(venv.glob("lib/python3*/site-packages"))), venv / "lib" / "site-packages")


def count(site: Path) -> int:
    """How many packages are installed."""
    return sum(1 for _ in site.glob("*.dist-info"))


def _pip_variables(scratch: Path) -> dict[str, str]:
    """pip's environment: the learner's own, less what installs elsewhere, asks questions or fills another disk."""
    temporary = scratch / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    variables = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV")
    }
    return variables | {
        "PIP_USER": "0",
        "PIP_NO_INPUT": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(temporary),
        "TEMP": str(temporary),
        "TMP": str(temporary),
    }


def _run(command: Sequence[str], variables: dict[str, str], heard: Callable[[str], None]) -> tuple[int, list[str]]:
    """Run it, telling `heard` each line, and an empty one every half second; answers exit code and lines."""
    said: list[str] = []
    with subprocess.Popen(
        command,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            for line in _lines(process):
                heard(line)
                if line:
                    said.append(line)
        except BaseException:
            process.kill()
            raise
    return process.returncode, said


def _lines(process: "subprocess.Popen[str]") -> Iterator[str]:
    assert process.stdout is not None
    stream = process.stdout
    arrived: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in stream:
            arrived.put(line.rstrip() or " ")
        arrived.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = arrived.get(timeout=0.5)
        except queue.Empty:
            line = ""
        if line is None:
            return
        yield line


def _refusal(said: list[str], scratch: Path, *, from_folder: Path | None) -> messages.Problem:
    """What pip said, as one sentence and a next step; the whole of it goes into a file."""
    text = "\n".join(said)
    report = scratch / "pip.log"
    if re.search(r"No space left|Errno 28|not enough space on the disk", text):
        return messages.disk_full(str(scratch.parent))
    report.write_text(text + "\n", "utf-8")
    if "DO NOT MATCH THE HASHES" in text:
        return messages.Problem(
            "A package is not the one the course was tested with (its hash differs), so nothing was installed.",
            f"try again; if it stays so, your package mirror changes files: {report} names the package.",
        )
    missing = re.search(r"No matching distribution found for (\S+)", text)
    if from_folder is not None and missing:
        return messages.Problem(
            f"{from_folder} has no {missing[1]} for this Python and this operating system.",
            "use the Python that its README.txt names, or make a folder on a machine like this one: course.py bundle.",
        )
    if re.search(NO_NETWORK, text):
        return messages.Problem(
            "The package index cannot be reached.",
            "check the network and pip's settings (proxy, mirror), or use a folder made before: start --from FOLDER.",
        )
    if re.search(r"CERTIFICATE_VERIFY_FAILED|SSLError", text):
        return messages.Problem(
            "The package index shows a certificate that this Python does not trust.",
            "behind a company proxy, give pip its certificate (pip config set global.cert FILE), then try again.",
        )
    if missing:
        return messages.Problem(
            f"The package index cannot be reached, or it has no {missing[1]} for this Python and operating system.",
            "check the network and pip's mirror (pip config list), or use a folder made before: start --from FOLDER.",
        )
    last = next((line for line in reversed(said) if line.strip()), "nothing")
    return messages.Problem(
        f"pip could not do it, and said: {last.strip()}", f"{report} has all it said; then run the same command again."
    )
