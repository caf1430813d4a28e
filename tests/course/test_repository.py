"""What the README and the house rules promise about the repository itself."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from commands.places import this_course

ROOT = this_course().root
PACKAGE = ROOT / "src" / "twoclouds"
MODULES = sorted([*PACKAGE.rglob("*.py"), *(ROOT / "commands").glob("*.py")])

# explorables, practice → lab → azure, aws → wire, world
MAY_IMPORT = {
    "wire": set(),
    "world": set(),
    "azure": {"wire", "world"},
    "aws": {"wire", "world"},
    "tables": set(),
    "figures": {"world", "palette", "tables"},
    "progress": {"tables"},
    "waits": {"world", "tables", "figures"},
    "source": set(),
    "lab": {"azure", "aws", "wire", "world", "figures", "tables", "progress", "waits", "source"},
    "explorables": {"lab", "azure", "aws", "wire", "world", "figures", "tables", "palette"},
}


def committed() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_the_readme_points_at_places_that_exist():
    table = re.search(r"## Where to find things\n(.+?)\n## ", (ROOT / "README.md").read_text("utf-8"), flags=re.DOTALL)[
        1
    ]
    places = re.findall(r"`([^`]+/[^`]*|[^`]+\.py|[^`]+\.yml)`", table.replace("`course.py` does", ""))
    assert len(places) > 15
    assert [place for place in places if not (ROOT / place).exists()] == []


def test_no_module_is_longer_than_400_lines():
    lengths = {str(module.relative_to(ROOT)): len(module.read_text("utf-8").splitlines()) for module in MODULES}
    assert {name: lines for name, lines in lengths.items() if lines >= 400} == {}


def part_of(module: str) -> str:
    """`lab` for `twoclouds.lab`, `azure` for `twoclouds.azure.compute.pool`; "" for what is not ours."""
    names = module.split(".")
    return names[1] if names[0] == "twoclouds" and len(names) > 1 else ""


def imports(file: Path) -> set[str]:
    """The parts of the package that a module imports, wherever in it."""
    here = ["twoclouds", *file.relative_to(PACKAGE).with_suffix("").parts]
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {part_of(name.name) for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(here[: len(here) - node.level]) + "." if node.level else ""
            base = f"{start}{node.module or ''}".rstrip(".")
            found |= {part_of(base)} if part_of(base) else {part_of(f"{base}.{name.name}") for name in node.names}
    return found - {""}


@pytest.mark.parametrize("part", sorted(MAY_IMPORT))
def test_imports_go_along_the_arrows(part):
    files = [PACKAGE / f"{part}.py"] if (PACKAGE / f"{part}.py").exists() else sorted((PACKAGE / part).rglob("*.py"))
    against = {str(file.relative_to(ROOT)): imports(file) - MAY_IMPORT[part] - {part} for file in files}
    assert {name: others for name, others in against.items() if others} == {}


def test_the_command_needs_the_standard_library_alone():
    import sys

    for file in (ROOT / "commands").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                assert {name.name.split(".")[0] for name in node.names} <= sys.stdlib_module_names, file.name
            elif isinstance(node, ast.ImportFrom) and not node.level:
                assert node.module.split(".")[0] in sys.stdlib_module_names, file.name


def test_no_file_names_the_machine_it_was_made_on():
    if len(ROOT.parts) < 3:
        pytest.skip(f"{ROOT} is too short to tell")
    machine = re.compile(re.escape(str(ROOT)).encode() + rb"\b")
    named = [str(file.relative_to(ROOT)) for file in committed() if machine.search(file.read_bytes())]
    assert named == []
