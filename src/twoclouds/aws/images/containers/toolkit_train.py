"""Script mode: fetch the script, install what it requires, set its environment, run it, and say how it went."""

from __future__ import annotations

import io
import json
import os
import runpy
import shlex
import subprocess
import sys
import tarfile
import traceback
import types
from typing import Any

from . import places
from .toolkit_environment import Environment
from .toolkit_log import log

PYTHON = "/usr/local/bin/python3"
CAPTURING = ("pytorch", "tensorflow", "huggingface", "mxnet")
"""Frameworks whose toolkit reports the script's own error."""


class ClientError(Exception):
    """The script's own failure, or that of what it asked for: `name` as the toolkit calls it."""

    def __init__(self, name: str, command: str, code: int, output: str) -> None:
        super().__init__(f'{name}:\nExitCode {code}\nErrorMessage "{output}"\nCommand "{command}"')
        self.code = code


def run(environment: Environment) -> None:
    """Run the user's script to its end. Raises ClientError."""
    log("Invoking user training script.", name=places.image().get("module", "").partition(":")[0])
    fetch(environment.module_dir)
    variables = environment.to_env_vars()
    os.environ.update(variables)
    program = str(environment.user_entry_point)
    code = places.importable(places.CODE)
    if not os.path.exists(f"{places.CODE}/{program}"):
        raise FileNotFoundError(2, "No such file or directory", f"{places.CODE}/{program}")
    if program.endswith(".py") and os.path.exists(f"{places.CODE}/requirements.txt"):
        install(places.CODE)
    words = environment.to_cmd_args()
    command = (
        [PYTHON, program, *words] if program.endswith(".py") else ["/bin/sh", "-c", f"./{program} {' '.join(words)}"]
    )
    _announce(environment, variables, command)
    os.chdir(places.CODE)
    if program.endswith(".py"):
        sys.path.insert(0, code)
        _python(os.path.join(code, program), program, words, command)
    else:
        os.chmod(f"{places.CODE}/{program}", 0o755)
        line = f"./{program} {' '.join(map(shlex.quote, words))}"
        done = subprocess.run(["/bin/sh", "-c", line], check=False)
        if done.returncode:
            raise ClientError("ExecuteUserScriptError", " ".join(command), done.returncode, "")


def fetch(uri: str, folder: str = places.CODE) -> None:
    """Put the submitted code (an archive in S3 or a folder) into a folder, unless that has something in it."""
    os.makedirs(folder, exist_ok=True)
    if os.listdir(folder):
        return
    if uri.startswith("s3://"):
        data = read_s3(uri)
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            for member in archive.getmembers():
                if member.isfile():
                    path = os.path.normpath(os.path.join(folder, member.name))
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    content = archive.extractfile(member)
                    with open(path, "wb") as file:
                        file.write(content.read() if content else b"")
    elif uri != folder:
        raise FileNotFoundError(2, "No such file or directory", uri)


def read_s3(uri: str) -> bytes:
    """An object, with the rights of the container's role."""
    import boto3

    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body: bytes = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return body


def install(folder: str) -> None:
    """Install a folder's requirements. Raises ClientError."""
    log("Installing dependencies from requirements.txt")
    command = [sys.executable, "-m", "pip", "install", "-r", "requirements.txt"]
    done = subprocess.run(command, cwd=folder, check=False)
    if done.returncode:
        shown = " ".join([PYTHON, *command[1:]])
        raise ClientError("InstallRequirementsError", shown, done.returncode, "")


def _announce(environment: Environment, variables: dict[str, str], command: list[str]) -> None:
    shown = json.dumps(environment.shown(), indent=4)
    lines = "\n".join(f"{name}={value}" for name, value in variables.items())
    log(
        f"Invoking user script\n\nTraining Env:\n\n{shown}\n\nEnvironment variables:\n\n{lines}\n\n"
        f"Invoking script with the following command:\n\n{' '.join(command)}\n\n"
    )


def _python(path: str, name: str, words: list[str], command: list[str]) -> None:
    """Run a Python script in this interpreter, and report its end as one of its own would. Raises ClientError."""
    module = types.ModuleType("__main__")
    module.__file__ = path
    sys.modules["__main__"], sys.argv = module, [name, *words]
    code, said = 0, ""
    try:
        with open(path, "rb") as file:
            source = file.read()
        exec(compile(source, path, "exec"), module.__dict__)
    except SystemExit as end:
        code, said = _ended(end)
    except Exception as error:
        code, said = 1, _report(error)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    if code:
        shown = said if places.image().get("framework") in CAPTURING else ""
        raise ClientError("ExecuteUserScriptError", " ".join(command), code, shown)


def _ended(end: SystemExit) -> tuple[int, str]:
    if end.code is None or isinstance(end.code, int):
        return (end.code or 0) & 0xFF, ""
    sys.stderr.write(f"{end.code}\n")
    return 1, str(end.code)


def _report(error: Exception) -> str:
    """Print an error as the interpreter does, from the script's own frames on."""
    ours = (__file__, runpy.__file__)
    frame: Any = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename in ours:
        frame = frame.tb_next
    sys.excepthook(type(error), error.with_traceback(frame), frame)
    return "".join(traceback.format_exception_only(error)).strip()
