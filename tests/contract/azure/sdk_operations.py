"""Every operation of MLClient, called once: what it asks of the cloud, and whether the cloud answers.

`python -m tests.contract.azure.sdk_operations` writes what it finds to `book/data/azure_operations.csv`.
"""

from __future__ import annotations

import csv
import inspect
import io
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import twoclouds
from tests.contract.azure_lab import SKLEARN
from twoclouds.azure import account
from twoclouds.lab import Lab
from twoclouds.wire.errors import NetworkRefused, NotSimulated

TABLE = Path(__file__).parents[3] / "book" / "data" / "azure_operations.csv"
COLUMNS = ("operation", "answered", "asks", "caller")

NAMES = {
    "name": "thing",
    "version": "1",
    "label": "latest",
    "workspace_name": account.WORKSPACE,
    "outbound_rule_name": "rule",
    "connection_name": "connection",
    "endpoint_name": "endpoint",
    "feature_set_name": "set",
    "feature_name": "feature",
    "share_with_name": "thing",
    "share_with_version": "1",
    "registry_name": "azureml",
    "embeddings_model_config": None,
    "path": "azureml://datastores/workspaceblobstore/paths/x",
}
"""What is given for an argument of that name."""


ELSEWHERE = {
    "capability_hosts.begin_create_or_update": "a hub or a project",
    "compute.begin_attach": "a machine of one's own to attach",
    "data.import_data": "a data import (retired on 2026-09-30)",
    "data.list_materialization_status": "a data import (retired on 2026-09-30)",
    "data.mount": "the package azureml-dataprep-rslex",
    "datastores.mount": "the package azureml-dataprep-rslex",
    "deployment_templates.archive": "deployment templates of a registry",
    "deployment_templates.create_or_update": "deployment templates of a registry",
    "deployment_templates.delete": "deployment templates of a registry",
    "deployment_templates.get": "deployment templates of a registry",
    "deployment_templates.list": "deployment templates of a registry",
    "deployment_templates.restore": "deployment templates of a registry",
    "feature_stores.begin_create": "a feature store",
    "feature_stores.begin_delete": "a feature store",
    "feature_stores.begin_update": "a feature store",
    "feature_stores.get": "a feature store",
    "feature_sets.begin_create_or_update": "a feature store",
    "feature_sets.list_materialization_operations": "a feature store",
    "indexes.build_index": "an index",
    "indexes.create_or_update": "an index",
    "registries.begin_create": "registries of one's own",
    "registries.get": "registries of one's own",
    "schedules.begin_create_or_update": "pipeline jobs, which a schedule starts",
    "serverless_endpoints.begin_create_or_update": "serverless endpoints of the model catalog",
}
"""Where the SDK itself refuses, before it asks the cloud: what it wants that is not in this lab."""


@dataclass(frozen=True)
class Found:
    """An operation of MLClient; "yes", "no" or "by the SDK alone"; the requests that it sent, and who needs them."""

    operation: str
    answered: str
    asks: str
    caller: str


def operations(client: Any) -> Iterator[str]:
    """group.method for all of MLClient's groups of operations, in order."""
    for group in sorted(name for name in dir(type(client)) if not name.startswith("_")):
        if isinstance(inspect.getattr_static(type(client), group), property):
            held = getattr(client, group)
            if "operations" in type(held).__module__:
                methods = (name for name in dir(held) if not name.startswith("_") and callable(getattr(held, name)))
                yield from (f"{group}.{name}" for name in methods)


def find() -> list[Found]:
    """Call all of them, in a lab in which one of everything exists that has to."""
    with twoclouds.open() as lab, tempfile.TemporaryDirectory() as folder, _quiet():
        client = _client()
        calls = Calls(client, Path(folder))
        calls.prepare()
        return sorted(
            (_call(lab, calls, name) for name in sorted(operations(client), key=_turn)), key=lambda one: one.operation
        )


def _turn(operation: str) -> int:
    """What makes things comes first, endpoints before deployments; what deletes them last, the other way round."""
    group, _, method = operation.partition(".")
    inner = group.endswith("deployments")
    if "create" in method:
        return 1 if inner else 0
    return 2 if "delete" not in method and "remove" not in method else 3 if inner else 4


def _call(lab: Lab, calls: Calls, name: str) -> Found:
    asked: list[tuple[str, str]] = []
    router, real = lab.azure._router, lab.azure._router.match

    def match(request: Any) -> Any:
        found = real(request)
        if found is not None and request.host != account.LOGIN:  # whoever is first signs in
            asked.append((found[0].operation, found[0].caller))
        return found

    router.match = match  # type: ignore[method-assign]
    try:
        calls.make(name)
        lacking = ""
    except (NotSimulated, NetworkRefused) as error:
        lacking = getattr(error, "operation", str(error))
    except Exception as error:
        lacking = next((one.operation for one in _chain(error) if isinstance(one, NotSimulated)), "")
        lacking = lacking or ELSEWHERE.get(name, "")
        if not lacking and not hasattr(error, "status_code"):
            raise AssertionError(f"{name} was not called as it should be: {error!r}") from error
    finally:
        del router.match
    if lacking:
        wanted = lacking.removeprefix("Azure ML: ").rstrip(".")
        asked_for = re.sub(r"<MagicMock.*?>|(?<=deployments/)[^/]+$", "…", wanted)
        return Found(name, "no", asked_for, "")
    if not asked:
        return Found(name, "by the SDK alone", "", "")
    own = dict.fromkeys(operation for operation, _ in asked if operation != "Operation Status - Get")
    callers = dict(asked)
    writing = [operation for operation in own if not re.search(r"- (Get|List|Discover)", operation)]
    deciding = (writing or list(own))[-1]
    if name in ELSEWHERE:
        return Found(name, "no", ELSEWHERE[name], "")
    return Found(name, "yes", ", ".join(own), callers[deciding])


def write(found: list[Found]) -> None:
    """Store the table."""
    TABLE.parent.mkdir(exist_ok=True)
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows((one.operation, one.answered, one.asks, one.caller) for one in found)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _client() -> Any:
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential

    return MLClient(DefaultAzureCredential(), account.SUBSCRIPTION, account.RESOURCE_GROUP, account.WORKSPACE)


@contextmanager
def _quiet() -> Iterator[None]:
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        yield


FIRST = (
    "compute.begin_create_or_update",
    "data.create_or_update",
    "environments.create_or_update",
    "models.create_or_update",
    "jobs.create_or_update",
)
"""What the other operations are tried on."""


class Calls:
    """How each operation is called: by the names of its arguments, or as written here."""

    def __init__(self, client: Any, folder: Path) -> None:
        self.client = client
        self.folder = folder
        (folder / "model.txt").write_text("model")
        (folder / "score.py").write_text("def init():\n    pass\n\n\ndef run(data):\n    return [1]\n")
        (folder / "request.json").write_text("{}")

    def make(self, name: str) -> None:
        """Call an operation, and take what it answers to its end."""
        own = getattr(self, f"_{name.replace('.', '_')}", None)
        group, _, method = name.partition(".")
        result = own() if own else self._generic(getattr(getattr(self.client, group), method))
        if hasattr(result, "result") and method.startswith("begin_"):
            result.result()
        elif isinstance(result, Iterator) or hasattr(result, "by_page"):
            list(result)

    def _generic(self, method: Callable[..., Any]) -> Any:
        parameters = inspect.signature(method).parameters
        given: dict[str, Any] = {}
        for name, parameter in parameters.items():
            if parameter.default is inspect.Parameter.empty and parameter.kind not in (
                parameter.VAR_KEYWORD,
                parameter.VAR_POSITIONAL,
            ):
                given[name] = NAMES[name] if name in NAMES else mock.MagicMock()
        if "version" in parameters and "version" not in given and "name" in given:
            given["version"] = "1"
        return method(**given)

    def prepare(self) -> None:
        """Make one of everything that has to exist before it can be stopped, listed or deleted."""
        from azure.ai.ml.entities import ComputeInstance

        for name in FIRST:
            self.make(name)
        self.client.compute.begin_create_or_update(ComputeInstance(name="thing", size="Standard_DS3_v2")).result()

    def entity(self, name: str) -> Any:
        """Something that can be created, from `azure.ai.ml.entities`."""
        from azure.ai.ml import entities

        return getattr(entities, name)

    def _compute_begin_create_or_update(self) -> Any:
        cluster = self.entity("AmlCompute")(name="cpu", size="Standard_DS3_v2")
        return self.client.compute.begin_create_or_update(cluster)

    def _compute_begin_update(self) -> Any:
        cluster = self.entity("AmlCompute")(name="cpu", size="Standard_DS3_v2", max_instances=2)
        return self.client.compute.begin_update(cluster)

    def _compute_begin_attach(self) -> Any:
        machine = self.entity("VirtualMachineCompute")(name="vm1", resource_id="/subscriptions/s/vm")
        return self.client.compute.begin_attach(machine)

    def _compute_begin_delete(self) -> Any:
        return self.client.compute.begin_delete("cpu")

    def _compute_list_nodes(self) -> Any:
        return self.client.compute.list_nodes("cpu")

    def _data_create_or_update(self) -> Any:
        return self.client.data.create_or_update(
            self.entity("Data")(name="thing", version="1", type="uri_file", path=str(self.folder / "model.txt"))
        )

    def _environments_create_or_update(self) -> Any:
        image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
        return self.client.environments.create_or_update(
            self.entity("Environment")(name="thing", version="1", image=image)
        )

    def _models_create_or_update(self) -> Any:
        return self.client.models.create_or_update(
            self.entity("Model")(name="thing", version="1", path=str(self.folder / "model.txt"))
        )

    def _evaluators_create_or_update(self) -> Any:
        model = self.entity("Model")(name="judge", version="1", path=str(self.folder / "model.txt"))
        return self.client.evaluators.create_or_update(model)

    def _evaluators_download(self) -> Any:
        return self.client.evaluators.download("thing", "1", download_path=self.folder / "evaluator")

    def _datastores_create_or_update(self) -> Any:
        store = self.entity("AzureBlobDatastore")(name="thing", account_name="account", container_name="container")
        return self.client.datastores.create_or_update(store)

    def _job(self, name: str) -> Any:
        from azure.ai.ml import command

        return self.client.jobs.create_or_update(
            command(name=name, command="true", environment=SKLEARN, compute="cpu", experiment_name="test")
        )

    def _jobs_create_or_update(self) -> Any:
        return self._job("thing")

    def _jobs_begin_cancel(self) -> Any:
        return self.client.jobs.begin_cancel(self._job("to-cancel").name)

    def _jobs_begin_delete(self) -> Any:
        return self.client.jobs.begin_delete("to-cancel")

    def _jobs_download(self) -> Any:
        self.client.jobs.stream("thing")
        return self.client.jobs.download("thing", download_path=self.folder / "job")

    def _jobs_update(self) -> Any:
        return self.client.jobs.update(self.client.jobs.get("thing"), description="changed")

    def _jobs_validate(self) -> Any:
        from azure.ai.ml import command

        return self.client.jobs.validate(command(command="true", environment=SKLEARN, compute="cpu"))

    def _models_download(self) -> Any:
        return self.client.models.download("thing", "1", download_path=self.folder / "model")

    def _models_package(self) -> Any:
        from azure.ai.ml.entities import AzureMLOnlineInferencingServer, CodeConfiguration, ModelPackage

        server = AzureMLOnlineInferencingServer(
            code_configuration=CodeConfiguration(code=str(self.folder), scoring_script="score.py")
        )
        return self.client.models.package("thing", "1", ModelPackage(target_environment="e", inferencing_server=server))

    def _online_endpoints_begin_create_or_update(self) -> Any:
        endpoint = self.entity("ManagedOnlineEndpoint")(name="endpoint", auth_mode="key")
        return self.client.online_endpoints.begin_create_or_update(endpoint)

    def _online_endpoints_begin_delete(self) -> Any:
        return self.client.online_endpoints.begin_delete("endpoint")

    def _online_endpoints_begin_regenerate_keys(self) -> Any:
        return self.client.online_endpoints.begin_regenerate_keys("endpoint", key_type="primary")

    def _online_endpoints_invoke(self) -> Any:
        return self.client.online_endpoints.invoke(
            "endpoint", request_file=str(self.folder / "request.json"), deployment_name="thing"
        )

    def _online_deployments_begin_create_or_update(self) -> Any:
        code = self.entity("CodeConfiguration")(code=str(self.folder), scoring_script="score.py")
        return self.client.online_deployments.begin_create_or_update(
            self.entity("ManagedOnlineDeployment")(
                name="thing",
                endpoint_name="endpoint",
                model="azureml:thing:1",
                environment="azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
                code_configuration=code,
                instance_type="Standard_DS3_v2",
                instance_count=1,
            )
        )

    def _online_deployments_get_logs(self) -> Any:
        return self.client.online_deployments.get_logs("thing", "endpoint", lines=5)

    def _batch_endpoints_begin_create_or_update(self) -> Any:
        return self.client.batch_endpoints.begin_create_or_update(self.entity("BatchEndpoint")(name="endpoint"))

    def _batch_endpoints_begin_delete(self) -> Any:
        return self.client.batch_endpoints.begin_delete("endpoint")

    def _batch_endpoints_invoke(self) -> Any:
        from azure.ai.ml import Input

        data = Input(type="uri_file", path="azureml:thing:1")
        return self.client.batch_endpoints.invoke("endpoint", input=data, deployment_name="thing")

    def _batch_deployments_begin_create_or_update(self) -> Any:
        code = self.entity("CodeConfiguration")(code=str(self.folder), scoring_script="score.py")
        return self.client.batch_deployments.begin_create_or_update(
            self.entity("ModelBatchDeployment")(
                name="thing",
                endpoint_name="endpoint",
                model="azureml:thing:1",
                environment=SKLEARN,
                code_configuration=code,
                compute="cpu",
            )
        )

    def _workspaces_begin_create(self) -> Any:
        return self.client.workspaces.begin_create(self.entity("Workspace")(name="another", location="eastus"))

    def _workspaces_begin_update(self) -> Any:
        workspace = self.client.workspaces.get(account.WORKSPACE)
        workspace.description = "changed"
        return self.client.workspaces.begin_update(workspace)

    def _workspaces_begin_delete(self) -> Any:
        return self.client.workspaces.begin_delete(account.WORKSPACE, delete_dependent_resources=False)

    def _connections_create_or_update(self) -> Any:
        from azure.ai.ml.entities import UsernamePasswordConfiguration

        return self.client.connections.create_or_update(
            self.entity("WorkspaceConnection")(
                name="thing",
                type="azure_sql_db",
                target="server",
                credentials=UsernamePasswordConfiguration(username="u", password="p"),
            )
        )

    def _components_create_or_update(self) -> Any:
        return self.client.components.create_or_update(self._component())

    def _components_validate(self) -> Any:
        return self.client.components.validate(self._component())

    def _components_prepare_for_sign(self) -> Any:
        return self.client.components.prepare_for_sign(self._component())

    def _component(self) -> Any:
        from azure.ai.ml import command

        return command(name="thing", command="true", environment=SKLEARN, code=str(self.folder)).component


if __name__ == "__main__":
    write(find())
