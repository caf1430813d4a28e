"""One suite over every way a container can run: each test is a script and the transcript it leaves."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from twoclouds.world.container import Container, JobRequest, JobResponse, Transcript
from twoclouds.world.images import ImageDefinition, Images
from twoclouds.world.runner import Runner, pick
from twoclouds.world.runner.inprocess import InProcess
from twoclouds.world.runner.job.network import APART, REFUSED
from twoclouds.world.runner.subprocess import Subprocess, possible

images = Images()
STARTED = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC
Run = Callable[..., Transcript]


@pytest.fixture(
    params=[
        pytest.param(
            lambda: Subprocess(namespace=True),
            id="namespace",
            marks=pytest.mark.skipif(not possible(), reason="this machine allows no mount namespace"),
        ),
        pytest.param(lambda: Subprocess(namespace=False), id="path map"),
        pytest.param(InProcess, id="in process"),
    ]
)
def runner(request: pytest.FixtureRequest) -> Runner:
    return request.param()


@pytest.fixture
def run(runner: Runner) -> Run:
    def run(
        script: str,
        *arguments: str,
        packages=(),
        absent=(),
        pinned=(),
        files=None,
        command=None,
        environment=None,
        send=refuse,
        container=None,
        **options,
    ):
        made = Container(
            name="job",
            image=images.build(
                ImageDefinition(base="python:3.11", packages=packages, absent=absent, pinned=dict(pinned))
            ),
            command=command or ("python3", "train.py", *arguments),
            workdir="/opt/ml/code",
            started=STARTED,
            environment=environment or {},
            files={"/opt/ml/code/train.py": script.encode(), **(files or {})},
            directories=("/opt/ml/model", "/opt/ml/output"),
            collect=("/opt/ml/model", "/opt/ml/output/failure"),
            **(container or {}),
        )
        return runner.run(made, send=send, **options)

    return run


def refuse(request: JobRequest) -> JobResponse:
    raise ConnectionError(f"nobody answers {request.url}")


def out(transcript: Transcript) -> list[str]:
    return [line.text for line in transcript.lines]


def streams(transcript: Transcript) -> list[tuple[str, str]]:
    return [(line.stream, line.text) for line in transcript.lines]


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ("print('hi')", 0, ["hi"]),
        ("import sys; sys.exit(3)", 3, []),
        ("import sys; sys.exit('no data')", 1, ["no data"]),
        ("raise SystemExit", 0, []),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", 143, []),
    ],
)
def test_exit_codes(run: Run, script: str, code: int, said: list[str]):
    transcript = run(script)
    assert (transcript.exit_code, transcript.outcome, out(transcript)) == (code, "exited", said)


def test_an_exception_leaves_the_traceback_of_a_container(run: Run):
    transcript = run("import json\ndef read(text):\n    return json.loads(text)\nread('{}')['rows']\n")
    assert transcript.exit_code == 1
    assert streams(transcript)[:3] == [
        ("stderr", "Traceback (most recent call last):"),
        ("stderr", '  File "/opt/ml/code/train.py", line 4, in <module>'),
        ("stderr", "    read('{}')['rows']"),
    ]
    assert out(transcript)[-1] == "KeyError: 'rows'"


def test_a_syntax_error_reads_as_pythons_own(run: Run):
    transcript = run("def f(:\n")
    assert out(transcript) == [
        '  File "/opt/ml/code/train.py", line 1',
        "    def f(:",
        "          ^",
        "SyntaxError: invalid syntax",
    ]


def test_arguments(run: Run):
    assert out(run("import sys; print(sys.argv)", "--lr", "0.1")) == ["['train.py', '--lr', '0.1']"]


def test_the_environment_is_the_containers(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the learner's own")
    transcript = run(
        "import os\nfor k in sorted(os.environ): print(k, os.environ[k])", environment={"SM_MODEL_DIR": "/opt/ml/model"}
    )
    assert out(transcript) == [
        "HOME /root",
        "LANG C.UTF-8",
        "PATH /opt/venv/bin:/usr/local/bin:/usr/bin:/bin",
        "PYTHONHASHSEED 0",
        "SM_MODEL_DIR /opt/ml/model",
        "TZ UTC",
    ]


def test_a_job_finds_the_processors_of_its_machine(run: Run):
    assert out(run("import multiprocessing, os; print(os.cpu_count(), multiprocessing.cpu_count())")) == ["4 4"]


def test_files_go_in_and_come_back(run: Run):
    transcript = run(
        """
import os, pathlib
rows = open("/opt/ml/input/data/training/sensors.csv").read().splitlines()
pathlib.Path("/opt/ml/model/model.txt").write_text(f"{len(rows)} rows")
os.makedirs("/opt/ml/model/code")
open("/opt/ml/model/code/a.bin", "wb").write(bytes(range(4)))
open("scratch.txt", "w").write("stays in the container")
print(os.getcwd(), sorted(os.listdir()), os.path.exists("../model"), os.path.abspath("x"))
""",
        files={"/opt/ml/input/data/training/sensors.csv": b"a\n1\n2\n"},
    )
    assert out(transcript) == ["/opt/ml/code ['scratch.txt', 'train.py'] True /opt/ml/code/x"]
    assert transcript.files == {"/opt/ml/model/code/a.bin": b"\0\1\2\3", "/opt/ml/model/model.txt": b"3 rows"}


def test_sibling_modules_can_be_imported_and_are_gone_afterwards(run: Run):
    for answer in ("1", "2"):
        transcript = run(
            "import features; print(features.X)", files={"/opt/ml/code/features.py": f"X = {answer}".encode()}
        )
        assert out(transcript) == [answer]
    assert "features" not in sys.modules


def test_a_module_is_loaded_from_its_file_wherever_in_the_container_that_is(run: Run):
    """As Azure's inference server loads a scoring script."""
    script = """
import importlib.util

spec = importlib.util.spec_from_file_location("score", "/opt/ml/code/serving/score.py")
score = importlib.util.module_from_spec(spec)
spec.loader.exec_module(score)
print(score.ANSWER, score.__file__)
"""
    transcript = run(script, files={"/opt/ml/code/serving/score.py": b"ANSWER = 42\n"})
    assert out(transcript) == ["42 /opt/ml/code/serving/score.py"]


def test_streams_keep_their_order(run: Run):
    transcript = run(
        """
import sys
for n in range(2):
    print("out", n)
    print("err", n, file=sys.stderr)
print("end", end="")
"""
    )
    assert streams(transcript) == [
        ("stdout", "out 0"),
        ("stderr", "err 0"),
        ("stdout", "out 1"),
        ("stderr", "err 1"),
        ("stdout", "end"),
    ]


def test_a_megabyte_is_kept(run: Run):
    transcript = run("for n in range(10_000): print('x' * 99)\nprint('y' * 100_000)")
    assert transcript.outcome == "exited"
    assert len(transcript.text) == 10_000 * 100 + 100_001


def test_too_much_output_ends_a_run(run: Run):
    transcript = run("while True: print('x' * 100_000)")
    assert (transcript.outcome, transcript.exit_code) == ("too much output", None)
    assert out(transcript)[-1] == "Two Clouds: the script printed more than 5 MB; it was ended."


def test_a_script_that_never_ends(run: Run):
    transcript = run("print('start')\nwhile True: pass", budget=0.5)
    assert (transcript.outcome, transcript.exit_code) == ("over budget", None)
    assert out(transcript) == [
        "start",
        (
            "Two Clouds: the script was still running after 0.5 seconds of real time, "
            "which is all a job gets here; it was ended."
        ),
    ]


CHECKPOINT = """
import signal, sys, time
def save(number, frame):
    print("saving")
    open("/opt/ml/model/checkpoint", "w").write(str(epoch))
    sys.exit(7)
signal.signal(signal.SIGTERM, save)
for epoch in range(10):
    print("epoch", epoch)
    time.sleep(60)
"""


def test_a_stop_at_half_lets_a_handler_save(run: Run):
    whole = run(CHECKPOINT)
    assert [(line.at, line.text) for line in whole.lines] == [(60.0 * n, f"epoch {n}") for n in range(10)]
    assert whole.slept == 600
    half = run(CHECKPOINT, stop_after=5)
    assert [(line.at, line.text) for line in half.lines[4:]] == [(240.0, "epoch 4"), (240.0, "saving")]
    assert (half.outcome, half.exit_code, half.files) == ("stopped", 7, {"/opt/ml/model/checkpoint": b"4"})


def test_a_stop_without_a_handler_ends_the_script_there(run: Run):
    transcript = run("for n in range(10): print(n)", stop_after=4)
    assert (transcript.outcome, transcript.exit_code, out(transcript)) == ("stopped", 143, ["0", "1", "2", "3"])


def test_only_sleeping_moves_the_clock(run: Run):
    transcript = run(
        """
import datetime, time
before, ticks = time.time(), time.monotonic()
time.sleep(3600)
print(datetime.datetime.now(datetime.timezone.utc).strftime("%F %R"),
      round(time.time() - before), round(time.monotonic() - ticks))
print(time.strftime("%H:%M"), datetime.date.today())
"""
    )
    assert out(transcript) == ["2023-11-14 23:13 3600 3600", "23:13 2023-11-14"]
    assert transcript.slept == 3600


def test_a_package_that_stands_in_answers_as_the_version_asked_for():
    container = Container(
        name="job",
        image=images.build(ImageDefinition(base="python:3.11")),
        command=("python3", "main.py"),
        workdir="/app",
        started=STARTED,
        files={"/app/main.py": b"import helper; print(helper.kind())", "/app/helper.py": b"def kind(): return 'new'"},
        answers=(("helper", "kind", "old"),),
    )
    assert Subprocess().run(container, send=refuse).text == "old\n"


def test_a_module_that_waits_for_its_own_threads_moves_no_clock(run: Run):
    helper = """
import time
def wait(tries):
    for _ in range(tries):
        time.time()
        time.sleep(0.25)
"""
    script = "import helper, time; began = time.time(); helper.wait(5); print(round(time.time() - began, 1))"
    for waiting, seconds in ((("helper",), "0.0"), ((), "1.3")):
        files = {"/opt/ml/code/helper.py": helper.encode()}
        transcript = run(script, files=files, container={"waiting": waiting})
        assert (out(transcript), transcript.slept) == ([seconds], 0 if waiting else 1.25)


def test_a_package_the_image_lacks(run: Run):
    transcript = run(
        "import importlib.metadata as m\nprint(sorted(d.metadata['Name'] for d in m.distributions()))\nimport pandas"
    )
    assert out(transcript) == [
        "[]",
        "Traceback (most recent call last):",
        '  File "/opt/ml/code/train.py", line 3, in <module>',
        "    import pandas",
        "ModuleNotFoundError: No module named 'pandas'",
    ]


def test_a_package_the_image_carries(run: Run):
    transcript = run(
        "import six, importlib.metadata as m\nprint(six.__version__, m.version('six'), six.__file__)", packages=("six",)
    )
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert out(transcript) == [f"1.17.0 1.17.0 /opt/venv/lib/python{version}/site-packages/six.py"]


def test_a_package_this_lab_lacks(run: Run):
    transcript = run("try:\n    import torch\nexcept ImportError:\n    print('fallback')", absent=("torch",))
    assert transcript.exit_code == 1
    assert out(transcript)[-1] == (
        "NotInThisLab: torch is part of the real image, but not of this lab, which runs on your own machine. "
        "On the real cloud this import succeeds."
    )
    assert len(out(transcript)) == 4


def test_a_package_this_lab_lacks_with_the_version_that_the_real_image_has(run: Run):
    transcript = run("import torch", absent=("torch", "torchaudio"), pinned={"torch": "torch==2.10.0"})
    assert out(transcript)[-1].startswith(
        "NotInThisLab: torch is part of the real image, whose recipe asks for torch==2.10.0, but not of this lab"
    )


def test_a_library_does_without_a_package_this_lab_lacks(run: Run):
    """scikit-learn's array_api_compat tries dask, and looks for others, as any library does with what is optional."""
    script = "import sklearn.utils\nlen(sklearn.utils.discovery.all_estimators())\nprint('all of them')"
    assert out(run(script, packages=("scikit-learn",), absent=("dask", "torch")))[-1] == "all of them"


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("import inference_schema.schema_decorators", "inference_schema"),
        ("from azureml.core import Run", "azureml"),  # nobody else brings a part of azureml
        ("import json.tool.extra", "json.tool"),
    ],
)
def test_a_package_this_lab_lacks_by_its_projects_name_or_as_a_part_of_another(run: Run, statement: str, name: str):
    transcript = run(statement, absent=("inference-schema", "azureml.core", "json.tool"))
    assert out(transcript)[-1].startswith(f"NotInThisLab: {name} is part of the real image")


def test_a_substituted_package_says_so_once_when_it_is_imported(run: Run):
    transcript = run(
        "import json\nimport six\nimport six as again\nprint('on it goes')", packages=("colorama", "six==1.16.0")
    )
    assert [(line.stream, line.text) for line in transcript.lines] == [
        ("stderr", "Two Clouds: six==1.16.0 was asked for; this lab has six 1.17.0 and uses it instead."),
        ("stdout", "on it goes"),
    ]


OLD = """
import pickle
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OrdinalEncoder
from sklearn.tree import DecisionTreeClassifier
from sklearn.tree._tree import Tree
tree = DecisionTreeClassifier().fit([[0], [1]], [0, 1]).tree_
state = tree.__getstate__()
old = state["nodes"][[name for name in state["nodes"].dtype.names if name != "missing_go_to_left"]]
encoder = OrdinalEncoder().fit([["a"], ["b"]])
columns = ColumnTransformer([("x", "passthrough", [0])]).fit([[1.0]])
columns.transformers_ = [("x", "passthrough", [0])]

def old_estimator(made, *lacks):
    state = {name: value for name, value in made.__getstate__().items() if name not in lacks}
    found = type(made).__new__(type(made))
    found.__setstate__(state)
    return found

for read in (lambda: Tree(1, tree.n_classes, 1).__setstate__({**state, "nodes": old}),
             lambda: pickle.loads(b"csklearn.ensemble._gb_losses\\nBinomialDeviance\\n."),
             lambda: old_estimator(encoder, "max_categories", "_infrequent_enabled").transform([["b"]]).tolist(),
             lambda: old_estimator(columns).transform([[3.0]]).tolist()):
    try:
        print(read() is None or "read")
    except (AttributeError, ValueError, ModuleNotFoundError) as error:
        print(type(error).__name__)
"""


@pytest.mark.parametrize(
    ("package", "read"),
    [
        ("scikit-learn==0.24.2", ["True", "read", "read", "read"]),
        ("scikit-learn", ["ValueError", "ModuleNotFoundError", "AttributeError", "AttributeError"]),
    ],
)
def test_an_old_scikit_learn_that_is_stood_in_for_reads_its_models(run: Run, package: str, read: list[str]):
    transcript = run(OLD, packages=(package,))
    assert [line.text for line in transcript.lines if line.stream == "stdout"] == read


def test_pip_installs_from_what_is_at_hand(run: Run):
    command = ("bash", "-c", "pip install -r requirements.txt && python train.py")
    transcript = run(
        "import six; print('have six')", command=command, files={"/opt/ml/code/requirements.txt": b"# ours\nsix\n"}
    )
    assert out(transcript) == [
        "Collecting six",
        "Installing collected packages: six",
        "Successfully installed six-1.17.0",
        "have six",
    ]
    failed = run("print('never')", command=command, files={"/opt/ml/code/requirements.txt": b"foo==9\n"})
    assert failed.exit_code == 1
    assert out(failed)[-1] == "ERROR: No matching distribution found for foo==9"


class Bucket:
    """As much of S3 as a put and a get need, in a dictionary."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.threads: set[int] = set()

    def __call__(self, request: JobRequest) -> JobResponse:
        self.threads.add(threading.get_ident())
        if request.method == "PUT":
            self.objects[request.url] = request.body
            return JobResponse(status=200, headers={"etag": '"0"'})
        return JobResponse(status=200, headers={"content-type": "text/plain"}, body=self.objects[request.url])


def test_boto3_goes_through_send(run: Run):
    script = """
import boto3
from botocore.config import Config
s3 = boto3.client("s3", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b",
                  config=Config(request_checksum_calculation="when_required"))
s3.put_object(Bucket="lab", Key="model", Body=b"weights")
print(s3.get_object(Bucket="lab", Key="model")["Body"].read())
"""
    transcript = run(script, packages=("boto3",), send=Bucket())
    assert out(transcript) == ["b'weights'"]
    assert [(request.method, request.url) for request in transcript.requests] == [
        ("PUT", "https://lab.s3.eu-west-1.amazonaws.com/model"),
        ("GET", "https://lab.s3.eu-west-1.amazonaws.com/model"),
    ]


@pytest.mark.parametrize(
    ("packages", "call"),
    [
        ((), "import urllib.request as u; print(u.urlopen('https://lab.example/a?b=1', data=b'body').read().decode())"),
        (
            ("urllib3",),
            "import urllib3; print(urllib3.request('POST', 'https://lab.example/a?b=1', body=b'body').data.decode())",
        ),
        (("requests",), "import requests; print(requests.post('https://lab.example/a?b=1', data=b'body').text)"),
    ],
)
def test_every_http_client_goes_through_send(run: Run, packages: tuple[str, ...], call: str):
    transcript = run(call, packages=packages, send=lambda request: JobResponse(status=200, body=b"got " + request.body))
    assert out(transcript) == ["got body"]
    assert [(request.method, request.url, request.body) for request in transcript.requests] == [
        ("POST", "https://lab.example/a?b=1", b"body")
    ]


def test_what_send_raises_is_an_error_in_the_job(run: Run):
    transcript = run("import urllib.request as u\nu.urlopen('https://unknown.example/')")
    assert transcript.exit_code == 1
    assert out(transcript)[-1] == "ConnectionError: nobody answers https://unknown.example/"


def test_the_network_is_refused(run: Run):
    transcript = run("import socket\nsocket.create_connection(('192.0.2.1', 80))")
    assert out(transcript)[-1] == f"ConnectionRefusedError: {REFUSED.format('192.0.2.1')}" or out(transcript)[-1] == (
        f"ConnectionRefusedError: {REFUSED.format('192.0.2.1:80')}"
    )


def test_writing_outside_the_containers_folders_fails_and_leaves_nothing(run: Run):
    script = """
import sys
for place in sys.argv[1:]:
    try:
        open(place, "w")
    except OSError as error:
        print(error.strerror)
"""
    places = [f"{folder}/two-clouds-was-here" for folder in ("", "/etc", "/usr", "../../../etc", Path(__file__).parent)]
    transcript = run(script, *places)
    assert len(transcript.lines) == len(places)
    assert set(out(transcript)) <= {"Read-only file system", "No such file or directory"}
    assert not any(os.path.exists(place) for place in places)


def test_what_is_written_beside_the_contract_goes_with_the_container(run: Run):
    """As in a container: nothing stops the script, and nobody keeps the file."""
    transcript = run(
        "import os\nos.makedirs('/opt/ml-output/model')\nopen('/opt/ml-output/model/m.json', 'w').write('{}')\n"
        "print(os.path.getsize('/opt/ml-output/model/m.json'))"
    )
    assert (transcript.exit_code, out(transcript), dict(transcript.files)) == (0, ["2"], {})
    assert not os.path.exists("/opt/ml-output")


@pytest.mark.parametrize("folder", ["~", "/tmp"])
def test_the_containers_home_and_tmp_are_its_own(run: Run, folder: str):
    transcript = run(
        "import os, sys\n"
        "place = os.path.expanduser(sys.argv[1])\n"
        "open(place + '/two-clouds-was-here', 'w')\n"
        "print(os.listdir(place))",
        folder,
    )
    assert "two-clouds-was-here" in out(transcript)[0]
    assert not os.path.exists(os.path.expanduser(folder) + "/two-clouds-was-here")


def test_two_runs_leave_equal_transcripts(run: Run):
    script = (
        "import os, random, time, tempfile, sys\nprint({'a', 'b', 'c'}, hash('x') if len(sys.argv) > 1 else '')\n"
        "for n in range(20):\n    print(n, time.time(), file=sys.stderr if n % 3 else sys.stdout)\n    time.sleep(n)\n"
        "open('/opt/ml/model/m', 'w').write(str(time.time()))"
    )
    first, second = run(script), run(script)
    assert first == second


def test_the_callers_process_is_left_as_it_was(run: Run):
    def state() -> tuple[object, ...]:
        return (
            dict(os.environ),
            os.getcwd(),
            sys.path[:],
            sys.argv[:],
            sys.meta_path[:],
            sys.stdout,
            time.sleep,
            open,
            os.stat,
        )

    before, modules = state(), set(sys.modules)
    run(
        """
import logging, os, sys, six
os.environ["A"] = "b"
os.chdir("/tmp")
sys.path.append("x")
logging.basicConfig()
sys.stdout = None
""",
        packages=("six",),
    )
    assert state() == before
    assert modules <= set(sys.modules)


def test_no_path_of_this_machine_is_printed(run: Run):
    transcript = run(
        """
import os, sys, tempfile
print(sys.path, sys.executable, sys.prefix, __file__, os.__file__)
print(os.getcwd(), tempfile.gettempdir())
"""
    )
    assert sys.base_prefix in ("/usr", "/usr/local") or sys.base_prefix not in transcript.text
    assert sys.prefix not in transcript.text
    assert "tc-" not in transcript.text


DRIVER = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "child.py"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
for line in child.stdout:
    print("log:", line, end="")
sys.exit(child.wait())
"""


@pytest.mark.parametrize("namespace", [True, False])
def test_a_stop_reaches_the_script_behind_a_driver(namespace: bool):
    container = Container(
        name="job",
        image=images.build(ImageDefinition(base="python:3.11")),
        command=("bash", "-c", "echo start; python3 driver.py"),
        workdir="/opt/ml/code",
        started=STARTED,
        files={"/opt/ml/code/driver.py": DRIVER.encode(), "/opt/ml/code/child.py": CHECKPOINT.encode()},
        directories=("/opt/ml/model",),
        collect=("/opt/ml/model",),
    )
    transcript = Subprocess(namespace=namespace).run(container, send=refuse, stop_after=4)
    assert [(line.at, line.text) for line in transcript.lines] == [
        (0.0, "start"),
        (0.0, "log: epoch 0"),
        (60.0, "log: epoch 1"),
        (120.0, "log: epoch 2"),
        (120.0, "log: saving"),
    ]
    assert (transcript.exit_code, transcript.outcome) == (7, "stopped")
    assert transcript.files == {"/opt/ml/model/checkpoint": b"2"}


def test_a_missing_command_and_a_missing_script(run: Run):
    assert run("", command=("python3", "absent.py")).exit_code == 2
    assert run("", command=("nothing-of-the-kind",)).exit_code == 127


def test_browsers_get_the_runner_without_subprocesses(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TWOCLOUDS_RUNNER", "inprocess")
    assert isinstance(pick(), InProcess)
    monkeypatch.delenv("TWOCLOUDS_RUNNER")
    assert isinstance(pick(), Subprocess)


def test_pip_takes_its_time_when_it_has_something_to_install(run: Run):
    command = ("bash", "-c", "pip install six && pip install six && python train.py")
    started = f"import time; print(round(time.time() - {STARTED}))"
    transcript = run(started, command=command, container={"install_seconds": 20.0})
    assert out(transcript)[-1] == "20"
    assert transcript.slept == 20.0


@pytest.mark.parametrize(
    "command",
    ["pip3 install --quiet --index-url https://index.example/simple six", "python3 -m pip install --no-cache-dir six"],
)
def test_pip_by_its_other_names(run: Run, command: str):
    transcript = run("import six; print('have six')", command=("bash", "-c", f"{command} && python3 train.py"))
    assert out(transcript)[-1] == "have six"


READS_STREAMS = """
import os
for epoch in range(2):
    with open(f"/opt/ml/input/data/training_{epoch}", "rb") as pipe:
        print(epoch, pipe.read().decode())
print(os.path.exists("/opt/ml/input/data/training_2"), os.path.exists("/opt/ml/input/data/training"))
"""


def test_streams_are_read_once_for_each_time_round(run: Run) -> None:
    streams = {"/opt/ml/input/data/training": lambda epoch: f"{epoch}, and again".encode() * 20_000}
    transcript = run(READS_STREAMS, container={"streams": streams})
    assert [text[:20] for text in out(transcript)] == ["0 0, and again0, and", "1 1, and again1, and", "True False"]
    assert len(out(transcript)[1]) == len("1 ") + 20_000 * len("1, and again")


def test_a_stream_may_be_closed_early_or_never_opened(run: Run) -> None:
    script = """
with open("/opt/ml/input/data/training_0", "rb") as pipe: print(pipe.read(3))
with open("/opt/ml/input/data/training_1", "rb") as pipe: print(pipe.read(3))
"""
    streams = {f"/opt/ml/input/data/{name}": lambda epoch: b"abc" * 100_000 for name in ("training", "unread")}
    assert out(run(script, container={"streams": streams})) == ["b'abc'", "b'abc'"]


def test_neighbours_cannot_be_reached_and_say_so(run: Run) -> None:
    script = "import socket\nsocket.create_connection(('algo-2', 7777), timeout=1)"
    last = out(run(script, container={"neighbours": ("algo-2",)}))[-1]
    assert last == "NotSimulated: " + APART.format("algo-2")


def test_pip_installs_nothing_from_an_empty_file(run: Run):
    command = ("bash", "-c", "pip install -r requirements.txt && python train.py")
    transcript = run("print('fine')", command=command, files={"/opt/ml/code/requirements.txt": b"# nothing\n"})
    assert out(transcript) == ["fine"]


def test_pip_can_be_started_from_a_script(run):
    script = """
import subprocess, sys
try:
    import six
except ImportError:
    print("not yet")
subprocess.check_call([sys.executable, "-m", "pip", "install", "six"])
import six
print("six", six.__version__[:2])
print(subprocess.run([sys.executable, "-m", "pip", "install", "no-such==1"]).returncode)
"""
    lines = out(run(script))
    assert lines[0] == "not yet"
    assert lines[-1] == "1"
    assert "six 1." in lines
    assert any(line.startswith("Successfully installed six-") for line in lines)


def test_pip_takes_away_what_is_there(run: Run) -> None:
    command = ("bash", "-c", "pip uninstall --yes typing six && python3 train.py")
    script = "import importlib.util; print(importlib.util.find_spec('six'))"
    transcript = run(script, command=command, packages=("six",))
    assert out(transcript) == [
        "Found existing installation: six 1.17.0",
        "Uninstalling six-1.17.0:",
        "  Successfully uninstalled six-1.17.0",
        "WARNING: Skipping typing as it is not installed.",
        "None",
    ]


def test_files_are_as_old_as_the_container(run: Run) -> None:
    script = "import os; print({int(os.stat(p).st_mtime) for p in ('train.py', '/opt/ml/model', '/opt/ml/in.csv')})"
    assert out(run(script, files={"/opt/ml/in.csv": b"1"})) == [f"{{{int(STARTED)}}}"]


def test_a_tree_is_pickled_by_its_name_where_scikit_learn_stands_in_for_an_older_one(run: Run):
    script = (
        "import pickle, sklearn.tree\n"
        "model = sklearn.tree.DecisionTreeClassifier(random_state=0).fit([[0], [1]], [0, 1])\n"
        "print(pickle.loads(pickle.dumps(model)).predict([[0], [1]]))"
    )
    assert out(run(script, packages=("scikit-learn~=1.5.0",)))[-1] == "[0 1]"
