"""Lesson 4: environments."""

from tests.notebooks.exercises.harness import Emptied, Lesson, Other, Wrong
from twoclouds.practice import clouds, lesson04

CURATED = 'environment="azureml://registries/azureml/environments/lightgbm-3.3/labels/latest"'
NO_PACKAGE = ('"lightgbm==4.6.0"', '"numpy"')
AGAIN = """
sagemaker.create_training_job(TrainingJobName="tonight-2", **request)
sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName="tonight-2")
"""
AT_START = """
start = "pip install lightgbm==4.6.0 && python3 /opt/ml/input/data/code/train.py"
request["AlgorithmSpecification"]["ContainerEntrypoint"] = ["bash", "-c", start]
"""
MOVED_BACK = """
old = {"imageTag": "build-41"}
(image,) = ecr.batch_get_image(repositoryName="plant/boosted", imageIds=[old])["images"]
ecr.put_image(repositoryName="plant/boosted", imageManifest=image["imageManifest"], imageTag="latest")
"""
ELSEWHERE = """
ecr.create_repository(repositoryName="mine")
pushed = ex.lab.push_image("../notebooks/sensors/boosted/image", "mine:1")
request["AlgorithmSpecification"]["TrainingImage"] = pushed.pinned
"""
IMMUTABLE = """
ecr.put_image_tag_mutability(repositoryName="plant/boosted", imageTagMutability="IMMUTABLE")
image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/plant/boosted:build-41"
request["AlgorithmSpecification"]["TrainingImage"] = image
"""
OWN_IMAGE = """
import boto3

folder = Path("downloaded/own")
folder.mkdir(parents=True, exist_ok=True)
system = "RUN apt-get update && apt-get install -y libgomp1"
folder.joinpath("Dockerfile").write_text(f"FROM python:3.11-slim\\n{system}\\nRUN pip install {' '.join(pins)}")
boto3.client("ecr").create_repository(repositoryName="maintenance")
trainer = ModelTrainer(
    base_job_name="maintenance",
    training_image=ex.lab.push_image(folder, "maintenance:1").pinned,
    source_code=SourceCode(source_dir="../notebooks/sensors/maintenance/src", entry_script="train.py"),
    compute=Compute(instance_type="ml.m5.xlarge", instance_count=1),
    input_data_config=[InputData(channel_name="training", data_source="s3://two-clouds-data/sensors/")],
    role="arn:aws:iam::123456789012:role/TwoCloudsExecutionRole",
)
trainer.train(wait=True)
"""
PINS = 'pins = ["lightgbm==4.6.0", "sensorscale==1.0.0"]'
LIST = '"\\n".join(pins)'
ALL_GONE = """
import boto3
s3 = boto3.client("s3")
for bucket in s3.list_buckets()["Buckets"]:
    for item in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
        s3.delete_object(Bucket=bucket["Name"], Key=item["Key"])
"""


class TestLesson04(Lesson):
    number = 4
    wrong = (
        Wrong("04-1", "built and never handed over", {"submit": ""}, lesson04.SUBMIT),
        Wrong("04-1", "not waited for", {"submit": "ml_client.jobs.create_or_update(job)"}, clouds.WAIT),
        Wrong("04-1", "another package", {"environment": NO_PACKAGE}, lesson04.NO_LIST),
        Wrong("04-1", "no such version", {"environment": ("lightgbm==4.6.0", "lightgbm==46")}, lesson04.BUILD),
        Wrong("04-1", "whatever version", {"environment": ("lightgbm==4.6.0", "lightgbm")}, lesson04.PIN),
        Wrong("04-1", "curated", {"job": ('environment="boosted@latest"', CURATED)}, lesson04.SOMEBODY_ELSES),
        Wrong(
            "04-1",
            "installed at each start",
            {"environment": NO_PACKAGE, "job": ('command="python', 'command="pip install lightgbm==4.6.0 && python')},
            lesson04.AT_EACH_START,
        ),
        Wrong("04-2", "nothing mended", {"repair": ""}, lesson04.READ_LOG),
        Wrong("04-2", "by another tag", {"repair": ("@{good['imageDigest']}", ":build-41")}, lesson04.MOVABLE),
        Wrong("04-2", "the tag moved back", {"repair": MOVED_BACK + AGAIN}, lesson04.MOVABLE),
        Wrong("04-2", "installed at the start", {"repair": AT_START + AGAIN}, lesson04.SAME_IMAGE),
        Wrong("04-2", "an image of one's own", {"repair": ELSEWHERE + AGAIN}, lesson04.OTHER_IMAGE),
        Wrong("04-3", "only on SageMaker", {"azure-job": PINS}, lesson04.ONE_MORE),
        Wrong("04-3", "only on Azure ML", {"aws-job": ""}, lesson04.FIRST_SAGEMAKER),
        Wrong("04-3", "as the list was", {"azure-job": (PINS, 'pins = ["lightgbm", "sensorscale"]')}, lesson04.PIN),
        Wrong("04-3", "the newest on both", {"azure-job": ("==1.0.0", "==1.1.0")}, lesson04.OTHER_VERSION),
        Wrong("04-3", "the old list there", {"aws-job": (LIST, '"lightgbm\\nsensorscale"')}, lesson04.OTHER_VERSION),
        Wrong("04-3", "one of two pinned", {"aws-job": (LIST, '"lightgbm\\nsensorscale==1.0.0"')}, lesson04.PIN),
        Wrong(
            "04-3",
            "a list that nobody reads",
            {"aws-job": (', requirements="requirements.txt"', "")},
            lesson04.NO_LIST_THERE,
        ),
    )
    emptied = {
        "04-1": Emptied("ml_client.environments.archive('boosted')", {"submit": ""}),
        "04-2": Emptied(ALL_GONE),
        "04-3": Emptied(ALL_GONE),
    }
    others = (
        Other("04-2", "tags that cannot move", {"repair": IMMUTABLE + AGAIN}),
        Other("04-3", "an image of one's own", {"aws-job": OWN_IMAGE}),
    )
