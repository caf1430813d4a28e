"""What a figure's script and style are: its own, and what all of them share, as one text for anywidget.

In the book the same files are loaded as they are, as modules (`book/_ext/explorables.py`).
"""

from __future__ import annotations

import re
from pathlib import Path

from twoclouds import palette

HERE = Path(__file__).parent
SHARED_SCRIPT = HERE / "kit.js"
SHARED_STYLE = HERE / "design.css"

IMPORT = re.compile(r'^import \{[^}]*\} from "\.\./kit\.js";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=const|function|class)", re.MULTILINE)

DARK = ('[data-jp-theme-light="false"] .tc-x', ".vscode-dark .tc-x")
"""Where JupyterLab and VS Code say that the page is dark; the book has the palette already."""


def folders() -> list[Path]:
    """The folder of every explorable."""
    return sorted(script.parent for script in HERE.glob("*/figure.js"))


def script(folder: Path) -> str:
    """One module: what is shared, then the explorable's own, which imports nothing else."""
    shared = EXPORT.sub("", SHARED_SCRIPT.read_text(encoding="utf-8"))
    return shared + IMPORT.sub("", (folder / "figure.js").read_text(encoding="utf-8"))


def style(folder: Path) -> str:
    """One style sheet: the palette, what is shared, the explorable's own."""
    own = (folder / "figure.css").read_text(encoding="utf-8")
    return "\n".join([colours(), SHARED_STYLE.read_text(encoding="utf-8"), own])


def colours() -> str:
    """The palette as custom properties of a figure."""
    return "\n".join([palette.rule(".tc-x", "light"), palette.rule(", ".join(DARK), "dark")])
