"""The colours of the course: one for each cloud, one for each phase of a machine.

The figures read this table; `book/_static/palette.css` is its other form (`css`), and a test keeps the two equal.
Chosen so that neighbours stay apart under the three common colour-vision deficiencies; a test measures it.
What is assumed is hatched, so colour never carries a meaning alone.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Colour:
    """One colour in both schemes, as `#rrggbb`."""

    light: str
    dark: str


PAGE = {
    "paper": Colour("#ffffff", "#14181d"),
    "panel": Colour("#f5f7f9", "#1c2229"),
    "line": Colour("#d5dbe1", "#353e48"),
    "ink": Colour("#1b2129", "#e3e7eb"),
    "quiet": Colour("#566270", "#9aa6b3"),
}

CLOUDS = {
    "azure": Colour("#1f5fbf", "#7db4ff"),
    "aws": Colour("#b1470a", "#ff9d5c"),
}

PHASES = {
    "working": Colour("#0b6e5a", "#35b594"),
    "provisioning": Colour("#7a4fc0", "#a98ae6"),
    "idle": Colour("#b88700", "#f0c755"),
    "waiting": Colour("#8b95a1", "#6e7885"),
}

ALL = PAGE | CLOUDS | PHASES


def rule(selector: str, scheme: str) -> str:
    """A rule of CSS: the colours of a scheme (`light` or `dark`) as custom properties `--tc-<name>`."""
    lines = [f"  --tc-{name}: {getattr(colour, scheme)};" for name, colour in ALL.items()]
    return "\n".join([f"{selector} {{", f"  color-scheme: {scheme};", *lines, "}"])


def css() -> str:
    """The table as CSS: light by default, dark where the page's theme is dark."""
    head = "/* Written by `python -m twoclouds.palette`; edit the table in src/twoclouds/palette.py. */"
    return "\n\n".join([head, rule(":root", "light"), rule('html[data-theme="dark"]', "dark")]) + "\n"


if __name__ == "__main__":
    print(css(), end="")
