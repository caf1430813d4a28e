"""`python -m benchmarks`: how long things take, next to the same thing without the simulation.

Absolute seconds depend on the machine; the ratios, taken side by side in one run, are what is to be compared.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import cases
from benchmarks.figures import Figure

HERE = Path(__file__).parent


def machine() -> str:
    """This machine in a few words."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def table(rows: list[Figure]) -> str:
    """The figures as Markdown."""
    lines = ["| what | figure | next to | asked for | |", "|---|---|---|---|---|"]
    lines += [f"| {r.what} | {r.figure} | {r.beside} | {r.wanted} | {'yes' if r.met else '**no**'} |" for r in rows]
    return "\n".join(lines)


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("names", nargs="*", choices=[[], *cases.ALL], help="which ones (all of them)")
    options.add_argument("--save", action="store_true", help="write the table to benchmarks/RESULTS.md")
    chosen = options.parse_args()
    rows: list[Figure] = []
    for name in chosen.names or cases.ALL:
        case: Callable[[], list[Figure]] = cases.ALL[name]
        print(f"{name} …", file=sys.stderr, flush=True)
        found = case()
        print(table(found), file=sys.stderr, flush=True)
        rows += found
    text = f"# Benchmarks\n\nMade by `python -m benchmarks --save` on {machine()}.\n\n{table(rows)}\n"
    print(text)
    if chosen.save:
        (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    return 0 if all(row.met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
