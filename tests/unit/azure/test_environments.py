"""What a conda file asks for, and what an image then holds."""

from __future__ import annotations

import pytest

from twoclouds.azure import environments, registry
from twoclouds.azure.errors import AzureError
from twoclouds.wire.errors import NotSimulated
from twoclouds.world.images import ImageDefinition

BASE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"


@pytest.mark.parametrize(
    ("entry", "requirement"),
    [
        ("numpy", "numpy"),
        ("numpy=1.26", "numpy==1.26.*"),
        ("numpy=1.26.*", "numpy==1.26.*"),
        ("numpy==1.26.4", "numpy==1.26.4"),
        ("numpy>=1.20,<2", "numpy>=1.20,<2"),
        ("numpy~=1.26", "numpy~=1.26"),
        ("numpy=1.26.4=py310_0", "numpy==1.26.4.*"),
        ("conda-forge::numpy=1.26", "numpy==1.26.*"),
    ],
)
def test_conda_words_in_pips(entry: str, requirement: str) -> None:
    assert environments.requirements(f"dependencies: ['{entry}']") == (requirement,)


def test_pip_entries_come_too_and_python_stays_out() -> None:
    conda = """
        name: mine
        channels: [conda-forge]
        dependencies:
          - python=3.10
          - pip
          - pandas=2.2
          - pip:
            - scikit-learn==1.5.1
            - joblib>=1.2
    """
    assert environments.requirements(conda) == ("pandas==2.2.*", "scikit-learn==1.5.1", "joblib>=1.2")


@pytest.mark.parametrize("conda", ["", "just text", "name: x", "dependencies: [", "- a\n- b"])
def test_what_is_not_a_conda_file(conda: str) -> None:
    with pytest.raises(AzureError, match="The conda file is not one"):
        environments.requirements(conda)


def test_a_package_that_this_lab_lacks_is_absent_from_the_image_not_from_the_world() -> None:
    properties = {"image": BASE, "condaFile": "dependencies: [{pip: [torch==2.8, joblib]}]"}
    made = environments._define("mine", properties)
    assert made == ImageDefinition(base=BASE, packages=("joblib",), absent=("torch",), origin="mine")


def test_an_image_that_is_not_in_the_catalog() -> None:
    with pytest.raises(NotSimulated, match=r"the image docker\.io/mine:1"):
        environments._define("mine", {"image": "docker.io/mine:1"})


def test_a_curated_environment_by_label_and_by_version() -> None:
    latest = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"
    assert registry.resolve(latest) == "azureml://registries/azureml/environments/sklearn-1.5/versions/40"
    assert registry.definition(latest) == registry.definition(registry.resolve(latest))
    assert "scikit-learn~=1.5.0" in registry.definition(latest).packages


@pytest.mark.parametrize("ending", ["nope/labels/latest", "sklearn-1.5/versions/41", "sklearn-1.5/labels/best"])
def test_a_curated_environment_that_is_not_there(ending: str) -> None:
    with pytest.raises(AzureError, match="Could not find asset with ID: azureml://registries/azureml/environments/"):
        registry.resolve(f"azureml://registries/azureml/environments/{ending}")
