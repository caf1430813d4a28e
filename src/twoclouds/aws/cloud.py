"""Amazon Web Services, simulated: every request to it comes here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from twoclouds.aws import account, catalog, gate, logs, quotas, search, service_quotas, tags
from twoclouds.aws.account import CLOUD
from twoclouds.aws.errors import AccessDeniedException, AuthenticationFailed, AwsError
from twoclouds.aws.identity import iam, identities, job_credentials, principals
from twoclouds.aws.inference import async_inference, autoscaling, endpoint_configs, endpoints, invocations, models
from twoclouds.aws.notebooks import notebook_instances, studio_apps, studio_domains, studio_spaces
from twoclouds.aws.operations import Operations
from twoclouds.aws.other_services import SERVICES, OtherServices
from twoclouds.aws.processing import processing
from twoclouds.aws.protocol import refusals, rest
from twoclouds.aws.registry import model_package_groups, model_packages
from twoclouds.aws.state import State
from twoclouds.aws.training import capacity, training
from twoclouds.aws.transform import transform_jobs
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Aside, Request, Response
from twoclouds.world.clock import SECOND
from twoclouds.world.container import JobRequest, JobResponse
from twoclouds.world.world import World

NOUNS = (
    training,
    processing,
    search,
    notebook_instances,
    studio_domains,
    studio_spaces,
    studio_apps,
    models,
    endpoint_configs,
    endpoints,
    invocations,
    async_inference,
    autoscaling,
    transform_jobs,
    model_package_groups,
    model_packages,
    tags,
    logs,
    service_quotas,
)
OPERATIONS: Operations = {key: operation for noun in NOUNS for key, operation in noun.OPERATIONS.items()}

OURS = {
    "api.sagemaker": "sagemaker",
    "runtime.sagemaker": "sagemaker-runtime",
    "metrics.sagemaker": "sagemaker-metrics",
    "application-autoscaling": "application-autoscaling",
    "logs": "logs",
    "servicequotas": "service-quotas",
}
"""Host prefixes of the services that are answered here, not by moto."""

REST = ("sagemaker-runtime",)
"""Those of them that speak REST-JSON: an operation is a path, and parameters stand in headers."""

UNDER_WAY = ("InProgress", "Stopping", "Creating", "Updating", "RollingBack", "Deleting", "Pending")
"""The statuses of what is not over, over all kinds of resources."""

SDK_DEFAULTS = Path(__file__).parent / "data" / "sagemaker_defaults.yaml"
"""The SageMaker SDK's configuration file in a lab: telemetry off."""

YEAR = 365 * 86_400 * SECOND

PERSONAL = ("AWS_", "SAGEMAKER_")
"""What the environment variables of a learner's own account begin with: out of reach in a lab."""


class Aws:
    """The far end of the wire for boto3 and sagemaker. Account, region, role and bucket: `account.py`.

    `send` is how a request from inside a job gets out.
    """

    def __init__(self, world: World, *, send: Callable[[JobRequest], JobResponse]) -> None:
        self.world = world
        others = OtherServices(seed=int(world.ids.hex("aws/moto", length=8), 16))
        self.state = State(world=world, send=send, logs=logs.Logs(), others=others, tags=tags.Tags())
        quotas.set_all(world)
        named = (name.partition("/") for name in world.quotas)
        self.state.default_quotas = {n: world.quotas.limit(f"{CLOUD}/{n}") for cloud, _, n in named if cloud == CLOUD}
        catalog.declare_assumptions(world)
        capacity.declare(world)

    def serves(self, host: str) -> bool:
        """Whether `host` is one of AWS's, or where a job's container asks for its credentials."""
        return host.endswith(".amazonaws.com") or host == job_credentials.HOST

    def send(self, request: Request) -> Response | Aside:
        """Answer a request now. Raises NotSimulated for an operation that nothing here answers."""
        if request.host == job_credentials.HOST:
            return job_credentials.answer(self.state, request)
        service, operation = _asked(request)
        request_id = self.world.ids.uuid("request", operation)
        try:
            if service in OURS.values():
                return self._answer(service, operation, request, request_id)
            return gate.other(self.state, service, operation, request)
        except AuthenticationFailed as failed:
            return refusals.unauthenticated(service, failed.kind, request_id)
        except AccessDeniedException as refused:
            return refusals.denied(service, str(refused), request_id)
        except AwsError as error:
            return refusals.error(service, error.status, error.code, str(error), request_id)

    def _answer(self, service: str, operation: str, request: Request, request_id: str) -> Response | Aside:
        found = OPERATIONS.get((service, operation))
        if found is None:
            raise NotSimulated(f"{service}:{operation}" if operation else f"{service}, {request.method} {request.path}")
        if account.REGION not in request.host:
            raise NotSimulated(f"{service} in another region than {account.REGION}")
        parameters = rest.parameters(service, operation, request) if service in REST else gate.parameters(request)

        def begin(_: object = None) -> dict[str, Any] | Aside:
            gate.admit(self.state, service, operation, request, parameters)
            return found.answer(self.state, parameters)

        def end(answer: dict[str, Any]) -> Response:
            took = getattr(answer, "took", found.took)
            if service in REST:
                return rest.response(service, operation, answer, request_id=request_id, took=took)
            return Response.of_json(
                answer,
                headers={"x-amzn-RequestId": request_id},
                took=took,
                content_type="application/x-amz-json-1.1",
            )

        return _answered(begin, None, end, request_id)

    def sign_in(self, name: str) -> None:
        """From now on, the lab's own key is that of the user `name`, who may do what `identities.py` says."""
        self.state.others.sign_in(name)

    def studio(self) -> dict[str, str]:
        """The environment variables of a notebook in Studio: a session of the execution role, which SageMaker assumes
        for it and renews."""
        session = principals.begin_session(self.state, account.ROLE_ARN, iam.SESSION, lasts=YEAR)
        return {
            "AWS_ACCESS_KEY_ID": session.key,
            "AWS_SECRET_ACCESS_KEY": session.secret,
            "AWS_SESSION_TOKEN": session.token,
        }

    def environment(self) -> dict[str, str | None]:
        """Environment variables that a lab sets, or (None) removes: nobody's own account can be reached by mistake."""
        return {
            **{name: None for name in os.environ if name.startswith(PERSONAL)},
            "AWS_ACCESS_KEY_ID": identities.KEY,
            "AWS_SECRET_ACCESS_KEY": identities.SECRET,
            "AWS_DEFAULT_REGION": account.REGION,
            "AWS_REGION": account.REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "SAGEMAKER_USER_CONFIG_OVERRIDE": str(SDK_DEFAULTS),
        }

    def under_way(self) -> list[str]:
        """The jobs, and the resources that are being made, changed or deleted."""
        return [name for name, held in self._resources() if getattr(held, "status", "") in UNDER_WAY]

    def failed(self) -> list[tuple[str, str]]:
        """(name, reason) of the jobs and resources that failed."""
        return [(name, held.failure) for name, held in self._resources() if getattr(held, "status", "") == "Failed"]

    def _resources(self) -> Iterator[tuple[str, Any]]:
        for table in vars(self.state).values():
            if isinstance(table, dict):
                yield from ((str(name), held) for name, held in table.items())

    def simulated(self) -> Iterator[tuple[str, str, str]]:
        """(operation, module, caller) of everything that is answered."""
        for noun in NOUNS:
            for (service, operation), found in noun.OPERATIONS.items():
                yield f"{service}:{operation}", noun.__name__, found.caller
        yield from gate.simulated()
        yield "container credentials", job_credentials.__name__, "lesson 1: a script that uses boto3 itself"
        for service, caller in SERVICES.items():
            yield f"{service}:*", "moto", caller


def _answered(
    step: Callable[[Any], Any], value: Any, end: Callable[[dict[str, Any]], Response], request_id: str
) -> Response | Aside:
    """The response, or the work that comes before it; an AwsError becomes its response at whichever step."""
    try:
        answer = step(value)
    except AwsError as error:
        return error.response(request_id)
    if isinstance(answer, Aside):
        return Aside(answer.work, lambda done: _answered(answer.then, done, end, request_id))
    return end(answer)


def _asked(request: Request) -> tuple[str, str]:
    """The service and, where the protocol says it outside the path, the operation."""
    names = request.host.removesuffix(".amazonaws.com")
    for prefix, service in OURS.items():
        if names.startswith(f"{prefix}."):
            named = request.headers.get("x-amz-target", "").rpartition(".")[2]
            return service, rest.operation(service, request) if service in REST else named
    if "s3" in names.replace("-", ".").split("."):
        return "s3", f"{request.method} {request.path}"
    service = names.removeprefix("api.").partition(".")[0]
    target = request.headers.get("x-amz-target", "").rpartition(".")[2]
    form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    return service, target or (parse_qs(request.body.decode()).get("Action", [""])[0] if form else "")
