"""The ``pip`` of a job: it asks the runner, which installs from what is at hand and words its answer as pip does."""

from __future__ import annotations

import http.client
import itertools
import json
import sys
import time


def main() -> None:
    """Run one pip command and exit with its status."""
    arguments = sys.argv[1:]
    files = {}
    for flag, path in itertools.pairwise(arguments):
        if flag in ("-r", "--requirement"):
            try:
                with open(path, encoding="utf-8") as text:
                    files[path] = text.read()
            except OSError:
                sys.exit(f"ERROR: Could not open requirements file: [Errno 2] No such file or directory: {path!r}")
    connection = http.client.HTTPConnection("pip.twoclouds.invalid")
    connection.request("POST", "/", json.dumps({"arguments": arguments, "files": files}))
    answer = json.loads(connection.getresponse().read())
    time.sleep(answer["seconds"])
    for line in answer["stdout"]:
        print(line)
    for line in answer["stderr"]:
        print(line, file=sys.stderr)
    sys.exit(answer["code"])
