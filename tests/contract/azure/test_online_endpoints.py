"""Managed online endpoints through the real azure-ai-ml: what is served really answers, in its own image."""

from __future__ import annotations

import json
import pickle
import threading
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.contract.azure_lab import Session, events, folder
from twoclouds.azure import account
from twoclouds.azure.identity import managed_identities, principals
from twoclouds.world.runner import pick

CONDA = "dependencies:\n- python=3.11\n- pip:\n  - azureml-inference-server-http\n"
IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
SCORE = """
import json, os, time
import helper

def init():
    global factor
    with open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "factor.txt")) as file:
        factor = float(file.read())
    print("the factor is", factor)

def run(raw_data):
    data = json.loads(raw_data)
    time.sleep(data.get("sleep", 0))
    return helper.times(data["data"], factor)
"""
HELPER = "def times(values, factor):\n    return [factor * value for value in values]\n"


@pytest.fixture
def served(azure: Session) -> Iterator[Session]:
    azure.lab.world.runner = pick()
    yield azure
    azure.lab.world.close()


def endpoint(azure: Session, name: str = "house", **settings: Any) -> Any:
    from azure.ai.ml.entities import ManagedOnlineEndpoint

    made = ManagedOnlineEndpoint(name=name, **{"auth_mode": "key", **settings})
    return azure.client.online_endpoints.begin_create_or_update(made).result()


def deployment(tmp_path: Path, name: str = "blue", *, factor: str = "2", score: str = SCORE, **settings: Any) -> Any:
    from azure.ai.ml.entities import CodeConfiguration, Environment, ManagedOnlineDeployment, Model

    code = tmp_path / f"code-{name}"
    if not code.exists():
        folder(code, score_py=score, helper_py=HELPER)
    (tmp_path / "factor.txt").write_text(factor)
    (tmp_path / "conda.yaml").write_text(CONDA)
    given = dict(
        endpoint_name="house",
        model=Model(name=f"factor-{name}", path=str(tmp_path / "factor.txt")),
        environment=Environment(name="scoring", image=IMAGE, conda_file=str(tmp_path / "conda.yaml")),
        code_configuration=CodeConfiguration(code=str(code), scoring_script="score.py"),
        instance_type="Standard_DS3_v2",
        instance_count=1,
    )
    return ManagedOnlineDeployment(name=name, **(given | settings))


def deploy(azure: Session, made: Any) -> Any:
    return azure.client.online_deployments.begin_create_or_update(made).result()


def route(azure: Session, traffic: dict[str, int], mirror: dict[str, int] | None = None) -> Any:
    found = azure.client.online_endpoints.get("house")
    found.traffic, found.mirror_traffic = traffic, mirror or {}
    return azure.client.online_endpoints.begin_create_or_update(found).result()


def invoke(azure: Session, tmp_path: Path, *data: float, **settings: Any) -> Any:
    path = tmp_path / "request.json"
    path.write_text(json.dumps({"data": data}))
    return json.loads(azure.client.online_endpoints.invoke("house", request_file=str(path), **settings))


def ask(azure: Session, body: Any, secret: str = "", **headers: str) -> Any:
    import requests

    key = secret or azure.client.online_endpoints.get_keys("house").primary_key
    uri = "https://house.eastus.inference.ml.azure.com/score"
    return requests.post(uri, json=body, headers={"Authorization": f"Bearer {key}", **headers}, timeout=5)


def describe(azure: Session) -> Any:
    import requests

    found = azure.client.online_endpoints.get("house")
    key = azure.client.online_endpoints.get_keys("house").primary_key
    return requests.get(found.openapi_uri, headers={"Authorization": f"Bearer {key}"}, timeout=5).json()


def lasted(azure: Session, name: str) -> float:
    """Seconds from the request for a deployment's only instance to its release."""
    machine = f"house/{name}/instance-1"
    (began,) = [second for second, what in events(azure) if what == f"machine.requested {machine}"]
    (ended,) = [second for second, what in events(azure) if what == f"machine.released {machine}"]
    return ended - began


def test_blue_and_green(served: Session, tmp_path: Path) -> None:
    azure = served
    made = endpoint(azure, tags={"a": "b"})
    assert (made.provisioning_state, made.scoring_uri, made.traffic, made.tags) == (
        "Succeeded", "https://house.eastus.inference.ml.azure.com/score", {}, {"a": "b"},
    )  # fmt: skip
    blue = deploy(azure, deployment(tmp_path))
    assert (blue.provisioning_state, blue.instance_count, blue.request_settings.request_timeout_ms) == (
        "Succeeded", 1, 5000,
    )  # fmt: skip
    assert invoke(azure, tmp_path, 1, 2.5, deployment_name="blue") == [2.0, 5.0]
    assert ask(azure, {"data": [1]}).status_code == 404

    route(azure, {"blue": 100})
    assert ask(azure, {"data": [1]}).json() == [2.0]
    deploy(azure, deployment(tmp_path, "green", factor="3"))
    assert invoke(azure, tmp_path, 1, deployment_name="green") == [3.0]
    route(azure, {"blue": 90, "green": 10})
    answers = [ask(azure, {"data": [1]}).headers["azureml-model-deployment"] for _ in range(20)]
    assert Counter(answers[:10]) == Counter(answers[10:]) == {"blue": 9, "green": 1}
    assert {d.name for d in azure.client.online_deployments.list("house")} == {"blue", "green"}
    assert [e.name for e in azure.client.online_endpoints.list()] == ["house"]
    assert azure.client.online_endpoints.get("house").traffic == {"blue": 90, "green": 10}

    route(azure, {"blue": 0, "green": 100})
    azure.client.online_deployments.begin_delete("blue", "house").result()
    assert invoke(azure, tmp_path, 1) == [3.0]
    azure.client.online_endpoints.begin_delete("house").result()
    spans = dict(blue=lasted(azure, "blue"), green=lasted(azure, "green"))
    costs = {name: Fraction("0.293") * Fraction(span) / 3600 for name, span in spans.items()}
    build = {"build/scoring": Fraction("0.293") * 720 / 3600}
    assert azure.lab.world.bill.by("owner") == build | {f"house/{name}": cost for name, cost in costs.items()}
    assert not azure.lab.world.bill.running()
    assert azure.lab.world.quotas.used("azure/Standard DSv2") == 0


def test_what_happens_when_and_what_it_costs(served: Session, tmp_path: Path) -> None:
    endpoint(served)
    deploy(served, deployment(tmp_path))
    bill = served.lab.world.bill
    log = [(second, what, round(float(bill.total(at=round(second * 1000))), 4)) for second, what in events(served)]
    assert [entry for entry in log if " house" in entry[1] or entry[1].startswith("machine.re")] == [
        (0.0, "endpoint.created house", 0.0),
        (94.0, "deployment.created house/blue", 0.0),
        (94.0, "machine.requested serverless/build/scoring/node-1", 0.0),
        (814.0, "machine.released serverless/build/scoring/node-1", 0.0586),
        (814.0, "machine.requested house/blue/instance-1", 0.0586),
        (814.0, "machine.provisioning house/blue/instance-1", 0.0586),
        (1054.0, "machine.booted house/blue/instance-1", 0.0781),
        (1084.0, "machine.pulled house/blue/instance-1", 0.0806),
        (1124.0, "machine.working house/blue/instance-1", 0.0838),
        (1124.0, "deployment.succeeded house/blue", 0.0838),
    ]
    served.lab.skip(hours=63)
    assert round(float(bill.total()), 2) == 18.54


def test_mirrored_traffic_is_answered_by_the_live_deployment(served: Session, tmp_path: Path) -> None:
    endpoint(served)
    deploy(served, deployment(tmp_path))
    deploy(served, deployment(tmp_path, "green", factor="3"))
    route(served, {"blue": 100}, {"green": 10})
    assert {ask(served, {"data": [1]}).text for _ in range(20)} == {"[2.0]"}
    log = served.client.online_deployments.get_logs("green", "house", lines=100)
    assert log.count("POST /score 200") == 2


def test_the_log(served: Session, tmp_path: Path) -> None:
    endpoint(served)
    deploy(served, deployment(tmp_path))
    ask(served, {"data": [1]}, **{"azureml-model-deployment": "blue"})
    log = served.client.online_deployments.get_logs("blue", "house", lines=3)
    assert log.startswith("Instance status:\nSystemSetup: Succeeded\nUserContainerImagePull: Succeeded\n")
    assert log.split("Container logs:\n")[1].count("\n") == 3
    assert "azmlinfsrv - POST /score 200" in log
    assert "azmlinfsrv.print - the factor is 2.0" in served.client.online_deployments.get_logs("blue", "house", 100)
    storage = served.client.online_deployments.get_logs("blue", "house", 9, container_type="storage-initializer")
    assert "azureml-models/factor-blue/1/factor.txt" in storage


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("import pandas\n", "ModuleNotFoundError: No module named 'pandas'"),
        ("def init():\n    raise ValueError('no model')\ndef run(data):\n    pass\n", "ValueError: no model"),
        ("def init():\n    pass\n", "does not have a run() function defined."),
        ("import sys\ndef run(data):\n    pass\ndef init():\n    sys.exit(1)\n", "SystemExit: 1"),
    ],
)
def test_a_deployment_that_does_not_start_has_failed_and_costs_until_it_is_deleted(
    served: Session, tmp_path: Path, script: str, line: str
) -> None:
    from azure.core.exceptions import HttpResponseError

    endpoint(served)
    with pytest.raises(HttpResponseError, match="ResourceNotReady") as refusal:
        deploy(served, deployment(tmp_path, score=script))
    assert "User container has crashed or terminated: Liveness probe failed" in str(refusal.value)
    assert served.client.online_deployments.get("blue", "house").provisioning_state == "Failed"
    log = served.client.online_deployments.get_logs("blue", "house", lines=200)
    assert line in log
    assert log.count("Name: LivenessProbeFailed, Type: Warning") == 30
    total = served.lab.world.bill.total()
    served.lab.skip(hours=1)
    assert float(served.lab.world.bill.total() - total) == pytest.approx(0.293)
    served.client.online_deployments.begin_delete("blue", "house").result()
    assert not served.lab.world.bill.running()


def test_probes_decide(served: Session, tmp_path: Path) -> None:
    from azure.ai.ml.entities import ProbeSettings
    from azure.core.exceptions import HttpResponseError

    endpoint(served)
    slow = SCORE.replace("    global factor\n", "    global factor\n    time.sleep(400)\n")
    with pytest.raises(HttpResponseError, match="ResourceNotReady"):
        deploy(served, deployment(tmp_path, score=slow))
    patient = ProbeSettings(initial_delay=500, period=10, failure_threshold=3, timeout=2, success_threshold=1)
    deploy(served, deployment(tmp_path, score=slow, liveness_probe=patient, readiness_probe=patient))
    assert invoke(served, tmp_path, 1, deployment_name="blue") == [2.0]


def test_an_environment_without_the_inference_server(served: Session, tmp_path: Path) -> None:
    from azure.ai.ml.entities import Environment
    from azure.core.exceptions import HttpResponseError

    endpoint(served)
    bare = Environment(name="bare", image=IMAGE)
    with pytest.raises(HttpResponseError, match="ResourceNotReady"):
        deploy(served, deployment(tmp_path, environment=bare))
    log = served.client.online_deployments.get_logs("blue", "house", lines=20)
    assert "A required package azureml-inference-server-http is missing." in log


def test_an_endpoint_with_an_identity_that_may_not_read_the_storage(served: Session, tmp_path: Path) -> None:
    from azure.ai.ml.entities import IdentityConfiguration, ManagedIdentityConfiguration
    from azure.core.exceptions import HttpResponseError

    state = served.lab.azure.state
    identity = f"{account.GROUP_ID}/providers/{managed_identities.KIND}/scorer"
    made = managed_identities._make(state, "scorer", identity)
    own = IdentityConfiguration(
        type="user_assigned", user_assigned_identities=[ManagedIdentityConfiguration(resource_id=identity)]
    )
    endpoint(served, identity=own)
    with pytest.raises(HttpResponseError, match="BadArgument") as refusal:
        deploy(served, deployment(tmp_path))
    assert "authorization error" in str(refusal.value)
    principals.assign(state, made.object_id, "Storage Blob Data Reader", principals.STORAGE_ID)
    deploy(served, deployment(tmp_path))


def test_who_may_ask_with_a_token_of_entra(served: Session, tmp_path: Path) -> None:
    endpoint(served, auth_mode="aad_token")
    deploy(served, deployment(tmp_path))
    route(served, {"blue": 100})
    assert invoke(served, tmp_path, 4) == [8.0]
    token = served.client.online_endpoints.get_keys("house").access_token
    served.lab.azure.sign_in("reader")
    assert ask(served, {"data": [1]}, token).status_code == 403
    served.lab.azure.sign_in("data-scientist")
    assert ask(served, {"data": [1]}, token).status_code == 200


def test_an_mlflow_model_whose_packages_cannot_be_had(served: Session, tmp_path: Path) -> None:
    from azure.ai.ml.entities import Model
    from azure.core.exceptions import HttpResponseError

    endpoint(served)
    folder(tmp_path / "model", MLmodel=MLMODEL, conda_yaml="dependencies: [{pip: [no-such-package]}]", model_pkl="")
    model = Model(name="line", path=str(tmp_path / "model"), type="mlflow_model")
    with pytest.raises(HttpResponseError, match="ResourceNotReady"):
        deploy(served, deployment(tmp_path, model=model, environment=None, code_configuration=None))
    log = served.client.online_deployments.get_logs("blue", "house", lines=20)
    assert "No matching distribution found for no-such-package" in log


def test_an_image_that_cannot_be_built_costs_the_machine_that_tried(served: Session, tmp_path: Path) -> None:
    from azure.ai.ml.entities import Environment
    from azure.core.exceptions import HttpResponseError

    endpoint(served)
    conda = tmp_path / "broken.yaml"
    conda.write_text(CONDA + "  - no-such-package==9\n")
    with pytest.raises(HttpResponseError, match="ImageBuildFailure") as refusal:
        deploy(served, deployment(tmp_path, environment=Environment(name="x", image=IMAGE, conda_file=str(conda))))
    assert "No matching distribution found for no-such-package==9" in str(refusal.value)
    assert {line.resource for line in served.lab.world.bill if line.hourly} == {"serverless/build/x/node-1"}


def test_scaling_and_updating(served: Session, tmp_path: Path) -> None:
    from azure.core.exceptions import HttpResponseError

    endpoint(served)
    deploy(served, deployment(tmp_path))
    quotas, name = served.lab.world.quotas, "azure/Standard DSv2"
    assert quotas.used(name) == 8
    found = served.client.online_deployments.get("blue", "house")
    found.instance_count = 2
    poller = served.client.online_deployments.begin_create_or_update(found)
    assert served.client.online_deployments.get("blue", "house").provisioning_state == "Scaling"
    assert (poller.result().instance_count, quotas.used(name)) == (2, 12)
    assert len(served.lab.world.bill.running()) == 2
    deploy(served, deployment(tmp_path, "blue", factor="5"))
    assert invoke(served, tmp_path, 1, deployment_name="blue") == [5.0]
    assert (len(served.lab.world.bill.running()), quotas.used(name)) == (1, 8)

    (tmp_path / "code-blue/score.py").write_text("import pandas\n")
    with pytest.raises(HttpResponseError, match="ResourceNotReady"):
        deploy(served, deployment(tmp_path, "blue"))
    assert served.client.online_deployments.get("blue", "house").provisioning_state == "Failed"
    assert invoke(served, tmp_path, 1, deployment_name="blue") == [5.0]


def test_errors_of_requests(served: Session, tmp_path: Path) -> None:
    endpoint(served)
    ends = "import os, json\ndef init():\n    pass\ndef run(data):\n    os._exit(json.loads(data)['code'])\n"
    deploy(served, deployment(tmp_path))
    deploy(served, deployment(tmp_path, "ends", score=ends))
    route(served, {"blue": 100})
    wrong = ask(served, {"rows": [1]})
    assert (wrong.status_code, wrong.headers["ms-azureml-model-error-statuscode"], wrong.json()) == (
        424, "500", {"message": "An unexpected error occurred in scoring script. Check the logs for more info."},
    )  # fmt: skip
    assert "KeyError: 'data'" in served.client.online_deployments.get_logs("blue", "house", 20)
    before = served.lab.world.clock.now
    slow = ask(served, {"data": [1], "sleep": 6})
    assert (slow.status_code, slow.text, served.lab.world.clock.now - before) == (
        408, "upstream request timeout", 5000,
    )  # fmt: skip
    crash = ask(served, {"code": 3}, **{"azureml-model-deployment": "ends"})
    assert (crash.status_code, crash.headers["ms-azureml-model-error-statuscode"]) == (424, "502")
    assert ask(served, {"code": 3}, **{"azureml-model-deployment": "ends"}).status_code == 424
    assert ask(served, {"data": [1]}, "wrong").text == "key_auth_access_denied"
    assert ask(served, {"data": [1]}, Authorization="Basic x").text == "key_auth_bad_header_forbidden"
    assert ask(served, {"data": [1]}, **{"azureml-model-deployment": "red"}).status_code == 404


def test_more_requests_at_once_than_two_for_each_slot(served: Session, tmp_path: Path) -> None:
    endpoint(served)
    deploy(served, deployment(tmp_path))
    route(served, {"blue": 100})
    key = served.client.online_endpoints.get_keys("house").primary_key
    statuses: list[int] = []

    def work() -> None:
        statuses.append(ask(served, {"data": [1], "sleep": 1}, key).status_code)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 200, 429, 429, 429]


def test_keys(served: Session, tmp_path: Path) -> None:
    endpoint(served)
    deploy(served, deployment(tmp_path))
    route(served, {"blue": 100})
    keys = served.client.online_endpoints.get_keys("house")
    assert ask(served, {"data": [1]}, keys.secondary_key).status_code == 200
    served.client.online_endpoints.begin_regenerate_keys("house", key_type="primary").result()
    assert ask(served, {"data": [1]}, keys.primary_key).status_code == 401
    assert ask(served, {"data": [1]}, keys.secondary_key).status_code == 200


@pytest.mark.parametrize("mode", ["aml_token", "aad_token"])
def test_tokens(served: Session, tmp_path: Path, mode: str) -> None:
    endpoint(served, auth_mode=mode)
    deploy(served, deployment(tmp_path))
    route(served, {"blue": 100})
    assert invoke(served, tmp_path, 4) == [8.0]
    token = served.client.online_endpoints.get_keys("house").access_token
    assert ask(served, {"data": [1]}, token).status_code == 200
    served.lab.skip(hours=13)
    assert ask(served, {"data": [1]}, token).text == "token_auth_access_denied"


MLMODEL = """
flavors:
  python_function: {loader_module: mlflow.sklearn, model_path: model.pkl, env: {conda: conda.yaml}, predict_fn: predict}
  sklearn: {pickled_model: model.pkl, serialization_format: pickle, sklearn_version: 1.5.1}
mlflow_version: 2.17.0
"""


def test_an_mlflow_model_needs_no_script(served: Session, tmp_path: Path) -> None:
    from azure.ai.ml.entities import Model
    from sklearn.linear_model import LinearRegression

    line = LinearRegression().fit([[0.0], [1.0]], [1.0, 3.0])
    folder(tmp_path / "model", MLmodel=MLMODEL, conda_yaml="dependencies: [python=3.11, {pip: [mlflow, scikit-learn]}]")
    (tmp_path / "model/model.pkl").write_bytes(pickle.dumps(line))
    endpoint(served)
    model = Model(name="line", path=str(tmp_path / "model"), type="mlflow_model")
    deploy(served, deployment(tmp_path, model=model, environment=None, code_configuration=None))
    blue = {"azureml-model-deployment": "blue"}
    assert ask(served, {"input_data": [[2.0], [3.0]]}, **blue).json() == pytest.approx([5.0, 7.0])
    frame = {"columns": ["x"], "index": [0], "data": [[4.0]]}
    assert ask(served, {"input_data": frame}, **blue).json() == pytest.approx([9.0])
    assert ask(served, {"inputs": [[2.0]]}, **blue).status_code == 424
    assert "named 'input_data'" in served.client.online_deployments.get_logs("blue", "house", 20)


OWN = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(b"fine" if self.path == "/alive" else b"?")
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(os.environ["AZUREML_MODEL_DIR"].encode() + self.path.encode() + body)
    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        print(*args)
http.server.HTTPServer(("", 8000), Handler).serve_forever()
"""


def test_an_image_with_a_server_of_its_own(served: Session, tmp_path: Path) -> None:
    from azure.ai.ml.entities import BuildContext, Environment

    docker = 'FROM python:3.11\nWORKDIR /app\nCOPY server.py .\nCMD ["python", "server.py"]\n'
    context = folder(tmp_path / "context", Dockerfile=docker, server_py=OWN)
    alive, predict = {"path": "/alive", "port": 8000}, {"path": "/predict", "port": 8000}
    routes = {"liveness_route": alive, "readiness_route": alive, "scoring_route": predict}
    own = Environment(name="own", build=BuildContext(path=context), inference_config=routes)
    endpoint(served)
    deploy(served, deployment(tmp_path, environment=own, code_configuration=None))
    answer = ask(served, {"x": 1}, **{"azureml-model-deployment": "blue"})
    assert answer.text == '/var/azureml-app/azureml-models/factor-blue/1/predict{"x": 1}'


def test_bad_input(served: Session, tmp_path: Path) -> None:
    azure = served
    endpoint(azure)
    deploy(azure, deployment(tmp_path))
    bad, known = ("HttpResponseError", "BadRequest"), {"model": "azureml:factor-blue:1", "environment": "scoring:1"}

    def green(**settings: Any) -> Any:
        return lambda a: deploy(a, deployment(tmp_path, "green", **(known | settings)))

    azure.lab.world.quotas.set("azure/Standard DSv2", 8)
    azure.refuses(green(instance_count=1), *bad, "The request is invalid.")
    azure.refuses(green(instance_count=51), *bad, "The request is invalid.")
    azure.refuses(green(instance_type="Standard_Z9"), *bad, "The request is invalid.")
    azure.refuses(green(environment=None), *bad, "The request is invalid.")
    azure.refuses(green(model="azureml:nothing:1"), "ResourceNotFoundError", "UserError", "nothing")
    azure.refuses(green(endpoint_name="shed"), "ResourceNotFoundError", "ResourceNotFound", "onlineEndpoints/shed")
    azure.refuses(lambda a: route(a, {"red": 100}), *bad, "The request is invalid.")
    azure.refuses(lambda a: route(a, {"blue": 90}), *bad, "The request is invalid.")
    azure.refuses(lambda a: route(a, {"blue": 100}, {"blue": 10}), *bad, "The request is invalid.")
    azure.refuses(lambda a: route(a, {"blue": 0}, {"blue": 60}), *bad, "The request is invalid.")
    azure.refuses(lambda a: endpoint(a, auth_mode="aml_token"), *bad, "cannot be changed")
    azure.refuses(
        lambda a: a.client.online_deployments.get("red", "house"), "ResourceNotFoundError", "ResourceNotFound", "red"
    )
    route(azure, {"blue": 100})
    azure.refuses(lambda a: a.client.online_deployments.begin_delete("blue", "house"), *bad, "gets 100 percent")
    poller = azure.client.online_endpoints.begin_delete("house")
    azure.refuses(
        lambda a: a.client.online_endpoints.begin_delete("house"), "ResourceExistsError", "Conflict", "in progress"
    )
    poller.result()


def test_the_reserve_for_upgrades_counts(served: Session, tmp_path: Path) -> None:
    """As in mslearn-azure-ml issue 30: one instance of four cores needs eight."""
    from azure.core.exceptions import HttpResponseError

    endpoint(served)
    served.lab.world.quotas.set("azure/Standard FSv2", 6)
    with pytest.raises(HttpResponseError) as refusal:
        deploy(served, deployment(tmp_path, instance_type="Standard_F4s_v2"))
    assert "Not enough quota available for Standard_F4s_v2 in SubscriptionId 1111" in str(refusal.value)
    assert "Current usage/limit: 0/6. Additional needed: 8" in str(refusal.value)


def test_every_operation_is_called(served: Session, tmp_path: Path) -> None:
    test_blue_and_green(served, tmp_path)
    endpoint(served, "shed", auth_mode="aml_token")
    served.client.online_endpoints.get_keys("shed")
    endpoint(served, "barn")
    served.client.online_endpoints.begin_regenerate_keys("barn").result()
    endpoint(served)
    deploy(served, deployment(tmp_path))
    served.client.online_deployments.get_logs("blue", "house", 5)
    route(served, {"blue": 100})
    assert describe(served)["paths"].keys() == {"/", "/score"}
    assert served.uncalled("online_endpoints", "online_deployments", "scoring") == set()
