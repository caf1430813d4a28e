"""Where online endpoints take their requests: who may ask, which deployment answers, and what an error looks like.

The status codes are those of how-to-troubleshoot-online-endpoints.md. A request takes the virtual time that its script
slept: how long a model computes is not modelled.
"""

from __future__ import annotations

from collections.abc import Callable

from twoclouds.azure.account import INFERENCE, PROVIDER
from twoclouds.azure.endpoints import deployment_run, online_traffic, scoring_container
from twoclouds.azure.endpoints.online import Deployment, Endpoint, limit
from twoclouds.azure.errors import AzureError
from twoclouds.azure.identity import access, principals
from twoclouds.azure.state import State
from twoclouds.wire.http import Aside, Request, Response
from twoclouds.wire.routing import Route
from twoclouds.world.clock import SECOND
from twoclouds.world.container import Answer

SCORE = f"{PROVIDER}/workspaces/onlineEndpoints/score/action"
OURS = ("authorization", "azureml-model-deployment", "host", "content-length", "connection", "accept-encoding")


def ask(state: State, request: Request, path: str = "") -> Response | Aside:
    """Answer a request to an endpoint, through the deployment whose turn it is or that the request names."""
    endpoint = state.endpoints.get(request.host.removesuffix(INFERENCE))
    if endpoint is None or endpoint.provisioning == "Creating":
        return _error(state, request, 404, "not_found", "There is no endpoint at this address.")
    if refusal := _refusal(state, endpoint, request):
        return refusal
    chosen = online_traffic.route(endpoint, request.headers.get("azureml-model-deployment", ""))
    if not chosen.answers:
        return _error(state, request, 503, "no_healthy_upstream", "no healthy upstream")
    if _is_full(state, chosen):
        return _error(state, request, 429, "too_many_pending_request", "")
    chosen.pending += 1
    copy = None
    if "azureml-model-deployment" not in request.headers:
        copy = online_traffic.mirrored(endpoint)
    asking = _asking(state, chosen, request)

    def work() -> Answer:
        try:
            return asking()
        except BaseException:
            chosen.pending -= 1
            raise

    def then(answer: Answer) -> Response | Aside:
        response = _answered(state, chosen, request, answer)
        if copy is None or not copy.answers:
            return response
        return Aside(_asking(state, copy, request), lambda _: response)

    return Aside(work, then)


def _asking(state: State, deployment: Deployment, request: Request) -> Callable[[], Answer]:
    """Ask a deployment's container, which is started again first if it has ended."""
    served = deployment.served
    assert served is not None
    path = served.paths.get(request.path, request.path)
    query = f"?{request.parts.query}" if request.parts.query else ""
    headers = {name: value for name, value in request.headers.items() if name not in OURS}

    def work() -> Answer:
        with deployment.lock:
            server = deployment.server
            if server is None or not server.alive:
                deployment.history += server.lines if server else ()
                fresh = scoring_container.at(served, state.world.clock.timestamp)
                server = deployment.server = deployment_run.launch(state, fresh)
        return server.ask(request.method, path + query, headers, request.body)

    return work


def _answered(state: State, deployment: Deployment, request: Request, answer: Answer) -> Response:
    """What the client gets of a container's answer."""
    settings = deployment.properties["requestSettings"]
    timeout = deployment_run.seconds_of(settings["requestTimeout"])
    deployment.pending -= 1
    deployment.in_flight.append(state.world.clock.now + round(min(answer.slept, timeout) * SECOND))
    if answer.outcome == "over budget" or answer.slept > timeout:
        return _error(state, request, 408, "upstream_request_timeout", "upstream request timeout", timeout * SECOND)
    took = round(answer.slept * SECOND)
    if answer.outcome != "answered":
        return _model_error(state, deployment, request, 502, b"upstream connect error or disconnect", took)
    if answer.status >= 300:
        return _model_error(state, deployment, request, answer.status, answer.body, took)
    kept = {name: value for name, value in answer.headers.items() if name.lower() != "content-length"}
    return Response(answer.status, {**kept, **_headers(state, request, deployment)}, answer.body, took)


def _model_error(
    state: State, deployment: Deployment, request: Request, status: int, body: bytes, took: int
) -> Response:
    """The container answered with an error: the endpoint answers with 424, and says which it was."""
    headers = {
        "Content-Type": "application/json" if body.startswith(b"{") else "text/plain",
        "ms-azureml-model-error-reason": "model_error",
        "ms-azureml-model-error-statuscode": str(status),
        **_headers(state, request, deployment),
    }
    return Response(424, headers, body, took)


def _headers(state: State, request: Request, deployment: Deployment) -> dict[str, str]:
    return {"azureml-model-deployment": deployment.name, "x-request-id": _request_id(state, request)}


def _request_id(state: State, request: Request) -> str:
    return state.world.ids.uuid("azure/scoring-request", request.host)


def _error(state: State, request: Request, status: int, reason: str, text: str, took: int = 0) -> Response:
    headers = {
        "Content-Type": "text/plain",
        "ms-azureml-model-error-reason": reason,
        "x-request-id": _request_id(state, request),
    }
    return Response(status, headers, text.encode(), took)


def _refusal(state: State, endpoint: Endpoint, request: Request) -> Response | None:
    """Why the client may not ask, if it may not."""
    mode = "key" if endpoint.auth_mode == "Key" else "token"
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        return _error(state, request, 401, f"{mode}_auth_bad_header_forbidden", f"{mode}_auth_bad_header_forbidden")
    if endpoint.auth_mode == "AADToken":
        try:
            who = principals.calling(state, request)
        except AzureError:
            return _error(state, request, 401, "token_auth_access_denied", "token_auth_access_denied")
        if not access.may(state, who, SCORE, endpoint.id):
            text = f"The client '{who.client_id}' does not have authorization to perform action '{SCORE}'."
            return _error(state, request, 403, "permission_denied", text)
        return None
    if endpoint.auth_mode == "AMLToken":
        good = endpoint.tokens.get(secret, 0) > state.world.clock.now
    else:
        good = secret in endpoint.keys.values()
    if good:
        return None
    return _error(state, request, 401, f"{mode}_auth_access_denied", f"{mode}_auth_access_denied")


def _is_full(state: State, deployment: Deployment) -> bool:
    """Whether so many requests are being answered at this instant that one more is refused. (Only other threads than
    the cell's can ask while an earlier request is being answered.)"""
    deployment.in_flight = [end for end in deployment.in_flight if end > state.world.clock.now]
    slots = deployment.properties["requestSettings"]["maxConcurrentRequestsPerInstance"] * deployment.count
    return deployment.pending + len(deployment.in_flight) >= limit("parallel_requests_per_slot") * slots


ROUTES = (
    Route(
        "POST",
        INFERENCE,
        "/{path:path}",
        ask,
        "Online Endpoints - Score",
        "azureml-examples online-endpoints-simple-deployment.ipynb",
    ),
    Route(
        "GET",
        INFERENCE,
        "/{path:path}",
        ask,
        "Online Endpoints - Swagger",
        "azureml-examples online-endpoints-openapi.ipynb",
    ),
)
