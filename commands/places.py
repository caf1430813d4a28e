"""Where the course's things are, and the environment variables its Python runs with."""

import os
from dataclasses import dataclass
from pathlib import Path

LESSON_1 = "notebooks/01-one-job-two-clouds.ipynb"
IN_THE_WAY = (
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "PYTHONHASHSEED",
    "JUPYTER_NO_CONFIG",
)


@dataclass(frozen=True)
class Course:
    """A course in a folder: a clone of the repository, or a bundle."""

    root: Path

    @property
    def lock(self) -> Path:
        return self.root / "requirements" / "lock.txt"

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def setup(self) -> Path:
        """Scratch of the set-up: what pip said, packages on their way. Can be deleted at any time."""
        return self.root / ".venv-setup"

    @property
    def work(self) -> Path:
        return self.root / "_work"

    @property
    def site(self) -> Path:
        return self.root / "_build" / "html"

    @property
    def wheels(self) -> Path:
        """In a bundle: the packages it carries."""
        return self.root / "wheels"

    @property
    def python(self) -> Path:
        return self.venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def private(self) -> Path:
        """IPython's and matplotlib's folders: the course's own, so that nobody's personal settings change a result."""
        return self.venv / "share" / "twoclouds"


def this_course() -> Course:
    return Course(Path(__file__).resolve().parent.parent)


def environment(course: Course) -> dict[str, str]:
    """The variables for the course's Python: the learner's own, less what would change or slow it, plus Jupyter's."""
    jupyter = course.work / ".jupyter"
    variables = {name: value for name, value in os.environ.items() if name not in IN_THE_WAY}
    return variables | {
        "VIRTUAL_ENV": str(course.venv),
        "PATH": f"{course.python.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "IPYTHONDIR": str(course.private / "ipython"),
        "MPLCONFIGDIR": str(course.private / "matplotlib"),
        "JUPYTER_CONFIG_PATH": str(course.root / "commands" / "jupyter"),
        "JUPYTER_CONFIG_DIR": str(jupyter / "config"),
        "JUPYTER_DATA_DIR": str(jupyter / "data"),
        "JUPYTER_PATH": str(course.venv / "share" / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(jupyter / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(jupyter / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(jupyter / "workspaces"),
        "JUPYTER_PLATFORM_DIRS": "1",
    }
