"""Lesson 2: assets and jobs."""

from tests.notebooks.exercises.harness import Emptied, Lesson, Other, Wrong
from twoclouds.practice import clouds, lesson02

BIG_CLUSTER = """
from azure.ai.ml.entities import AmlCompute

ml_client.compute.begin_create_or_update(AmlCompute(name="big-cluster", size="Standard_D8s_v5")).result()
base = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
packages = {"dependencies": ["python=3.11", "pip", {"pip": ["sensorscale==1.0.0"]}]}
"""
REGISTERED = """
from azure.ai.ml.entities import Data

data = Data(name="sensors", type="uri_folder", path="../notebooks/sensors/data")
ml_client.data.create_or_update(data)
submitted = ml_client.jobs.create_or_update(job)
ml_client.jobs.stream(submitted.name)
"""
SEND = """
sagemaker.create_training_job(TrainingJobName="again", **document)
sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="again")
"""
DELETED = 's3.delete_object(Bucket="plant-north", Key="sensors/2026-12-07.csv")\n' + SEND
OLD_VERSION = """
versions = s3.list_object_versions(Bucket="two-clouds-data", Prefix="plant/sensors.csv")["Versions"]
new, old = (
    {"Bucket": "two-clouds-data", "Key": "plant/sensors.csv", "VersionId": each["VersionId"]} for each in versions
)
"""
BELOW = OLD_VERSION + 's3.copy_object(Bucket="two-clouds-data", Key="plant/2026-11-30.csv", CopySource=old)\n' + SEND
PUT_BACK = (
    OLD_VERSION
    + 's3.copy_object(Bucket="two-clouds-data", Key="plant/sensors.csv", CopySource=old)\n'
    + SEND
    + 's3.copy_object(Bucket="two-clouds-data", Key="plant/sensors.csv", CopySource=new)\n'
)
ADDRESS = """
again = ml_client.jobs.get("last-week")
again.name = "last-week-again"
again.inputs["sensors"].path = "azureml://datastores/workspaceblobstore/paths/archive/2026-11-30/"
ml_client.jobs.create_or_update(again)
ml_client.jobs.stream("last-week-again")
"""
OTHERS_GONE = """
for item in s3.list_objects_v2(Bucket="plant-north", Prefix="sensors/")["Contents"]:
    s3.delete_object(Bucket="plant-north", Key=item["Key"])
"""


class TestLesson02(Lesson):
    number = 2
    others = (Other("02-3", "an address, and no asset", {"azure-again": ADDRESS}),)
    wrong = (
        Wrong("02-1", "never handed over", {"submit": ""}, lesson02.SUBMIT),
        Wrong(
            "02-1",
            "on the cluster that is there",
            {"job": ('instance_type="Standard_D8s_v5"', 'compute="cpu-cluster"')},
            lesson02.MACHINE,
        ),
        Wrong(
            "02-1",
            "on a second cluster",
            {"recipe": BIG_CLUSTER, "job": ('instance_type="Standard_D8s_v5"', 'compute="big-cluster"')},
            lesson02.SECOND_CLUSTER,
        ),
        Wrong(
            "02-1",
            "in an image that lacks the package",
            {
                "job": (
                    "Environment(image=base, conda_file=packages)",
                    '"azureml://registries/azureml/environments/sklearn-1.5/labels/latest"',
                )
            },
            lesson02.PACKAGE,
        ),
        Wrong(
            "02-1",
            "with an environment registered",
            {"job": ("image=base", 'name="scaled", image=base')},
            lesson02.NAMED,
        ),
        Wrong("02-1", "with the data registered", {"submit": REGISTERED}, lesson02.NAMED),
        Wrong("02-2", "nothing sent", {"resend": ""}, lesson02.RESEND),
        Wrong("02-2", "sent as it is", {"resend": SEND}, lesson02.WHAT_GREW),
        Wrong(
            "02-2",
            "the other channel changed",
            {"resend": ('"InputDataConfig"][1]', '"InputDataConfig"][0]')},
            clouds.AWS_REASON,
        ),
        Wrong("02-2", "the new table deleted", {"resend": DELETED}, lesson02.OTHERS),
        Wrong("02-3", "only on SageMaker", {"azure-again": ""}, lesson02.AZURE_AGAIN),
        Wrong("02-3", "only on Azure ML", {"aws-again": ""}, lesson02.AWS_AGAIN),
        Wrong(
            "02-3",
            "the asset that cannot change",
            {"azure-again": ("azureml:sensors:2", "azureml:sensors:1")},
            lesson02.ADDRESS,
        ),
        Wrong("02-3", "the document as it is", {"aws-again": SEND}, lesson02.VERSION),
        Wrong("02-3", "the old table beside the new one", {"aws-again": BELOW}, lesson02.BOTH_TABLES),
        Wrong("02-3", "the old table put in place", {"aws-again": ("kept/2026-11-30/", "plant/")}, lesson02.RESTORED),
        Wrong("02-3", "put in place for the run only", {"aws-again": PUT_BACK}, lesson02.NOT_YET),
    )
    emptied = {
        "02-1": Emptied("ml_client.compute.begin_delete('cpu-cluster').result()"),
        "02-2": Emptied(OTHERS_GONE),
        "02-3": Emptied('s3.delete_object(Bucket="two-clouds-data", Key="plant/sensors.csv")'),
    }
