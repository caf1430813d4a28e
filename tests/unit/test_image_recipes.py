"""Which ready image has what a script needs: the recipes in the tables of both clouds, as an explorable reads them."""

import pytest

from twoclouds.explorables.least_i_must_own.recipes import Ready, images, lowest, ready
from twoclouds.explorables.least_i_must_own.scripts import SCRIPTS, Script


def a_script(*packages):
    return Script("s", "a script", "", packages=packages)


@pytest.mark.parametrize(
    ("said", "need", "has"),
    [
        ("==2.10.0", "torch==2.2.*", False),
        ("==2.10.0", "torch>=2.2", True),
        ("~=1.7.6", "torch>=1.7", True),
        ("==3.*", "torch>=4", False),
        ("", "torch", True),
        ("", "torch>=2", False),  # nothing is said of the version
    ],
)
def test_a_recipe_against_a_requirement(said, need, has):
    assert Ready("azure", "image", {"torch": said}, "2026-01-01").has(need) is has


def test_all_that_a_script_needs_is_in_one_image():
    assert ready(a_script("lightgbm", "xgboost"), "azure").name == "lightgbm-3.3"
    assert ready(a_script("lightgbm", "tensorflow"), "azure") is None
    assert lowest(a_script("lightgbm", "tensorflow"), "azure") == 2


def test_an_image_for_serving_trains_nothing():
    assert not [image.name for cloud in ("azure", "aws") for image in images(cloud) if "inference" in image.name]


def test_the_rungs_differ_from_script_to_script():
    rungs = {(lowest(script, "azure"), lowest(script, "aws")) for script in SCRIPTS}
    assert rungs == {(0, 0), (1, 1), (1, 2), (2, 1), (2, 2), (3, 3)}
