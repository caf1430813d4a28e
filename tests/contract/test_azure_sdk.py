"""The real azure-ai-ml against the simulated cloud. Every answer on the way is held against the vendor's models."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.contract.azure_lab import SKLEARN, Session, folder, session
from twoclouds.azure import account
from twoclouds.azure.cloud import Azure
from twoclouds.wire.errors import NotSimulated
from twoclouds.world.clock import SECOND
from twoclouds.world.container import Line, Transcript
from twoclouds.world.runner import pick
from twoclouds.world.world import World


@pytest.fixture
def azure() -> Iterator[Session]:
    with session() as found:
        yield found


def events(azure: Session, kind: str = "") -> list[tuple[float, str]]:
    """(second, event) of the clusters, jobs and machines."""
    return [
        (event.time / SECOND, f"{event.kind} {event.subject.removeprefix('azure/')}")
        for event in azure.lab.world.events.of(kind)
    ]


def stream(azure: Session, job: Any, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    azure.client.jobs.stream(job.name)
    return capsys.readouterr().out


# One job from end to end


def test_one_job_from_nothing(azure: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from azure.ai.ml import Input, Output
    from azure.ai.ml.entities import Data

    client = azure.client
    source = folder(tmp_path / "src", train_py="print('hello')")
    data = folder(tmp_path / "data", sensors_csv="a,b\n1,2\n")
    azure.runner.transcript = Transcript(
        lines=tuple(Line(0, "stdout", f"epoch {n}") for n in range(3)), exit_code=0, outcome="exited"
    )

    assert client.workspaces.get(account.WORKSPACE).location == "eastus"
    azure.cluster()
    asset = client.data.create_or_update(Data(name="sensors", path=data, type="uri_folder"))
    job = azure.submit(
        "python train.py --data ${{inputs.data}} --rate ${{inputs.rate}} --out ${{outputs.model}}",
        name="first",
        code=source,
        inputs={"data": Input(type="uri_folder", path="azureml:sensors:1"), "rate": 0.5},
        outputs={"model": Output(type="uri_folder")},
    )
    out = stream(azure, job, capsys)

    assert (asset.version, client.data.get("sensors", label="latest").version) == ("1", "1")
    assert "epoch 0\nepoch 1\nepoch 2\n" in out
    assert client.jobs.get("first").status == "Completed"
    container = azure.runner.containers[0]
    root = container.workdir.removesuffix("/exe/wd")
    assert container.command == (
        "python", "train.py", "--data", f"{root}/cap/data-capability/wd/INPUT_data", "--rate", "0.5",
        "--out", f"{root}/cap/data-capability/wd/model",
    )  # fmt: skip
    assert container.files == {
        f"{root}/exe/wd/train.py": b"print('hello')",
        f"{root}/cap/data-capability/wd/INPUT_data/sensors.csv": b"a,b\n1,2\n",
    }
    assert {"AZUREML_RUN_ID", "AZUREML_ARM_WORKSPACE_NAME", "MLFLOW_TRACKING_URI"} <= set(container.environment)
    azure.lab.skip(minutes=5)
    assert [(what, f"{time:g}") for time, what in events(azure) if "first" in what or "node" in what] == [
        ("job.created first", "13"),
        ("job.queued first", "18"),
        ("machine.requested cpu/node-1", "18"),
        ("machine.provisioning cpu/node-1", "18"),
        ("machine.booted cpu/node-1", "258"),
        ("machine.provisioning cpu/node-1", "258"),
        ("job.preparing first", "258"),
        ("machine.pulled cpu/node-1", "318"),
        ("job.running first", "328"),
        ("machine.working cpu/node-1", "328"),
        ("job.finalizing first", "388"),
        ("job.completed first", "398"),
        ("machine.idle cpu/node-1", "398"),
        ("machine.idle cpu/node-1", "518"),
        ("machine.released cpu/node-1", "578"),
    ]
    assert float(azure.lab.world.bill.total()) == pytest.approx(0.192 * 500 / 3600)


def test_download_brings_logs_outputs_and_declared_outputs(azure: Session, tmp_path: Path) -> None:
    from azure.ai.ml import Output

    azure.cluster()
    root = f"/mnt/azureml/cr/j/{azure.lab.world.ids.hex('azure/run', 'first')}"
    azure.lab.world.ids._asked.clear()
    azure.runner.transcript = Transcript(
        lines=(Line(0, "stdout", "hello"),), exit_code=0, outcome="exited",
        files={f"{root}/exe/wd/outputs/model.json": b"{}", f"{root}/cap/data-capability/wd/extra/a.txt": b"1"},
    )  # fmt: skip
    job = azure.submit(name="first", outputs={"extra": Output(type="uri_folder")})
    azure.lab.skip(hours=1)
    azure.client.jobs.download(job.name, download_path=tmp_path / "all", all=True)
    azure.client.jobs.download(job.name, download_path=tmp_path / "one", output_name="extra")

    def files(folder: str) -> list[str]:
        return sorted(str(path.relative_to(tmp_path / folder)) for path in (tmp_path / folder).rglob("*.*"))

    artifacts = ["artifacts/outputs/model.json", "artifacts/user_logs/std_log.txt"]
    assert files("all") == [*artifacts, "named-outputs/extra/a.txt"]
    assert files("one") == ["named-outputs/extra/a.txt"]


def test_lines_appear_as_time_passes(azure: Session) -> None:
    azure.runner.transcript = Transcript(
        lines=tuple(Line(0, "stdout", f"epoch {n}") for n in range(3)), exit_code=0, outcome="exited"
    )
    azure.cluster()
    job = azure.submit(name="first")
    azure.lab.world.clock.advance_to(327 * SECOND)
    seen = []
    for _ in range(5):
        logs = [b.data for key, b in azure.lab.azure.state.blobs.list("azureml").items() if job.name in key]
        seen.append(logs[0].decode().count("\n") if logs else 0)
        azure.lab.skip(seconds=15)
    assert seen == [0, 1, 2, 3, 3]


def test_a_folder_is_uploaded_once(azure: Session, tmp_path: Path) -> None:
    source = folder(tmp_path / "src", train_py="pass")
    azure.cluster()
    codes = {azure.client.jobs.get(azure.submit(code=source).name).code for _ in range(2)}
    assert len(codes) == 1
    assert len(azure.lab.azure.state.codes.versions) == 1


def test_versions_count_up_and_an_environment_with_other_content_is_a_new_one(azure: Session, tmp_path: Path) -> None:
    from azure.ai.ml.entities import Data, Environment

    path = folder(tmp_path / "data", sensors_csv="1")
    image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"
    data = [Data(name="d", path=path, type="uri_folder") for _ in range(3)]
    versions = [azure.client.data.create_or_update(asset).version for asset in data]
    conda = [{"name": "x", "dependencies": ["python=3.11", {"pip": [name]}]} for name in ("joblib", "joblib", "numpy")]
    made = [
        azure.client.environments.create_or_update(Environment(name="own", image=image, conda_file=file)).version
        for file in conda
    ]
    assert (versions, made) == (["1", "2", "3"], ["1", "1", "2"])


def test_an_image_is_built_once_for_a_definition(azure: Session) -> None:
    from azure.ai.ml.entities import Environment

    image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"
    conda = {"name": "x", "dependencies": ["python=3.11", {"pip": ["joblib"]}]}
    for name in ("one", "two"):
        azure.client.environments.create_or_update(Environment(name=name, version="1", image=image, conda_file=conda))
    azure.cluster()
    times = []
    for environment in ("one:1", "two:1"):
        job = azure.submit(environment=environment)
        began = azure.lab.world.clock.now
        azure.client.jobs.stream(job.name)
        states = [what.split()[0] for _, what in events(azure, "job.") if job.name in what]
        times.append((azure.lab.world.clock.now - began > 12 * 60 * SECOND, states.count("job.preparing")))
    assert times == [(True, 2), (False, 1)]
    assert len(azure.lab.world.events.of("image.built")) == 1


@pytest.mark.slow
def test_a_script_really_runs(tmp_path: Path) -> None:
    """The one test here whose script runs: it reads its input, writes both kinds of output and sees the platform."""
    from azure.ai.ml import Input, Output
    from azure.ai.ml.entities import Data

    script = """
        import os, sys
        from pathlib import Path
        folder, rate, out = sys.argv[1:]
        print(sorted(os.listdir(folder)), rate, os.environ["AZUREML_RUN_ID"])
        Path("outputs/kept.txt").write_text("kept")
        Path(out, "model.txt").write_text(Path(folder, "sensors.csv").read_text())
    """
    with session() as azure:
        azure.lab.world.runner = pick()
        source = folder(tmp_path / "src", train_py=dedent(script))
        data = folder(tmp_path / "data", sensors_csv="1,2")
        azure.cluster()
        azure.client.data.create_or_update(Data(name="d", path=data, type="uri_folder"))
        job = azure.submit(
            "python train.py ${{inputs.d}} ${{inputs.rate}} ${{outputs.o}}",
            name="real",
            code=source,
            inputs={"d": Input(type="uri_folder", path="azureml:d@latest"), "rate": 0.5},
            outputs={"o": Output(type="uri_folder")},
        )
        azure.lab.skip(hours=1)
        azure.client.jobs.download(job.name, download_path=tmp_path / "out", all=True)
    kept = {path.name: path.read_text() for path in (tmp_path / "out").rglob("*.txt")}
    assert kept == {"kept.txt": "kept", "model.txt": "1,2", "std_log.txt": "['sensors.csv'] 0.5 real\n"}


# The cluster


def test_states_of_a_cluster_and_its_nodes(azure: Session) -> None:
    azure.cluster()
    azure.submit(name="first")
    seen = []
    for second in (12, 20, 260, 400, 520, 600):
        azure.lab.world.clock.advance_to(second * SECOND)
        resource = azure.client.compute._operation.get(account.RESOURCE_GROUP, account.WORKSPACE, "cpu")
        shown = resource.properties.properties
        nodes = [vars(node)["nodeState"] for node in azure.client.compute.list_nodes("cpu")]
        seen.append((second, shown.allocation_state, shown.current_node_count, nodes))
    assert seen == [
        (12, "Steady", 0, []),
        (20, "Resizing", 0, ["preparing"]),
        (260, "Steady", 1, ["running"]),
        (400, "Steady", 1, ["idle"]),
        (520, "Resizing", 1, ["leaving"]),
        (600, "Steady", 0, []),
    ]


def test_a_cluster_of_no_nodes_holds_its_quota_until_it_is_deleted(azure: Session) -> None:
    azure.cluster(max_instances=6)
    used = [azure.lab.world.quotas.used("azure/Standard DSv5")]
    azure.client.compute.begin_delete("cpu").result()
    used.append(azure.lab.world.quotas.used("azure/Standard DSv5"))
    assert used == [24, 0]
    assert list(azure.client.compute.list()) == []


def test_a_cluster_is_rescaled(azure: Session) -> None:
    azure.cluster(max_instances=1)
    changed = azure.cluster(max_instances=2, min_instances=1, idle_time_before_scale_down=60)
    azure.lab.skip(hours=1)
    assert (changed.max_instances, changed.min_instances, changed.idle_time_before_scale_down) == (2, 1, 60)
    assert [node.state for node in azure.lab.azure.state.clusters["cpu"].pool.nodes] == ["idle"]
    assert azure.lab.world.quotas.used("azure/Standard DSv5") == 8


def test_a_cluster_that_was_read_can_be_changed_and_sent_back(azure: Session) -> None:
    azure.cluster(min_instances=1)
    cluster = azure.client.compute.get("cpu")
    cluster.min_instances = 0
    assert azure.client.compute.begin_create_or_update(cluster).result().min_instances == 0
    azure.lab.skip(hours=1)
    assert not azure.lab.world.bill.running()


def test_deleting_a_cluster_fails_its_jobs_and_stops_the_bill(azure: Session) -> None:
    from azure.ai.ml.exceptions import JobException

    azure.cluster()
    for name in ("running", "queued"):
        azure.submit(name=name)
    azure.lab.world.clock.advance_to(340 * SECOND)
    before = {name: azure.client.jobs.get(name).status for name in ("running", "queued")}
    azure.client.compute.begin_delete("cpu").result()
    cost = azure.lab.world.bill.total()
    azure.lab.skip(hours=5)
    assert before == {"running": "Running", "queued": "Queued"}
    assert {name: azure.client.jobs.get(name).status for name in before} == dict.fromkeys(before, "Failed")
    assert azure.lab.world.bill.total() == cost
    with pytest.raises(JobException, match="AzureMLCompute cluster cpu does not exist"):
        azure.client.jobs.stream("running")


# Pollers


def test_two_pollers_at_once(azure: Session) -> None:
    from azure.ai.ml.entities import AmlCompute

    begin = azure.client.compute.begin_create_or_update
    pollers = [begin(AmlCompute(name=name, size="Standard_D4s_v5", max_instances=1)) for name in ("one", "two")]
    states = [poller.result().provisioning_state for poller in pollers]
    assert states == ["Succeeded", "Succeeded"]
    assert azure.lab.world.clock.now == 12 * SECOND


def test_a_poller_that_is_not_waited_for_to_the_end(azure: Session) -> None:
    from azure.ai.ml.entities import AmlCompute

    cluster = AmlCompute(name="cpu", size="Standard_D4s_v5", max_instances=1)
    poller = azure.client.compute.begin_create_or_update(cluster)
    poller.wait(timeout=3)
    early = (poller.done(), poller.status(), azure.lab.world.clock.now)
    azure.lab.skip(seconds=30)
    assert early == (False, "InProgress", 4 * SECOND)
    assert (poller.done(), poller.status()) == (True, "Succeeded")
    assert poller.result().name == "cpu"


# When it goes wrong


FAILURES = {
    "raises": (
        Transcript(lines=(Line(0, "stdout", "a"), Line(0, "stderr", "ValueError: no")), exit_code=1, outcome="exited"),
        (
            "Execution failed. User process 'python' exited with status code 1. Please check log file "
            "'user_logs/std_log.txt' for error details. Error: ValueError: no"
        ),
    ),
    "exits 3": (
        Transcript(lines=(), exit_code=3, outcome="exited"),
        "User process 'python' exited with status code 3. Please check log file 'user_logs/std_log.txt' for",
    ),
    "never ends": (
        Transcript(lines=(Line(0, "stderr", "This lab stopped it."),), exit_code=None, outcome="over budget"),
        "This lab stopped it.",
    ),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_script_that_fails(azure: Session, case: str) -> None:
    from azure.ai.ml.exceptions import JobException

    transcript, message = FAILURES[case]
    azure.runner.transcript = transcript
    azure.cluster()
    job = azure.submit()
    with pytest.raises(JobException) as failure:
        azure.client.jobs.stream(job.name)
    assert message in str(failure.value).replace("\\n", "\n")
    assert azure.client.jobs.get(job.name).status == "Failed"
    assert azure.lab.azure.state.clusters["cpu"].pool.nodes[0].state == "idle"


def test_a_runner_that_breaks_is_a_failed_job(azure: Session) -> None:
    def broken(container: object, **_: object) -> Transcript:
        raise OSError("no space left on device")

    azure.runner.run = broken  # type: ignore[method-assign, assignment]
    azure.cluster()
    job = azure.submit()
    azure.lab.skip(hours=1)
    assert (azure.client.jobs.get(job.name).status, azure.lab.azure.state.jobs[job.name].error) == (
        "Failed",
        "OSError: no space left on device",
    )
    assert azure.lab.azure.state.clusters["cpu"].pool.nodes == []


def test_an_image_that_cannot_be_built(azure: Session, capsys: pytest.CaptureFixture[str]) -> None:
    from azure.ai.ml.entities import Environment
    from azure.ai.ml.exceptions import JobException

    azure.cluster()
    conda = {"name": "x", "dependencies": ["python=3.11", {"pip": ["nosuchpackage==1.0"]}]}
    image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"
    job = azure.submit(environment=Environment(image=image, conda_file=conda))
    with pytest.raises(JobException, match=r"Image build failed\. For more details, check log file azureml-logs/"):
        azure.client.jobs.stream(job.name)
    assert "ERROR: No matching distribution found for nosuchpackage==1.0\n" in capsys.readouterr().out


def test_an_input_that_is_not_there(azure: Session) -> None:
    from azure.ai.ml import Input

    azure.cluster()
    path = "azureml://datastores/workspaceblobstore/paths/nowhere"
    job = azure.submit("python t.py ${{inputs.d}}", inputs={"d": Input(type="uri_folder", path=path)})
    azure.lab.skip(hours=1)
    assert azure.lab.azure.state.jobs[job.name].error.startswith("Failed to mount input 'd'")


# What is refused


def _environment(**settings: str) -> Any:
    from azure.ai.ml.entities import Environment

    return Environment(image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04", **settings)


def _input(path: str) -> Any:
    from azure.ai.ml import Input

    return Input(type="uri_folder", path=path)


def _elsewhere(azure: Session, *, subscription: str = account.SUBSCRIPTION, group: str = account.RESOURCE_GROUP) -> Any:
    from azure.ai.ml import MLClient

    return MLClient(azure.client._credential, subscription, group, "x")


REFUSALS = [
    ("unknown workspace", lambda a: _elsewhere(a).workspaces.get("x"), "ResourceNotFoundError", "ResourceNotFound",
     "The Resource 'Microsoft.MachineLearningServices/workspaces/x' under resource group 'two-clouds' was not found."),
    ("in an unknown workspace", lambda a: _elsewhere(a).compute.get("cpu"), "ResourceNotFoundError",
     "ParentResourceNotFound", "could not be found."),
    ("unknown group", lambda a: _elsewhere(a, group="rg").workspaces.get("x"), "ResourceNotFoundError",
     "ResourceGroupNotFound", "Resource group 'rg' could not be found."),
    ("unknown subscription", lambda a: _elsewhere(a, subscription="s").workspaces.get("x"), "ResourceNotFoundError",
     "SubscriptionNotFound", "The subscription 's' could not be found."),
    ("unknown compute", lambda a: a.client.compute.get("gpu"), "ResourceNotFoundError", "ResourceNotFound",
     "computes/gpu' under resource group"),
    ("job on unknown compute", lambda a: a.submit(compute="gpu"), "ResourceNotFoundError", "ResourceNotFound",
     "computes/gpu' under resource group"),
    ("name ends in -digit", lambda a: a.cluster("gpu-1"), "HttpResponseError", "BadRequest",
     "Numbers cannot be the ending of the name if the previous character is a minus symbol (-)."),
    ("underscore in a name", lambda a: a.cluster("a_b"), "HttpResponseError", "BadRequest",
     "must use only numbers, letters and minus symbol (-)"),
    ("unknown VM size", lambda a: a.cluster("two", size="Standard_D99"), "HttpResponseError", "InvalidPropertyValue",
     "The specified value Standard_D99 for property Cluster.Properties.VMSize is not a supported VM size."),
    ("quota", lambda a: a.cluster("two", max_instances=7), "HttpResponseError", "ClusterMinNodesExceedCoreQuota",
     "The specified subscription has a Standard DSv5 family vCPU quota of 24 and cannot accomodate for at least 7"),
    ("GPU quota is zero", lambda a: a.cluster("two", size="Standard_NC4as_T4_v3"), "HttpResponseError",
     "ClusterMinNodesExceedCoreQuota", "family vCPU quota of 0"),
    ("scale upside down", lambda a: a.cluster("two", min_instances=2), "HttpResponseError", "BadRequest",
     "minNodeCount (2) must be between 0 and maxNodeCount (1)."),
    ("unknown data", lambda a: a.client.data.get("d", version="1"), "ResourceNotFoundError", "UserError",
     "Could not find asset with ID: azureml:subscriptions/"),
    ("job on unknown data", lambda a: a.submit("python t.py ${{inputs.d}}", inputs={"d": _input("azureml:d:1")}),
     "ResourceNotFoundError", "UserError", "data/d/versions/1"),
    ("unknown environment", lambda a: a.client.environments.get("e", version="1"), "ResourceNotFoundError", "UserError",
     "environments/e/versions/1"),
    ("job in unknown environment", lambda a: a.submit(environment="azureml:e:1"), "ResourceNotFoundError", "UserError",
     "environments/e/versions/1"),
    ("job in unknown curated environment", lambda a: a.submit(environment=SKLEARN.replace("1.5", "9.9")),
     "ResourceNotFoundError", "UserError", "azureml://registries/azureml/environments/sklearn-9.9"),
    ("reserved name", lambda a: a.client.environments.create_or_update(_environment(name="AzureML-mine", version="1")),
     "HttpResponseError", "UserError", "Environment name can not start with the prefix AzureML"),
    ("job name taken", lambda a: [a.submit(name="j"), a.submit("python other.py", name="j")], "HttpResponseError",
     "UserError", "A job with this name already exists. If you are trying to submit a new job, use a different name."),
]  # fmt: skip


@pytest.mark.parametrize(("case", "call", "kind", "code", "message"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_refusals(azure: Session, case: str, call: Any, kind: str, code: str, message: str) -> None:
    from azure.core import exceptions

    azure.cluster()
    with pytest.raises(exceptions.HttpResponseError) as refusal:
        call(azure)
    assert (type(refusal.value).__name__, refusal.value.error.code) == (kind, code)
    assert message in refusal.value.message
    state = azure.lab.azure.state
    assert list(state.clusters) == ["cpu"]
    assert list(state.jobs) == (["j"] if case == "job name taken" else [])
    assert (state.data.versions, state.environments.versions) == ({}, {})
    assert azure.lab.world.quotas.used("azure/Standard DSv5") == 4


@pytest.mark.parametrize(
    "settings", [{"environment": None}, {"command": None}], ids=["no environment", "no command"]
)
def test_the_sdk_itself_refuses_what_is_missing(azure: Session, settings: dict[str, Any]) -> None:
    from azure.ai.ml.exceptions import MlException

    azure.cluster()
    with pytest.raises(MlException, match="Missing data for required field"):
        azure.submit(**{"command": "python t.py", **settings})


def test_a_duplicate_job_may_change_its_tags(azure: Session) -> None:
    azure.cluster()
    azure.submit(name="j")
    azure.submit(name="j", tags={"a": "b"})
    assert azure.client.jobs.get("j").tags == {"a": "b"}


@pytest.mark.parametrize(
    ("call", "operation"),
    [
        (lambda a: list(a.client.models.list()), "models"),
        (lambda a: a.submit(compute=None), "serverless compute"),
        (lambda a: a.submit(instance_count=2), "several nodes"),
        (lambda a: a.submit(timeout=60), "time limits"),
        (lambda a: a.cluster("two", tier="low_priority"), "low-priority nodes"),
        (lambda a: a.client.environments.create_or_update(_unknown_image()), "the image nope"),
    ],
)
def test_what_is_not_simulated_says_so(azure: Session, call: Any, operation: str) -> None:
    azure.cluster()
    with pytest.raises(NotSimulated, match=operation):
        call(azure)
    assert azure.lab.azure.state.jobs == {}


def _unknown_image() -> Any:
    from azure.ai.ml.entities import Environment

    return Environment(name="e", image="nope")


# Signing in


def test_the_default_credential_signs_in_with_the_environment_and_says_nothing(
    azure: Session, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    from azure.identity import DefaultAzureCredential

    credential = DefaultAzureCredential()
    first = credential.get_token("https://management.azure.com/.default")
    again = credential.get_token("https://management.azure.com/.default")
    azure.lab.skip(hours=2)
    later = credential.get_token("https://management.azure.com/.default")
    assert type(credential._successful_credential).__name__ == "EnvironmentCredential"
    assert (first.token == again.token, first.token == later.token) == (True, False)
    assert later.expires_on - time.time() == pytest.approx(3599, abs=2)
    assert (capsys.readouterr(), [r for r in caplog.records if r.levelname != "INFO"]) == (("", ""), [])


def test_nothing_of_the_learners_own_account_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    own = {"AZURE_CLIENT_ID": "mine", "AZURE_USERNAME": "me", "AZURE_AUTHORITY_HOST": "here", "IDENTITY_ENDPOINT": "x"}
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    with session():
        inside = {name: os.environ.get(name) for name in own}
    assert inside == {**dict.fromkeys(own), "AZURE_CLIENT_ID": account.CLIENT}
    assert {name: os.environ.get(name) for name in own} == own


def test_a_request_without_a_token_is_refused(azure: Session) -> None:
    import requests

    answer = requests.get(f"https://{account.ARM}{account.WORKSPACE_ID}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "AuthenticationFailed")


# The whole


def test_hosts_that_are_not_azure_are_somebody_elses() -> None:
    azure = Azure(World(), send=lambda request: None)  # type: ignore[arg-type, return-value]
    hosts = (account.ARM, account.LOGIN, account.API, account.BLOB, "other.blob.core.windows.net", "s3.amazonaws.com")
    assert [azure.serves(host) for host in hosts] == [True, True, True, True, False, False]


def test_every_route_says_which_lesson_calls_it() -> None:
    azure = Azure(World(), send=lambda request: None)  # type: ignore[arg-type, return-value]
    rows = list(azure.simulated())
    assert all(operation and module and caller for operation, module, caller in rows)
    assert len({operation for operation, _, _ in rows}) == len(rows)


def test_the_same_calls_give_the_same_names_and_ids() -> None:
    def names() -> list[str]:
        with session() as azure:
            azure.cluster()
            jobs = [azure.submit() for _ in range(3)]
            azure.lab.skip(minutes=10)
            nodes = [node.name for node in azure.lab.azure.state.clusters["cpu"].pool.nodes]
            return [*(job.name for job in jobs), *nodes]

    first = names()
    assert names() == first
    assert len(set(first)) == 4


def test_everything_that_is_simulated_is_called_by_the_sdk(azure: Session, tmp_path: Path) -> None:
    from azure.ai.ml import Input, MLClient, Output
    from azure.ai.ml.entities import Data, Environment

    client = azure.client
    registry = MLClient(client._credential, registry_name="azureml")
    assert registry.environments.get("sklearn-1.5", label="latest").version == "40"
    assert registry.environments.get("sklearn-1.5", version="40").id.endswith("sklearn-1.5/versions/40")
    client.workspaces.get(account.WORKSPACE)
    azure.cluster()
    source = folder(tmp_path / "src", train_py="pass")
    data = folder(tmp_path / "data", sensors_csv="1")
    image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"
    for _ in range(2):
        client.data.create_or_update(Data(name="d", path=data, type="uri_folder"))
        client.environments.create_or_update(Environment(name="e", image=image))
    client.data.get("d", version="1")
    client.data.get("d", label="latest")
    client.environments.get("e", version="1")
    client.environments.get("e", label="latest")
    for _ in range(2):
        job = azure.submit(
            "python train.py ${{inputs.d}} ${{outputs.o}}",
            code=source,
            inputs={"d": Input(type="uri_folder", path="azureml:d@latest")},
            outputs={"o": Output(type="uri_folder")},
            environment="e@latest",
        )
    client.jobs.stream(job.name)
    client.jobs.download(job.name, download_path=tmp_path / "out", all=True)
    client.jobs.download(job.name, download_path=tmp_path / "out", output_name="other")
    assert next(iter(client.jobs.list())).name == job.name
    assert len(list(client.compute.list_nodes("cpu"))) == 1
    assert [found.name for found in client.compute.list()] == ["cpu"]
    client.compute.get("cpu")
    client.compute.begin_delete("cpu").result()
    assert {operation for operation, _, _ in azure.lab.azure.simulated()} - azure.operations == set()
