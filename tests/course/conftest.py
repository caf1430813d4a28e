"""A course in miniature: one package, one lesson, one exercise. Nothing here uses a network."""

import base64
import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from commands.places import Course

LESSON = "notebooks/01-one-job-two-clouds.ipynb"


def write_notebook(file: Path, *sources: str, output: str = "") -> None:
    """A notebook of code cells; with `output`, it looks as if it had been run."""
    outputs = [{"output_type": "stream", "name": "stdout", "text": [output]}] if output else []
    cells = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": [s], "outputs": outputs, "execution_count": 1}
        for n, s in enumerate(sources)
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "utf-8")


def write_wheel(folder: Path, name: str, version: str) -> str:
    """A package that says its version; answers its line for a lock file."""
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"version = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text)}\n"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in (*files.items(), (f"{info}/RECORD", f"{record}{info}/RECORD,,\n")):
            archive.writestr(path, text)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A folder that `course.py` takes for a course, nothing installed. Its packages are in `tmp_path / "shelf"`."""
    root = tmp_path / "the course"
    (root / "requirements").mkdir(parents=True)
    (root / "requirements" / "lock.txt").write_text(write_wheel(tmp_path / "shelf", "tinycloud", "1.0"), "utf-8")
    practice = root / "src" / "twoclouds" / "practice"
    practice.mkdir(parents=True)
    (practice.parent / "__init__.py").touch()
    (practice / "__init__.py").touch()
    (practice / "build.py").write_text('import tinycloud\nprint("built with", tinycloud.version)\n', "utf-8")
    write_notebook(root / LESSON, "1 + 1", "lab.bill()", output="$0.12")
    (root / "notebooks" / "sensors").mkdir()
    (root / "notebooks" / "sensors" / "train.py").write_text("print('training')\n", "utf-8")
    write_notebook(root / "exercises" / "01.ipynb", "answer = ...")
    return Course(root)
