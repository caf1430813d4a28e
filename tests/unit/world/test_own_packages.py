"""The course's own packages: the first version at hand, later ones once released, and images that stay as they are."""

import re

import pytest

from twoclouds.world.container import Container, JobResponse
from twoclouds.world.images import BuildFailed, ImageDefinition, Images, install, remove
from twoclouds.world.runner import Runner, pick
from twoclouds.world.runner.inprocess import InProcess
from twoclouds.world.wheelhouse import OWN, Wheelhouse

SCALE = """
import sensorscale
print(sensorscale.__version__, sensorscale.Scaler().fit([[1.0], [3.0], [8.0]]).transform([[8.0]]))
"""


@pytest.fixture
def images():
    return Images()


def held(images, *requirements):
    return dict(images.build(ImageDefinition(base="python:3.11", packages=requirements)).packages)


def test_the_first_version_is_there_and_a_later_one_once_it_is_released(images):
    assert held(images, "sensorscale") == {"sensorscale": "1.0.0"}
    with pytest.raises(BuildFailed, match=re.escape("sensorscale==1.1.0 (from versions: 1.0.0)")):
        held(images, "sensorscale==1.1.0")
    images.release("sensorscale", "1.1.0")
    assert held(images, "sensorscale") == held(images, "sensorscale>=1,<2") == {"sensorscale": "1.1.0"}
    assert held(images, "sensorscale==1.0.0") == held(images, "sensorscale<1.1") == {"sensorscale": "1.0.0"}


def test_another_index_has_only_its_own_releases(images):
    images.release("sensorscale", "1.1.0")
    assert held(Images(), "sensorscale") == {"sensorscale": "1.0.0"}


def test_no_version_stands_in_for_one_that_was_never_made(images):
    with pytest.raises(BuildFailed, match=r"No matching distribution found for sensorscale==0\.9"):
        held(images, "sensorscale==0.9")


@pytest.mark.parametrize(("project", "version"), [("sensorscale", "1.0.0"), ("sensorscale", "9"), ("boto3", "9")])
def test_only_what_is_waiting_can_be_released(images, project, version):
    with pytest.raises(ValueError, match=f"There is no {project} {version} to be released"):
        images.release(project, version)


def test_what_is_built_stays_and_what_is_settled_comes_out_the_same_again(images):
    unpinned = ImageDefinition(base="python:3.11", packages=("sensorscale",))
    before, settled = images.build(unpinned), images.settled(unpinned)
    images.release("sensorscale", "1.1.0")
    assert before.packages["sensorscale"] == images.build(settled).packages["sensorscale"] == "1.0.0"
    assert images.build(unpinned).packages["sensorscale"] == "1.1.0"
    assert images.build(unpinned).key != before.key
    assert images.build(unpinned) is images.build(unpinned)


def test_pip_in_a_container_leaves_what_is_there_unless_it_is_asked_for_another(images):
    image = images.build(ImageDefinition(base="python:3.11", packages=("sensorscale",)))
    images.release("sensorscale", "1.1.0")
    assert install(image, ["sensorscale"])[0].packages["sensorscale"] == "1.0.0"
    grown, log = install(image, ["sensorscale>1.0"])
    assert grown.packages["sensorscale"] == "1.1.0"
    assert log[-1] == "Successfully installed sensorscale-1.1.0"
    assert dict(remove(grown, ["sensorscale"])[0].packages) == {}


@pytest.mark.parametrize("runner", [pick(), InProcess()], ids=["subprocess", "in process"])
def test_each_container_has_the_version_of_its_image(images, runner: Runner):
    def said(*requirements: str) -> str:
        image = images.build(ImageDefinition(base="python:3.11", packages=requirements))
        job = Container(name="job", image=image, command=("python3", "-c", SCALE), workdir="/opt/ml", started=0.0)
        return runner.run(job, send=lambda request: JobResponse(status=404)).text

    images.release("sensorscale", "1.1.0")
    assert said("sensorscale") == "1.1.0 [[1.0]]\n"
    assert said("sensorscale==1.0.0") == "1.0.0 [[1.3587324409735149]]\n"
    assert "No module named 'sensorscale'" in said("six")


def test_the_packages_on_disk_are_what_their_records_say():
    for package in (package for found in Wheelhouse().packages.values() for package in found if package.is_own):
        there = {path.relative_to(package.home).as_posix() for path in package.home.rglob("*") if path.is_file()}
        assert {name for name in there if "__pycache__" not in name} == set(package.files)
        assert package.home == OWN / f"{package.name}-{package.version}"
