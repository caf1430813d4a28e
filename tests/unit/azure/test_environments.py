"""What an environment asks for, what its image then holds, and what makes it another image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import twoclouds
from twoclouds.azure.assets import base_images, packages, recipes, registry
from twoclouds.azure.assets.recipes import Recipe
from twoclouds.azure.catalog import images
from twoclouds.azure.errors import AzureError
from twoclouds.azure.state import State
from twoclouds.wire.errors import NotSimulated

BASE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"


@pytest.fixture(scope="module")
def state() -> Iterator[State]:
    with twoclouds.open() as lab:
        yield lab.azure.state


def environment(name: str) -> str:
    return f"azureml://registries/azureml/environments/{name}"


def test_a_package_that_this_lab_lacks_is_absent_from_the_image_and_brings_what_is_at_hand(state: State) -> None:
    wanted = ["joblib", "torch==2.2", "azureml-telemetry", "opencv-python", "uuid", "no-such-package"]
    carried, absent = packages.split(state, wanted)
    assert carried[:2] == ("joblib", "no-such-package")  # the latter fails the build, as pip does
    assert "numpy" in carried
    assert {"torch", "azureml-telemetry", "azureml.telemetry", "opencv-python", "cv2"} < set(absent)
    assert "uuid" not in absent  # Python has one of that name


def test_what_is_asked_for_goes_before_what_is_brought_along(state: State) -> None:
    carried, _ = packages.split(state, ["azureml-mlflow", "mlflow-skinny==2.8"])
    assert [text for text in carried if text.startswith("mlflow")] == ["mlflow-skinny==2.8"]


@pytest.mark.parametrize(
    "image", [BASE, f"{BASE}:latest", f"{BASE}:20240101.v1", f"{BASE}@sha256:{'0' * 64}", "docker.io/library/python:3"]
)
def test_an_image_by_any_tag(image: str) -> None:
    assert base_images.find(image) is not None


def test_every_image_that_is_known_can_be_had(state: State) -> None:
    for name, row in images().items():
        if row["packages"] != base_images.UNKNOWN:
            definition = base_images.base(state, row["image"])
            assert definition is not None, name
            state.world.images.build(definition)


def test_the_names_of_curated_environments_lie(state: State) -> None:
    image = registry.image(environment("acpt-pytorch-2.2-cuda12.1/labels/latest"))
    row = base_images.find(image)
    assert row is not None
    assert "torch==2.10.0" in row["packages"].split()
    definition = base_images.base(state, image)
    assert definition is not None
    assert {"torch", "transformers"} < set(definition.absent)
    assert definition.pinned["torch"] == "torch==2.10.0"
    assert "azureml.core" not in definition.pinned  # its recipe names no version


def test_a_curated_environment_by_label_and_by_version() -> None:
    latest = environment("sklearn-1.5/labels/latest")
    assert registry.resolve(latest) == environment("sklearn-1.5/versions/40")
    assert registry.image(latest) == registry.image(registry.resolve(latest))


@pytest.mark.parametrize("ending", ["nope/labels/latest", "sklearn-1.5/versions/41", "sklearn-1.5/labels/best"])
def test_a_curated_environment_that_is_not_there(ending: str) -> None:
    with pytest.raises(AzureError, match="Could not find asset with ID: azureml://registries/azureml/environments/"):
        registry.resolve(environment(ending))


def test_an_older_version_of_one_is_there_and_not_here() -> None:
    with pytest.raises(NotSimulated, match=r"version 12 of the curated environment sklearn-1\.5"):
        registry.resolve(environment("sklearn-1.5/versions/12"))


def test_one_that_nobody_has_looked_up(state: State) -> None:
    with pytest.raises(NotSimulated, match="curated/acft-hf-nlp-gpu"):
        recipes.find(state, environment("acft-hf-nlp-gpu/labels/latest"))


def hashed(**properties: Any) -> str:
    return recipes.of(None, "e", {"image": BASE, **properties}).hash  # type: ignore[arg-type]


CONDA = "{{name: {name}, channels: [{channels}], dependencies: [{dependencies}]}}"


def test_what_makes_it_another_image() -> None:
    def file(name: str = "x", channels: str = "conda-forge, defaults", dependencies: str = "numpy, pandas") -> str:
        return CONDA.format(name=name, channels=channels, dependencies=dependencies)

    first = hashed(condaFile=file())
    assert hashed(condaFile=file(name="y") + "  # a remark") == first
    others = {
        hashed(condaFile=file(dependencies="pandas, numpy")),
        hashed(condaFile=file(channels="defaults, conda-forge")),
        hashed(condaFile=file(dependencies="numpy=1.26, pandas")),
        hashed(condaFile=file(), image=f"{BASE}:20240101.v1"),
        Recipe("e", context={"Dockerfile": b"FROM python:3.11"}).hash,
        Recipe("e", context={"Dockerfile": b"FROM python:3.12"}).hash,
    }
    assert len(others | {first}) == 7
    assert hashed() == ""  # an image alone is pulled as it is


def test_a_folder_with_a_dockerfile(state: State) -> None:
    text = f"FROM {BASE}:latest\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nENV MODE=test\n"
    wanted = b"joblib\ntorch==2.1.0\n"
    recipe = Recipe("own", context={"Dockerfile": text.encode(), "requirements.txt": wanted})
    definition, log = recipes.define(state, recipe)
    assert (definition.environment, definition.absent[0]) == ({"MODE": "test"}, "torch")
    assert definition.packages[0] == "joblib"
    assert log[0] == f"Step 1/4 : FROM {BASE}:latest"
