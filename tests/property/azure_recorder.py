"""A plugin of pytest: what the tests that call every operation send to Azure, written to the file RECORDING names.

`requests()` runs them in a process of their own, once, and answers what they sent.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from twoclouds.wire.http import Request

ROOT = Path(__file__).parents[2]
STORIES = "every_operation and not the_table"
"""By this part of their names the tests are chosen."""


@dataclass(frozen=True)
class Sent:
    """A request as a test sent it, and the virtual second at which it did."""

    story: str
    second: int
    request: Request


def pytest_runtest_call(item):
    """From here on, what is sent is this test's."""
    _record.story = item.name


def pytest_configure(config):
    """Write down whatever an Azure is sent."""
    from twoclouds.azure.cloud import Azure

    real = Azure.send

    def send(self, request):
        _record(self.world.clock.now // 1000, request)
        return real(self, request)

    Azure.send = send


def _record(second, request):
    headers = {name: value for name, value in request.headers.items() if name != "authorization"}
    signed = request.headers.get("authorization", "").startswith("Bearer")
    line = [
        _record.story,
        second,
        request.method,
        request.url,
        headers,
        base64.b64encode(request.body).decode(),
        signed,
    ]
    with open(os.environ["RECORDING"], "a") as file:
        file.write(json.dumps(line) + "\n")


_record.story = ""


@cache
def requests():
    """Everything that those tests send, in order. A request that had a token has the header `authorization: Bearer`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recording"
        command = [sys.executable, "-m", "pytest", "-q", "-p", __name__, "-k", STORIES, "tests/contract/azure"]
        places = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
        environment = {**os.environ, "RECORDING": str(path), "PYTHONPATH": places}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
        return [_sent(*json.loads(line)) for line in path.read_text().splitlines()]


def _sent(story, second, method, url, headers, body, signed):
    more = {"authorization": "Bearer"} if signed else {}
    return Sent(story, second, Request(method, url, {**headers, **more}, base64.b64decode(body)))
