"""What an image is made of, and how a build that cannot work says so."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from twoclouds.world.container import Container, JobResponse
from twoclouds.world.images import BuildFailed, ImageDefinition, Images, Substitution, install
from twoclouds.world.runner import pick, venv
from twoclouds.world.wheelhouse import Wheelhouse

images = Images()


def test_an_image_carries_the_closure_of_its_requirements():
    image = images.build(ImageDefinition(base="python:3.11", packages=("boto3",)))
    assert list(image.packages) == ["boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"]
    assert image.log[0] == "Collecting boto3"
    assert image.log[-1].startswith("Successfully installed boto3-")


def test_the_same_definition_is_built_once():
    definition = ImageDefinition(base="python:3.11", packages=("six",))
    assert images.build(definition) is images.build(
        ImageDefinition(base="python:3.11", packages=("six",), origin="elsewhere")
    )
    assert images.key(definition) != images.key(ImageDefinition(base="python:3.11", packages=("six", "boto3")))


@pytest.mark.parametrize(
    ("requirement", "errors"),
    [
        (
            "foo==9",
            [
                "ERROR: Could not find a version that satisfies the requirement foo==9 (from versions: none)",
                "ERROR: No matching distribution found for foo==9",
            ],
        ),
        (
            "six==99",
            [
                "ERROR: Could not find a version that satisfies the requirement six==99 (from versions: 1.17.0)",
                "ERROR: No matching distribution found for six==99",
            ],
        ),
        (
            "a b",
            ["ERROR: Invalid requirement: 'a b': Expected semicolon (after name with no version specifier) or end"],
        ),
    ],
)
def test_a_build_that_cannot_work_fails_in_the_words_of_pip(requirement: str, errors: list[str]):
    with pytest.raises(BuildFailed) as failed:
        images.build(ImageDefinition(base="python:3.11", packages=(requirement,)))
    assert list(failed.value.log) == [f"Collecting {requirement}", *errors]


def test_an_older_version_is_substituted_and_announced():
    image = images.build(ImageDefinition(base="python:3.11", packages=("six==1.16.0",)))
    assert image.substitutions == (Substitution("six", "==1.16.0", "1.17.0", ("six",)),)
    assert "Two Clouds: six==1.16.0 was asked for; this lab has six 1.17.0 and uses it instead." in image.log


def test_an_absent_package_is_announced_and_not_looked_for():
    image = images.build(ImageDefinition(base="python:3.11", packages=("torch", "six"), absent=("torch",)))
    assert list(image.packages) == ["six"]
    assert "Two Clouds: torch is part of the real image; this lab does not have it." in image.log


def test_shared_folders_are_divided():
    image = images.build(ImageDefinition(base="python:3.11", packages=("azure-core",)))
    paths = [link.path for link in image.links]
    assert "azure/core" in paths or "azure" not in paths
    assert not any(path.startswith("azure/storage") for path in paths)


def test_a_folder_is_linked_whole_where_nothing_in_it_is_another_packages_alone():
    """mlflow and mlflow-skinny hold the same folders: a container with one of them needs no link for each file."""
    image = images.build(ImageDefinition(base="python:3.11", packages=("mlflow-skinny",)))
    paths = {link.path for link in image.links}
    assert "mlflow/entities" in paths
    assert not any(path.startswith("mlflow/entities/") for path in paths)
    assert "mlflow" not in paths


def test_a_package_takes_the_place_of_its_parts(tmp_path: Path):
    """mlflow, installed where mlflow-skinny is, owns the folder that both have as a whole."""
    skinny = images.build(ImageDefinition(base="python:3.11", packages=("mlflow-skinny",)))
    grown, _ = install(skinny, ["mlflow"])
    sources = {home: str(home) for home in grown.wheelhouse.homes}
    venv.link(skinny.links, tmp_path, sources)
    venv.relink(grown, tmp_path, sources, before=skinny)
    assert (tmp_path / "mlflow").is_symlink()
    assert (tmp_path / "mlflow" / "server" / "__init__.py").exists()


def test_installing_into_a_running_container_leaves_the_image_alone():
    image = images.build(ImageDefinition(base="python:3.11"))
    grown, log = install(image, ["six"])
    assert dict(grown.packages) == {"six": "1.17.0"}
    assert dict(image.packages) == {}
    assert log == ("Collecting six", "Installing collected packages: six", "Successfully installed six-1.17.0")


def test_a_wheel_of_ones_own_is_at_hand_too(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "greeting-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("greeting.py", "WORDS = 'good morning'\n")
        wheel.writestr("greeting-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n")
        wheel.writestr("greeting-1.0.dist-info/RECORD", "greeting.py,,\ngreeting-1.0.dist-info/METADATA,,\n")
    image = Images(Wheelhouse(wheels=tmp_path)).build(ImageDefinition(base="python:3.11", packages=("greeting>=1",)))
    assert dict(image.packages) == {"greeting": "1.0"}
    script = Container(
        name="job",
        image=image,
        command=("python3", "-c", "import greeting; print(greeting.WORDS)"),
        workdir="/opt/ml",
        started=0.0,
    )
    assert pick().run(script, send=lambda request: JobResponse(status=404)).text == "good morning\n"


def test_xgboost_is_found_under_its_usual_name():
    image = Images().build(ImageDefinition(base="b", packages=("xgboost>=2",)))
    assert any(name.startswith("xgboost") for name in image.packages)
    assert any(link.path == "xgboost" for link in image.links)
