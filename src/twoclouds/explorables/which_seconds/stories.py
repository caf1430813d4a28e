"""What `which_seconds` tells of each stretch of a machine's time: its name, and why it is billed or not."""

from __future__ import annotations

from dataclasses import dataclass

FILES = {"src/train.py": "print('trained')\n", "data/sensors.csv": "machine,failed\nm000,0\n"}
RUN = 38 * 60


@dataclass(frozen=True)
class Stretch:
    """A part of a machine's time. `phase` is None where there is no machine; `seconds` is 0 for the rest of a line.

    `assumed`: no vendor publishes how long it lasts. `length` and `bills` name what may be moved: an assumption on
    which its length depends, second for second, and one that says whether it is billed.
    """

    name: str
    phase: str | None
    because: str
    seconds: int = 0
    assumed: bool = False
    length: str | None = None
    bills: str | None = None


@dataclass(frozen=True)
class Movable:
    """An assumption, in words; `most` seconds, or None if it is a yes or a no."""

    name: str
    label: str
    most: int | None = None


JOB = {
    "question": "Which seconds cost money?",
    "lead": "One job on each cloud, with nothing set beyond the defaults. Your script runs for 38 minutes. Paint every "
    "stretch of the machine’s time that you think is on the bill.",
    "run": RUN,
}

AZURE_JOB = (
    Stretch(
        "A machine starts; your job is queued",
        "provisioning",
        "Assumed. Microsoft says that a VM is billed for the time that it runs (2024-03-26), and not what holds "
        "while it starts.",
        assumed=True,
        length="azure/node_boot",
        bills="azure/preparing_billed",
    ),
    Stretch(
        "It fetches image, code and data",
        "provisioning",
        "The node is running for your job, whatever the job’s status says. How long this takes is assumed.",
        assumed=True,
    ),
    Stretch("Your script runs", "working", "A VM is billed for the time that it runs (Microsoft, 2024-03-26).", RUN),
    Stretch(
        "Outputs and logs are stored",
        "working",
        "The node is still running. How long this takes is assumed.",
        assumed=True,
    ),
    Stretch(
        "The job is over; the node waits for another",
        "idle",
        "Idle nodes are billed until they are scaled down (Microsoft, 2026-03-01), and the idle time is 120 seconds "
        "unless you set it.",
    ),
    Stretch(
        "The node is taken away",
        "idle",
        "Assumed. No text says whether a node that is being released is billed.",
        assumed=True,
        bills="azure/leaving_billed",
    ),
)

AWS_JOB = (
    Stretch(
        "Starting: a machine is found and started",
        "provisioning",
        "You are billed from TrainingStartTime (AWS’s API reference, 2026-11-01), and that comes after Starting.",
        assumed=True,
        length="aws/start",
    ),
    Stretch(
        "Downloading: image, code and data",
        "provisioning",
        "Billing has begun: this is after TrainingStartTime. How long it takes is assumed.",
        assumed=True,
        length="aws/image",
    ),
    Stretch("Training: your script runs", "working", "Between TrainingStartTime and TrainingEndTime.", RUN),
    Stretch(
        "Uploading: the model is stored",
        "working",
        "You are billed until TrainingEndTime, and that comes after the upload. How long it takes is assumed.",
        assumed=True,
    ),
    Stretch(
        "The job is over",
        None,
        "There is no machine. It went with the job, and no call would find it.",
        180,
    ),
)

JOB_MOVABLE = (
    Movable("azure/preparing_billed", "Azure ML bills a node while it starts"),
    Movable("azure/node_boot", "An Azure node starts in", 900),
    Movable("aws/start", "A SageMaker machine starts in", 900),
    Movable("aws/image", "SageMaker fetches an image in (to which its size adds)", 900),
)
