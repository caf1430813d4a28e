"""The exercises of lesson 1: one job, two clouds."""

from __future__ import annotations

import json
from collections.abc import Sequence

from twoclouds.figures import dollars
from twoclouds.practice.checks import Finding, Met, Missing
from twoclouds.practice.clouds import (
    azure_completed,
    azure_kept,
    best,
    content,
    nothing_bills,
    sagemaker_completed,
    sagemaker_kept,
)
from twoclouds.practice.evidence import Evidence
from twoclouds.practice.evidence.aws import TrainingJob
from twoclouds.practice.evidence.azure import CommandJob
from twoclouds.practice.hints import Hint
from twoclouds.practice.task import Prediction, Task
from twoclouds.practice.worlds import MACHINES
from twoclouds.practice.worlds import lesson01 as worlds
from twoclouds.practice.worlds.lesson01 import BUCKET, ROLE

# 1.1: complete a job on Azure ML

SUBMIT = Hint(
    "Building a job and handing it over are two calls. Which of them have you made?",
    "ml_client.jobs.create_or_update(…) hands it over; ml_client.jobs.stream(…) waits for it, and shows its log.",
)
DATA_ASSET = Hint(
    "Look at the job's inputs: which data did it get?",
    'The asset is called sensors, version 1: Input(type="uri_folder", path="azureml:sensors:1").',
)


def a_job_was_submitted(evidence: Evidence) -> Finding:
    if not evidence.azure.jobs:
        seen = "the workspace holds a cluster and a data asset, and no job."
        return Missing(seen, "Was a job handed over to it?", SUBMIT)
    return Met("the workspace has a job.")


def it_completed(evidence: Evidence) -> Finding:
    return azure_completed(best(evidence.azure.jobs))


def it_read_the_asset(evidence: Evidence) -> Finding:
    job = best(evidence.azure.jobs)
    if not any("sensors" in path for path in job.inputs.values()):
        seen = f"{job.name} was given {', '.join(job.inputs.values()) or 'no data'}."
        return Missing(seen, "Is that the sensor table of this workspace?", DATA_ASSET)
    return Met("it read the data asset.")


def it_kept_the_model(evidence: Evidence) -> Finding:
    return azure_kept(best(evidence.azure.jobs), "model.json")


def where_the_model_is(evidence: Evidence) -> str:
    held = best(evidence.azure.jobs).artefacts
    path = next(path for path in held if path.endswith("model.json"))
    return f"storage. {path} is kept by the workspace, however long the node lives."


# 1.2: mend a training job on SageMaker

RUN_IT = Hint(
    "Nothing has been asked of SageMaker yet.",
    "The request is there, whole: sagemaker.create_training_job(**request).",
)
READ_REASON = Hint(
    'describe_training_job(…)["FailureReason"] names an operation, an object and who was refused. Who was it?',
    "The job reads the bucket as its execution role, not as you. Compare the object in the reason with the Resource "
    "in the role's policy, letter by letter: iam.get_role_policy(…).",
)
OTHER_DATA = Hint(
    "The job is meant to train on the sensor table where it lies. Which prefix did yours read?",
    f"Leave the channel at s3://{BUCKET}/sensors/, and change what the role may read.",
)
OTHER_ROLE = Hint(
    "The task is to mend the role that the nightly jobs use. Which role did your job run as?",
    f"Keep RoleArn as it was, and give {ROLE} a policy with which it works.",
)
TOO_MUCH = Hint(
    "It runs. What else may this role do now? Imagine that the script were somebody else's.",
    'A statement names its Resource as narrowly as the job needs, for instance "arn:aws:s3:::bucket/prefix/*", and one '
    "action for reading. Take back what you allowed beyond that.",
)
TAKEN_AWAY = Hint(
    "The job that ran is one night's. What does the role allow now, before the next?",
    "The right that the job needs has to be in the role's policy, and to stay there: iam.get_role_policy(…).",
)
NEEDED = (
    ("s3:GetObject", f"arn:aws:s3:::{BUCKET}/sensors/sensors.csv", "read the table"),
    ("s3:GetObject", f"arn:aws:s3:::{BUCKET}/code/train.py", "read the script"),
    ("s3:ListBucket", f"arn:aws:s3:::{BUCKET}", "list the bucket"),
    ("s3:PutObject", f"arn:aws:s3:::{BUCKET}/models/model.tar.gz", "store the model"),
)
FORBIDDEN = (
    ("s3:GetObject", f"arn:aws:s3:::{BUCKET}/payroll/2026-11.csv", "read the payroll in the same bucket"),
    ("s3:GetObject", "arn:aws:s3:::another-bucket/a", "read every other bucket"),
    ("s3:DeleteObject", f"arn:aws:s3:::{BUCKET}/sensors/sensors.csv", "delete the sensor table"),
    ("iam:CreateUser", "arn:aws:iam::123456789012:user/a", "create users"),
)


def a_training_job_completed(evidence: Evidence) -> Finding:
    if not evidence.aws.training_jobs:
        return Missing("there is no training job.", "What does the request ask for, and of whom?", RUN_IT)
    job = best(evidence.aws.training_jobs)
    if job.status == "Failed" and not job.log:
        return Missing(
            f"{job.name} is Failed, and it has no log.",
            "How far did it come? Where else is a reason given?",
            READ_REASON,
        )
    return sagemaker_completed(job)


def it_read_the_sensor_table(evidence: Evidence) -> Finding:
    channels = best(evidence.aws.training_jobs).channels
    if not any(f"{uri.rstrip('/')}/".startswith(f"s3://{BUCKET}/sensors/") for uri in channels.values()):
        return Missing(f"it read {', '.join(channels.values())}.", "Is that where the table lies?", OTHER_DATA)
    return Met("it read the sensor table where it lies.")


def it_ran_as_the_role(evidence: Evidence) -> Finding:
    job = best(evidence.aws.training_jobs)
    if not job.role.endswith(f"/{ROLE}"):
        return Missing(f"it ran as {job.role.rpartition('/')[2]}.", "Which role runs the job every night?", OTHER_ROLE)
    return Met(f"it ran as {ROLE}.")


def the_role_may_what_it_needs_and_no_more(evidence: Evidence) -> Finding:
    role = next(role for role in evidence.aws.roles if role.name == ROLE)
    lost = [words for action, resource, words in NEEDED if not role.may(action, resource)]
    if lost:
        return Missing(f"{ROLE} may not {', '.join(lost)}.", "How will the job fare tomorrow night?", TAKEN_AWAY)
    too_much = [words for action, resource, words in FORBIDDEN if role.may(action, resource)]
    if too_much:
        return Missing(f"{ROLE} may now {', '.join(too_much)}.", "Does training a model need that?", TOO_MUCH)
    return Met(f"{ROLE} may read the table, and not what lies beside it.")


def it_kept_the_model_in_s3(evidence: Evidence) -> Finding:
    return sagemaker_kept(best(evidence.aws.training_jobs), "model.json")


def whether_a_log_told(evidence: Evidence) -> str:
    failed = [job for job in evidence.aws.training_jobs if job.status == "Failed"]
    if not failed:
        return "not to be seen: no job of yours failed."
    if any(job.log for job in failed):
        return "yes: the script had begun, and its last words are in the log."
    return "no. The data never arrived, so the script never began, and a log has nothing to say; FailureReason does."


# 1.3: a slower script, on both

FIRST_CLOUD = Hint(
    "Begin with the calls of the lesson, and change three things: the folder, the command line, the data.",
    "On Azure ML: a cluster (AmlCompute), then command(code=…, command=…, inputs=…, environment=…, compute=…).",
)
SECOND_CLOUD = Hint(
    "One cloud has it. What has the other one to be told that the first one knew from its workspace?",
    "ModelTrainer(…, role=…, source_code=SourceCode(source_dir=…, command=…)).train(input_data_config=[…]); "
    "the data has to lie in a bucket first.",
)
WHOLE_TABLE = Hint(
    "The model says from how many machines it was made. How many does the table hold?",
    "Give both jobs notebooks/sensors/data/sensors.csv as it is.",
)


def slow_jobs(evidence: Evidence) -> Sequence[CommandJob]:
    return [job for job in evidence.azure.jobs if "neighbours.py" in job.command]


def azure_has_it(evidence: Evidence) -> Finding:
    jobs = slow_jobs(evidence)
    if not jobs:
        return Missing("no job in the workspace runs neighbours.py.", "What did the lesson hand over?", FIRST_CLOUD)
    ended = azure_completed(best(jobs))
    return ended if isinstance(ended, Missing) else azure_kept(best(jobs), "neighbours.json")


def sagemaker_has_it(evidence: Evidence) -> Finding:
    if not evidence.aws.training_jobs:
        return Missing("SageMaker has no training job.", "And on the other cloud?", SECOND_CLOUD)
    job = best(evidence.aws.training_jobs)
    ended = sagemaker_completed(job)
    return ended if isinstance(ended, Missing) else sagemaker_kept(job, "neighbours.json")


def both_saw_every_machine(evidence: Evidence) -> Finding:
    jobs: tuple[CommandJob | TrainingJob, ...] = (best(slow_jobs(evidence)), best(evidence.aws.training_jobs))
    counts = [json.loads(content(job.artefacts, "neighbours.json") or b"{}").get("machines") for job in jobs]
    if counts != [MACHINES] * 2:
        return Missing(f"the models were made from {counts[0]} and {counts[1]} machines.", "Is that all?", WHOLE_TABLE)
    return Met("both models were made from the whole table.")


def which_cost_more(evidence: Evidence) -> str:
    azure, sagemaker = evidence.cost["azure"], evidence.cost["aws"]
    sums = f"Azure ML {dollars(azure)}, SageMaker AI {dollars(sagemaker)}"
    return f"{'azure' if azure > sagemaker else 'sagemaker'} ({sums})."


TASKS = (
    Task(
        number="1.1",
        title="What a job needs",
        minutes=4,
        prediction=Prediction(
            "The job is over, its node is gone. Where is model.json: on the node, in your folder, or in storage?",
            choices=("node", "folder", "storage"),
            truth=where_the_model_is,
        ),
        prepare=worlds.a_workspace_with_a_cluster_and_data,
        requirements=(a_job_was_submitted, it_completed, it_read_the_asset, it_kept_the_model),
        because="A job carries everything that the node lacks: the folder with the script, a command whose paths the "
        "service fills in, an image to run in and a place to run, and of what it wrote only ./outputs is kept.",
    ),
    Task(
        number="1.2",
        title="A job that fails before it starts",
        minutes=8,
        prediction=Prediction(
            "The job will fail. Will its log in CloudWatch say why?",
            choices=("yes", "no"),
            truth=whether_a_log_told,
        ),
        prepare=worlds.a_role_that_cannot_read,
        requirements=(
            a_training_job_completed,
            it_read_the_sensor_table,
            it_ran_as_the_role,
            it_kept_the_model_in_s3,
            the_role_may_what_it_needs_and_no_more,
        ),
        because="The machine fetches the data as the execution role, before the script exists, so what the role may "
        "read decides; and it should be allowed to read that prefix and nothing more.",
    ),
    Task(
        number="1.3",
        title="A slower script, on both clouds",
        minutes=15,
        prediction=Prediction(
            "Once nothing bills any more, which cloud will have charged more for this?",
            choices=("azure", "sagemaker"),
            truth=which_cost_more,
        ),
        prepare=worlds.a_slower_script,
        requirements=(azure_has_it, sagemaker_has_it, both_saw_every_machine, nothing_bills),
        because="Each cloud bills a machine and not a script: on Azure ML the node until the pool lets it go, on "
        "SageMaker the job's machine until the job is over; and what is to last has to be in storage by then.",
    ),
)
