"""The exercises of lesson 4: environments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from twoclouds.practice.checks import Finding, Met, Missing, last_line
from twoclouds.practice.clouds import (
    WAIT,
    azure_completed,
    azure_kept,
    best,
    content,
    sagemaker_completed,
    sagemaker_kept,
)
from twoclouds.practice.evidence import Evidence
from twoclouds.practice.evidence.aws import EcrImage, TrainingJob
from twoclouds.practice.evidence.azure import CommandJob
from twoclouds.practice.hints import Hint
from twoclouds.practice.task import Prediction, Task
from twoclouds.practice.worlds import lesson04 as worlds

NEEDED = ("lightgbm", "sensorscale")
"""What the script of 4.3 imports, besides what comes along with it."""

SUBMIT = Hint(
    "An environment is a recipe, and a job object an order. Which of them has been handed over?",
    "ml_client.jobs.create_or_update(…) hands the job over; ml_client.jobs.stream(…) waits, and shows the build's log "
    "and the script's.",
)
NO_LIST = Hint(
    "The last line of the log names what is missing. Which part of an environment says what is installed?",
    "A base image brings Python and little else. The list goes into conda_file, with what pip is to install under pip.",
)
BUILD = Hint(
    "The job never came to the script: its image could not be built. What does the build's log end with?",
    "ml_client.jobs.stream(…) shows the build's log first. A line under pip is written as for pip: name==version.",
)
SOMEBODY_ELSES = Hint(
    "It runs. In whose image, and who may change what it holds next month?",
    "Here the list is to be yours: Environment(image=…, conda_file=…), and that environment in the job.",
)
AT_EACH_START = Hint(
    "It runs. Look into the log: when was the package installed, and when will it be again?",
    "What the image holds need not be installed at each start. Put it into what the image is built from.",
)
PIN = Hint(
    "It runs today. Read the list as somebody who builds it again next year: which version will she get?",
    "name==version, for each package that the script imports. Which version is there now, the script prints.",
)


def has_module_error(log: str) -> bool:
    return "ModuleNotFoundError" in log or "ImportError" in log


def project(text: str) -> str:
    """The name in a requirement."""
    return re.split(r"[\s=<>!~\[;@]", text.strip(), maxsplit=1)[0].lower()


def asked(packages: Iterable[str], log: str) -> list[str]:
    """What was asked for, by name and version: by the image's recipe, and by pip when the job started."""
    return [*packages, *re.findall(r"^Collecting (\S+)", log, re.MULTILINE)]


def unpinned(requirements: Iterable[str], names: Sequence[str]) -> list[str]:
    """Those of `names` that no requirement pins."""
    pinned = {project(text) for text in requirements if re.search(r"==\s*\d+(\.\d+)*$", text.strip())}
    return [name for name in names if name not in pinned]


# 4.1: a list of one's own, on Azure ML


def a_job_was_submitted(evidence: Evidence) -> Finding:
    if not evidence.azure.jobs:
        return Missing("the workspace holds the data, and no job.", "Was one handed over to it?", SUBMIT)
    return Met("the workspace has a job.")


def it_completed(evidence: Evidence) -> Finding:
    return completed_on_azure(best(evidence.azure.jobs))


def completed_on_azure(job: CommandJob) -> Finding:
    """Whether a job came to a good end; and if not, whether a package is missing or the image could not be built."""
    if job.status == "Failed" and "Image build failed" in job.error:
        return Missing(f"{job.name} is Failed: {job.error}", "What could pip not find?", BUILD)
    if job.status == "Failed" and has_module_error(job.log):
        return Missing(f"{job.name} is Failed: {last_line(job.log)}", "Who was to bring it?", NO_LIST)
    return azure_completed(job)


def in_an_image_of_ones_own(evidence: Evidence) -> Finding:
    return own_image(best(evidence.azure.jobs))


def own_image(job: CommandJob) -> Finding:
    if "/registries/" in job.environment or "/AzureML-" in job.environment:
        seen = f"{job.name} ran in {job.environment.rpartition('/environments/')[2]}."
        return Missing(seen, "Is that yours?", SOMEBODY_ELSES)
    if "Successfully installed" in job.log:
        return Missing(f"the log of {job.name} shows pip at work.", "How often will it do that?", AT_EACH_START)
    return Met(f"{job.name} found its packages in an image that was built from your list.")


def the_list_is_pinned(evidence: Evidence) -> Finding:
    return pinned_on_azure(best(evidence.azure.jobs), ("lightgbm",))


def pinned_on_azure(job: CommandJob, names: Sequence[str]) -> Finding:
    open_ = unpinned(job.packages, names)
    if open_:
        seen = f"the list of {job.name}'s image asks for {', '.join(job.packages)}."
        return Missing(seen, f"Which {open_[0]} will the next build of it hold?", PIN)
    return Met("its list says which versions.")


def it_kept_the_model(evidence: Evidence) -> Finding:
    return azure_kept(best(evidence.azure.jobs), "model.txt")


def how_long_it_waited(evidence: Evidence) -> str:
    job = next(job for job in evidence.azure.jobs if job.status == "Completed")
    assert job.started is not None
    minutes = (job.started - job.created) / 60000
    return f"{minutes:.0f} minutes: the image was built when the first job needed it, and only then came its machine."


# 4.2: a tag that has moved, on SageMaker

READ_LOG = Hint(
    "FailureReason has an exit code. Where does a training job's script speak for itself?",
    "In CloudWatch: log group /aws/sagemaker/TrainingJobs, the stream that begins with the job's name. Then ask ECR: "
    "describe_images shows which image each tag stands for, and since when.",
)
SAME_IMAGE = Hint(
    "It runs because something was added at its start. What will the next team find that uses this image?",
    "An image that works lies in the repository. ecr.describe_images(…) lists digests, tags and times.",
)
OTHER_IMAGE = Hint(
    "It runs, in another image than the team's. What else does theirs hold that nobody has told you of?",
    f"Stay with {worlds.REPOSITORY}, and choose among what lies there.",
)
MOVABLE = Hint(
    "It runs tonight. What was it that changed since the night before, though nobody touched the request?",
    "Two ways: name the image by its digest (…@sha256:…), or make tags immovable in the repository "
    "(ecr.put_image_tag_mutability).",
)


def a_training_job_completed(evidence: Evidence) -> Finding:
    if not evidence.aws.training_jobs:
        return Missing("there is no training job.", "What does the request ask for?", WAIT)
    job = best(evidence.aws.training_jobs)
    if job.status == "Failed" and has_module_error(job.log):
        return Missing(f"{job.name} is Failed: {job.reason}", "And what did the script say?", READ_LOG)
    return sagemaker_completed(job)


def in_the_teams_repository(evidence: Evidence) -> Finding:
    job = best(evidence.aws.training_jobs)
    if f"/{worlds.REPOSITORY}" not in job.image:
        return Missing(f"{job.name} ran in {job.image}.", "Whose image is that?", OTHER_IMAGE)
    if "Successfully installed" in job.log:
        return Missing(f"the log of {job.name} shows pip at work.", "What did its image lack?", SAME_IMAGE)
    return Met(f"{job.name} found all that it needs in an image of {worlds.REPOSITORY}.")


def safe_from_the_next_push(evidence: Evidence) -> Finding:
    job = best(evidence.aws.training_jobs)
    if "@sha256:" not in job.image and not any(image.immutable for image in repository(evidence)):
        seen = f"it was told to run {job.image.rpartition('/')[2]}."
        return Missing(seen, "Could that be another image tomorrow?", MOVABLE)
    return Met("no push can put another image in its place.")


def repository(evidence: Evidence) -> list[EcrImage]:
    return [image for image in evidence.aws.ecr_images if image.repository == worlds.REPOSITORY]


def the_model_is_in_s3(evidence: Evidence) -> Finding:
    return sagemaker_kept(best(evidence.aws.training_jobs), "model.txt")


def whether_the_reason_told(evidence: Evidence) -> str:
    failed = [job for job in evidence.aws.training_jobs if job.status == "Failed"]
    if not failed:
        return "not to be seen: no job of yours failed."
    if any("lightgbm" in job.reason for job in failed):
        return "yes."
    return f"no. It said “{failed[0].reason}”; the name of the module is in the log alone."


# 4.3: the same packages on the other cloud

ONE_MORE = Hint(
    "On Azure ML nothing has changed yet: the list is still the one without versions. Which does the image hold?",
    "The log of the job last-month prints them. Register maintenance once more with that list, and run the job in it.",
)
FIRST_SAGEMAKER = Hint(
    "What did last month's job have that SageMaker has to be told: a folder, a script, data, and what else?",
    "ModelTrainer(…, source_code=SourceCode(source_dir=…, entry_script=…, requirements=…)), or an image of your own in "
    "ECR. The table is at s3://two-clouds-data/sensors/.",
)
NO_LIST_THERE = Hint(
    "The log names a module. How does a package come to a SageMaker job?",
    "As a requirements.txt in the source folder that SourceCode is told of, or in an image that you push.",
)
OTHER_VERSION = Hint(
    "The two reports differ. Which of the two versions did last month's model see?",
    "Take the versions from the report of last-month, and write them with == into both lists.",
)
REPORT = Hint(
    "The report is what tells both clouds' packages apart. Is it among what your job kept?",
    "The script writes report.json beside the model: into ./outputs on Azure ML, into /opt/ml/model on SageMaker.",
)


def new_azure_jobs(evidence: Evidence) -> list[CommandJob]:
    return [job for job in evidence.azure.jobs if job.name != "last-month"]


def azure_runs_a_pinned_list(evidence: Evidence) -> Finding:
    jobs = new_azure_jobs(evidence)
    if not jobs:
        return Missing("on Azure ML there is last month's job, and no newer one.", "What does its list say?", ONE_MORE)
    job = best(jobs)
    for finding in (completed_on_azure(job), own_image(job), pinned_on_azure(job, NEEDED)):
        if isinstance(finding, Missing):
            return finding
    return Met(f"{job.name} is Completed on Azure ML, in an image whose list says which versions.")


def sagemaker_runs_it(evidence: Evidence) -> Finding:
    jobs = evidence.aws.training_jobs
    if not jobs:
        return Missing("SageMaker has no training job.", "And on the other cloud?", FIRST_SAGEMAKER)
    job = best(jobs)
    if job.status == "Failed" and has_module_error(job.log):
        words = next(line for line in job.log.splitlines() if "ModuleNotFoundError" in line or "ImportError" in line)
        return Missing(f"{job.name} is Failed: {words}", "Who was to bring it?", NO_LIST_THERE)
    return sagemaker_completed(job)


def the_same_packages(evidence: Evidence) -> Finding:
    reports = {"last-month": report(evidence.azure.jobs[0]) if evidence.azure.jobs else {}}
    jobs: tuple[CommandJob | TrainingJob, ...] = (best(new_azure_jobs(evidence)), best(evidence.aws.training_jobs))
    for job in jobs:
        reports[job.name] = report(job)
        if not reports[job.name]:
            return Missing(f"{job.name} kept no report.json.", "What would show that it is the same?", REPORT)
    for name in NEEDED:
        found = {job: str(each.get(name)) for job, each in reports.items()}
        if len(set(found.values())) > 1:
            seen = "; ".join(f"{job} had {name} {version}" for job, version in found.items())
            return Missing(f"{seen}.", "Would you swear that the models are alike?", OTHER_VERSION)
    return Met(f"all three reports name the same {' and '.join(NEEDED)}.")


def report(job: CommandJob | TrainingJob) -> dict[str, object]:
    """What the script wrote about its packages; nothing where it is not kept."""
    held: dict[str, object] = json.loads(content(job.artefacts, "report.json") or b"{}")
    return held


def sagemaker_is_pinned(evidence: Evidence) -> Finding:
    job = best(evidence.aws.training_jobs)
    wanted = asked(job.packages, job.log)
    open_ = unpinned(wanted, NEEDED)
    if open_:
        seen = f"{job.name} asked for {', '.join(text for text in wanted if project(text) in NEEDED)}."
        return Missing(seen, f"Which {open_[0]} will it get next month?", PIN)
    return Met("SageMaker's list says which versions, too.")


def what_an_open_list_gives(evidence: Evidence) -> str:
    was = str(report(evidence.azure.jobs[0]).get("sensorscale"))
    tried = [str(report(job).get("sensorscale")) for job in evidence.aws.training_jobs if report(job)]
    other = [version for version in tried if version != was]
    if other:
        return f"another: {other[0]} instead of {was}. You have seen it happen."
    return f"another. Last month's image froze {was}; the index has {worlds.NEWER} by now, and pip takes the newest."


TASKS = (
    Task(
        number="4.1",
        title="A package that is missing",
        minutes=4,
        prediction=Prediction(
            "How many minutes will the job wait, from being handed over to the start of its script?",
            unit="minutes",
            truth=how_long_it_waited,
        ),
        prepare=worlds.a_workspace_with_data,
        requirements=(
            a_job_was_submitted,
            it_completed,
            in_an_image_of_ones_own,
            the_list_is_pinned,
            it_kept_the_model,
        ),
        because="The script finds what its image holds and nothing else; the image is built from my list when a job "
        "first needs it, and the list has to name versions, or the next build holds others.",
    ),
    Task(
        number="4.2",
        title="It worked last night",
        minutes=8,
        prediction=Prediction(
            "The job will fail. Will its FailureReason name what is missing?",
            choices=("yes", "no"),
            truth=whether_the_reason_told,
        ),
        prepare=worlds.a_tag_that_has_moved,
        requirements=(
            a_training_job_completed,
            in_the_teams_repository,
            safe_from_the_next_push,
            the_model_is_in_s3,
        ),
        because="The request named a tag, and somebody pushed another image under it; a digest, or a repository in "
        "which tags cannot move, names the same image every night.",
    ),
    Task(
        number="4.3",
        title="The same packages elsewhere",
        minutes=15,
        prediction=Prediction(
            "Given the same list, without versions: would SageMaker install the same sensorscale today that Azure's "
            "image holds, or another?",
            choices=("same", "another"),
            truth=what_an_open_list_gives,
        ),
        prepare=worlds.an_image_of_last_month,
        requirements=(azure_runs_a_pinned_list, sagemaker_runs_it, the_same_packages, sagemaker_is_pinned),
        because="A list without versions means the day on which somebody builds it: Azure's day was a month ago, "
        "SageMaker's is every start; only versions written into both lists mean the same on both.",
    ),
)
