"""The course's kernel for tests: as `course.py` installs it, or forked from a process with the SDKs imported."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from commands.places import Course
from commands.setup import kernel_spec

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PRELOADED = ("azure.ai.ml", "azure.identity", "boto3", "sagemaker.train", "pandas", "matplotlib.pyplot")
"""Not matplotlib_inline: it looks for its kernel when it is imported."""


def plain_spec() -> dict:
    """The course's kernelspec, for the Python that runs the tests."""
    spec = kernel_spec(Course(ROOT))
    return spec | {"argv": [sys.executable, *spec["argv"][1:]]}


def install(spec: dict, folder: Path) -> dict[str, str]:
    """Write a kernelspec under `folder`; answers the environment in which Jupyter finds it, and no other's settings."""
    kernel = folder / "kernels" / "twoclouds"
    kernel.mkdir(parents=True)
    private = folder / "private"
    private.mkdir()
    spec["env"] |= {"IPYTHONDIR": str(private / "ipython"), "MPLCONFIGDIR": str(private / "matplotlib")}
    (kernel / "kernel.json").write_text(json.dumps(spec), "utf-8")
    return os.environ | {
        "JUPYTER_PATH": str(folder),
        "JUPYTER_CONFIG_DIR": str(private / "config"),
        "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
        "JUPYTER_PLATFORM_DIRS": "1",
        "IPYTHONDIR": str(private / "ipython"),
    }


@contextmanager
def forking(folder: Path) -> Iterator[dict[str, str]]:
    """The environment for Jupyter with a kernel `twoclouds` that is forked; a plain one where forking is no good."""
    spec = plain_spec()
    if sys.platform != "linux":
        yield install(spec, folder)
        return
    address = folder / "socket"
    client = [sys.executable, "-SE", str(HERE / "forkclient.py"), *spec["argv"][3:]]
    environment = install(spec | {"argv": client}, folder)
    server = subprocess.Popen(
        [sys.executable, str(HERE / "forkserver.py"), str(address), *PRELOADED],
        env={name: value for name, value in (environment | spec["env"]).items() if value},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        if server.stdout.readline() != "ready\n":
            raise RuntimeError(f"the fork server ended with {server.wait()} before it was ready")
        yield environment | {"TWOCLOUDS_FORKSERVER": str(address)}
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()
