"""One suite over every way a container can serve: each test is a program, requests, and what came back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator

import pytest

from twoclouds.world.container import Answer, Container, JobRequest, JobResponse
from twoclouds.world.images import ImageDefinition, Images
from twoclouds.world.runner import Runner, Server
from twoclouds.world.runner.inprocess import InProcess
from twoclouds.world.runner.serving import MOST_LIVE
from twoclouds.world.runner.subprocess import Subprocess, possible
from twoclouds.world.runner.transcribe import OVER_REQUEST

images = Images()
STARTED = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC
Serve = Callable[..., Server]

SUBPROCESSES = [
    pytest.param(
        lambda: Subprocess(namespace=True),
        id="namespace",
        marks=pytest.mark.skipif(not possible(), reason="this machine allows no mount namespace"),
    ),
    pytest.param(lambda: Subprocess(namespace=False), id="path map"),
]


@pytest.fixture(params=[*SUBPROCESSES, pytest.param(InProcess, id="in process")])
def runner(request: pytest.FixtureRequest) -> Iterator[Runner]:
    made = request.param()
    yield made
    made.close()


def refuse(request: JobRequest) -> JobResponse:
    raise ConnectionError(f"nobody answers {request.url}")


@pytest.fixture
def serve(runner: Runner) -> Serve:
    return lambda script, **options: start(runner, script, **options)


def start(
    runner: Runner, script: str, *, packages=(), absent=(), files=None, command=None, environment=None, send=refuse,
    **options,
) -> Server:  # fmt: skip
    container = Container(
        name="server",
        image=images.build(ImageDefinition(base="python:3.11", packages=packages, absent=absent)),
        command=command or ("python3", "server.py"),
        workdir="/opt/program",
        started=STARTED,
        environment=environment or {},
        files={"/opt/program/server.py": textwrap.dedent(script).encode(), **(files or {})},
        directories=("/opt/ml/model",),
    )
    return runner.serve(container, send=send, **options)


def app(body: str, *, before: str = "") -> str:
    """A WSGI application that answers with what `body` (which sees `environ` and `data`) leaves in `answer`."""
    return (
        textwrap.dedent(before)
        + "\ndef app(environ, start_response):\n"
        + "    data = environ['wsgi.input'].read()\n"
        + textwrap.indent(textwrap.dedent(body).strip("\n"), "    ")
        + "\n    start_response('200 OK', [('Content-Type', 'text/plain')])\n    return [str(answer).encode()]\n"
    )


def out(server: Server) -> list[str]:
    return [line.text for line in server.lines]


def said(answer: Answer) -> str:
    assert answer.outcome == "answered", answer
    return answer.body.decode()


def test_a_request_and_its_answer(serve: Serve):
    server = serve(
        """
        print("ready")
        def app(environ, start_response):
            names = "REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_X_MINE"
            print("a request")
            start_response("201 Created", [("X-Version", "7")])
            return [repr([environ[name] for name in names]).encode(), b" ", environ["wsgi.input"].read()]
        """
    )
    assert server.alive
    answer = server.ask("POST", "/score/a%20b?x=1", {"Content-Type": "application/json", "X-Mine": "yes"}, b"\0{}")
    assert (answer.status, answer.headers, answer.outcome, answer.slept) == (201, {"X-Version": "7"}, "answered", 0.0)
    assert answer.body == b"['POST', '/score/a b', 'x=1', 'application/json', '3', 'yes'] \0{}"
    assert [(line.at, line.stream, line.text) for line in server.lines] == [
        (0.0, "stdout", "ready"),
        (0.0, "stdout", "a request"),
    ]


def test_it_stays_and_keeps_what_it_holds(serve: Serve):
    server = serve(
        app(
            "import logging, os, helper\nheld.append(data.decode())\nlogging.getLogger('mine').info('got %s', held)\n"
            "answer = held, os.environ['MODE'], os.getcwd(), helper.X, random.random()",
            before="""
            import logging, os, random
            held = []
            random.seed(1)
            os.environ["MODE"] = "changed"
            os.chdir("/opt/ml/model")
            logging.basicConfig(level="INFO", format="%(name)s: %(message)s")
            """,
        ),
        files={"/opt/program/helper.py": b"X = 3"},
        environment={"MODE": "given"},
    )
    assert said(server.ask("POST", "/", body=b"one")).startswith("(['one'], 'changed', '/opt/ml/model', 3, 0.1343")
    assert said(server.ask("POST", "/", body=b"two")).startswith("(['one', 'two'], 'changed', '/opt/ml/model', 3, 0.84")
    assert [(line.stream, line.text) for line in server.lines] == [
        ("stderr", "mine: got ['one']"),
        ("stderr", "mine: got ['one', 'two']"),
    ]
    assert "helper" not in sys.modules


def test_servers_do_not_mix(serve: Serve):
    servers = [serve(app("import helper\nanswer = helper.X"), files={"/opt/program/helper.py": b"X = %d" % n})
               for n in range(2)]  # fmt: skip
    assert [said(server.ask("GET", "/")) for server in (*servers, *servers)] == ["0", "1", "0", "1"]


@pytest.mark.parametrize(
    ("script", "last"),
    [
        ("import pandas\n", "ModuleNotFoundError: No module named 'pandas'"),
        ("def init():\n    raise FileNotFoundError('model.pkl')\ninit()\n", "FileNotFoundError: model.pkl"),
        ("def f(:\n", "SyntaxError: invalid syntax"),
        ("x = 1\n", "KeyError: 'app'"),
        ("import sys\nsys.exit('no model')\n", "no model"),
    ],
)
def test_a_start_that_fails_can_be_read(serve: Serve, script: str, last: str):
    server = serve("print('starting')\n" + script)
    assert not server.alive
    assert out(server)[0] == "starting" or "SyntaxError" in last
    assert out(server)[-1] == last
    assert not any("twoclouds" in line or "/tc-" in line for line in out(server))
    assert server.ask("GET", "/") == Answer(outcome="exited")


def test_the_traceback_of_a_start_is_the_programs(serve: Serve):
    server = serve("import score\n", files={"/opt/program/score.py": b"def init():\n    open('/none')\ninit()\n"})
    assert [line for line in out(server) if line.startswith("  File")] == [
        '  File "/opt/program/server.py", line 1, in <module>',
        '  File "/opt/program/score.py", line 3, in <module>',
        '  File "/opt/program/score.py", line 2, in init',
    ]


def test_a_request_that_raises_is_a_500_and_the_server_goes_on(serve: Serve):
    server = serve(app("answer = 1 / len(data)"))
    assert server.ask("POST", "/").status == 500
    assert out(server)[-1] == "ZeroDivisionError: division by zero"
    assert [line for line in out(server) if "File" in line] == ['  File "/opt/program/server.py", line 4, in app']
    assert said(server.ask("POST", "/", body=b"12")) == "0.5"


@pytest.mark.parametrize("end", ["raise SystemExit(3)", "os.kill(os.getpid(), signal.SIGTERM)"])
def test_a_program_that_ends_in_a_request(serve: Serve, end: str):
    server = serve(app(f"import os, signal\nprint('now')\n{end}\nanswer = 1"))
    assert server.ask("GET", "/").outcome == "exited"
    assert (server.alive, out(server)) == (False, ["now"])
    assert server.ask("GET", "/").outcome == "exited"


def test_a_request_without_an_end(serve: Serve):
    server = serve(app("print('start')\nwhile True: pass\nanswer = 1"))
    assert server.ask("GET", "/", budget=0.5).outcome == "over budget"
    assert (server.alive, out(server)) == (
        False,
        [
            "start",
            "Two Clouds: " + OVER_REQUEST.format(0.5),
        ],
    )


def test_a_start_without_an_end(serve: Serve):
    server = serve("while True: pass", budget=0.5)
    assert not server.alive
    assert out(server)[-1].startswith("Two Clouds: the server was not ready after 0.5 seconds of real time")


def test_too_much_output(serve: Serve):
    server = serve(app("while True: print('x' * 100_000)\nanswer = 1"))
    assert (server.ask("GET", "/").outcome, server.alive) == ("too much output", False)


def test_a_large_body_in_and_out(serve: Serve):
    server = serve("def app(environ, start_response):\n    start_response('200 OK', [])\n"
                   "    return [environ['wsgi.input'].read()[::-1]]\n")  # fmt: skip
    body = os.urandom(5_000_000)
    assert server.ask("POST", "/", body=body).body == body[::-1]


def test_the_clock_is_set_at_each_request(serve: Serve):
    now = [STARTED + 90]
    server = serve(
        app(
            "import datetime\nhere = datetime.datetime.now(datetime.timezone.utc)\nbegan = time.monotonic()\n"
            "print('at', here)\ntime.sleep(5)\nprint('slept')\n"
            "answer = here.strftime('%T'), round(time.monotonic() - began)",
            before="import time\nprint(time.strftime('%T'))",
        ),
        now=lambda: now[0],
    )
    first = server.ask("GET", "/")
    now[0] += 3600
    second = server.ask("GET", "/")
    assert (said(first), first.slept) == ("('22:14:50', 5)", 5.0)
    assert (said(second), second.slept) == ("('23:14:50', 5)", 5.0)
    assert [(line.at, line.text[:2]) for line in server.lines] == [
        (0.0, "22"), (90.0, "at"), (95.0, "sl"), (3690.0, "at"), (3695.0, "sl"),
    ]  # fmt: skip


def test_requests_of_its_own_go_through_send(serve: Serve):
    server = serve(
        app(
            "answer = fetch('request').decode()",
            before="""
            import urllib.request
            def fetch(name):
                return urllib.request.urlopen("https://store.example/" + name).read()
            print(fetch("model"))
            """,
        ),
        send=lambda request: JobResponse(status=200, body=request.url.encode()),
    )
    assert said(server.ask("GET", "/")) == "https://store.example/request"
    assert out(server) == ["b'https://store.example/model'"]


def test_absent_and_carried_packages(serve: Serve):
    server = serve(app("import six\nanswer = six.__version__"), packages=("six",), absent=("torch",))
    assert said(server.ask("GET", "/")) == "1.17.0"
    assert not serve("import torch", absent=("torch",)).alive
    substituted = serve(app("import six\nanswer = 1"), packages=("six==1.16.0",))
    said(substituted.ask("GET", "/"))
    said(substituted.ask("GET", "/"))
    assert len(out(substituted)) == 1


def test_closing(serve: Serve, runner: Runner):
    one, two = serve(app("answer = 1")), serve(app("answer = 2"))
    one.close()
    one.close()
    assert (one.alive, one.ask("GET", "/").outcome, said(two.ask("GET", "/"))) == (False, "exited", "2")
    runner.close()
    assert (two.alive, two.ask("GET", "/").outcome) == (False, "exited")


def test_the_callers_process_is_left_as_it_was(serve: Serve):
    import logging

    def state() -> tuple[object, ...]:
        return dict(os.environ), os.getcwd(), sys.path[:], sys.argv[:], sys.meta_path[:], sys.stdout, open, os.stat, [
            *logging.getLogger().handlers
        ]  # fmt: skip

    before = state()
    server = serve(app("sys.path.append('y')\nanswer = os.environ['A']",
                       before="import logging, os, sys\nos.environ['A'] = 'b'\nos.chdir('/tmp')\n"
                              "sys.path.append('x')\nlogging.basicConfig()\n"))  # fmt: skip
    assert said(server.ask("GET", "/")) == "b"
    assert state() == before


@pytest.mark.parametrize("make", SUBPROCESSES)
def test_nobody_waits_for_a_reader_that_is_done(make: Callable[[], Subprocess]):
    """A sleep waits until the runner has read all that was printed: it says when it has."""
    runner = make()
    try:
        server = start(runner, app("time.sleep(1)\nanswer = 1", before="import time\nprint('up')"))
        assert server._process._job.shared.reading == 0
        said(server.ask("GET", "/"))
        assert server._process._job.shared.reading == 0
    finally:
        runner.close()


COUNT = app("held.append(1)\nanswer = len(held), time.strftime('%T')",
            before="import time\nheld = []\nprint('up at', time.strftime('%T'))\n")  # fmt: skip


@pytest.mark.parametrize("make", SUBPROCESSES)
def test_only_a_few_have_a_process(make: Callable[[], Subprocess]):
    runner = make()
    try:
        servers = [start(runner, COUNT, now=lambda: STARTED + 60) for _ in range(MOST_LIVE + 1)]
        assert [server.alive for server in servers] == [True] * (MOST_LIVE + 1)
        assert sum(server._process is not None for server in servers) == MOST_LIVE
        first, *_, last = servers
        assert [said(last.ask("GET", "/")) for _ in range(2)] == ["(1, '22:14:20')", "(2, '22:14:20')"]
        assert said(first.ask("GET", "/")) == "(1, '22:14:20')"
        assert out(first) == ["up at 22:13:20"]
    finally:
        runner.close()


LISTENS = """
import http.server, os, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.respond(b"pong")
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body == b"end":
            os._exit(4)
        print("got", body.decode(), time.strftime("%T"), flush=True)
        self.respond(body.upper() + self.headers["X-Mine"].encode())
    def respond(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Path", self.path)
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
print("listening", flush=True)
http.server.HTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
"""


@pytest.mark.parametrize("make", SUBPROCESSES)
def test_a_program_that_listens_on_a_port(make: Callable[[], Subprocess]):
    runner = make()
    now = STARTED + 3600
    try:
        files = {"/opt/program/serve": ("#!/usr/bin/env python3\n" + LISTENS).encode()}
        one, two = (start(runner, "", command=("./serve",), files=files, port=8080, now=lambda: now) for _ in range(2))
        answer = one.ask("POST", "/invocations?a=1", {"X-Mine": "!"}, b"hello")
        assert (answer.status, answer.body, answer.headers["X-Path"]) == (200, b"HELLO!", "/invocations?a=1")
        assert (said(two.ask("GET", "/ping")), out(one)) == ("pong", ["listening", "got hello 23:13:20"])
        assert one.ask("POST", "/", {"X-Mine": ""}, b"end").outcome == "exited"
        assert not one.alive
        missing = start(runner, "", command=("no-such-program",), port=8080)
        assert (missing.alive, out(missing)) == (False, ["no-such-program: No such file or directory"])
        ends = start(runner, "print('no model')", command=("python3", "server.py"), port=8080)
        assert (ends.alive, out(ends)) == (False, ["no model"])
    finally:
        runner.close()


def test_in_a_page_nothing_listens_on_a_port():
    server = start(InProcess(), LISTENS, port=8080)
    assert (server.alive, out(server)) == (
        False, ["Two Clouds: a server that listens on a port itself does not run inside the page's own Python."],
    )  # fmt: skip


def test_a_script_asks_a_server(runner: Runner):
    """A job that calls an endpoint: in this process, one container is inside the other."""
    server = start(runner, app("import helper\nanswer = helper.X"), files={"/opt/program/helper.py": b"X = 'served'"})
    script = "import helper, urllib.request as u\nprint(u.urlopen('https://ep.example/score').read(), helper.X)"
    transcript = runner.run(
        Container(
            name="job", image=images.build(ImageDefinition(base="python:3.11")), command=("python3", "train.py"),
            workdir="/opt/program", started=STARTED,
            files={"/opt/program/train.py": script.encode(), "/opt/program/helper.py": b"X = 'job'"},
        ),
        send=lambda request: JobResponse(status=200, body=server.ask("GET", "/score").body),
    )  # fmt: skip
    assert transcript.text == "b'served' job\n"


def test_no_process_outlives_its_python():
    script = f"""
    import sys
    sys.path[:0] = {sys.path!r}
    from tests.unit.test_runner_serving import *
    server = start(Subprocess(), app("answer = 1"))
    print(json.dumps(server._process._job.process.pid), flush=True)
    os._exit(0)
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True, timeout=60
    )
    process = json.loads(ended.stdout)
    for _ in range(200):
        if not os.path.exists(f"/proc/{process}") and sys.platform == "linux":
            return
        subprocess.run(["sleep", "0.05"], check=True)
    assert sys.platform != "linux"
