"""Service Quotas: the account's limits to read, and to ask more of. An increase is granted after virtual time.

https://docs.aws.amazon.com/servicequotas/latest/userguide/request-quota-increase.html: small increases are approved by
themselves, others become a support case; which is which is not published (assumed: those of accelerated types do).
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, catalog, quotas
from twoclouds.aws.account import CLOUD
from twoclouds.aws.errors import AwsError, ValidationException
from twoclouds.aws.listing import cut
from twoclouds.aws.operations import CREATION, Operation, Operations, Parameters
from twoclouds.world.clock import Lifecycle

if TYPE_CHECKING:
    from twoclouds.aws.state import State

SERVICE, NAME = "sagemaker", "Amazon SageMaker"
OPEN = ("PENDING", "CASE_OPENED")
PAGE = 100


class NoSuchResourceException(AwsError):
    """No such service, quota or request."""

    field = "Message"


class ResourceAlreadyExistsException(AwsError):
    """There is an open request for this quota."""

    field = "Message"


class IllegalArgumentException(AwsError):
    """A value that the service does not take."""

    field = "Message"


class InvalidPaginationTokenException(AwsError):
    """A NextToken that no answer has given out."""

    field = "Message"


@dataclass
class Increase:
    """A request for more of a quota. Times are in ms since the lab opened."""

    id: str
    quota: str
    desired: int
    requester: str
    created: int
    updated: int
    status: str = "PENDING"
    case: str = ""


def code(quota: str) -> str:
    """A quota's code: always the same for its name (assumed: AWS's own codes look like it, and are others)."""
    return "L-" + sha256(quota.encode()).hexdigest()[:8].upper()


def list_services(state: State, parameters: Parameters) -> dict[str, Any]:
    """The services that have quotas here: one."""
    return {"Services": [{"ServiceCode": SERVICE, "ServiceName": NAME}]}


def list_service_quotas(state: State, parameters: Parameters) -> dict[str, Any]:
    """The limits now, in order of their names."""
    _service(parameters)
    names = [name for name in state.default_quotas if parameters.get("QuotaCode") in (None, code(name))]
    shown, token = _cut(names, parameters)
    return {"Quotas": [_quota(name, _limit(state, name)) for name in shown], **token}


def list_defaults(state: State, parameters: Parameters) -> dict[str, Any]:
    """The limits that every new account has."""
    _service(parameters)
    shown, token = _cut(list(state.default_quotas), parameters)
    return {"Quotas": [_quota(name, state.default_quotas[name]) for name in shown], **token}


def get_service_quota(state: State, parameters: Parameters) -> dict[str, Any]:
    """A limit now. Raises NoSuchResourceException."""
    name = _named(state, parameters)
    return {"Quota": _quota(name, _limit(state, name))}


def get_default(state: State, parameters: Parameters) -> dict[str, Any]:
    """The limit that every new account has. Raises NoSuchResourceException."""
    name = _named(state, parameters)
    return {"Quota": _quota(name, state.default_quotas[name])}


def request_increase(state: State, parameters: Parameters) -> dict[str, Any]:
    """Ask for a higher limit: it holds when the request is approved, some time from now.

    Raises NoSuchResourceException, IllegalArgumentException, ResourceAlreadyExistsException.
    """
    name, desired = _named(state, parameters), parameters["DesiredValue"]
    if desired != int(desired) or desired <= _limit(state, name):
        raise IllegalArgumentException("You must provide a quota value greater than the current quota value.")
    if any(increase.quota == name and increase.status in OPEN for increase in state.increases.values()):
        raise ResourceAlreadyExistsException("Only one open service quota increase request is allowed per quota.")
    now = state.world.clock.now
    requester = state.caller.arn if state.caller else ""
    increase = Increase(state.world.ids.hex("aws/quota-request", name), name, int(desired), requester, now, now)
    state.increases[increase.id] = increase
    state.world.events.record("quota.requested", f"{CLOUD}/{name}", desired=increase.desired)
    state.world.clock.start(_decide(state, increase), name=f"{CLOUD}/{name}")
    return {"RequestedQuota": _request(state, increase)}


def _decide(state: State, increase: Increase) -> Lifecycle:
    """A request is reviewed; if a person has to, a case is opened first. Then the limit is raised."""
    clock = state.world.clock
    yield clock.timeout(catalog.duration(state.world, "quota_review"))
    if any(quotas.is_accelerated(word) for word in increase.quota.split()):
        increase.status, increase.updated = "CASE_OPENED", clock.now
        increase.case = str(int(state.world.ids.hex("aws/case", increase.id, length=8), 16)).zfill(11)
        yield clock.timeout(catalog.duration(state.world, "quota_case"))
    increase.status, increase.updated = "APPROVED", clock.now
    name = f"{CLOUD}/{increase.quota}"
    state.world.quotas.set(name, max(increase.desired, state.world.quotas.limit(name)))
    state.world.events.record("quota.raised", name, limit=increase.desired)


def get_request(state: State, parameters: Parameters) -> dict[str, Any]:
    """A request, and how far it is. Raises NoSuchResourceException."""
    increase = state.increases.get(parameters["RequestId"])
    if increase is None:
        raise NoSuchResourceException("The request failed because the specified request does not exist.")
    return {"RequestedQuota": _request(state, increase)}


def list_history(state: State, parameters: Parameters) -> dict[str, Any]:
    """All requests, the newest first: of a service, a quota, a status."""
    if parameters.get("ServiceCode"):
        _service(parameters)
    wanted = _named(state, parameters) if "QuotaCode" in parameters else None
    found = [
        increase
        for increase in reversed(state.increases.values())
        if wanted in (None, increase.quota) and parameters.get("Status") in (None, increase.status)
    ]
    shown, token = _cut(found, parameters)
    return {"RequestedQuotas": [_request(state, increase) for increase in shown], **token}


def _service(parameters: Parameters) -> None:
    if parameters["ServiceCode"] != SERVICE:
        raise NoSuchResourceException(
            f"The request failed because the service {parameters['ServiceCode']} does not exist."
        )


def _named(state: State, parameters: Parameters) -> str:
    _service(parameters)
    wanted = parameters["QuotaCode"]
    for name in state.default_quotas:
        if code(name) == wanted:
            return name
    raise NoSuchResourceException(f"The request failed because the quota {wanted} does not exist.")


def _limit(state: State, name: str) -> int:
    return state.world.quotas.limit(f"{CLOUD}/{name}")


def _cut(items: list[Any], parameters: Parameters) -> tuple[list[Any], dict[str, str]]:
    try:
        return cut(items, parameters, size=PAGE)
    except ValidationException:
        raise InvalidPaginationTokenException("Invalid pagination token.") from None


def _common(name: str) -> dict[str, Any]:
    quota_code = code(name)
    return {
        "ServiceCode": SERVICE,
        "ServiceName": NAME,
        "QuotaArn": f"arn:aws:servicequotas:{account.REGION}:{account.ACCOUNT}:{SERVICE}/{quota_code}",
        "QuotaCode": quota_code,
        "QuotaName": name,
        "Unit": "None",
        "GlobalQuota": False,
    }


def _quota(name: str, limit: int) -> dict[str, Any]:
    return {**_common(name), "Value": float(limit), "Adjustable": True, "QuotaAppliedAtLevel": "ACCOUNT"}


def _request(state: State, increase: Increase) -> dict[str, Any]:
    return {
        **_common(increase.quota),
        "Id": increase.id,
        "DesiredValue": float(increase.desired),
        "Status": increase.status,
        "Created": state.epoch(increase.created),
        "LastUpdated": state.epoch(increase.updated),
        "Requester": f'{{"accountId":"{account.ACCOUNT}","callerArn":"{increase.requester}"}}',
        "QuotaRequestedAtLevel": "ACCOUNT",
        **({"CaseId": increase.case} if increase.case else {}),
    }


_LESSON = "lesson 3: quotas, read and raised"

OPERATIONS: Operations = {
    ("service-quotas", "ListServices"): Operation(list_services, _LESSON),
    ("service-quotas", "ListServiceQuotas"): Operation(list_service_quotas, _LESSON),
    ("service-quotas", "ListAWSDefaultServiceQuotas"): Operation(list_defaults, _LESSON),
    ("service-quotas", "GetServiceQuota"): Operation(get_service_quota, _LESSON),
    ("service-quotas", "GetAWSDefaultServiceQuota"): Operation(get_default, _LESSON),
    ("service-quotas", "RequestServiceQuotaIncrease"): Operation(request_increase, _LESSON, took=CREATION),
    ("service-quotas", "GetRequestedServiceQuotaChange"): Operation(get_request, _LESSON),
    ("service-quotas", "ListRequestedServiceQuotaChangeHistory"): Operation(list_history, _LESSON),
    ("service-quotas", "ListRequestedServiceQuotaChangeHistoryByQuota"): Operation(list_history, _LESSON),
}
