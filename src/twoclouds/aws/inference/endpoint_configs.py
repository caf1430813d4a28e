"""Endpoint configurations: which models an endpoint is to serve, on what, and with which share of the traffic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, listing, members, tags
from twoclouds.aws.errors import ValidationException
from twoclouds.aws.identity import iam
from twoclouds.aws.inference import models
from twoclouds.aws.operations import CREATION, Operation, Operations, Parameters
from twoclouds.wire.errors import NotSimulated

if TYPE_CHECKING:
    from twoclouds.aws.state import State

VARIANT: members.Simulated = {
    "VariantName": {},
    "ModelName": {},
    "InitialInstanceCount": {},
    "InstanceType": {},
    "InitialVariantWeight": {},
    "VolumeSizeInGB": {},
    "ServerlessConfig": {"MemorySizeInMB": {}, "MaxConcurrency": {}},
    "ModelDataDownloadTimeoutInSeconds": {},
    "ContainerStartupHealthCheckTimeoutInSeconds": {},
    "RoutingConfig": {"RoutingStrategy": ("RANDOM", "LEAST_OUTSTANDING_REQUESTS")},
    "EnableSSMAccess": (False,),
}
SIMULATED: members.Simulated = {
    "EndpointConfigName": {},
    "ProductionVariants": VARIANT,
    "ShadowProductionVariants": VARIANT,
    "DataCaptureConfig": {
        "EnableCapture": {},
        "InitialSamplingPercentage": {},
        "DestinationS3Uri": {},
        "CaptureOptions": {},
        "CaptureContentTypeHeader": {},
    },
    "AsyncInferenceConfig": {
        "ClientConfig": {},
        "OutputConfig": {"S3OutputPath": {}, "S3FailurePath": {}},
    },
    "ExecutionRoleArn": {},
    "EnableNetworkIsolation": (False,),
    "Tags": {},
}
MEMORY_SIZES = range(1024, 6145, 1024)
"""MB: what a serverless variant may have ("Serverless Inference", memory size)."""


@dataclass
class EndpointConfig:
    """A configuration. `request` is CreateEndpointConfig's, defaults filled in; `created` in ms."""

    name: str
    arn: str
    request: dict[str, Any]
    created: int
    status = ""

    @property
    def modified(self) -> int:
        """A configuration never changes."""
        return self.created

    @property
    def variants(self) -> list[dict[str, Any]]:
        """The production variants."""
        return list(self.request["ProductionVariants"])

    @property
    def shadows(self) -> list[dict[str, Any]]:
        """The shadow variants: they get a copy of the traffic, and nobody sees what they answer."""
        return list(self.request.get("ShadowProductionVariants", ()))

    @property
    def serverless(self) -> bool:
        """Whether it is served without instances."""
        return "ServerlessConfig" in self.request["ProductionVariants"][0]


def create_endpoint_config(state: State, parameters: Parameters) -> dict[str, Any]:
    """Keep a configuration whose models exist. Raises ValidationException; then nothing is kept."""
    members.check("sagemaker:CreateEndpointConfig", parameters, SIMULATED)
    tags.check(parameters.get("Tags", []))
    name = parameters["EndpointConfigName"]
    arn = account.arn("endpoint-config", name)
    if name in state.endpoint_configs:
        raise ValidationException(f'Cannot create already existing endpoint configuration "{arn}".')
    production, shadows = parameters["ProductionVariants"], parameters.get("ShadowProductionVariants", [])
    _check_names([*production, *shadows])
    for variant in (*production, *shadows):
        _check_variant(state, variant)
    _check_kinds(parameters, production, shadows)
    if "ExecutionRoleArn" in parameters:
        iam.check_trust(state, parameters["ExecutionRoleArn"])
    request = {member: value for member, value in parameters.items() if member != "Tags"}
    for member in ("ProductionVariants", "ShadowProductionVariants"):
        if member in request:
            request[member] = [{"InitialVariantWeight": 1.0, **variant} for variant in request[member]]
    state.endpoint_configs[name] = EndpointConfig(name, arn, request, state.world.clock.now)
    state.tags.begin(arn, parameters.get("Tags", []))
    return {"EndpointConfigArn": arn}


def describe_endpoint_config(state: State, parameters: Parameters) -> dict[str, Any]:
    """A configuration. Raises ValidationException for an unknown one."""
    config = find(state, parameters["EndpointConfigName"])
    return {
        **config.request,
        "EndpointConfigArn": config.arn,
        "CreationTime": state.epoch(config.created),
        "EnableNetworkIsolation": False,
    }


def list_endpoint_configs(state: State, parameters: Parameters) -> dict[str, Any]:
    """The configurations of the account, newest first."""
    return listing.page(
        state,
        parameters,
        state.endpoint_configs.values(),
        member="EndpointConfigs",
        summary=lambda config: _summary(state, config),
    )


def _summary(state: State, config: EndpointConfig) -> dict[str, Any]:
    return {
        "EndpointConfigName": config.name,
        "EndpointConfigArn": config.arn,
        "CreationTime": state.epoch(config.created),
    }


def delete_endpoint_config(state: State, parameters: Parameters) -> dict[str, Any]:
    """Forget a configuration. The service lets that happen even to one in use: the endpoint goes on, and can no longer
    be updated. Raises ValidationException for an unknown one."""
    config = find(state, parameters["EndpointConfigName"])
    del state.endpoint_configs[config.name]
    state.tags.end(config.arn)
    return {}


def find(state: State, name: str) -> EndpointConfig:
    """The configuration of that name. Raises ValidationException."""
    if name not in state.endpoint_configs:
        arn = account.arn("endpoint-config", name)
        raise ValidationException(f'Could not find endpoint configuration "{arn}".')
    return state.endpoint_configs[name]


def _check_names(variants: list[dict[str, Any]]) -> None:
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) < len(names):
        raise ValidationException("Duplicate variant names are not allowed in an endpoint configuration.")


def _check_variant(state: State, variant: dict[str, Any]) -> None:
    name = variant["VariantName"]
    if "ModelName" not in variant:
        raise NotSimulated("sagemaker:CreateEndpointConfig without ModelName", "That is for inference components.")
    models.find(state, variant["ModelName"])
    serverless = variant.get("ServerlessConfig")
    if serverless is None:
        if "InstanceType" not in variant or "InitialInstanceCount" not in variant:
            raise ValidationException(
                f"InstanceType and InitialInstanceCount must be specified for production variant {name}, "
                "unless it has a ServerlessConfig."
            )
        return
    for member in ("InstanceType", "InitialInstanceCount", "VolumeSizeInGB"):
        if member in variant:
            raise ValidationException(f"{member} cannot be specified with ServerlessConfig for variant {name}.")
    if serverless["MemorySizeInMB"] not in MEMORY_SIZES:
        sizes = ", ".join(map(str, MEMORY_SIZES))
        raise ValidationException(
            f"Value '{serverless['MemorySizeInMB']}' for MemorySizeInMB is invalid. Valid values are: [{sizes}]."
        )
    if len(models.find(state, variant["ModelName"]).containers) > 1:
        raise ValidationException("Inference pipelines are not supported for serverless endpoints.")


def _check_kinds(parameters: Parameters, production: list[dict[str, Any]], shadows: list[dict[str, Any]]) -> None:
    """What may not come together: as "Feature exclusions" of serverless endpoints and the shadow tests tell it."""
    serverless = ["ServerlessConfig" in variant for variant in (*production, *shadows)]
    if any(serverless):
        if len(serverless) > 1:
            raise ValidationException("Multiple production variants are not supported for serverless endpoints.")
        for member in ("DataCaptureConfig", "AsyncInferenceConfig"):
            if member in parameters:
                raise ValidationException(f"{member} is not supported for serverless endpoints.")
    if "AsyncInferenceConfig" in parameters:
        if len(production) > 1 or shadows:
            raise ValidationException("Multiple variants are not supported when specifying an AsyncInferenceConfig.")
        if "S3OutputPath" not in parameters["AsyncInferenceConfig"]["OutputConfig"]:
            raise ValidationException("S3OutputPath must be specified in AsyncInferenceConfig's OutputConfig.")
    if shadows and (len(production) > 1 or len(shadows) > 1):
        raise ValidationException("Shadow testing supports one production variant and one shadow variant.")
    if sum(variant.get("InitialVariantWeight", 1.0) for variant in production) <= 0:
        raise ValidationException("The sum of the variant weights must be greater than 0.")


OPERATIONS: Operations = {
    ("sagemaker", "CreateEndpointConfig"): Operation(create_endpoint_config, "ModelBuilder.deploy()", took=CREATION),
    ("sagemaker", "DescribeEndpointConfig"): Operation(describe_endpoint_config, "EndpointConfig.get()"),
    ("sagemaker", "ListEndpointConfigs"): Operation(list_endpoint_configs, "EndpointConfig.get_all()"),
    ("sagemaker", "DeleteEndpointConfig"): Operation(
        delete_endpoint_config, "train-inference-e2e-example: cleaning up"
    ),
}
