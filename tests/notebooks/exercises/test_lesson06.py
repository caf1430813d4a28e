"""Lesson 6: drift and reproducibility."""

from tests.notebooks.exercises.harness import Emptied, Lesson, Other, Wrong
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

UNPINNED = """
def set_up():
    pass


def nightly(name):
    on_sagemaker(name, f"{registry}/scoring:prod", "s3://plant-north/table/")
"""
ON_AZURE = """
from azure.ai.ml.entities import Data, Environment

theirs = "azureml://datastores/workspaceblobstore/paths/plant/table/"


def set_up():
    SET_UP


def nightly(name):
    on_azure(name, ENVIRONMENT, TABLE)
"""
OWN_RECIPE = """
    conda = {"dependencies": ["python=3.11", {"pip": ["azureml-inference-server-http", "sensorscale==1.0.0"]}]}
    ubuntu = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
    ml_client.environments.create_or_update(Environment(name="mine", version="1", image=ubuntu, conda_file=conda))
"""
COPY = """
    from azure.ai.ml import Output

    copy = command(
        name="copy",
        command="cp ${{inputs.table}}/sensors.csv ${{outputs.copy}}/",
        inputs={"table": Input(type="uri_folder", path=theirs)},
        outputs={"copy": Output(type="uri_folder", path="azureml://datastores/workspaceblobstore/paths/ours/")},
        environment="azureml:team:1",
    )
    ml_client.jobs.create_or_update(copy)
    while ml_client.jobs.get("copy").status not in ("Completed", "Failed"):
        time.sleep(60)
"""
VERSION_OF_AN_ADDRESS = """
    ml_client.data.create_or_update(Data(name="plant", version="1", type="uri_folder", path=theirs))
"""
OWN_TAG = """
def set_up():
    (held,) = ecr.batch_get_image(repositoryName="scoring", imageIds=[{"imageTag": "prod"}])["images"]
    ecr.put_image(repositoryName="scoring", imageManifest=held["imageManifest"], imageTag="ours")
    s3.create_bucket(Bucket="our-copy", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.copy({"Bucket": "plant-north", "Key": "table/sensors.csv"}, "our-copy", "table/sensors.csv")


def nightly(name):
    on_sagemaker(name, f"{registry}/scoring:ours", "s3://our-copy/table/")
"""
TRAINED_ONCE = """
def set_up():
    on_sagemaker("trained", f"{registry}/scoring:prod", "s3://plant-north/table/")


def nightly(name):
    machine = {"VariantName": "all", "ModelName": "trained", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[machine])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name)
"""


def on_azure(set_up: str, environment: str, table: str) -> str:
    return ON_AZURE.replace("SET_UP", set_up.strip()).replace("ENVIRONMENT", environment).replace("TABLE", table)


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
        Wrong("06-3", "nothing tried", {"run": ""}, lesson06.RUN),
        Wrong("06-3", "nothing pinned", {"design": UNPINNED}, lesson06.PACKAGE),
        Wrong("06-3", "a label", {"design": on_azure("pass", '"azureml:team@latest"', "theirs")}, lesson06.PACKAGE),
        Wrong("06-3", "the image and no table", {"design": ('pinned/2026-11-30/")', 'table/")')}, lesson06.TABLE),
        Wrong(
            "06-3",
            "a data asset's version",
            {"design": on_azure(VERSION_OF_AN_ADDRESS, '"azureml:team:1"', '"azureml:plant:1"')},
            lesson06.TABLE,
        ),
        Wrong("06-3", "trained once", {"design": TRAINED_ONCE}, lesson06.TRAIN),
        Wrong(
            "06-3", "another name", {"design": ("on_sagemaker(name", 'on_sagemaker(f"{name}-night"')}, lesson06.ENDPOINT
        ),
    )
    others = (
        Other("06-3", "a tag and a bucket of one's own", {"design": OWN_TAG}),
        Other(
            "06-3",
            "a recipe with exact versions, and a copy by a job",
            {
                "design": on_azure(
                    f"{OWN_RECIPE}    {COPY.strip()}",
                    '"azureml:mine:1"',
                    '"azureml://datastores/workspaceblobstore/paths/ours/"',
                )
            },
        ),
        Other(
            "06-3",
            "a version that was built, and an upload",
            {"design": on_azure("pass", '"azureml:team:1"', '"../notebooks/sensors/data"')},
        ),
    )
    emptied = {"06-1": Emptied(DEPLOYMENTS_GONE), "06-2": Emptied(SCORES_GONE), "06-3": Emptied("ex.restart()")}
