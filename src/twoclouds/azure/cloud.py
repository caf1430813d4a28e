"""Azure Machine Learning, simulated: every request to it comes here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from twoclouds.azure import account, bodies, contract, operations, workspace
from twoclouds.azure.assets import code, data, environments, models, registry
from twoclouds.azure.assets.assets import MUTABLE, Assets, Kind
from twoclouds.azure.catalog import declare_assumptions
from twoclouds.azure.compute import compute, quota, sizes
from twoclouds.azure.compute.serverless import Serverless
from twoclouds.azure.endpoints import (
    batch_deployments,
    batch_endpoints,
    batch_jobs,
    online_deployments,
    online_endpoints,
    scoring,
)
from twoclouds.azure.errors import AzureError, StorageNotFound, bad_request
from twoclouds.azure.history import history, logged_models, mlflow_registry, mlflow_tracking, run_artifacts, runs
from twoclouds.azure.identity import access, identity, managed_identities, principals, role_assignments
from twoclouds.azure.jobs import jobs
from twoclouds.azure.state import State
from twoclouds.azure.storage import blob_containers, blobs, datastores, public_data
from twoclouds.azure.storage.storage_bill import StorageMeter
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Aside, Request, Response
from twoclouds.wire.routing import Router
from twoclouds.world.container import JobRequest, JobResponse
from twoclouds.world.storage import ObjectStore
from twoclouds.world.world import World

NOUNS = (
    identity, role_assignments, managed_identities, workspace, compute, sizes,
    datastores, blob_containers, blobs, data, public_data,
    environments, registry, code, models,
    jobs, history, run_artifacts, mlflow_tracking, mlflow_registry, logged_models, operations,
    batch_endpoints, batch_deployments, batch_jobs, online_endpoints, online_deployments, scoring,
)  # fmt: skip


class Azure:
    """The far end of the wire for azure-ai-ml, azure-identity and azure-storage-blob.

    `send` is how a request from inside a job gets out. Region, subscription, workspace: `account.py`.
    """

    def __init__(self, world: World, *, send: Callable[[JobRequest], JobResponse]) -> None:
        self.world = world
        self._router = Router(route for noun in NOUNS for route in noun.ROUTES)
        self.state = State(
            world=world,
            send=send,
            blobs=ObjectStore(world.clock, StorageNotFound),
            data=Assets(Kind("data", "data"), self._time),
            environments=Assets(Kind("environments", "environment"), self._time),
            models=Assets(Kind("models", "model", MUTABLE | {"stage", "properties", "flavors"}), self._time),
            codes=Assets(Kind("codes", "code"), self._time),
            serverless=Serverless(world),
        )
        principals.provide(self.state)
        datastores.provide(self.state)
        environments.provide(self.state)
        StorageMeter(self.state)
        declare_assumptions(world)
        quota.set_all(world)

    def _time(self) -> str:
        return self.state.time()

    def serves(self, host: str) -> bool:
        """Whether `host` is one of this cloud's."""
        ours = {*account.HOSTS, *public_data.HOSTS, managed_identities.HOST}
        return host in ours or host.endswith(account.INFERENCE)

    def sign_in(self, name: str) -> None:
        """From now on, the lab's own credentials are those of `name`, who has the roles that `principals.py` says."""
        self.state.signed_in = name

    def environment(self) -> dict[str, str | None]:
        """The variables that sign a learner in here, and hide the learner's own account."""
        return account.environment()

    def under_way(self) -> list[str]:
        """The jobs and the long-running operations that are not over."""
        running = [name for name, job in self.state.jobs.items() if job.status not in runs.TERMINAL]
        return running + [operation.subject for operation in self.state.operations.values() if operation.ended is None]

    def failed(self) -> list[tuple[str, str]]:
        """(name, reason) of the jobs that failed."""
        return [(name, job.error) for name, job in self.state.jobs.items() if job.status == "Failed"]

    def simulated(self) -> Iterator[tuple[str, str, str]]:
        """(operation, module, caller) of everything that is answered here."""
        for noun in NOUNS:
            for route in noun.ROUTES:
                yield route.operation, noun.__name__.rsplit(".", 1)[-1], route.caller

    def send(self, request: Request) -> Response | Aside:
        """Answer a request, now. What Azure refuses is answered with its error; raises NotSimulated for what it would
        do and this cloud does not."""
        found = self._router.match(request)
        if found is None:
            raise NotSimulated(f"Azure ML: {request.method} https://{request.host}{_without_account(request.path)}")
        route, parameters = found
        try:
            access.admit(self.state, request)
            if "group" in parameters or "workspace" in parameters:
                workspace.check_scope(parameters, nested=route.path != account.WORKSPACE_PATH)
            else:
                parameters.pop("subscription", None)
            if route.operation in contract.REQUESTS:
                contract.check_request(route.operation, _body(request))
            elif route.host in (account.ARM, account.API) and request.body and "/mlflow/" not in request.path:
                bodies.check(route.operation, _body(request))
            return _caught(route.handler(self.state, request, **parameters))
        except AzureError as error:
            return error.response()


def _caught(answer: Response | Aside) -> Response | Aside:
    """The same answer, in which what Azure refuses later is its error as well."""
    if not isinstance(answer, Aside):
        return answer

    def then(value: Any) -> Response | Aside:
        try:
            return _caught(answer.then(value))
        except AzureError as error:
            return error.response()

    return Aside(answer.work, then)


def _body(request: Request) -> object:
    try:
        return request.json()
    except ValueError:
        raise bad_request("The request's body is not JSON.") from None


def _without_account(path: str) -> str:
    """A path without the ids that say nothing about the operation."""
    head, _, rest = path.partition(f"/{account.PROVIDER}/")
    return f"/.../{account.PROVIDER}/{rest}" if rest else head
