"""Make exercises/ from solutions/: `python -m twoclouds.practice.build`; with `--check`, only say what is out of step.

What stands in a code cell between `### BEGIN SOLUTION` and `### END SOLUTION` becomes `# your code here`. Lines in
there that begin with `#|` are the starter: they stay, without that mark. A cell tagged `solution` goes as a whole.
Outputs are cleared; cells keep their ids.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from twoclouds.practice import notebook

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
STARTER = "#|"
HERE = "# your code here"


def starter(code: str) -> str:
    """A solution's code as the learner first sees it. Raises ValueError where a region is not closed."""
    kept: list[str] = []
    inside = False
    for line in code.splitlines():
        text = line.strip()
        indent = line[: len(line) - len(line.lstrip())]
        if text in (BEGIN, END):
            if inside is (text == BEGIN):
                raise ValueError(f"{text} has no partner")
            inside = text == BEGIN
            if inside:
                kept.append(indent + HERE)
        elif not inside:
            kept.append(line)
        elif text.startswith(STARTER):
            kept.append((indent + text.removeprefix(STARTER).removeprefix(" ")).rstrip())
    if inside:
        raise ValueError(f"{BEGIN} has no partner")
    return "\n".join(kept)


def exercise(solution: notebook.Notebook) -> notebook.Notebook:
    """The exercise that a solution stands for."""
    made = notebook.cleared(solution)
    made["cells"] = [cell for cell in made["cells"] if "solution" not in notebook.tags(cell)]
    for cell in notebook.code_cells(made):
        cell["source"] = starter(notebook.source(cell))
    return made


def build(root: Path) -> dict[Path, bytes]:
    """What every file in exercises/ has to be."""
    made = {}
    for file in sorted((root / "solutions").glob("*.ipynb")):
        try:
            made[root / "exercises" / file.name] = notebook.dump(exercise(notebook.read(file)))
        except ValueError as error:
            raise ValueError(f"{file.name}: {error}") from None
    return made


def out_of_step(root: Path) -> list[Path]:
    """The files in exercises/ that are missing, left over, or not what their solution makes of them."""
    made = build(root)
    left_over = set((root / "exercises").glob("*.ipynb")) - set(made)
    differ = {file for file, content in made.items() if not file.exists() or file.read_bytes() != content}
    return sorted(left_over | differ)


def write(root: Path) -> list[Path]:
    """Make exercises/ again. Returns the files that changed."""
    made, changed = build(root), out_of_step(root)
    (root / "exercises").mkdir(exist_ok=True)
    for file in changed:
        if file in made:
            file.write_bytes(made[file])
        else:
            file.unlink()
    return changed


def main(words: list[str] | None = None) -> int:
    options = argparse.ArgumentParser(prog="python -m twoclouds.practice.build", description=__doc__)
    options.add_argument("--check", action="store_true", help="write nothing; fail if a file would change")
    options.add_argument("--root", type=Path, default=Path(), help="the folder that holds solutions/ and exercises/")
    given = options.parse_args(words)
    files = out_of_step(given.root) if given.check else write(given.root)
    for file in files:
        print(f"{'out of step' if given.check else 'written'}: {file.relative_to(given.root).as_posix()}")
    if given.check and files:
        print("Next: course.py exercises")
    return 1 if given.check and files else 0


if __name__ == "__main__":
    sys.exit(main())
