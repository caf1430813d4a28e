"""Lesson 3: workstation, pool, factory."""

from tests.notebooks.exercises.harness import Emptied, Lesson, Other, Wrong
from twoclouds.practice import clouds, lesson03

IDLE = "pool.idle_time_before_scale_down = 20 * 60"
TUESDAY = """
train("tuesday-1", VolumeSizeInGB=50, KeepAlivePeriodInSeconds=1800)
train("tuesday-2", VolumeSizeInGB=50, KeepAlivePeriodInSeconds=1800)
"""
KEPT = """
def set_up():
    ...

def send(name):
    on_sagemaker(name, KeepAlivePeriodInSeconds=1800)
"""
WITH_QUOTA = "import time\n" + KEPT.replace(
    "    ...\n",
    """
    pages = quotas.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    codes = {quota["QuotaName"]: quota["QuotaCode"] for page in pages for quota in page["Quotas"]}
    warm = codes["ml.m5.xlarge for training warm pool usage"]
    quotas.request_service_quota_increase(ServiceCode="sagemaker", QuotaCode=warm, DesiredValue=2)
    time.sleep(3600)
""",
)
A_DESK = """
from azure.ai.ml.entities import ComputeInstance

def set_up():
    desk = ComputeInstance(name="team", size="Standard_D4s_v5", idle_time_before_shutdown_minutes=30)
    ml_client.compute.begin_create_or_update(desk).result()

def send(name):
    if ml_client.compute.get("team").state == "Stopped":
        ml_client.compute.begin_start("team")
    on_azure(name, compute="team")
"""
STREAMED = 'on_azure(name, compute="team")\n        ml_client.jobs.stream(name)'
JOBS_GONE = """
for job in ml_client.jobs.list():
    ml_client.jobs.begin_delete(job.name).result()
"""
BOTH_GONE = """
for name in ("monday-1", "monday-2"):
    sagemaker.delete_training_job(TrainingJobName=name)
"""


class TestLesson03(Lesson):
    number = 3
    wrong = (
        Wrong("03-1", "left as it was", {"pool": (IDLE, "")}, lesson03.TOO_SOON),
        Wrong("03-1", "minutes for seconds", {"pool": ("20 * 60", "20")}, lesson03.TOO_SOON),
        Wrong("03-1", "a minimum", {"pool": (IDLE, "pool.min_instances = 1")}, clouds.MINIMUM),
        Wrong("03-1", "idle all day", {"pool": ("20 * 60", "24 * 3600")}, clouds.IDLE),
        Wrong("03-1", "without thinking", {"runs": ("time.sleep(15 * 60)", "pass")}, lesson03.THINK),
        Wrong("03-2", "nothing mended", {"repair": TUESDAY}, lesson03.KEPT_NOTHING),
        Wrong("03-2", "not granted yet", {"repair": ("time.sleep(60 * 60)", "pass")}, lesson03.NOBODY_CAME),
        Wrong(
            "03-2",
            "more training jobs",
            {
                "diagnose": ("training warm pool usage", "training job usage"),
                "repair": ('"DesiredValue": 1', '"DesiredValue": 8'),
            },
            lesson03.OTHER_QUOTA,
        ),
        Wrong(
            "03-2",
            "the quota alone",
            {"repair": ('1", VolumeSizeInGB=50', '1", VolumeSizeInGB=10')},
            lesson03.NOT_ALIKE,
        ),
        Wrong("03-2", "kept too briefly", {"repair": ("1800", "300")}, lesson03.TOO_LATE),
        Wrong("03-2", "checked at once", {"end": ""}, clouds.WARM_POOL),
        Wrong("03-3", "never tried", {"run": ""}, lesson03.TRY_IT),
        Wrong("03-3", "nothing kept", {"design": ('on_azure(name, compute="team")', "on_azure(name)")}, lesson03.COLD),
        Wrong("03-3", "as long as its own pauses", {"design": ("30 * 60", "10 * 60")}, lesson03.COLD),
        Wrong("03-3", "a minimum", {"design": ('"max_instances": 2', '"min_instances": 1')}, lesson03.NIGHT_TOO),
        Wrong("03-3", "one node for two", {"design": ('"max_instances": 2', '"max_instances": 1')}, lesson03.IN_LINE),
        Wrong("03-3", "kept until evening", {"design": ("30 * 60", "8 * 3600")}, lesson03.TOO_LONG),
        Wrong("03-3", "held up", {"design": ('on_azure(name, compute="team")', STREAMED)}, lesson03.DO_NOT_WAIT),
        Wrong("03-3", "kept without quota", {"design": KEPT}, lesson03.SILENT),
        Wrong("03-3", "a desk", {"design": A_DESK}, lesson03.DISKS),
    )
    others = (
        Other("03-3", "a warm pool with its quota", {"design": WITH_QUOTA}),
        Other("03-3", "one pool for all", {"design": ("on_azure(name)\n", 'on_azure(name, compute="team")\n')}),
        Other("03-3", "the night on the other cloud", {"design": ("on_azure(name)\n", "on_sagemaker(name)\n")}),
    )
    emptied = {
        "03-1": Emptied("ml_client.compute.begin_delete('pool').result()", {"runs": ""}),
        "03-2": Emptied(BOTH_GONE, {"repair": ""}),
        "03-3": Emptied(JOBS_GONE),
    }
