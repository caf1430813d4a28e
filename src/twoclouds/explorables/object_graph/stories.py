"""What `object_graph` tells: the changes, the things that a run names, and what is worth knowing of each outcome."""

from __future__ import annotations

from typing import Any

SCRIPT = """import pathlib, sys

folder = sys.argv[1] if len(sys.argv) > 1 else "/opt/ml/input/data/training"
rows = len((pathlib.Path(folder) / "sensors.csv").read_text().splitlines()) - 1
try:
    import sensorscale
except ModuleNotFoundError:
    sensorscale = None
print("saw", rows, "machines,", "with" if sensorscale else "without", "sensorscale")
"""
"""Says what it finds, so that the same run sent twice can be compared."""

FILES = {
    "src/train.py": SCRIPT,
    "week1/sensors.csv": "machine,failed\n" + "m000,0\n" * 400,
    "week2/sensors.csv": "machine,failed\n" + "m000,0\n" * 480,
}

TEXTS: dict[str, Any] = {
    "question": "After one change, what is new, and what does last week’s run point to?",
    "lead": "Last week’s run named the things in the middle. This week something changes, and you send a run again. "
    "Tick what will exist afterwards and did not before. Then say what last week’s run would see if you sent it once "
    "more, word for word.",
}

CHANGES = [
    {"key": "data", "name": "New data, in a new place"},
    {"key": "in_place", "name": "New data, written over the old"},
    {"key": "package", "name": "One more package"},
    {"key": "machine", "name": "A bigger machine"},
]

OBJECTS: dict[str, dict[str, dict[str, str]]] = {
    "azure": {
        "data": {"kind": "Data asset", "where": "in the workspace; it leads to the place plant/"},
        "environment": {"kind": "Environment", "where": "in the workspace; an image is built from it"},
        "code": {"kind": "Code", "where": "in the workspace, named by the SDK"},
        "machine": {"kind": "Compute cluster", "where": "in the workspace"},
    },
    "aws": {
        "data": {"kind": "Data", "where": "objects in your S3 bucket"},
        "environment": {"kind": "Image", "where": "in ECR, AWS’s own"},
        "code": {"kind": "Code", "where": "copied to S3 by the SDK, with what starts it"},
        "machine": {"kind": "Machine", "where": "what the request asks for"},
        "identity": {"kind": "Role", "where": "in IAM"},
    },
}

NOTES: dict[str, dict[str, str]] = {
    "azure": {
        "data": "A version keeps its address, so the new place is a second version. Everything else is the object that "
        "last week’s run names, too, even the code: the SDK found that the folder had not changed.",
        "in_place": "Nothing is new. The version cannot be given another address, and it never held the bytes: what "
        "sensors:1 is, is decided by whoever may write to plant/. (A folder that you hand over is copied first, on "
        "both clouds.)",
        "package": "A version of an environment cannot be changed, so there is a second one, and an image was built "
        "for it.",
        "machine": "The size is part of the cluster, so a bigger machine is another cluster. (Or none: a job that "
        "names no cluster says in its request what machine it wants.)",
    },
    "aws": {
        "data": "Another address, and a request that names it. The code is new every time: the SDK copies it for each "
        "job. Nothing lists these things as versions of one another.",
        "in_place": "Nothing is new but the SDK’s copy of the code. The request still says the same address, and other "
        "data lie there now, as on Azure ML.",
        "package": "No new image: the package is named in a file beside the script, and pip installs it when the "
        "container starts. That file is part of the code, and the code is new for every job anyway.",
        "machine": "A word in the request. There is nothing to make, and nothing that would be left.",
    },
}
