"""Each exercise, done as learners do it: right, wrong in ways that look right, and not at all."""

import re
from collections.abc import Iterator

import pytest

from tests.notebooks.learner import Edit, Learner
from twoclouds import lab as labs
from twoclouds.practice import clouds, exercise, lesson01
from twoclouds.practice.hints import Hint
from twoclouds.practice.locked import Locked
from twoclouds.practice.task import LESSONS, find, tasks

pytestmark = pytest.mark.filterwarnings("ignore:::azure", "ignore:::marshmallow")

ALL = ["01-1", "01-2", "01-3"]
COPIED = """
boto3.client("s3").copy({"Bucket": "plant-north", "Key": "sensors/sensors.csv"}, "plant-north", "sensor/sensors.csv")
request["InputDataConfig"][1]["DataSource"]["S3DataSource"]["S3Uri"] = "s3://plant-north/sensor/"
sagemaker.create_training_job(TrainingJobName="nightly-2", **request)
sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="nightly-2")
"""
EVERYTHING = """
policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
iam.put_role_policy(RoleName="nightly-training", PolicyName="more", PolicyDocument=json.dumps(policy))
sagemaker.create_training_job(TrainingJobName="nightly-2", **request)
sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="nightly-2")
"""
GIVEN_AND_TAKEN = EVERYTHING + 'iam.delete_role_policy(RoleName="nightly-training", PolicyName="more")\n'

WRONG: list[tuple[str, str, dict[str, Edit], Hint]] = [
    ("01-1", "built and never handed over", {"submit": ""}, lesson01.SUBMIT),
    ("01-1", "handed over and not waited for", {"submit": "ml_client.jobs.create_or_update(job)"}, clouds.WAIT),
    ("01-1", "a path of this machine", {"job": ("${{inputs.data}}", "../notebooks/sensors/data")}, clouds.LITERAL_PATH),
    ("01-1", "the folder above the script's", {"job": ("sensors/src", "sensors")}, clouds.CODE_FOLDER),
    ("01-1", "written beside outputs", {"job": ("--out outputs", "--out model")}, clouds.AZURE_KEEP),
    ("01-1", "an argument misspelt", {"job": ("--out", "--output")}, clouds.AZURE_LOG),
    ("01-1", "other data", {"job": ("azureml:sensors:1", "../notebooks/sensors/data")}, lesson01.DATA_ASSET),
    ("01-2", "nothing mended", {"repair": ""}, lesson01.READ_REASON),
    ("01-2", "everything allowed", {"repair": EVERYTHING}, lesson01.TOO_MUCH),
    ("01-2", "the whole bucket allowed", {"repair": ("plant-north/sensors/*", "plant-north/*")}, lesson01.TOO_MUCH),
    ("01-2", "allowed for one night", {"repair": GIVEN_AND_TAKEN}, lesson01.TAKEN_AWAY),
    ("01-2", "another role", {"request": ("nightly-training", "TwoCloudsExecutionRole")}, lesson01.OTHER_ROLE),
    ("01-2", "the data copied", {"repair": COPIED}, lesson01.OTHER_DATA),
    ("01-3", "only on SageMaker", {"azure-job": ""}, lesson01.FIRST_CLOUD),
    ("01-3", "only on Azure ML", {"aws-job": ""}, lesson01.SECOND_CLOUD),
    ("01-3", "a node kept", {"azure-job": ("max_instances=1", "min_instances=1, max_instances=2")}, clouds.MINIMUM),
    ("01-3", "the SDK's own hour", {"aws-job": ("2 * 60 * 60", "60 * 60")}, clouds.TIME_LIMIT),
    ("01-3", "kept where nothing is", {"aws-job": ('"/opt/ml/model"', '"/opt/ml/output/data"')}, clouds.AWS_KEEP),
    ("01-3", "a folder for a file", {"aws-job": ("data/machines/sensors.csv", "data/machines")}, clouds.AWS_REASON),
]


@pytest.fixture(autouse=True)
def _in_the_exercises(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(Learner("solutions", "01-1").folder)
    yield
    if labs._open:
        labs._open.close()


@pytest.mark.parametrize("name", ALL)
def test_the_solution_passes_and_shows_its_sentence(name: str) -> None:
    learner = Learner("solutions", name)
    learner.work(until="why")
    assert repr(learner.ex.check()).startswith("Passed")
    assert "nothing left to hint at" in repr(learner.ex.hint())
    assert "One whole sentence" in repr(learner.ex.why("Because."))
    said = repr(learner.run(learner.cells["why"]))
    assert "Yours:" in said
    assert "The solution's:" in said


@pytest.mark.parametrize("name", ALL)
def test_an_untouched_starter_fails_kindly(name: str) -> None:
    """No cell raises; the check first asks for the prediction, and then says what it saw."""
    learner = Learner("exercises", name)
    learner.work()
    assert "First your prediction" in repr(learner.ex.check())
    learner.ex.predict(find(name.replace("0", "").replace("-", ".")).prediction.choices[0])
    said = repr(learner.ex.check())
    assert said.startswith("Not yet.")
    assert "Ask yourself:" in said
    assert "First the check" in repr(learner.ex.why("It had to be so because of this."))


@pytest.mark.parametrize(("name", "_wrong", "edits", "hint"), WRONG, ids=[f"{row[0]} {row[1]}" for row in WRONG])
def test_a_wrong_answer_gets_the_hint_made_for_it(name: str, _wrong: str, edits: dict[str, Edit], hint: Hint) -> None:
    learner = Learner("solutions", name)
    learner.work(edits, until="check")
    said = learner.ex.check()
    print(said)
    assert repr(said).startswith("Not yet.")
    assert learner.ex.hint().after == hint.first
    for edit in edits.values():
        assert isinstance(edit, str) or not re.search(rf"(?<!\w){re.escape(edit[0])}(?!\w)", repr(said))


def test_the_node_of_the_last_job_is_still_there() -> None:
    """SageMaker first, then Azure ML: whoever checks at once meets the idle node."""
    learner = Learner("solutions", "01-3")
    learner.work({"azure-job": ""}, until="check")
    learner.run(learner.cells["azure-job"])
    assert "still on the bill: idle" in repr(learner.ex.check())
    assert learner.ex.hint().after == clouds.IDLE.first
    learner.ex.lab.skip(minutes=2)
    assert repr(learner.ex.check()).startswith("Passed")


DELETED = {
    "01-1": "ml_client.compute.begin_delete('cpu-cluster').result()",
    "01-2": """
import boto3
s3 = boto3.client("s3")
for item in s3.list_objects_v2(Bucket="plant-north")["Contents"]:
    s3.delete_object(Bucket="plant-north", Key=item["Key"])
s3.delete_bucket(Bucket="plant-north")
""",
    "01-3": """
ml_client.compute.begin_delete("slow").result()
for item in s3.list_objects_v2(Bucket="two-clouds-data")["Contents"]:
    s3.delete_object(Bucket="two-clouds-data", Key=item["Key"])
""",
}


@pytest.mark.parametrize("name", ALL)
def test_deleting_everything_never_passes(name: str) -> None:
    """Nothing bills where nothing is: but what the exercise asks for has to be there."""
    learner = Learner("solutions", name)
    learner.work({"submit": ""} if name == "01-1" else {}, until="check")
    learner.run(DELETED[name])
    assert repr(learner.ex.check()).startswith("Not yet.")


# The rules of every exercise, on the quickest one


def test_the_second_hint_comes_after_a_changed_attempt() -> None:
    learner = Learner("solutions", "01-1")
    hint = clouds.LITERAL_PATH

    def attempt(path: str) -> str:
        learner.run(learner.cells["job"].replace("${{inputs.data}}", path))
        with pytest.raises(Exception, match="exited with status code 1"):
            learner.run(learner.cells["submit"])
        learner.ex.check()
        return learner.ex.hint().after

    learner.work(until="job")
    assert repr(learner.ex.hint()).startswith("A hint answers what a check has seen.")
    assert attempt("sensors.csv") == hint.first
    assert attempt("sensors.csv").startswith(hint.first)
    assert "after you have changed something" in learner.ex.hint().after
    assert attempt("data/sensors.csv") == hint.second
    assert learner.ex.hint().after == hint.second


def test_a_restart_brings_back_the_beginning_bill_and_all() -> None:
    learner = Learner("solutions", "01-1")
    learner.work(until="check")
    assert learner.ex.lab.bill().total > 0

    assert "begins again" in repr(learner.ex.lab.restart())
    assert learner.ex.lab.bill().total == 0
    assert "no job" in repr(learner.ex.check())

    for name in ("client", "job", "submit"):
        learner.run(learner.cells[name])
    assert repr(learner.ex.check()).startswith("Passed")


def test_a_prediction_is_a_commitment() -> None:
    ex = exercise("1.1")
    assert "none of the answers" in repr(ex.predict("somewhere"))
    assert "First your prediction" in repr(ex.check())
    assert repr(ex.predict("node")).startswith("Noted: node.")
    assert repr(ex.predict("storage")).startswith("Noted: storage.")
    assert repr(ex.check()).startswith("Not yet.")
    assert "Your prediction was storage" in repr(ex.predict("folder"))


def test_the_setters_are_locked_and_waiting_is_not() -> None:
    ex = exercise("1.1")
    for setter in ("workload", "world", "azure", "aws", "reset", "close"):
        with pytest.raises(Locked, match="locked inside an exercise"):
            getattr(ex.lab, setter)
    with pytest.raises(AttributeError):
        _ = ex.lab.no_such_thing
    assert ex.lab.skip(hours=1).startswith("Monday 2026-11-30 10:")


def test_what_is_said_reads_in_order_without_colour() -> None:
    said = exercise("1.1").check()
    assert said._repr_html_() == (
        '<div class="tc-words"><p><strong>First your prediction, then the check.</strong></p>'
        f"<ul><li><strong>Question:</strong> {find('1.1').prediction.question}</li></ul>"
        "<p>Commit to an answer with ex.predict(…). It may be wrong.</p></div>"
    )


def test_every_exercise_has_a_solution_and_says_what_is_there_instead_of_an_unknown_one() -> None:
    numbers = [task.number for lesson in LESSONS for task in tasks(lesson)]
    for number in numbers:
        lesson, place = number.split(".")
        assert Learner("solutions", f"{int(lesson):02}-{place}").cells
    for unknown in ("1.9", "77.1", "one"):
        with pytest.raises(ValueError, match=r"There is no exercise .* 1\.1, 1\.2, 1\.3"):
            exercise(unknown)
