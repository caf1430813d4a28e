"""Lesson 1: one job, two clouds."""

from tests.notebooks.exercises.harness import Emptied, Lesson, Wrong
from tests.notebooks.learner import Learner
from twoclouds.practice import clouds, lesson01

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
BUCKET_GONE = """
import boto3
s3 = boto3.client("s3")
for item in s3.list_objects_v2(Bucket="plant-north")["Contents"]:
    s3.delete_object(Bucket="plant-north", Key=item["Key"])
s3.delete_bucket(Bucket="plant-north")
"""
CLUSTER_AND_DATA_GONE = """
ml_client.compute.begin_delete("slow").result()
for item in s3.list_objects_v2(Bucket="two-clouds-data")["Contents"]:
    s3.delete_object(Bucket="two-clouds-data", Key=item["Key"])
"""


class TestLesson01(Lesson):
    number = 1
    wrong = (
        Wrong("01-1", "built and never handed over", {"submit": ""}, lesson01.SUBMIT),
        Wrong(
            "01-1", "handed over and not waited for", {"submit": "ml_client.jobs.create_or_update(job)"}, clouds.WAIT
        ),
        Wrong(
            "01-1",
            "a path of this machine",
            {"job": ("${{inputs.data}}", "../notebooks/sensors/data")},
            clouds.LITERAL_PATH,
        ),
        Wrong("01-1", "the folder above the script's", {"job": ("sensors/src", "sensors")}, clouds.CODE_FOLDER),
        Wrong("01-1", "written beside outputs", {"job": ("--out outputs", "--out model")}, clouds.AZURE_KEEP),
        Wrong("01-1", "an argument misspelt", {"job": ("--out", "--output")}, clouds.AZURE_LOG),
        Wrong("01-1", "other data", {"job": ("azureml:sensors:1", "../notebooks/sensors/data")}, lesson01.DATA_ASSET),
        Wrong("01-2", "nothing mended", {"repair": ""}, lesson01.READ_REASON),
        Wrong("01-2", "everything allowed", {"repair": EVERYTHING}, lesson01.TOO_MUCH),
        Wrong(
            "01-2",
            "the whole bucket allowed",
            {"repair": ("plant-north/sensors/*", "plant-north/*")},
            lesson01.TOO_MUCH,
        ),
        Wrong("01-2", "allowed for one night", {"repair": GIVEN_AND_TAKEN}, lesson01.TAKEN_AWAY),
        Wrong("01-2", "another role", {"request": ("nightly-training", "TwoCloudsExecutionRole")}, lesson01.OTHER_ROLE),
        Wrong("01-2", "the data copied", {"repair": COPIED}, lesson01.OTHER_DATA),
        Wrong("01-3", "only on SageMaker", {"azure-job": ""}, lesson01.FIRST_CLOUD),
        Wrong("01-3", "only on Azure ML", {"aws-job": ""}, lesson01.SECOND_CLOUD),
        Wrong(
            "01-3",
            "a node kept",
            {"azure-job": ("max_instances=1", "min_instances=1, max_instances=2")},
            clouds.MINIMUM,
        ),
        Wrong("01-3", "the SDK's own hour", {"aws-job": ("2 * 60 * 60", "60 * 60")}, clouds.TIME_LIMIT),
        Wrong(
            "01-3", "kept where nothing is", {"aws-job": ('"/opt/ml/model"', '"/opt/ml/output/data"')}, clouds.AWS_KEEP
        ),
        Wrong(
            "01-3",
            "a folder for a file",
            {"aws-job": ("data/machines/sensors.csv", "data/machines")},
            clouds.AWS_REASON,
        ),
    )
    emptied = {
        "01-1": Emptied("ml_client.compute.begin_delete('cpu-cluster').result()", {"submit": ""}),
        "01-2": Emptied(BUCKET_GONE),
        "01-3": Emptied(CLUSTER_AND_DATA_GONE),
    }


def test_the_node_of_the_last_job_is_still_there() -> None:
    """SageMaker first, then Azure ML: whoever checks at once meets the idle node."""
    learner = Learner("solutions", "01-3")
    learner.work({"azure-job": ""}, until="check")
    learner.run(learner.cells["azure-job"])
    assert "still on the bill: idle" in repr(learner.ex.check())
    assert learner.ex.hint().after == clouds.IDLE.first
    learner.ex.lab.skip(minutes=2)
    assert repr(learner.ex.check()).startswith("Passed")
