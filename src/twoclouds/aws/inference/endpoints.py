"""Endpoints as the API shows them: create, describe, list, update, rescale, delete. Their life: `endpoint_run.py`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, listing, members, tags
from twoclouds.aws.errors import ValidationException
from twoclouds.aws.inference import deployment, endpoint_configs, endpoint_run, fleets
from twoclouds.aws.inference.async_inference import Queue
from twoclouds.aws.inference.fleets import Fleet, Variant
from twoclouds.aws.operations import CREATION, Operation, Operations, Parameters

if TYPE_CHECKING:
    from twoclouds.aws.inference.endpoint_configs import EndpointConfig
    from twoclouds.aws.state import State

CREATED: members.Simulated = {
    "EndpointName": {},
    "EndpointConfigName": {},
    "DeploymentConfig": deployment.SIMULATED,
    "Tags": {},
}
UPDATED: members.Simulated = {
    "EndpointName": {},
    "EndpointConfigName": {},
    "DeploymentConfig": deployment.SIMULATED,
    "RetainAllVariantProperties": {},
    "ExcludeRetainedVariantProperties": {},
    "RetainDeploymentConfig": {},
}
RESCALED: members.Simulated = {
    "EndpointName": {},
    "DesiredWeightsAndCapacities": {"VariantName": {}, "DesiredWeight": {}, "DesiredInstanceCount": {}},
}
IN_PROGRESS = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")


@dataclass
class Endpoint:
    """An endpoint. `fleet` serves; `pending` is on its way, and gets `share` of the traffic. Times in ms."""

    name: str
    arn: str
    created: int
    modified: int
    fleet: Fleet | None = None
    pending: Fleet | None = None
    pending_since: int = 0
    share: float = 0.0
    status: str = "Creating"
    failure: str = ""
    deployment: dict[str, Any] = field(default_factory=dict)
    queue: Queue = field(default_factory=Queue)
    """Of an asynchronous endpoint."""
    turns: dict[str, float] = field(default_factory=dict)
    """How far each variant is from its next turn: see `invocations.route`."""


def create_endpoint(state: State, parameters: Parameters) -> dict[str, Any]:
    """Begin to build an endpoint. Raises ValidationException and ResourceLimitExceeded; then nothing stays behind."""
    members.check("sagemaker:CreateEndpoint", parameters, CREATED)
    tags.check(parameters.get("Tags", []))
    name = parameters["EndpointName"]
    arn = account.arn("endpoint", name)
    if name.lower() in (existing.lower() for existing in state.endpoints):
        raise ValidationException(f'Cannot create already existing endpoint "{arn}".')
    config = endpoint_configs.find(state, parameters["EndpointConfigName"])
    deployment.check(parameters.get("DeploymentConfig", {}))
    fleet = fleets.plan(state, config)
    now = state.world.clock.now
    endpoint = Endpoint(name, arn, now, now, pending=fleet, pending_since=now)
    endpoint.deployment = parameters.get("DeploymentConfig", {})
    state.endpoints[name] = endpoint
    state.tags.begin(arn, parameters.get("Tags", []))
    endpoint_run.create(state, endpoint)
    return {"EndpointArn": arn}


def describe_endpoint(state: State, parameters: Parameters) -> dict[str, Any]:
    """An endpoint as it is now. Raises ValidationException for an unknown one."""
    endpoint = find(state, parameters["EndpointName"])
    shown = endpoint.fleet or endpoint.pending
    answer: dict[str, Any] = {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "EndpointStatus": endpoint.status,
        "CreationTime": state.epoch(endpoint.created),
        "LastModifiedTime": state.epoch(endpoint.modified),
    }
    if shown is not None:
        answer["EndpointConfigName"] = shown.config.name
        answer |= _configured(shown)
    if endpoint.fleet is not None:
        answer |= _variants(state, endpoint.fleet)
    if endpoint.pending is not None and endpoint.status in IN_PROGRESS:
        answer["PendingDeploymentSummary"] = {
            "EndpointConfigName": endpoint.pending.config.name,
            **_variants(state, endpoint.pending, status=endpoint.status),
            "StartTime": state.epoch(endpoint.pending_since),
        }
    if endpoint.failure:
        answer["FailureReason"] = endpoint.failure
    if endpoint.deployment:
        answer["LastDeploymentConfig"] = endpoint.deployment
    return answer


def list_endpoints(state: State, parameters: Parameters) -> dict[str, Any]:
    """The endpoints of the account, newest first."""
    return listing.page(
        state,
        parameters,
        state.endpoints.values(),
        member="Endpoints",
        summary=lambda endpoint: {
            "EndpointName": endpoint.name,
            "EndpointArn": endpoint.arn,
            "CreationTime": state.epoch(endpoint.created),
            "LastModifiedTime": state.epoch(endpoint.modified),
            "EndpointStatus": endpoint.status,
        },
    )


def update_endpoint(state: State, parameters: Parameters) -> dict[str, Any]:
    """Begin to replace the fleet by one of another configuration; the old one serves until the new one is well.

    Raises ValidationException, also where the configuration in use is gone, and ResourceLimitExceeded: the quota has
    to cover both fleets for a while.
    """
    members.check("sagemaker:UpdateEndpoint", parameters, UPDATED)
    endpoint = _changeable(state, parameters["EndpointName"])
    config = endpoint_configs.find(state, parameters["EndpointConfigName"])
    assert endpoint.fleet is not None
    endpoint_configs.find(state, endpoint.fleet.config.name)
    if config.serverless and not endpoint.fleet.config.serverless:
        raise ValidationException("Updating an instance-based endpoint to a serverless endpoint is not supported.")
    chosen = parameters.get("DeploymentConfig", {})
    if parameters.get("RetainDeploymentConfig"):
        if chosen:
            raise ValidationException("DeploymentConfig cannot be specified when RetainDeploymentConfig is true.")
        chosen = endpoint.deployment
    deployment.check(chosen)
    _check_scaled(state, endpoint, config)
    excluded = {item["VariantPropertyType"] for item in parameters.get("ExcludeRetainedVariantProperties", [])}
    properties = {"DesiredInstanceCount", "DesiredWeight", "DataCaptureConfig"}
    kept = properties - excluded if parameters.get("RetainAllVariantProperties") else ()
    endpoint.pending = fleets.plan(state, config, keep=endpoint.fleet, kept=tuple(sorted(kept)))
    endpoint.pending_since = state.world.clock.now
    endpoint.deployment = chosen
    endpoint_run.update(state, endpoint)
    return {"EndpointArn": endpoint.arn}


def update_endpoint_weights_and_capacities(state: State, parameters: Parameters) -> dict[str, Any]:
    """Begin to give variants other weights, or another number of instances.

    Raises ValidationException and ResourceLimitExceeded; then nothing has changed.
    """
    members.check("sagemaker:UpdateEndpointWeightsAndCapacities", parameters, RESCALED)
    endpoint = _changeable(state, parameters["EndpointName"])
    changes = [(_variant(endpoint, change), change) for change in parameters["DesiredWeightsAndCapacities"]]
    rescale(state, endpoint, changes)
    return {"EndpointArn": endpoint.arn}


def rescale(state: State, endpoint: Endpoint, changes: list[tuple[Variant, dict[str, Any]]]) -> None:
    """Begin to change weights and capacities now. Raises ResourceLimitExceeded."""
    more = [(v, c["DesiredInstanceCount"] - v.desired) for v, c in changes if "DesiredInstanceCount" in c]
    fleets.take(state, [(variant, count) for variant, count in more if count > 0])
    for variant, change in changes:
        variant.desired = change.get("DesiredInstanceCount", variant.desired)
        variant.desired_weight = float(change.get("DesiredWeight", variant.desired_weight))
    endpoint_run.rescale(state, endpoint)


def delete_endpoint(state: State, parameters: Parameters) -> dict[str, Any]:
    """Begin to delete an endpoint. Raises ValidationException while it is being created or changed."""
    endpoint = find(state, parameters["EndpointName"])
    if endpoint.status in IN_PROGRESS:
        raise ValidationException(f'Cannot update in-progress endpoint "{endpoint.arn}".')
    endpoint_run.delete(state, endpoint)
    return {}


def find(state: State, name: str) -> Endpoint:
    """The endpoint of that name. Raises ValidationException."""
    if name not in state.endpoints:
        raise ValidationException(f'Could not find endpoint "{account.arn("endpoint", name)}".')
    return state.endpoints[name]


def _changeable(state: State, name: str) -> Endpoint:
    endpoint = find(state, name)
    if endpoint.status in IN_PROGRESS:
        raise ValidationException(f'Cannot update in-progress endpoint "{endpoint.arn}".')
    if endpoint.status == "Failed":
        raise ValidationException(f'Cannot update endpoint "{endpoint.arn}" in status Failed.')
    return endpoint


def _variant(endpoint: Endpoint, change: dict[str, Any]) -> Variant:
    assert endpoint.fleet is not None
    found = next((v for v in endpoint.fleet.all if v.name == change["VariantName"]), None)
    if found is None:
        raise ValidationException(f'Could not find variant "{change["VariantName"]}" of endpoint "{endpoint.arn}".')
    count = change.get("DesiredInstanceCount")
    if count is not None and found.serverless:
        raise ValidationException("DesiredInstanceCount cannot be set for a serverless variant.")
    if count == 0 and "AsyncInferenceConfig" not in endpoint.fleet.config.request:
        raise ValidationException("DesiredInstanceCount must be at least 1 unless the endpoint is asynchronous.")
    return found


def _check_scaled(state: State, endpoint: Endpoint, config: EndpointConfig) -> None:
    """A variant that is scaled automatically keeps its instance type, and stays. Raises ValidationException."""
    types = {spec["VariantName"]: spec.get("InstanceType") for spec in config.variants}
    scaled = {target.variant for target in state.scalable_targets.values() if target.endpoint == endpoint.name}
    for variant in endpoint.fleet.variants if endpoint.fleet else ():
        if variant.name in scaled and types.get(variant.name) != variant.instance_type:
            raise ValidationException(
                f"The variant(s) {variant.name} must be deregistered as scalable targets with AWS Auto Scaling before "
                "they can be removed or have their instance type updated."
            )


def _configured(fleet: Fleet) -> dict[str, Any]:
    request, answer = fleet.config.request, {}
    if "AsyncInferenceConfig" in request:
        answer["AsyncInferenceConfig"] = request["AsyncInferenceConfig"]
    if capture := fleet.capture:
        on = capture.get("EnableCapture", False)
        answer["DataCaptureConfig"] = {
            "EnableCapture": on,
            "CaptureStatus": "Started" if on else "Stopped",
            "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
            "DestinationS3Uri": capture["DestinationS3Uri"],
            "KmsKeyId": "",
        }
    return answer


def _variants(state: State, fleet: Fleet, *, status: str = "") -> dict[str, Any]:
    shown = {"ProductionVariants": [_summary(state, variant, status) for variant in fleet.variants]}
    if fleet.shadows:
        shown["ShadowProductionVariants"] = [_summary(state, variant, status) for variant in fleet.shadows]
    return shown


def _summary(state: State, variant: Variant, status: str) -> dict[str, Any]:
    began = state.epoch(variant.began)
    summary: dict[str, Any] = {
        "VariantName": variant.name,
        "DeployedImages": [_deployed(image, began) for image in _images(variant)],
        "CurrentWeight": variant.weight,
        "DesiredWeight": variant.desired_weight,
    }
    if variant.serverless:
        summary["CurrentServerlessConfig"] = variant.serverless
    else:
        summary |= {"CurrentInstanceCount": len(variant.instances), "DesiredInstanceCount": variant.desired}
    if status:
        summary["VariantStatus"] = [{"Status": "Creating", "StartTime": began}]
        if variant.instance_type:
            summary["InstanceType"] = variant.instance_type
    return summary


def _images(variant: Variant) -> list[tuple[str, str]]:
    """Of each container the image that its model names, and the one that this was when the instances pulled it."""
    pinned = variant.hosting.pinned if variant.hosting else [""] * len(variant.model.containers)
    return [(container.image, found) for container, found in zip(variant.model.containers, pinned, strict=True)]


def _deployed(image: tuple[str, str], began: float) -> dict[str, Any]:
    specified, resolved = image
    return {"SpecifiedImage": specified, **({"ResolvedImage": resolved} if resolved else {}), "ResolutionTime": began}


OPERATIONS: Operations = {
    ("sagemaker", "CreateEndpoint"): Operation(create_endpoint, "ModelBuilder.deploy()", took=CREATION),
    ("sagemaker", "DescribeEndpoint"): Operation(
        describe_endpoint, "ModelBuilder.deploy(); Endpoint.wait_for_status()"
    ),
    ("sagemaker", "ListEndpoints"): Operation(list_endpoints, "Endpoint.get_all()"),
    ("sagemaker", "UpdateEndpoint"): Operation(update_endpoint, "Endpoint.update()", took=CREATION),
    ("sagemaker", "UpdateEndpointWeightsAndCapacities"): Operation(
        update_endpoint_weights_and_capacities, "Endpoint.update_weights_and_capacities()"
    ),
    ("sagemaker", "DeleteEndpoint"): Operation(delete_endpoint, "train-inference-e2e-example: cleaning up"),
}
