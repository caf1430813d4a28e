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
print("saw", rows, "rows,", "with" if sensorscale else "without", "sensorscale")
"""
"""Says what it finds, so that the same run sent twice can be compared."""

FILES = {
    "src/train.py": SCRIPT,
    "week1/sensors.csv": "machine,failed\n" + "m000,0\n" * 400,
    "week2/sensors.csv": "machine,failed\n" + "m000,0\n" * 460,
}

TEXTS: dict[str, Any] = {
    "question": "After one change, what is new, and what does last week’s run point to?",
    "lead": "Last week’s run named the things in the middle. This week something changes, and you send a run again. "
    "Tick what will exist afterwards and did not before. Then say what last week’s run would see if you sent it once "
    "more, word for word.",
}

CHANGES = [
    {"key": "data", "name": "New data, under a new name"},
    {"key": "in_place", "name": "New data, in the place of the old"},
    {"key": "package", "name": "One more package"},
    {"key": "machine", "name": "A bigger machine"},
]

OBJECTS: dict[str, dict[str, dict[str, str]]] = {
    "azure": {
        "data": {"kind": "Data asset", "where": "in the workspace, backed by its storage"},
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
        "data": "One new version. Everything else is the object that last week’s run names, too, even the code: the "
        "SDK found that the folder had not changed.",
        "in_place": "A version cannot be given another address, so the new data got a second version after all. It is "
        "the name that is protected, not the bytes: when we wrote over the file in the storage beneath, last week’s "
        "run saw {beneath}.",
        "package": "A version of an environment cannot be changed, so there is a second one, and an image was built "
        "for it.",
        "machine": "The size is part of the cluster, so a bigger machine is another cluster. (Or none: a job that "
        "names no cluster says in its request what machine it wants.)",
    },
    "aws": {
        "data": "Another address, and a request that names it. The code is new every time: the SDK copies it for each "
        "job. Nothing lists these things as versions of one another.",
        "in_place": "Nothing has a new name, and nobody was asked. Last week’s request still says the same address, "
        "and other data lie there.",
        "package": "No new image: the package is named in a file beside the script, and pip installs it when the "
        "container starts. That file is part of the code, and the code is new for every job anyway.",
        "machine": "A word in the request. There is nothing to make, and nothing that would be left.",
    },
}
