"""Explorables without a browser: what is stored of one, what is loaded of it, and that a lab would say the same."""

import json
import re
import subprocess
import sys

import pytest

from twoclouds import explorables
from twoclouds.explorables import build, bundle
from twoclouds.explorables.explorable import stored

MOST = 50_000  # bytes of an explorable with all that it shares and shows

SHOWN = [
    explorables.ObjectGraph(),
    explorables.WhichSecondsCostMoney("job"),
    explorables.IdleAndWaiting(),
    explorables.LeastIMustOwn(),
    explorables.DriftDial(),
    explorables.WhichSecondsCostMoney("pool"),
    explorables.WhichSecondsCostMoney("endpoint"),
]


def by_name(shown):
    return type(shown).__name__


@pytest.mark.parametrize("shown", SHOWN, ids=by_name)
def test_what_is_stored_is_a_text_and_an_element_with_the_data(shown):
    data, _ = shown._repr_mimebundle_()
    assert data["text/plain"].startswith(shown.question)
    element = data["text/html"]
    assert element.startswith(f'<div class="tc-x" data-explorable="{shown.folder.name}">')
    assert "<table" in element
    held = re.search(r'<script type="application/json">(.*)</script></div>$', element)[1]
    assert "</" not in held
    assert json.loads(held) == shown.data


@pytest.mark.parametrize("shown", SHOWN, ids=by_name)
def test_it_is_light(shown):
    weight = len(shown._esm.encode()) + len(shown._css.encode()) + len(json.dumps(shown.data).encode())
    assert weight < MOST


@pytest.mark.parametrize("folder", bundle.folders(), ids=lambda folder: folder.name)
def test_a_figure_is_one_module_that_imports_and_fetches_nothing(folder):
    script = bundle.script(folder)
    assert not re.search(r"^import |\bimport\(|\bfetch\(|https?://(?!www\.w3\.org/2000/svg)", script, re.MULTILINE)
    assert script.count("export default") == 1


@pytest.mark.parametrize("folder", bundle.folders(), ids=lambda folder: folder.name)
def test_a_figures_style_touches_nothing_else(folder):
    own = re.sub(r"/\*.*?\*/", "", bundle.SHARED_STYLE.read_text("utf-8") + (folder / "figure.css").read_text("utf-8"))
    selectors = re.findall(r"([^{}]+)\{", re.sub(r"@[^{]+\{", "{", own))
    outside = [part for some in selectors if some.strip() for part in some.split(",") if ".tc" not in part]
    assert [part for part in outside if part.count("(") == part.count(")")] == []


@pytest.mark.slow
@pytest.mark.parametrize("folder", bundle.folders(), ids=lambda folder: folder.name)
def test_what_it_shows_is_what_a_lab_says_now(folder):
    """In a process of its own: it opens labs."""
    command = [sys.executable, "-m", "twoclouds.explorables.build", "--check", folder.name]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_table_is_made_by_something():
    for folder in bundle.folders():
        files = {file.stem for file in folder.glob("data/*.json")}
        assert files == set(build.measured(folder))
        for name in files:
            assert stored(folder, name)
