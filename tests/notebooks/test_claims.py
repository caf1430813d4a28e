"""The ledger of claims and the lessons agree, both ways; and what the ledger counts in the SDKs is still so."""

import sys
from pathlib import Path

import pytest

from tests.notebooks.kernels import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import claims
import sheets

LEDGER = claims.read("claims")
SOURCES = claims.read("sources")
LESSONS = {str(int(path.stem[:2])): path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
TAUGHT = {
    "2": "C01 C02 C10 C26",
    "3": "C03 C04 C15 C27 C28",
    "4": "C05 C06 C12 C17 C18 C19 C36 C37",
    "5": "C07 C08",
    "6": "C22 C23 C24",
}
"""What each lesson has promised to settle."""


def test_the_ledger_is_whole():
    assert list(LEDGER) == [f"C{number:02}" for number in range(1, 38)]
    for claim in LEDGER.values():
        assert claim["subject"] in claims.SUBJECTS
        assert claim["verdict"] in claims.VERDICTS
        assert 1 <= int(claim["lesson"]) <= 14
        assert set(claim["sources"].split("; ")) <= set(SOURCES)
        assert len(claim["nuance"].split()) > 10
        assert claim["quote"] not in claim["nuance"]


def test_every_source_is_used_and_dated():
    cited = {key for claim in LEDGER.values() for key in claim["sources"].split("; ")}
    cited |= {key for sheet in sheets.sheets().values() for key in sheet["sources"]}
    assert cited == set(SOURCES)
    for source in SOURCES.values():
        assert source["date"].startswith("20")
        assert source["address"].startswith("https://")


@pytest.mark.parametrize("lesson", TAUGHT)
def test_every_claim_of_a_lesson_is_settled_there_in_its_cell(lesson):
    found = {number: cell for number, _, _, cell in claims.taken_up(LESSONS[lesson])}
    wanted = {number: LEDGER[number]["cell"] for number in TAUGHT[lesson].split()}
    assert found == wanted
    assert {LEDGER[number]["lesson"] for number in wanted} == {lesson}


def test_every_claim_in_a_lesson_is_the_ledgers_and_no_row_links_to_nothing():
    found = {}
    for lesson, path in LESSONS.items():
        for number, quote, text, cell in claims.taken_up(path):
            assert number not in found, f"{number} is settled twice"
            assert list(claims.problems(LEDGER.get(number), quote, text, lesson, cell)) == []
            found[number] = cell
    assert found == {number: claim["cell"] for number, claim in LEDGER.items() if claim["cell"]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, []),
        ({"quote": "Persistent"}, ["the ledger's quote"]),
        ({"lesson": "4"}, ["the ledger has it in lesson 3"]),
        ({"cell": "somewhere"}, ["the ledger has it in lesson 3"]),
        ({"verdict_in": "Holds."}, ["the ledger's verdict is 'outdated'"]),
        ({"claim": None}, ["no claim of that id"]),
    ],
)
def test_what_is_wrong_with_a_claim_is_said(change, said):
    right = {"claim": LEDGER["C03"], "quote": LEDGER["C03"]["quote"], "verdict_in": "**Outdated.**", "lesson": "3"}
    problems = list(claims.problems(**right | {"cell": "claim-c03"} | change))
    assert len(problems) == len(said)
    assert all(part in problem for part, problem in zip(said, problems, strict=True))


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Holds, with a nuance: so.", "holds with nuance"),
        ("so it *holds with nuance*.", "holds with nuance"),
        ("**Holds.** It does.", "holds"),
        ("Contestable.", "contestable"),
        ("Outdated, then.", "outdated"),
    ],
)
def test_one_text_says_one_verdict(text, verdict):
    said = [word for word in claims.VERDICTS if not list(claims.problems(a_claim(word), "q", text, "1", "c"))]
    assert said == [verdict]


def a_claim(verdict):
    return {"quote": "q", "lesson": "1", "cell": "c", "verdict": verdict}


# What can be counted in the SDKs that are installed


def test_c02_operations_and_jobs():
    from twoclouds.aws.protocol.contract import service_model

    names = service_model("sagemaker").operation_names
    assert f"{len(names)} operations" in LEDGER["C02"]["nuance"]
    assert sum("Job" in name for name in names) < len(names) / 2


def test_c03_defaults_of_a_cluster():
    from azure.ai.ml.entities import AmlCompute

    cluster = AmlCompute(name="any")
    assert (cluster.min_instances, cluster.idle_time_before_scale_down) == (0, 120)


def test_c17_built_in_images():
    from sagemaker.core import image_uris

    names = [
        "blazingtext",
        "factorization-machines",
        "forecasting-deepar",
        "image-classification",
        "ipinsights",
        "kmeans",
        "knn",
        "lda",
        "linear-learner",
        "ntm",
        "object-detection",
        "object2vec",
        "pca",
        "randomcutforest",
        "semantic-segmentation",
        "seq2seq",
        "xgboost",
    ]
    files = Path(image_uris.__file__).parent / "image_uri_config"
    assert all((files / f"{name}.json").exists() for name in names)
    assert f"{len(names)} images" in LEDGER["C17"]["nuance"]


def test_c19_c21_what_a_training_request_may_and_must_name():
    from twoclouds.aws.protocol.contract import service_model

    request = service_model("sagemaker").operation_model("CreateTrainingJob").input_shape
    assert set(request.required_members) == {"TrainingJobName", "RoleArn", "OutputDataConfig"}
    assert "TrainingImageConfig" in request.members["AlgorithmSpecification"].members
    assert "ModelPackageConfig" in request.members


def test_c25_types_of_job():
    from azure.ai.ml.constants import JobType

    kinds = {value for name, value in vars(JobType).items() if name.isupper()}
    assert len(kinds) == 12
    assert "twelve types of job" in LEDGER["C25"]["nuance"]


def test_c28_how_long_a_pool_is_kept_at_most():
    from twoclouds.aws.protocol.contract import service_model

    keep = service_model("sagemaker").shape_for("ResourceConfig").members["KeepAlivePeriodInSeconds"]
    assert keep.metadata["max"] == 6 * 3600


def test_c37_shortcuts_in_the_sdk():
    from azure.ai.ml import automl

    assert {"classification", "image_classification", "text_classification"} <= set(dir(automl))
