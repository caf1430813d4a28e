"""The clouds' own modules, to be read: what a lesson shows of them is what runs."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

PACKAGE = Path(__file__).parent


@dataclass(frozen=True)
class Source:
    """Modules of the course as they are written, by name; in a page each opens on demand."""

    modules: dict[str, str]

    def __repr__(self) -> str:
        return "\n\n".join(f"# {name}\n\n{text}" for name, text in self.modules.items())

    def _repr_html_(self) -> str:
        return "".join(
            f'<details class="tc-source"><summary><code>{escape(name)}</code></summary>'
            f'<pre tabindex="0" style="overflow-x: auto">{escape(text)}</pre></details>'
            for name, text in self.modules.items()
        )


def read(*names: str) -> Source:
    """The modules at `names`, such as "azure/compute/pool.py". Raises FileNotFoundError."""
    return Source({name: (PACKAGE / name).read_text("utf-8") for name in names})
