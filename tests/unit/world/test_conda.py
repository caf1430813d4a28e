"""What conda is asked for, in pip's words."""

from __future__ import annotations

import pytest

from twoclouds.world import conda
from twoclouds.world.images import BuildFailed


@pytest.mark.parametrize(
    ("entry", "requirement"),
    [
        ("numpy", "numpy"),
        ("numpy=1.26", "numpy==1.26.*"),
        ("numpy=1.26.*", "numpy==1.26.*"),
        ("numpy==1.26.4", "numpy==1.26.4"),
        ("numpy 1.26.4", "numpy==1.26.4"),
        ("numpy >= 1.20, <2", "numpy>=1.20,<2"),
        ("numpy>=1.20,<2", "numpy>=1.20,<2"),
        ("numpy~=1.26", "numpy~=1.26"),
        ("numpy=1.26.4=py310_0", "numpy==1.26.4.*"),
        ("conda-forge::numpy=1.26", "numpy==1.26.*"),
        ("pytorch::pytorch=2.1", "torch==2.1.*"),
    ],
)
def test_conda_words_in_pips(entry: str, requirement: str) -> None:
    assert conda.parse(f"dependencies: ['{entry}']").requirements() == (requirement,)


def test_pip_entries_come_too_and_python_stays_out() -> None:
    file = conda.parse("""
        name: mine
        channels: [conda-forge]
        dependencies:
          - python=3.10
          - pip
          - pandas=2.2
          - pip:
            - --extra-index-url=https://example.org/simple
            - scikit-learn==1.5.1
            - joblib>=1.2
    """)
    assert file.channels == ("conda-forge",)
    assert file.requirements() == ("pandas==2.2.*", "scikit-learn==1.5.1", "joblib>=1.2")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("-r requirements.txt", "Could not open requirements file: [Errno 2] No such file or directory: 'requirements"),
        ("-e .", ". does not appear to be a Python project"),
        ("git+https://github.com/a/b", "Two Clouds: pip install git+https://github.com/a/b: this lab installs"),
    ],
)
def test_what_pip_cannot_install_from_here_fails_the_build(line: str, error: str) -> None:
    with pytest.raises(BuildFailed) as failed:
        conda.parse(f"dependencies: [{{pip: ['{line}']}}]").requirements()
    assert error in failed.value.log[0]


@pytest.mark.parametrize("text", ["", "just text", "name: x", "dependencies: [", "- a\n- b", "dependencies: 7"])
def test_what_is_not_a_conda_file(text: str) -> None:
    with pytest.raises(conda.NotACondaFile, match="it needs a list of dependencies"):
        conda.parse(text)


FILE = "dependencies: [python=3.11, numpy=1.26, {pip: [joblib]}]"


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("env create -n userenv -f /tmp/conda.yaml", ("numpy==1.26.*", "joblib")),
        ("env update --name base --file=/tmp/conda.yaml", ("numpy==1.26.*", "joblib")),
        ("install -y -c conda-forge -n base pandas~=1.5.3 pip=26.1", ("pandas~=1.5.3",)),
        ("create -q -p /azureml-envs/x python=3.10 scipy", ("scipy",)),
        ("clean -a -y", ()),
        ("config --set solver classic", ()),
    ],
)
def test_what_a_command_installs(command: str, wanted: tuple[str, ...]) -> None:
    assert conda.command(command.split(), {"/tmp/conda.yaml": FILE}.__getitem__) == wanted
