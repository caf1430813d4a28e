"""The exercises of lesson 2: assets and jobs."""

from __future__ import annotations

from collections.abc import Sequence

from twoclouds.lab import Lab
from twoclouds.practice import worlds
from twoclouds.practice.checks import Finding, Met, Missing
from twoclouds.practice.clouds import (
    Job,
    azure_completed,
    azure_kept,
    best,
    content,
    sagemaker_completed,
)
from twoclouds.practice.evidence import Evidence
from twoclouds.practice.evidence.aws import TrainingJob
from twoclouds.practice.evidence.azure import CommandJob
from twoclouds.practice.hints import Hint
from twoclouds.practice.replay import Replay
from twoclouds.practice.task import Prediction, Task
from twoclouds.practice.worlds import lesson02
from twoclouds.practice.worlds.lesson02 import BUCKET, DATA, LAST_WEEK, MONDAY, PLACE, TABLES

SIZE = "Standard_D8s_v5"
Run = CommandJob | TrainingJob

# 2.1: complete a job for which nothing is made beforehand

SUBMIT = Hint(
    "The workspace has seen no job yet. What did the lesson's first job say instead of the name of a cluster?",
    "Complete command(…), then ml_client.jobs.create_or_update(job) and ml_client.jobs.stream(…).",
)
PACKAGE = Hint(
    "The log's last line names a package. Where could the image have got it from?",
    "Environment(image=…, conda_file={…}) describes an image: a base, and the packages to put on it. Both are given.",
)
MACHINE = Hint(
    "How many virtual CPUs has a machine of cpu-cluster? Can that be changed? Need a job name a cluster at all?",
    "Leave compute= away, and say with instance_type= which type of machine the job wants.",
)
SECOND_CLUSTER = Hint(
    "It works, and now there is a cluster more, with a name that somebody has to remember. What did it add?",
    "Delete it, leave compute= away in the job, and name the type of machine there.",
)
NAMED = Hint(
    "You gave something a name and a version. Did the job need them?",
    "Give command(…) the local folder, and the Environment without name=. What now has a name can be archived: "
    "ml_client.data.archive(name), ml_client.environments.archive(name). Or begin again: ex.restart().",
)
THEIRS = Hint(
    "The cluster was there before you, and others use it. Where is it?",
    "ex.restart() brings back the workspace as it was.",
)


def a_job_was_handed_over(evidence: Evidence) -> Finding:
    if not evidence.azure.jobs:
        return Missing("the workspace holds a cluster, and no job.", "What is still to be said, and to whom?", SUBMIT)
    return Met("the workspace has a job.")


def it_completed(evidence: Evidence) -> Finding:
    job = best(evidence.azure.jobs)
    if job.status == "Failed" and "ModuleNotFoundError" in job.log:
        last = job.log.strip().splitlines()[-1]
        return Missing(f"{job.name} is Failed, and its log ends: {last}", "What is in its image?", PACKAGE)
    return azure_completed(job)


def it_kept_the_model(evidence: Evidence) -> Finding:
    return azure_kept(best(evidence.azure.jobs), "model.json")


def the_machine_was_big(evidence: Evidence) -> Finding:
    job = best(evidence.azure.jobs)
    sizes = {cluster.name: cluster.size for cluster in evidence.azure.clusters}
    size = job.size or sizes.get(job.compute, "another machine")
    if size.lower() != SIZE.lower():
        return Missing(f"{job.name} ran on {size}.", "Is that a machine with 8 vCPUs?", MACHINE)
    return Met(f"it ran on a {SIZE}.")


def nothing_has_a_new_name(evidence: Evidence) -> Finding:
    clusters = [cluster.name for cluster in evidence.azure.clusters]
    if "cpu-cluster" not in clusters:
        return Missing("cpu-cluster is gone.", "Whose was it?", THEIRS)
    if len(clusters) > 1:
        return Missing(f"the workspace has {len(clusters)} clusters.", "Who needs the second one?", SECOND_CLUSTER)
    named = [f"{each.name}:{each.version}" for each in evidence.azure.data_assets if not each.archived]
    named += [f"{each.name}:{each.version}" for each in evidence.azure.environments if not each.archived]
    if named:
        return Missing(f"{', '.join(named)} has been made.", "Could the job have done without?", NAMED)
    return Met("nothing with a name was made for it.")


def how_many_clusters(evidence: Evidence) -> str:
    return f"{len(evidence.azure.clusters)}. A serverless job has a machine of its own, and no cluster comes with it."


# 2.2: the same document, and another model

RESEND = Hint(
    "monday is the only job there is. What happens if you send its document once more?",
    "sagemaker.create_training_job(TrainingJobName=…, **document), then a waiter.",
)
WHAT_GREW = Hint(
    "Each S3Uri in the document is an address. What lies there now, and since when? s3.list_objects_v2 says both.",
    "A channel of type S3Prefix reads every object whose key begins with its S3Uri. How much of a key may a prefix be?",
)
OTHERS = Hint(
    "You have your model. What will the colleague say who trains on both weeks tonight?",
    "Leave what lies in the bucket where and as it was, and change the document: that is yours.",
)


def resent(evidence: Evidence) -> Finding:
    jobs = others(evidence.aws.training_jobs, MONDAY)
    if not jobs:
        return Missing("there is no training job but monday.", "How would you see whether it repeats?", RESEND)
    return sagemaker_completed(best(jobs))


def it_is_mondays_model(evidence: Evidence) -> Finding:
    jobs = evidence.aws.training_jobs
    job, first = best(others(jobs, MONDAY)), named(jobs, MONDAY)
    if not same_model(job, first):
        seen = f"monday saw {machines(first)} machines, and {job.name} saw {machines(job)}; the models differ."
        return Missing(seen, "Where did the other machines come from?", WHAT_GREW)
    return Met(f"{job.name} has monday's model, byte for byte.")


def both_tables_are_there(evidence: Evidence) -> Finding:
    held = s3_contents(evidence)
    wanted = dict(zip(TABLES, (lesson02.table(worlds.MACHINES), lesson02.next_table()), strict=True))
    changed = [key for key, rows in wanted.items() if held.get(f"s3://{BUCKET}/{key}") != rows]
    if changed:
        return Missing(f"{changed[0]} is not what and where it was.", "Who else reads it?", OTHERS)
    return Met("both tables lie where they lay.")


def what_changed(evidence: Evidence) -> str:
    count = sum(uri.startswith(f"s3://{BUCKET}/sensors/") for uri in s3_contents(evidence))
    return f"table. Document, script and image are the same; under s3://{BUCKET}/sensors/ there are now {count} tables."


# 2.3: last week's run again, on both

AZURE_AGAIN = Hint(
    "Azure ML has no run but last week's. Which data would the same job get today?",
    "ml_client.jobs.get(…) gives last week's job. It has a name, and its input has a path: set both, and hand it over.",
)
AWS_AGAIN = Hint(
    "SageMaker has no run but last week's. What does its document say, line by line?",
    "Take the request from describe_training_job as the lesson did, change one channel, and send it.",
)
ADDRESS = Hint(
    "A version of a data asset is an address. Who writes there, and where else does last week's table lie?",
    "The export leaves dated copies under archive/ in the workspace's container. A second version of the asset, or the "
    'job\'s own Input, can point there: "azureml://datastores/workspaceblobstore/paths/…".',
)
VERSION = Hint(
    "The document's channel reads what is current. Does the bucket still have what was current last week?",
    's3.list_object_versions(…) lists it; s3.copy_object(…, CopySource={"Bucket": …, "Key": …, "VersionId": …}) makes '
    "it an object with a key of its own. Under which prefix does nobody else write?",
)
BOTH_TABLES = Hint(
    "The run saw two tables. Which objects have keys that begin with the channel's S3Uri?",
    "Put last week's table under a prefix of its own, beside the plant's and not below it, and name that prefix.",
)
RESTORED = Hint(
    "You have last week's model. On which table will this week's runs be trained?",
    "The place belongs to the plant's export. Leave this week's table there, and give last week's another address.",
)
NOT_YET = Hint(
    "Your run gave last week's model once. At which address did it find its table, and who writes there every Monday?",
    "Run it again with its input at an address to which the export does not write.",
)


def azure_repeats(evidence: Evidence) -> Finding:
    jobs = others(evidence.azure.jobs, LAST_WEEK)
    if not jobs:
        return Missing("Azure ML has last week's run only.", "What would the same job give today?", AZURE_AGAIN)
    job, first = best(jobs), named(evidence.azure.jobs, LAST_WEEK)
    ended = azure_completed(job)
    if isinstance(ended, Missing):
        return ended
    if not same_model(job, first):
        return Missing(differ(job, first), "Which table lay where it looked?", ADDRESS)
    return Met(f"on Azure ML, {job.name} has last week's model.")


def sagemaker_repeats(evidence: Evidence) -> Finding:
    jobs = others(evidence.aws.training_jobs, LAST_WEEK)
    if not jobs:
        return Missing("SageMaker has last week's run only.", "What would the same document give today?", AWS_AGAIN)
    job, first = best(jobs), named(evidence.aws.training_jobs, LAST_WEEK)
    ended = sagemaker_completed(job)
    if isinstance(ended, Missing):
        return ended
    if not same_model(job, first):
        two = machines(job) > worlds.MACHINES
        return Missing(differ(job, first), "Which table lay where it looked?", BOTH_TABLES if two else VERSION)
    return Met(f"on SageMaker, {job.name} has last week's model.")


def the_export_was_left_alone(evidence: Evidence) -> Finding:
    held = {"SageMaker": s3_contents(evidence).get(f"s3://{DATA}/{PLACE}"), "Azure ML": blobs(evidence).get(PLACE)}
    for cloud, rows in held.items():
        if rows is None or rows == lesson02.table(300):
            what = "holds nothing now" if rows is None else "holds last week's table now"
            return Missing(f"for {cloud}, {PLACE} {what}.", "What lay there this morning?", RESTORED)
    return Met("this week's table is where the plant put it.")


def another_monday(lab: Lab, design: Evidence) -> None:
    """The plant exports once more; then the learner's two runs are sent again, word for word."""
    import boto3

    lesson02.export(lesson02.next_table(), "2026-12-14")
    number = len(design.aws.training_jobs)
    again = worlds.azure().jobs.get(best(others(design.azure.jobs, LAST_WEEK)).name)
    again.name = f"another-monday-{number}"
    with worlds.quiet():
        worlds.azure().jobs.create_or_update(again)
    sagemaker = boto3.client("sagemaker")
    done = sagemaker.describe_training_job(TrainingJobName=best(others(design.aws.training_jobs, LAST_WEEK)).name)
    keys = sagemaker.meta.service_model.operation_model("CreateTrainingJob").input_shape.members
    document = {key: done[key] for key in keys if key in done}
    sagemaker.create_training_job(**document | {"TrainingJobName": f"another-monday-{number}"})
    lab.settle()


def both_repeat_still(evidence: Evidence) -> Finding:
    for cloud, again, first in (
        ("Azure ML", evidence.azure.jobs[-1], named(evidence.azure.jobs, LAST_WEEK)),
        ("SageMaker", evidence.aws.training_jobs[-1], named(evidence.aws.training_jobs, LAST_WEEK)),
    ):
        if not same_model(again, first):
            return Missing(f"{cloud}: {differ(again, first)}", "What has changed since it gave it?", NOT_YET)
    return Met("both runs were sent again, and both gave last week's model.")


def which_would_have_repeated(evidence: Evidence) -> str:
    first = lesson02.table(300)
    azure, sagemaker = blobs(evidence)[PLACE], s3_contents(evidence)[f"s3://{DATA}/{PLACE}"]
    who = {(True, True): "both", (True, False): "azure", (False, True): "sagemaker", (False, False): "neither"}
    return (
        f"{who[azure == first, sagemaker == first]}. Both records hold an address, the plant writes to both, and a "
        "version of a data asset does not keep what lies there."
    )


# What 2.2 and 2.3 share


def others(jobs: Sequence[Job], name: str) -> list[Job]:
    """The jobs but the one called `name`, with which the exercise began."""
    return [job for job in jobs if job.name != name]


def named(jobs: Sequence[Job], name: str) -> Job:
    """The job called `name`."""
    return next(job for job in jobs if job.name == name)


def same_model(job: Run, first: Run) -> bool:
    """Whether two jobs have left the same model, byte for byte."""
    model = content(job.artefacts, "model.json")
    return model is not None and model == content(first.artefacts, "model.json")


def machines(job: Run) -> int:
    """How many machines a run saw, as it printed it; 0 if it came not so far."""
    lines = [line.split() for line in job.log.splitlines() if " machines, " in line]
    return int(lines[0][0]) if lines else 0


def differ(job: Run, first: Run) -> str:
    """What was seen of two runs whose models differ."""
    return f"{first.name} saw {machines(first)} machines, and {job.name} saw {machines(job)}; the models differ."


def s3_contents(evidence: Evidence) -> dict[str, bytes]:
    """What lies in S3, by URI."""
    return {each.uri: each.content for each in evidence.aws.s3_objects}


def blobs(evidence: Evidence) -> dict[str, bytes]:
    """What lies in the workspace's default container, by path."""
    return {each.path: each.content for each in evidence.azure.blobs}


TASKS = (
    Task(
        number="2.1",
        title="Nothing made beforehand",
        minutes=4,
        prediction=Prediction(
            "The workspace has one cluster. How many will it have once this job has run on a bigger machine?",
            choices=("0", "1", "2"),
            truth=how_many_clusters,
        ),
        prepare=lesson02.a_cluster_of_small_machines,
        requirements=(
            a_job_was_handed_over,
            it_completed,
            it_kept_the_model,
            the_machine_was_big,
            nothing_has_a_new_name,
        ),
        because="A job can hold everything itself, data as a folder, its environment as a definition and its machine "
        "as a type, and Azure ML keeps what it was given under names of its own.",
    ),
    Task(
        number="2.2",
        title="The same document, another model",
        minutes=8,
        prediction=Prediction(
            "The document is sent again, word for word, and gives another model. What has changed since?",
            choices=("document", "script", "table", "image"),
            truth=what_changed,
        ),
        prepare=lesson02.a_prefix_that_has_grown,
        requirements=(resent, it_is_mondays_model, both_tables_are_there),
        because="The document names a prefix and not an object, so it means whatever lies there when the job starts; a "
        "run can be repeated if its address means one thing only.",
    ),
    Task(
        number="2.3",
        title="Last week's run again, on both clouds",
        minutes=15,
        prediction=Prediction(
            "You send both runs of last week again, as they are. On which cloud do you get last week's model?",
            choices=("azure", "sagemaker", "both", "neither"),
            truth=which_would_have_repeated,
        ),
        prepare=lesson02.a_table_written_over,
        requirements=(azure_repeats, sagemaker_repeats, the_export_was_left_alone),
        replay=Replay(told="One Monday later", run=another_monday, requirements=(both_repeat_still,), here=True),
        because="On both clouds a run is as repeatable as the address of its data: give last week's bytes an address "
        "to which nobody writes, and let the run name that, with or without an asset's version on top.",
    ),
)
