"""`.venv`: made, updated, never half-made. The first test makes a real one from a real wheel; the others need none."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
import venv
from collections import namedtuple
from pathlib import Path

import pytest

from commands import line, messages, packages, setup
from commands.places import Course, this_course

from .conftest import write_wheel

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")


def run(course: Course, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "course.py", *words], cwd=course.root, env=clean(), capture_output=True, text=True
    )


def clean(**more: str) -> dict[str, str]:
    """An environment in which pip knows no index and no configuration."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    return (
        kept | {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"} | more
    )


def with_command(course: Course) -> Course:
    """Put the command into the course in miniature."""
    here = this_course().root
    shutil.copy(here / "course.py", course.root)
    shutil.copytree(here / "commands", course.root / "commands", ignore=shutil.ignore_patterns("__pycache__"))
    return course


@pytest.mark.slow
def test_killed_then_made_then_updated_then_moved(course, tmp_path):
    with_command(course)
    shutil.copytree(tmp_path / "shelf", course.wheels)  # as a bundle has it

    process = subprocess.Popen(
        [sys.executable, "course.py", "exercises"], cwd=course.root, env=clean(), stdout=subprocess.DEVNULL
    )
    while not course.python.exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert setup.state(course) == "unfinished"

    made = run(course, "exercises")
    assert (made.returncode, made.stdout.splitlines()[-1]) == (0, "built with 1.0"), made
    assert "making it again" in made.stdout
    assert list(packages.site_packages(course.python).glob("__pycache__/tinycloud.*.pyc"))
    assert [file.name for file in course.setup.iterdir()] == ["lock"]

    again = run(course, "exercises")
    assert (again.returncode, again.stdout, again.stderr) == (0, "built with 1.0\n", "")

    course.lock.write_text(write_wheel(course.wheels, "tinycloud", "2.0"), "utf-8")
    updated = run(course, "exercises")
    assert updated.stdout.startswith("The course has changed what it needs")
    assert updated.stdout.splitlines()[-1] == "built with 2.0"

    moved = Course(course.root.rename(tmp_path / "elsewhere"))
    assert setup.state(moved) == "moved"
    assert run(moved, "exercises").stdout == "built with 2.0\n"
    assert (packages.site_packages(moved.python) / "twoclouds-course.pth").read_text("utf-8") == f"{moved.root}/src\n"

    shutil.rmtree(packages.site_packages(moved.python) / "tinycloud-2.0.dist-info")
    assert setup.state(moved) == "broken"


@pytest.fixture
def pip_says(course, monkeypatch):
    """Replace the venv by one whose Python is a script: it prints what pip would, and fails."""

    def arrange(text: str, code: int = 1, then: str = "") -> Course:
        def new_venv(course: Course) -> None:
            course.python.parent.mkdir(parents=True, exist_ok=True)
            (course.venv / "lib" / "python3.11" / "site-packages").mkdir(parents=True, exist_ok=True)
            course.python.write_text(
                f"#!/bin/sh\n[ $1 = -I ] && exit 0\ncat <<'END'\n{text}\nEND\n{then}\nexit {code}\n", "utf-8"
            )
            course.python.chmod(0o755)

        monkeypatch.setattr(setup, "_new_venv", new_venv)
        return course

    return arrange


@pytest.mark.parametrize(
    ("said", "what", "next_step"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device", "is full", "make room"),
        (
            "WARNING: Retrying: NewConnectionError: [Errno -2] Name or service not known",
            "cannot be reached",
            "check the network",
        ),
        (
            "SSLError(SSLCertVerificationError(1, 'CERTIFICATE_VERIFY_FAILED",
            "certificate",
            "pip config set global.cert",
        ),
        ("ERROR: No matching distribution found for moto==5.2.5", "has no moto==5.2.5 for this Python", "mirror"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "hash", "try again"),
        ("ERROR: the moon is full", "pip could not do it, and said: ERROR: the moon is full", "pip.log"),
    ],
)
def test_what_pip_says_becomes_one_sentence_and_a_next_step(pip_says, capfd, said, what, next_step):
    course = pip_says(said)
    assert line.main(["exercises"], course) == 1
    error = capfd.readouterr().err
    assert what in error.splitlines()[0]
    assert next_step in error.splitlines()[1]
    assert "Traceback" not in error
    assert setup.state(course) == "unfinished"


def test_ctrl_c_in_the_set_up_says_so_and_leaves_nothing_that_is_taken_for_whole(pip_says, capfd):
    course = pip_says("Collecting tinycloud", then=f"kill -INT {os.getpid()}; sleep 5")
    assert line.main(["exercises"], course) == line.INTERRUPTED
    assert "Stopped." in capfd.readouterr().err
    assert setup.state(course) == "unfinished"


def test_an_update_without_network_leaves_the_old_environment_as_it_was(pip_says, capfd):
    course = pip_says("Successfully", code=0)
    setup.ready(course)
    assert setup.state(course) == "ready"

    course.lock.write_text("tinycloud==9 --hash=sha256:00\n", "utf-8")
    course.python.write_text("#!/bin/sh\n[ $1 = -I ] && exit 0\necho Network is unreachable; exit 1\n", "utf-8")
    assert line.main(["exercises"], course) == 1
    assert "cannot be reached" in capfd.readouterr().err
    assert setup.state(course) == "outdated"


def test_a_python_that_is_gone_is_noticed(pip_says):
    course = pip_says("Successfully", code=0)
    setup.ready(course)
    course.python.unlink()
    course.python.symlink_to("/nowhere/python3")
    assert setup.state(course) == "broken"


def test_two_set_ups_at_once_wait_for_each_other(course):
    script = (
        "import sys, pathlib; from commands import setup, places\n"
        "with setup._alone(places.Course(pathlib.Path(sys.argv[1]))): print('in', flush=True); input()"
    )
    command = [sys.executable, "-c", script, str(course.root)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": this_course().root}
    with subprocess.Popen(command, **pipes) as first, subprocess.Popen(command, **pipes) as second:
        sayings = {process: process.stdout.readline() for process in (first, second)}
        inside = next(process for process, said in sayings.items() if said == "in\n")
        waiting = second if inside is first else first
        assert sayings[waiting] == "Another set-up of this course is running: waiting for it.\n"
        inside.kill()  # and not by the door: the lock goes all the same
        assert waiting.stdout.readline() == "in\n"
        waiting.communicate("\n")


def test_a_full_disk_is_said_before_anything_is_made(course, monkeypatch, capfd):
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: namedtuple("usage", "total used free")(10**12, 10**12, 10**8)
    )
    assert line.main(["exercises"], course) == 1
    assert capfd.readouterr().err.startswith(f"The disk that holds {course.root} is full.\nNext: make room")
    assert not course.venv.exists()


def test_a_python_without_venv_is_said(course, monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    assert line.main(["exercises"], course) == 1
    assert "sudo apt install python3." in capfd.readouterr().err


def test_a_course_without_its_lock_file_is_said(course, capfd):
    course.lock.unlink()
    assert line.main(["exercises"], course) == 1
    assert "is missing" in capfd.readouterr().err


def test_the_kernel_is_the_same_everywhere(pip_says):
    import json

    course = pip_says("Successfully", code=0)
    setup.ready(course)
    spec = json.loads((course.venv / "share/jupyter/kernels/twoclouds/kernel.json").read_text("utf-8"))
    assert spec["display_name"] == "Two Clouds (Python 3)"
    assert spec["argv"][0] == str(course.python)
    assert {name: spec["env"][name] for name in ("PYTHONHASHSEED", "TZ", "COLUMNS", "PYTHONDONTWRITEBYTECODE")} == {
        "PYTHONHASHSEED": "0",
        "TZ": "UTC",
        "COLUMNS": "100",
        "PYTHONDONTWRITEBYTECODE": "",
    }


def test_really_without_network(course, tmp_path, monkeypatch):
    for name, value in clean().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(messages.Problem, match="index cannot be reached, or it has no tinycloud"):
        packages.fetch(Path(sys.executable), course.lock, tmp_path / "wheels", scratch=tmp_path)


def test_really_a_package_with_another_hash(course, tmp_path, monkeypatch):
    for name, value in clean(PIP_FIND_LINKS=str(tmp_path / "shelf"), PIP_NO_INDEX="1").items():
        monkeypatch.setenv(name, value)
    course.lock.write_text(f"tinycloud==1.0 --hash=sha256:{'0' * 64}\n", "utf-8")
    with pytest.raises(messages.Problem, match="its hash differs"):
        packages.fetch(Path(sys.executable), course.lock, tmp_path / "wheels", scratch=tmp_path)


def test_really_fetching_asks_the_configured_place_and_counts(course, tmp_path, monkeypatch, capfd):
    for name, value in clean(PIP_FIND_LINKS=str(tmp_path / "shelf"), PIP_NO_INDEX="1").items():
        monkeypatch.setenv(name, value)
    course.lock.write_text(
        course.lock.read_text("utf-8") + "other==1 ; sys_platform == 'riscos' --hash=sha256:00\n", "utf-8"
    )
    packages.fetch(Path(sys.executable), course.lock, tmp_path / "wheels", scratch=tmp_path)
    assert [wheel.name for wheel in (tmp_path / "wheels").glob("*.whl")] == ["tinycloud-1.0-py3-none-any.whl"]
    assert capfd.readouterr().out.splitlines()[-1].startswith("Fetching packages: 1 of 1,")


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "is full"), (errno.EACCES, "may not be written"), (errno.EIO, "refused")]
)
def test_errors_of_the_operating_system_are_sentences(number, said):
    problem = messages.from_os(OSError(number, os.strerror(number)), folder="here")
    assert said in problem.what
    assert problem.next_step


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (b"OSError: [Errno 28] No space left on device", "The disk that holds"),
        (b"Segmentation fault", "cannot make a virtual environment (exit code 139)"),
    ],
)
def test_a_virtual_environment_that_python_cannot_make(course, monkeypatch, capfd, said, what):
    def fail(builder, folder):
        raise subprocess.CalledProcessError(139, "ensurepip", output=said)

    monkeypatch.setattr(venv.EnvBuilder, "create", fail)
    assert line.main(["exercises"], course) == 1
    assert what in capfd.readouterr().err
