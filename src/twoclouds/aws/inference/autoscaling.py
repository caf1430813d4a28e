"""Application Auto Scaling for the variants of endpoints: targets and policies. What they do: `scaling_run.py`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, listing, members
from twoclouds.aws.errors import ObjectNotFoundException, ValidationException
from twoclouds.aws.inference import scaling_run
from twoclouds.aws.inference.scaling_run import Policy, Target
from twoclouds.aws.operations import Operation, Operations, Parameters
from twoclouds.wire.errors import NotSimulated

if TYPE_CHECKING:
    from twoclouds.aws.inference.endpoints import Endpoint
    from twoclouds.aws.inference.fleets import Variant
    from twoclouds.aws.state import State

NAMESPACE, DIMENSION = "sagemaker", "sagemaker:variant:DesiredInstanceCount"
RESOURCE = re.compile(r"endpoint/(?P<endpoint>[^/]+)/variant/(?P<variant>[^/]+)")
ROLE = (
    f"arn:aws:iam::{account.ACCOUNT}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)
PREDEFINED = "SageMakerVariantInvocationsPerInstance"
BACKLOG = "ApproximateBacklogSizePerInstance"
IDENTIFIED: members.Simulated = {"ServiceNamespace": (NAMESPACE,), "ResourceId": {}, "ScalableDimension": (DIMENSION,)}
REGISTERED: members.Simulated = {
    **IDENTIFIED,
    "MinCapacity": {},
    "MaxCapacity": {},
    "RoleARN": {},
    "SuspendedState": {},
    "Tags": {},
}
TRACKING: members.Simulated = {
    "TargetValue": {},
    "PredefinedMetricSpecification": {"PredefinedMetricType": (PREDEFINED,), "ResourceLabel": {}},
    "CustomizedMetricSpecification": {
        "MetricName": (BACKLOG,),
        "Namespace": ("AWS/SageMaker",),
        "Dimensions": {},
        "Statistic": ("Average",),
        "Unit": {},
    },
    "ScaleOutCooldown": {},
    "ScaleInCooldown": {},
    "DisableScaleIn": {},
}
POLICY: members.Simulated = {
    **IDENTIFIED,
    "PolicyName": {},
    "PolicyType": ("TargetTrackingScaling",),
    "TargetTrackingScalingPolicyConfiguration": TRACKING,
}


def register_scalable_target(state: State, parameters: Parameters) -> dict[str, Any]:
    """Scale a variant from now on, or change its bounds: what lies outside of them is brought inside at once."""
    members.check("application-autoscaling:RegisterScalableTarget", parameters, REGISTERED)
    endpoint, variant = _variant(state, parameters["ResourceId"])
    known = state.scalable_targets.get(parameters["ResourceId"])
    least = parameters.get("MinCapacity", known.least if known else None)
    most = parameters.get("MaxCapacity", known.most if known else None)
    if least is None or most is None:
        raise ValidationException("You must specify both MinCapacity and MaxCapacity to register a scalable target.")
    if least > most:
        raise ValidationException("Maximum capacity cannot be less than minimum capacity.")
    asynchronous = endpoint.fleet is not None and "AsyncInferenceConfig" in endpoint.fleet.config.request
    if least < (0 if asynchronous else 1):
        raise ValidationException("Minimum capacity must be 1 or more for a variant that is not asynchronous.")
    if known is None:
        unique = state.world.ids.hex("aws/scalable target", parameters["ResourceId"])
        arn = f"arn:aws:application-autoscaling:{account.REGION}:{account.ACCOUNT}:scalable-target/{unique}"
        known = Target(parameters["ResourceId"], arn, endpoint.name, variant.name, 0, 0, state.world.clock.now, {})
        state.scalable_targets[known.resource] = known
        state.tags.begin(arn, [{"Key": k, "Value": v} for k, v in parameters.get("Tags", {}).items()])
    known.least, known.most = least, most
    known.suspended |= parameters.get("SuspendedState", {})
    scaling_run.keep_bounds(state, known)
    return {"ScalableTargetARN": known.arn}


def deregister_scalable_target(state: State, parameters: Parameters) -> dict[str, Any]:
    """Scale a variant no more, and forget its policies. Raises ObjectNotFoundException."""
    target = _target(state, parameters)
    del state.scalable_targets[target.resource]
    state.tags.end(target.arn)
    return {}


def describe_scalable_targets(state: State, parameters: Parameters) -> dict[str, Any]:
    """The targets, or those of some resources."""
    wanted = parameters.get("ResourceIds")
    found = [target for target in state.scalable_targets.values() if not wanted or target.resource in wanted]
    shown, token = listing.cut(found, parameters, size=50)
    return {"ScalableTargets": [_shown_target(state, target) for target in shown], **token}


def put_scaling_policy(state: State, parameters: Parameters) -> dict[str, Any]:
    """Scale by a policy from now on, or change it. Raises ObjectNotFoundException for what is not registered."""
    members.check("application-autoscaling:PutScalingPolicy", parameters, POLICY)
    target = _target(state, parameters)
    name, configuration = parameters["PolicyName"], parameters.get("TargetTrackingScalingPolicyConfiguration")
    known = target.policies.get(name)
    if configuration is None:
        if "PolicyType" not in parameters and known is None:
            raise NotSimulated("application-autoscaling:PutScalingPolicy of type StepScaling")
        raise ValidationException("TargetTrackingScalingPolicyConfiguration is required for this policy type.")
    if ("PredefinedMetricSpecification" in configuration) == ("CustomizedMetricSpecification" in configuration):
        raise ValidationException(
            "You must specify exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification."
        )
    if configuration["TargetValue"] <= 0:
        raise ValidationException("TargetValue must be greater than 0.")
    if known is None:
        unique = state.world.ids.uuid("aws/scaling policy", f"{target.resource}/{name}")
        prefix = f"{account.REGION}:{account.ACCOUNT}"
        arn = (
            f"arn:aws:autoscaling:{prefix}:scalingPolicy:{unique}:resource/{NAMESPACE}/{target.resource}:"
            f"policyName/{name}"
        )
        alarms = []
        for side in ("AlarmHigh", "AlarmLow"):
            alarm = f"TargetTracking-{target.resource}-{side}-{state.world.ids.uuid('aws/alarm', side + unique)}"
            alarms.append({"AlarmName": alarm, "AlarmARN": f"arn:aws:cloudwatch:{prefix}:alarm:{alarm}"})
        known = Policy(name, arn, configuration, alarms, state.world.clock.now)
        target.policies[name] = known
    known.configuration, known.values = configuration, []
    scaling_run.watch(state, target)
    return {"PolicyARN": known.arn, "Alarms": known.alarms}


def delete_scaling_policy(state: State, parameters: Parameters) -> dict[str, Any]:
    """Forget a policy. Raises ObjectNotFoundException."""
    target = state.scalable_targets.get(parameters["ResourceId"])
    if target is None or parameters["PolicyName"] not in target.policies:
        raise ObjectNotFoundException(
            f"No scaling policy found for service namespace: {NAMESPACE}, resource ID: {parameters['ResourceId']}, "
            f"scalable dimension: {DIMENSION}: {parameters['PolicyName']}"
        )
    del target.policies[parameters["PolicyName"]]
    return {}


def describe_scaling_policies(state: State, parameters: Parameters) -> dict[str, Any]:
    """The policies, of one resource or with some names."""
    resource, names = parameters.get("ResourceId"), parameters.get("PolicyNames")
    found = [
        (target, policy)
        for target in state.scalable_targets.values()
        if resource in (None, target.resource)
        for policy in target.policies.values()
        if not names or policy.name in names
    ]
    shown, token = listing.cut(found, parameters, size=10)
    return {"ScalingPolicies": [_shown_policy(state, target, policy) for target, policy in shown], **token}


def describe_scaling_activities(state: State, parameters: Parameters) -> dict[str, Any]:
    """What was scaled, the newest first."""
    resource = parameters.get("ResourceId")
    found = [one for one in reversed(state.scaling_activities) if resource in (None, one.resource)]
    shown, token = listing.cut(found, parameters, size=50)
    return {"ScalingActivities": [one.members for one in shown], **token}


def _variant(state: State, resource: str) -> tuple[Endpoint, Variant]:
    match = RESOURCE.fullmatch(resource)
    endpoint = state.endpoints.get(match["endpoint"]) if match else None
    variants = endpoint.fleet.variants if endpoint is not None and endpoint.fleet is not None else []
    variant = next((v for v in variants if match and v.name == match["variant"] and v.instance_type), None)
    if match is None:
        raise ValidationException(f"Unsupported service namespace, resource type or scalable dimension: {resource}")
    if endpoint is None or variant is None:
        raise ValidationException(f"SageMaker variant doesn't exist: {resource}")
    return endpoint, variant


def _target(state: State, parameters: Parameters) -> Target:
    target = state.scalable_targets.get(parameters["ResourceId"])
    if target is None or parameters["ServiceNamespace"] != NAMESPACE or parameters["ScalableDimension"] != DIMENSION:
        raise ObjectNotFoundException(
            f"No scalable target found for service namespace: {parameters['ServiceNamespace']}, resource ID: "
            f"{parameters['ResourceId']}, scalable dimension: {parameters['ScalableDimension']}"
        )
    return target


def _shown_target(state: State, target: Target) -> dict[str, Any]:
    kinds = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": target.resource,
        "ScalableDimension": DIMENSION,
        "MinCapacity": target.least,
        "MaxCapacity": target.most,
        "RoleARN": ROLE,
        "CreationTime": state.epoch(target.created),
        "SuspendedState": {kind: target.suspended.get(kind, False) for kind in kinds},
        "ScalableTargetARN": target.arn,
    }


def _shown_policy(state: State, target: Target, policy: Policy) -> dict[str, Any]:
    return {
        "PolicyARN": policy.arn,
        "PolicyName": policy.name,
        "ServiceNamespace": NAMESPACE,
        "ResourceId": target.resource,
        "ScalableDimension": DIMENSION,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": policy.configuration,
        "Alarms": policy.alarms,
        "CreationTime": state.epoch(policy.created),
    }


CALLER = "developer guide: Automatically Scale Amazon SageMaker Models"
OPERATIONS: Operations = {
    ("application-autoscaling", "RegisterScalableTarget"): Operation(register_scalable_target, CALLER),
    ("application-autoscaling", "DeregisterScalableTarget"): Operation(deregister_scalable_target, CALLER),
    ("application-autoscaling", "DescribeScalableTargets"): Operation(describe_scalable_targets, CALLER),
    ("application-autoscaling", "PutScalingPolicy"): Operation(put_scaling_policy, CALLER),
    ("application-autoscaling", "DeleteScalingPolicy"): Operation(delete_scaling_policy, CALLER),
    ("application-autoscaling", "DescribeScalingPolicies"): Operation(describe_scaling_policies, CALLER),
    ("application-autoscaling", "DescribeScalingActivities"): Operation(describe_scaling_activities, CALLER),
}
