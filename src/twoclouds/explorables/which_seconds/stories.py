"""What `which_seconds` tells of each stretch of a machine's time: its name, and why it is billed or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MINUTE, HOUR = 60, 3600
RUN = 38 * MINUTE
SCORE = "def init():\n    pass\n\n\ndef run(body):\n    return 1\n"
INFERENCE = "def model_fn(folder):\n    return 1\n\n\ndef predict_fn(values, model):\n    return 1\n"
FILES = {
    "src/train.py": "print('trained')\n",
    "data/sensors.csv": "machine,failed\nm000,0\n",
    "serving/score.py": SCORE,
    "serving/inference.py": INFERENCE,
    "serving/wrong.py": "pass\n",
    "model/model.json": "{}\n",
}


@dataclass(frozen=True)
class Stretch:
    """A part of a machine's time. `phase` is None where there is no machine; `seconds` is 0 for the rest of a line.

    `assumed`: no vendor publishes how long it lasts. `length` and `bills` name what may be moved: an assumption on
    which its length depends, second for second, and one that says whether it is billed. `row` is the row of a
    cloud's data in which the source stands, as `cloud/table/name`.
    """

    name: str
    phase: str | None
    because: str
    seconds: int = 0
    assumed: bool = False
    length: str | None = None
    bills: str | None = None
    row: str = ""


@dataclass(frozen=True)
class Movable:
    """An assumption, in words; `most` seconds, or None if it is a yes or a no."""

    name: str
    label: str
    most: int | None = None


def texts(lead: str, against: str, never: str = "") -> dict[str, Any]:
    """What a story asks; `against` is what the bill is compared with, `never` what to say where there is none."""
    return {"question": "Which seconds cost money?", "lead": lead, "against": against, "never": never}


# A node of an Azure ML cluster

NOT_SAID = "Microsoft says that a VM is billed for the time that it runs, and nothing of the time in which it starts."
STARTS = Stretch(
    "A machine starts; your job is queued",
    "provisioning",
    NOT_SAID,
    assumed=True,
    length="azure/node_boot",
    bills="azure/preparing_billed",
    row="azure/billing/preparing",
)
FETCHES = Stretch(
    "It fetches image, code and data",
    "provisioning",
    "The machine is running, and for your job, whatever the job’s status says.",
    assumed=True,
    row="azure/billing/running",
)
RUNS = Stretch("Your script runs", "working", "The machine runs.", RUN, row="azure/billing/running")
STORES = Stretch(
    "Outputs and logs are stored", "working", "The machine still runs.", assumed=True, row="azure/billing/running"
)
WAITS = "The node is kept in case another job comes, and a node that waits is billed."

AZURE_JOB = (
    STARTS,
    FETCHES,
    RUNS,
    STORES,
    Stretch("The job is over; the node waits for another", "idle", WAITS, row="azure/billing/idle"),
    Stretch(
        "The node is taken away",
        "idle",
        "Nobody says. The lab takes it as free.",
        assumed=True,
        bills="azure/leaving_billed",
        row="azure/billing/leaving",
    ),
)
AZURE_POOL = (
    Stretch(
        "The cluster is made; a machine starts",
        "provisioning",
        "A minimum of one is a machine, from the beginning. Whether its start is billed, Microsoft does not say.",
        assumed=True,
        length="azure/node_boot",
        bills="azure/preparing_billed",
        row="azure/billing/preparing",
    ),
    Stretch("It waits for a first job", "idle", WAITS, row="azure/billing/idle"),
    FETCHES,
    RUNS,
    STORES,
    Stretch("The job is over; an hour passes", "idle", WAITS, HOUR, row="azure/billing/idle"),
)

# The machine of a SageMaker training job

SAID = "(DescribeTrainingJob, botocore 1.44.5)"
STARTING = Stretch(
    "Starting: a machine is found and started",
    "provisioning",
    "A job is billed from its TrainingStartTime, “the time when the training job starts on training instances” "
    f"{SAID}. That Starting comes before it is how we read that.",
    assumed=True,
    length="aws/start",
)
DOWNLOADING = Stretch(
    "Downloading: image, code and data",
    "provisioning",
    "TrainingStartTime is earlier than the first line of the log, by “the time it takes to download the training data” "
    f"{SAID}.",
    assumed=True,
    length="aws/image",
)
TRAINING = Stretch(
    "Training: your script runs", "working", f"It lies between TrainingStartTime and TrainingEndTime {SAID}.", RUN
)
UPLOADING = Stretch(
    "Uploading: the model is stored",
    "working",
    f"TrainingEndTime is “the time after model artifacts are uploaded” {SAID}.",
    assumed=True,
)
GONE = "There is no machine. It went with the job, and no call would find it."
AWS_JOB = (STARTING, DOWNLOADING, TRAINING, UPLOADING, Stretch("The job is over", None, GONE, 3 * MINUTE))
AWS_POOL = (
    STARTING,
    DOWNLOADING,
    TRAINING,
    UPLOADING,
    Stretch(
        "The half hour that you asked for",
        "idle",
        "This is the warm pool. Its “billable time in seconds” runs, whether a job comes or not (WarmPoolStatus, "
        "botocore 1.44.5).",
    ),
    Stretch("The half hour after that", None, "The warm pool has ended, and the machine with it.", 30 * MINUTE),
)
AWS_NO_POOL = (
    STARTING,
    DOWNLOADING,
    TRAINING,
    UPLOADING,
    Stretch(
        "The half hour that you asked for",
        None,
        "Nothing is kept, and no error says so: the lab follows the developer guide (copy of March 2023), by which a "
        "warm pool needs a quota of its own.",
        30 * MINUTE,
    ),
)

# A model that is served

AZURE_SERVED = (
    Stretch(
        "The endpoint exists, with no deployment", None, "An endpoint is an address. It has no machine.", 30 * MINUTE
    ),
    Stretch(
        "A deployment is created",
        "provisioning",
        NOT_SAID,
        assumed=True,
        length="azure/node_boot",
        bills="azure/preparing_billed",
        row="azure/billing/preparing",
    ),
    Stretch("Requests come", "working", "The machine runs.", HOUR, row="azure/billing/running"),
    Stretch(
        "The weekend: no request comes",
        "idle",
        "The machine runs, asked or not, until you delete the deployment.",
        66 * HOUR,
        row="azure/billing/running",
    ),
)
AZURE_BROKEN = (
    Stretch(
        "It is created, and fails its probes",
        "provisioning",
        NOT_SAID,
        assumed=True,
        length="azure/node_boot",
        bills="azure/preparing_billed",
        row="azure/billing/preparing",
    ),
    Stretch(
        "It has failed; the weekend passes",
        "idle",
        "It had a machine before it failed, and has it still.",
        66 * HOUR,
        row="azure/billing/failed_deployment",
    ),
)
AWS_SERVED = (
    Stretch("Model and endpoint configuration exist", None, "Two records. Neither of them has a machine.", 30 * MINUTE),
    Stretch(
        "Creating",
        "provisioning",
        "Nobody says. The lab takes it as free.",
        assumed=True,
        length="aws/endpoint_start",
        bills="aws/endpoint_starting_billed",
        row="aws/billing/endpoint_starting",
    ),
    Stretch("InService: requests come", "working", "The instance serves.", HOUR),
    Stretch(
        "InService: no request comes",
        "idle",
        "The instance stands ready, asked or not, until you delete the endpoint (DeleteEndpointConfig, botocore "
        "1.44.5: “The endpoint must be deleted in order to stop incurring charges”).",
        66 * HOUR,
    ),
)
AWS_BROKEN = (
    Stretch(
        "Creating, until it is given up",
        "provisioning",
        "Nobody says. The lab takes it as free.",
        assumed=True,
        length="aws/endpoint_start",
        bills="aws/endpoint_starting_billed",
        row="aws/billing/endpoint_starting",
    ),
    Stretch(
        "Failed; the weekend passes",
        None,
        "Nobody says. The lab takes it that the instance is given back.",
        66 * HOUR,
        bills="aws/failed_endpoint_billed",
        row="aws/billing/failed_endpoint",
    ),
)

JOB = texts(
    "One job on each cloud, with nothing set beyond the defaults. Your script runs for 38 minutes. Paint every stretch "
    "of the machine’s time that you think is on the bill.",
    "than your script ran",
)
POOL = texts(
    "The same job of 38 minutes, and you hate to wait. On Azure ML the cluster has a minimum of one node. On SageMaker "
    "AI the job asks for its machine to be kept for half an hour. Paint every stretch that you think is on the bill.",
    "than your script ran",
)
ENDPOINT = texts(
    "Friday: a model is served on each cloud, and a second one never starts, because its script is wrong. Nobody "
    "deletes anything until Monday. Paint every stretch that you think is on the bill.",
    "than the hour in which requests came",
    "though it never answered a request",
)

NODE_START = (
    Movable("azure/preparing_billed", "Azure ML bills a machine while it starts"),
    Movable("azure/node_boot", "An Azure machine starts in", 900),
)
JOB_MOVABLE = (
    *NODE_START,
    Movable("aws/start", "A SageMaker machine starts in", 900),
    Movable("aws/image", "SageMaker fetches an image in (to which its size adds)", 900),
)
ENDPOINT_MOVABLE = (
    *NODE_START,
    Movable("aws/endpoint_starting_billed", "SageMaker bills an endpoint while it is Creating"),
    Movable("aws/failed_endpoint_billed", "SageMaker bills an endpoint that has Failed"),
)
