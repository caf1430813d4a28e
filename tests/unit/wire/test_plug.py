"""What is different in Python while a lab is plugged in, and that nothing is afterwards."""

import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import uuid
from datetime import UTC, datetime

import pytest

from twoclouds.wire.errors import NetworkRefused, NotSimulated
from twoclouds.wire.http import Response
from twoclouds.wire.plug import Plug
from twoclouds.world.clock import SECOND, Clock

MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)


@pytest.fixture
def clock():
    return Clock(MONDAY)


@pytest.fixture
def plugged(clock):
    requests = []

    def send(request):
        requests.append(request)
        if request.host == "nobody.example":
            raise NotSimulated(f"{request.method} {request.url}")
        return Response.of_json({"path": request.path, "body": request.body.decode()})

    plug = Plug(send=send, clock=clock, seed=1, environment={"AWS_PROFILE": None, "AWS_REGION": "us-west-2"})
    plug.install()
    yield requests
    plug.remove()


def test_every_reading_of_the_clock_is_virtual(clock, plugged):
    assert datetime.now(UTC) == MONDAY
    assert time.time() == MONDAY.timestamp()
    clock.advance(90 * SECOND)
    assert datetime.now(UTC).isoformat() == "2026-11-30T09:01:30+00:00"
    assert time.strftime("%H:%M:%S", time.gmtime()) == "09:01:30"
    before = time.monotonic()
    assert time.monotonic() - before < 10


def test_a_sleep_on_the_cells_thread_moves_time(clock, plugged):
    happened = []

    def job():
        yield clock.timeout(30 * SECOND)
        happened.append(datetime.now(UTC).strftime("%H:%M:%S"))

    clock.start(job(), name="job")
    time.sleep(20)
    time.sleep(9.9995)
    assert (clock.now, happened) == (30_000, ["09:00:30"])
    with pytest.raises(ValueError, match="non-negative"):
        time.sleep(-1)


def test_three_sleeping_threads_never_move_time(clock, plugged):
    def sleeper():
        for _ in range(3):
            time.sleep(30)

    threads = [threading.Thread(target=sleeper) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(30)
    for thread in threads:
        thread.join()
    assert clock.now == 30_000


def test_waiting_for_a_child_process_takes_real_time(clock, plugged):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.2)"])
    assert child.wait(timeout=20) == 0
    assert clock.now == 0


def test_the_uuids_of_sdks_are_the_same_every_time_and_nobody_elses(clock):
    def drawn():
        plug = Plug(send=lambda request: Response(200), clock=clock, seed=1, environment={})
        plug.install()
        try:
            scope = {"__name__": "azure.ai.ml.constants", "uuid": uuid}
            return [str(eval("uuid.uuid4()", scope)) for _ in range(2)] + [str(uuid.uuid4())]
        finally:
            plug.remove()

    one, other = drawn(), drawn()
    assert one[:2] == other[:2]
    assert one[0] != one[1]
    assert one[2] != other[2]


@pytest.mark.parametrize(
    "leave",
    [
        lambda: socket.create_connection(("host.example", 443), timeout=1),
        lambda: socket.create_connection(("203.0.113.7", 443), timeout=1),
        lambda: socket.getaddrinfo("host.example", 443),
        lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("203.0.113.7", 53)),
    ],
)
def test_a_socket_is_refused_with_an_explanation(plugged, leave):
    with pytest.raises(NetworkRefused, match="Two Clouds keeps everything on this machine"):
        leave()


def test_urllib_is_refused_with_an_explanation(plugged):
    with pytest.raises(OSError, match=r"nobody\.example was not contacted"):
        urllib.request.urlopen("https://nobody.example")


def test_urllib_is_answered_by_the_clouds(plugged):
    with urllib.request.urlopen("https://cloud.example/file?x=1", data=b"b") as answer:
        assert (answer.status, json.load(answer)) == (200, {"path": "/file", "body": "b"})


def test_this_machine_itself_stays_reachable(plugged):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


def test_requests_is_answered_or_refused(plugged):
    import requests

    answer = requests.post("https://management.azure.com/a%20b?x=1", json={"name": "ü"})
    assert answer.json() == {"path": "/a b", "body": '{"name": "\\u00fc"}'}
    with pytest.raises(NotSimulated, match=r"does not simulate GET https://nobody\.example/"):
        requests.get("https://nobody.example/")


def test_commands_of_the_vendors_refuse_and_say_so(plugged):
    for command in ("aws", "az", "curl", "wget"):
        refused = subprocess.run([command, "https://example.com"], capture_output=True, text=True, check=False)
        assert refused.returncode == 1
        assert "Two Clouds keeps everything on this machine" in refused.stderr


def test_the_environment_is_the_labs(plugged, monkeypatch):
    assert os.environ["AWS_REGION"] == "us-west-2"
    assert "AWS_PROFILE" not in os.environ


def _python():
    """Everything in this process that a plug touches."""
    import azure.core.polling._poller as poller
    import botocore.httpsession
    import requests.adapters

    return {
        "environment": dict(os.environ),
        "finders": list(sys.meta_path),
        "time": (time.sleep, time.time, uuid.uuid4),
        "sockets": {name: getattr(socket.socket, name) for name in ("connect", "connect_ex", "sendto")},
        "socket's own": sorted(vars(socket.socket)),
        "lookups": (socket.getaddrinfo, socket.gethostbyname),
        "seams": (botocore.httpsession.URLLib3Session.send, requests.adapters.HTTPAdapter.send),
        "poller": (poller.threading, poller.LROPoller.wait, poller.LROPoller.done, poller.LROPoller.status),
        "random": random.getstate(),
    }


def test_python_is_left_as_it_was(clock):
    before = _python()
    plug = Plug(send=lambda request: Response(200), clock=clock, seed=1, environment={"AWS_PROFILE": "lab"})
    plug.install()
    assert _python() != before
    plug.remove()
    assert _python() == before
    plug.remove()
    assert _python() == before
    assert clock.moved == []


def test_a_plug_that_fails_half_way_leaves_nothing_behind(clock, monkeypatch):
    before = _python()
    monkeypatch.setattr("twoclouds.wire.plug.virtual_time.install_identifiers", lambda *_: 1 / 0)
    plug = Plug(send=lambda request: Response(200), clock=clock, seed=1, environment={})
    with pytest.raises(ZeroDivisionError):
        plug.install()
    assert _python() == before
