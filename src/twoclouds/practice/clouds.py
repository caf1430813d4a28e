"""What many exercises ask of a job, on either cloud, with the hints for the ways in which jobs go wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from twoclouds.practice.checks import Finding, Met, Missing, last_line
from twoclouds.practice.evidence import Evidence
from twoclouds.practice.evidence.aws import TrainingJob
from twoclouds.practice.evidence.azure import CommandJob
from twoclouds.practice.hints import Hint

Job = TypeVar("Job", CommandJob, TrainingJob)

WAIT = Hint(
    "Time in this lab moves when a cell waits. Has one waited for this job?",
    "ml_client.jobs.stream(name) waits on Azure ML; on SageMaker, train(wait=True) or a waiter does.",
)
LITERAL_PATH = Hint(
    "The path in the command line is one of your machine's. What is the folder called on the node?",
    "Nobody knows beforehand. Write ${{inputs.NAME}} in the command, with the name that you gave the input: "
    "Azure ML puts the real path there.",
)
CODE_FOLDER = Hint(
    "The folder given as code= is what travels, and the command begins to run inside it. What lies at its top?",
    "Choose the folder in which the script itself lies, or name the script by its path below the folder you sent.",
)
AZURE_LOG = Hint(
    "Read the log from its end: ml_client.jobs.stream(name) shows it, and the last lines are the script's own.",
    "Compare each path and argument in the command line with what the script's argparse section asks for.",
)
AZURE_KEEP = Hint(
    "A node's disk goes with the node. Which folder of the working directory does Azure ML store?",
    "What a script writes to ./outputs is stored with the job. Where does yours write?",
)
AWS_REASON = Hint(
    "FailureReason has the exit code; the log in /aws/sagemaker/TrainingJobs has the script's own last words.",
    "A channel called x lies in /opt/ml/input/data/x. Does the command line name that folder, and a file in it?",
)
AWS_KEEP = Hint(
    "SageMaker packs one folder of the container when the script ends, and stores it in one place. Which, and where?",
    "What lies in /opt/ml/model (SM_MODEL_DIR) becomes model.tar.gz under S3OutputPath. Write it there, and let it be.",
)
TIME_LIMIT = Hint(
    'SageMaker stopped it; describe_training_job(…)["SecondaryStatus"] says why. How long was it allowed to run?',
    "StoppingCondition(max_runtime_in_seconds=…) is part of the request, and the SDK sets one for you if you do not.",
)
MINIMUM = Hint(
    "No job is running, and a node is there all the same. Who asked for it?",
    "A cluster with min_instances above 0 never lets its last nodes go. Update it or delete it: the output stays.",
)
IDLE = Hint(
    "A node outlives its job for a while, in case another one follows. For how long? Look at ex.lab.timeline().",
    "Wait as long as idle_time_before_scale_down says, with ex.lab.skip(minutes=…), or delete the cluster.",
)
WARM_POOL = Hint(
    "No job is running, and a machine is there all the same. Which job left it, and until when?",
    "It goes when its KeepAlivePeriodInSeconds are over: wait so long with ex.lab.skip(minutes=…), or let it go with "
    "update_training_job.",
)
STILL_RUNNING = Hint(
    "Something is still at work. Which job does ex.lab.timeline() show at its right end?",
    "Wait for it, or stop it if you did not mean to start it; then look at the bill again.",
)


def best(jobs: Sequence[Job]) -> Job:
    """The last job that completed, or else the last one."""
    return next((job for job in reversed(jobs) if job.status == "Completed"), jobs[-1])


def azure_completed(job: CommandJob) -> Finding:
    """Whether a job came to a good end, and if not, what its command line and its log say about it."""
    if job.status == "Completed":
        return Met(f"{job.name} is Completed on Azure ML.")
    if job.status != "Failed":
        return Missing(f"{job.name} is {job.status}.", "What has to happen before it is over?", WAIT)
    seen = f"{job.name} is Failed. Its command line is `{job.command}`, and its log ends: {last_line(job.log)}"
    if "can't open file" in job.log:
        return Missing(seen, "In which folder did the command look for the script?", CODE_FOLDER)
    if "${{" not in job.command:
        return Missing(seen, "Is there a file of that name on the node?", LITERAL_PATH)
    return Missing(seen, "What did the script ask for that it was not given?", AZURE_LOG)


def azure_kept(job: CommandJob, file: str) -> Finding:
    """Whether what is stored of a job holds `file`."""
    if content(job.artefacts, file) is None:
        held = ", ".join(job.artefacts) or "nothing"
        return Missing(f"{job.name} is Completed; stored of it: {held}.", f"Where is {file} now?", AZURE_KEEP)
    return Met(f"{file} is stored with {job.name}.")


def sagemaker_completed(job: TrainingJob) -> Finding:
    """Whether a training job came to a good end, and if not, what SageMaker says about it."""
    if job.status == "Completed":
        return Met(f"{job.name} is Completed on SageMaker.")
    if job.status == "Stopped":
        seen = f"{job.name} was Stopped after {job.billable // 60} billed minutes."
        return Missing(seen, "Who stopped it, and why just then?", TIME_LIMIT)
    if job.status == "Failed":
        return Missing(f"{job.name} is Failed. {job.reason}", "Which path did the script open?", AWS_REASON)
    return Missing(f"{job.name} is {job.status}.", "What has to happen before it is over?", WAIT)


def sagemaker_kept(job: TrainingJob, file: str) -> Finding:
    """Whether a training job's model.tar.gz is in its bucket, with `file` in it."""
    if content(job.artefacts, file) is None:
        held = f"holds {', '.join(job.artefacts)}" if job.artefacts else "is not in the bucket, or is empty"
        return Missing(f"{job.name} is Completed; its model.tar.gz {held}.", f"Where is {file} now?", AWS_KEEP)
    return Met(f"{file} is in the model.tar.gz of {job.name}.")


def content(artefacts: Mapping[str, bytes], file: str) -> bytes | None:
    """The content of the artefact called `file`, in whatever folder; None without one."""
    return next((held for path, held in artefacts.items() if path.rpartition("/")[2] == file), None)


def nothing_bills(evidence: Evidence) -> Finding:
    """Whether the bill has stopped growing."""
    if not evidence.billing:
        return Met("nothing is billing any more.")
    each = min(evidence.billing, key=lambda billing: billing.resource.endswith("/load-balancer"))
    seen = f"{each.resource} is still on the bill: {each.phase}."
    if each.phase in ("working", "provisioning") and not any(cluster.minimum for cluster in evidence.azure.clusters):
        return Missing(seen, "What is it working on?", STILL_RUNNING)
    if any(cluster.minimum for cluster in evidence.azure.clusters):
        return Missing(seen, "When would it go by itself?", MINIMUM)
    if any(job.pool == "Available" for job in evidence.aws.training_jobs):
        return Missing(seen, "What is it kept for?", WARM_POOL)
    return Missing(seen, "What is it waiting for?", IDLE)
