"""Lesson 6: drift and reproducibility."""

from tests.notebooks.exercises.harness import Emptied, Lesson, Wrong
from twoclouds.practice import lesson06

PINNED = '"sensorscale==1.0.0"'
RETRAINED = """
from azure.ai.ml import Input, command
from azure.ai.ml.entities import Model
import time
job = command(
    name="tuesday",
    code="../notebooks/sensors/drift/train",
    command="python train.py --data ${{inputs.sensors}} --out outputs",
    inputs={"sensors": Input(type="uri_folder", path="../notebooks/sensors/data")},
    environment="azureml:training:1",
)
ml_client.jobs.create_or_update(job)
while ml_client.jobs.get("tuesday").status not in ("Completed", "Failed"):
    time.sleep(60)
stored = "azureml://jobs/tuesday/outputs/artifacts/paths/outputs/model.pkl"
ml_client.models.create_or_update(Model(name="failures", path=stored, type="custom_model"))
recipe = Environment(
    name="scoring",
    version="2",
    image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04",
    conda_file={"dependencies": ["python=3.11", {"pip": packages}]},
)
ml_client.environments.create_or_update(recipe)
deployment = ManagedOnlineDeployment(
    name="green",
    endpoint_name="failures",
    model="azureml:failures:2",
    environment="azureml:scoring:2",
    code_configuration=CodeConfiguration(code="../notebooks/sensors/drift/serve", scoring_script="score.py"),
    instance_type="Standard_DS3_v2",
    instance_count=1,
)
ml_client.online_deployments.begin_create_or_update(deployment).result()
"""
TAG_MOVED_BACK = """
first = min(images, key=lambda image: image["imagePushedAt"])
(held,) = ecr.batch_get_image(repositoryName="scoring", imageIds=[{"imageDigest": first["imageDigest"]}])["images"]
ecr.put_image(repositoryName="scoring", imageManifest=held["imageManifest"], imageTag="prod")
nightly("scores-3")
"""
BESIDE = """
first = min(images, key=lambda image: image["imagePushedAt"])
pinned = {**container, "Image": f"{container['Image'].partition(':')[0]}@{first['imageDigest']}"}
role = sagemaker.describe_model(ModelName="failures")["ExecutionRoleArn"]
sagemaker.create_model(ModelName="failures-pinned", PrimaryContainer=pinned, ExecutionRoleArn=role)
sagemaker.create_transform_job(
    TransformJobName="scores-3",
    ModelName="failures-pinned",
    TransformInput={
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://plant-north/machines/"}},
        "ContentType": "application/json",
    },
    TransformOutput={"S3OutputPath": "s3://plant-north/scores/scores-3/"},
    TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
)
sagemaker.get_waiter("transform_job_completed_or_stopped").wait(TransformJobName="scores-3")
"""
DEPLOYMENTS_GONE = """
for name in ("blue", "green"):
    ml_client.online_deployments.begin_delete(name, "failures").result()
"""
SCORES_GONE = """
for item in s3.list_objects_v2(Bucket="plant-north")["Contents"]:
    s3.delete_object(Bucket="plant-north", Key=item["Key"])
"""


class TestLesson06(Lesson):
    number = 6
    wrong = (
        Wrong("06-1", "nothing deployed", {"green": ""}, lesson06.DEPLOY),
        Wrong("06-1", "no version", {"environment": (PINNED, '"sensorscale"')}, lesson06.LOADS),
        Wrong("06-1", "an upper bound", {"environment": (PINNED, '"sensorscale<2"')}, lesson06.SILENT),
        Wrong("06-1", "an open end", {"environment": (PINNED, '"sensorscale<1.1"')}, lesson06.ANY_DAY),
        Wrong("06-1", "trained once more", {"green": RETRAINED}, lesson06.OTHER_MODEL),
        Wrong("06-2", "no third night", {"repair": ""}, lesson06.RUN_AGAIN),
        Wrong("06-2", "run once more, unchanged", {"repair": 'nightly("scores-3")'}, lesson06.STILL_MOVED),
        Wrong("06-2", "the newest digest", {"repair": ("min(images", "max(images")}, lesson06.STILL_MOVED),
        Wrong("06-2", "the tag moved back", {"repair": TAG_MOVED_BACK}, lesson06.MOVES_AGAIN),
        Wrong("06-2", "pinned under another name", {"repair": BESIDE}, lesson06.NIGHTLY),
    )
    emptied = {"06-1": Emptied(DEPLOYMENTS_GONE), "06-2": Emptied(SCORES_GONE)}
