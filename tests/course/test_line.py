"""The command line: help, the wrong Python, busy ports, the checks' summary, the doctor, the bundle."""

import os
import runpy
import shutil
import socket
import subprocess
import sys
import urllib.request

import pytest

from commands import bundle, checks, doctor, line, messages, packages, setup, start
from commands.places import environment, this_course

from .conftest import LESSON

ROOT = this_course().root


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 8, 1), (3, 10, 9), (3, 15, 0), (4, 0, 0)])
def test_a_wrong_python_is_told_which_is_right(version, monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", version)
    monkeypatch.setattr(sys, "argv", ["course.py", "start", "--no-browser"])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(str(ROOT / "course.py"), run_name="__main__")
    assert stopped.value.code == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first == f"Two Clouds needs Python 3.11 to 3.14, and this is Python {version[0]}.{version[1]}."
    assert second.endswith("course.py start --no-browser")


def test_an_old_python_can_at_least_say_so():
    names = ("python2", "python2.7", "python3.6", "python3.8", "python3.9", "python3.10")
    old = [
        name
        for name in filter(shutil.which, names)
        if not subprocess.run([name, "-c", ""], capture_output=True).returncode
    ]
    if not old:
        pytest.skip("no old Python here")
    for name in old:
        process = subprocess.run([name, "course.py", "start"], cwd=ROOT, capture_output=True, text=True)
        assert process.returncode == 1
        assert process.stderr.startswith("Two Clouds needs Python 3.11 to 3.14, and this is Python ")
        assert len(process.stderr.splitlines()) == 2


@pytest.mark.parametrize("command", ["start", "test", "book", "serve", "run", "exercises", "doctor", "bundle"])
def test_help_names_every_command(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        line.main(["--help"])
    assert stopped.value.code == 0
    assert f"\n    {command} " in capsys.readouterr().out.replace("\n", " \n")


def test_what_nobody_foresaw_is_still_no_traceback(course, monkeypatch, capsys):
    monkeypatch.setattr(doctor, "doctor", lambda course: 1 / 0)
    monkeypatch.delenv("TWOCLOUDS_DEBUG", raising=False)
    assert line.main(["doctor"], course) == 1
    error = capsys.readouterr().err
    assert error.startswith("This should not have happened: ZeroDivisionError")
    assert "Traceback" not in error


@pytest.fixture
def is_set_up(monkeypatch):
    monkeypatch.setattr(setup, "ready", lambda course, wheels=None: None)


@pytest.fixture
def busy_port():
    with socket.socket() as holder:
        holder.bind((start.HOST, 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_a_busy_port_is_said_and_a_free_one_named(course, is_set_up, busy_port, capsys):
    assert line.main(["start", "--port", str(busy_port)], course) == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first == f"Port {busy_port} is in use by another program."
    assert second == f"Next: choose another, such as --port {start.next_free(busy_port)}."


def test_without_a_port_asked_for_the_next_free_one_is_taken(busy_port, monkeypatch, capsys):
    monkeypatch.setattr(start, "PORT", busy_port)
    assert start.choose_port(None) == start.next_free(busy_port) > busy_port
    assert f"Port {busy_port} is in use" in capsys.readouterr().out


def test_no_port_at_all(course, is_set_up, capsys):
    assert line.main(["start", "--port", "99999"], course) == 1
    assert "99999 is no port." in capsys.readouterr().err


def test_start_opens_lesson_1_of_the_working_copy_on_loopback(course, is_set_up, monkeypatch):
    handed = []
    monkeypatch.setattr(start, "_hand_over", lambda course, command: handed.append(command) or 0)
    assert line.main(["start", "--no-browser"], course) == 0
    [command] = handed
    assert command[1:3] == ["-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={course.work}" in command
    assert f"--LabApp.default_url=/lab/tree/{LESSON}" in command
    assert "--no-browser" in command
    assert (course.work / LESSON).exists()


def test_jupyterlab_has_the_courses_settings_and_not_the_learners(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    variables = environment(this_course())
    assert "PYTHONDONTWRITEBYTECODE" not in variables
    script = (
        "import sys; from jupyterlab.labapp import LabApp; from jupyterlab_server.config import get_page_config\n"
        "from jupyter_core.paths import jupyter_config_path\n"
        "app = LabApp.initialize_server(['--no-browser', '--port=0', '--allow-root'])\n"
        "lab = app.extension_manager.extension_apps['jupyterlab'].copy().pop()\n"
        "off = get_page_config(jupyter_config_path())['disabledExtensions']\n"
        "updates = lab.check_for_updates_class.__name__\n"
        "print([app.ip, lab.news_url, updates, lab.extension_manager, bool(app.token)], sorted(off))"
    )
    python = sys.executable
    process = subprocess.run([python, "-c", script], env=variables, cwd=tmp_path, capture_output=True, text=True)
    assert process.stdout.splitlines()[-1] == (
        "['127.0.0.1', None, 'NeverCheckForUpdate', 'readonly', True] "
        "['@jupyterlab/apputils-extension:announcements', '@jupyterlab/extensionmanager-extension']"
    ), process.stderr


def test_from_a_folder_without_packages(course, tmp_path, capsys):
    assert line.main(["start", "--from", str(tmp_path)], course) == 1
    assert capsys.readouterr().err.startswith(f"{tmp_path} holds no packages.\nNext: give the folder")


def test_the_checks_run_all_and_say_at_the_end_what_failed(course, capfd):
    def check(name: str, code: int) -> checks.Check:
        return checks.Check(name, "an example", (sys.executable, "-c", f"raise SystemExit({code})"))

    assert checks.run(course, [check("lint", 1), check("types", 0)]) == 1
    out = capfd.readouterr().out
    assert "[2/2] types: an example" in out
    assert "  FAILED   lint" in out
    assert "python3 course.py test lint" in out
    assert out.splitlines()[-1].startswith("==== 1 failed in ")
    assert checks.run(course, [check("lint", 0)]) == 0


def test_a_check_that_needs_a_failed_one_is_not_run(course, capfd):
    book = checks.Check("book", "an example", (sys.executable, "-c", "raise SystemExit(1)"))
    site = checks.Check("site", "an example", (sys.executable, "-c", "print('in the browser')"), needs="book")
    assert checks.run(course, [book, site]) == 1
    out = capfd.readouterr().out
    assert "  not run  site" in out
    assert "in the browser" not in out
    assert checks.run(course, [site]) == 0, "alone, it may find the book of an earlier run"


def test_the_checks_count_what_pytest_counted(course, tmp_path, capfd):
    (tmp_path / "test_three.py").write_text(
        "import pytest\ndef test_a(): pass\ndef test_b(): pass\ndef test_c(): pytest.skip()\n"
    )
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path))
    assert checks.run(course, [checks.Check("tests", "three", command)]) == 0
    assert capfd.readouterr().out.splitlines()[-1].startswith("==== 2 passed, 1 skipped in ")


def test_a_selection_is_checks_or_words_for_pytest(course, is_set_up, monkeypatch):
    ran = []
    monkeypatch.setattr(checks, "run", lambda course, chosen: ran.append(chosen) or 0)
    line.main(["test", "lint", "types"], course)
    line.main(["test", "tests/unit", "-k", "clock"], course)
    line.main(["test"], course)
    assert [check.name for check in ran[0]] == ["lint", "types"]
    assert ran[1][0].command[1:] == ("-m", "pytest", "tests/unit", "-k", "clock")
    assert [check.name for check in ran[2]] == ["lint", "types", "tests", "book", "site"]


def test_the_doctor_works_before_anything_is_installed(course, capsys):
    assert line.main(["doctor"], course) == 0
    out = capsys.readouterr().out
    for what in ("Python", "disk", "packages", "kernel", "port", "browser", "system"):
        assert f"  {what}" in out
    assert "not installed yet" in out
    assert out.endswith("Nothing to mend.\n")


def test_the_doctor_says_what_to_mend(course, capsys):
    course.venv.mkdir()
    assert line.main(["doctor"], course) == 1
    out = capsys.readouterr().out
    assert "MEND  packages     .venv is half-made" in out
    assert "→ python3 course.py start  makes it again" in out


def test_a_bundle_is_a_course_with_its_packages(course, is_set_up, tmp_path, monkeypatch):
    monkeypatch.setattr(
        packages,
        "fetch",
        lambda python, lock, into, scratch: shutil.copytree(tmp_path / "shelf", into, dirs_exist_ok=True),
    )
    for left_out in (".git", ".venv", "_work", "_build"):
        (course.root / left_out).mkdir()
    folder = tmp_path / "stick"
    assert line.main(["bundle", str(folder)], course) == 0
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.txt",
        "exercises",
        "notebooks",
        "requirements",
        "src",
        "wheels",
    ]
    assert bundle.this_machine() in (folder / "README.txt").read_text("utf-8")
    assert "python3 course.py start" in (folder / "README.txt").read_text("utf-8")
    assert start.wheels_of(folder) == folder / "wheels"
    assert line.main(["bundle", str(folder)], course) == 0, "a second time adds to it"


def test_a_bundle_does_not_go_over_other_things(course, tmp_path, capsys):
    assert line.main(["bundle", str(tmp_path)], course) == 1
    assert "holds other things" in capsys.readouterr().err
    assert line.main(["bundle", str(course.root / "notebooks" / "new")], course) == 1
    assert "inside the course" in capsys.readouterr().err


def test_serving_a_book_that_is_not_there(course, capsys):
    assert line.main(["serve"], course) == 1
    assert (
        capsys.readouterr().err
        == "The book has not been built yet.\nNext: run  python3 course.py book  and then this again.\n"
    )


def test_serving_the_book(course):
    course.site.mkdir(parents=True)
    (course.site / "index.html").write_text("<p>Two Clouds</p>", "utf-8")
    script = (
        "import sys, pathlib; from commands import line, places\n"
        "sys.exit(line.main(sys.argv[2:], places.Course(pathlib.Path(sys.argv[1]))))"
    )
    command = [sys.executable, "-c", script, str(course.root), "serve", "--no-browser"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        address = server.stdout.readline().split()[4]
        assert urllib.request.urlopen(address).read() == b"<p>Two Clouds</p>"
        server.send_signal(2 if os.name != "nt" else 1)
        assert server.wait(timeout=30) == 0


class Paper:
    """What is written to, when it is no terminal."""

    def __init__(self, terminal: bool) -> None:
        self.terminal = terminal
        self.text = ""

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


def test_progress_is_lines_without_a_terminal_and_a_bar_with_one():
    paper = Paper(terminal=False)
    with messages.Progress("Fetching", 3, paper) as progress:
        progress.at(1)
        progress.at(2)
    assert paper.text == "Fetching: 0 of 3, 0 s\nFetching: 3 of 3, 0 s\n", "not a line for each"

    screen = Paper(terminal=True)
    with messages.Progress("Fetching", 4, screen) as progress:
        progress.said -= 1
        progress.at(2)
    assert "\r[##########..........] Fetching: 2 of 4, 0 s" in screen.text
