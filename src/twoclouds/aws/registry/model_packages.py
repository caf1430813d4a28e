"""Model packages: versions of a model in its group, and whether one is approved for deployment.

As "Register and Deploy Models with Model Registry" tells it. Each change of the approval is an event, which somebody
may wait for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, listing, members, tags
from twoclouds.aws.account import CLOUD
from twoclouds.aws.errors import ValidationException
from twoclouds.aws.images import images
from twoclouds.aws.operations import CREATION, Operation, Operations, Parameters
from twoclouds.aws.registry import model_package_groups

if TYPE_CHECKING:
    from twoclouds.aws.state import State

DESCRIBED: members.Simulated = {
    "ModelPackageDescription": {},
    "InferenceSpecification": {
        "Containers": {
            "ContainerHostname": {},
            "Image": {},
            "ImageDigest": {},
            "ModelDataUrl": {},
            "ModelDataSource": {"S3DataSource": {"S3Uri": {}, "S3DataType": {}, "CompressionType": {}}},
            "Environment": {},
            "ModelInput": {},
            "Framework": {},
            "FrameworkVersion": {},
            "NearestModelName": {},
        },
        "SupportedTransformInstanceTypes": {},
        "SupportedRealtimeInferenceInstanceTypes": {},
        "SupportedContentTypes": {},
        "SupportedResponseMIMETypes": {},
    },
    "MetadataProperties": {},
    "ModelMetrics": {},
    "Domain": {},
    "Task": {},
    "SamplePayloadUrl": {},
    "CustomerMetadataProperties": {},
    "DriftCheckBaselines": {},
    "SkipModelValidation": {},
    "SourceUri": {},
    "ModelLifeCycle": {},
    "ModelCard": {},
}
"""What is kept as it was given, and shown again."""
SIMULATED: members.Simulated = {
    **DESCRIBED,
    "ModelPackageName": {},
    "ModelPackageGroupName": {},
    "ModelApprovalStatus": {},
    "CertifyForMarketplace": (False,),
    "ClientToken": {},
    "Tags": {},
}
UPDATED: members.Simulated = {
    "ModelPackageArn": {},
    "ModelApprovalStatus": {},
    "ApprovalDescription": {},
    "CustomerMetadataProperties": {},
    "CustomerMetadataPropertiesToRemove": {},
    "InferenceSpecification": DESCRIBED["InferenceSpecification"],
    "SourceUri": {},
    "ModelLifeCycle": {},
    "ModelCard": {},
    "ClientToken": {},
}


@dataclass
class ModelPackage:
    """A package: a version of `group`, or one that stands alone. Times in ms since the lab opened."""

    name: str
    arn: str
    created: int
    modified: int
    group: str = ""
    version: int = 0
    approval: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    status = "Completed"


def create_model_package(state: State, parameters: Parameters) -> dict[str, Any]:
    """Register a package: the next version of its group, or one that stands alone. Raises ValidationException."""
    members.check("sagemaker:CreateModelPackage", parameters, SIMULATED)
    tags.check(parameters.get("Tags", []))
    group_name, name = parameters.get("ModelPackageGroupName"), parameters.get("ModelPackageName")
    if group_name and name:
        raise ValidationException(
            "Both ModelPackageName and ModelPackageGroupName are provided in the input. "
            "Cannot determine which one to use."
        )
    if not group_name and not name:
        raise ValidationException("Missing ARN.")
    _check_specification(state, parameters)
    now = state.world.clock.now
    if name:
        package = ModelPackage(name, account.arn("model-package", name), now, now)
        if package.arn in state.model_packages:
            raise ValidationException(f"ModelPackage already exists: {package.arn}")
    else:
        group = model_package_groups.find(state, str(group_name))
        group.last += 1
        arn = account.arn("model-package", f"{group.name}/{group.last}")
        approval = parameters.get("ModelApprovalStatus", "PendingManualApproval")
        package = ModelPackage(group.name, arn, now, now, group.name, group.last, approval)
    package.details = {member: parameters[member] for member in DESCRIBED if member in parameters}
    state.model_packages[package.arn] = package
    state.tags.begin(package.arn, parameters.get("Tags", []))
    state.world.events.record("model package.registered", f"{CLOUD}/{_short(package)}", approval=package.approval)
    return {"ModelPackageArn": package.arn}


def describe_model_package(state: State, parameters: Parameters) -> dict[str, Any]:
    """A package, by its ARN or name. Raises ValidationException for an unknown one."""
    package = find(state, parameters["ModelPackageName"])
    items = [{"Name": "Validation", "Status": "NotStarted"}] if not package.group else []
    return {
        **{member: value for member, value in package.details.items() if member != "SkipModelValidation"},
        **_summary(state, package),
        "ModelPackageStatusDetails": {"ValidationStatuses": items, "ImageScanStatuses": []},
        "CertifyForMarketplace": False,
        "LastModifiedTime": state.epoch(package.modified),
    }


def list_model_packages(state: State, parameters: Parameters) -> dict[str, Any]:
    """The versions of a group; without one, the packages that stand alone unless ModelPackageType asks for others."""
    group = parameters.get("ModelPackageGroupName")
    wanted = model_package_groups.find(state, group).name if group else None
    kind = parameters.get("ModelPackageType", "Versioned" if group else "Unversioned")
    approval = parameters.get("ModelApprovalStatus")
    packages = [
        package
        for package in state.model_packages.values()
        if wanted in (None, package.group)
        and kind in ("Both", "Versioned" if package.group else "Unversioned")
        and approval in (None, package.approval)
    ]
    return listing.page(
        state,
        parameters,
        packages,
        member="ModelPackageSummaryList",
        summary=lambda package: _in_list(state, package),
        order="Ascending",
    )


def update_model_package(state: State, parameters: Parameters) -> dict[str, Any]:
    """Approve or reject a version, or change what is noted about it. Raises ValidationException."""
    members.check("sagemaker:UpdateModelPackage", parameters, UPDATED)
    package = find(state, parameters["ModelPackageArn"])
    approval = parameters.get("ModelApprovalStatus")
    if approval and not package.group:
        raise ValidationException("ModelApprovalStatus can only be updated for versioned model packages.")
    if "InferenceSpecification" in parameters:
        _check_specification(state, parameters)
    noted = {
        **package.details.get("CustomerMetadataProperties", {}),
        **parameters.get("CustomerMetadataProperties", {}),
    }
    for key in parameters.get("CustomerMetadataPropertiesToRemove", ()):
        noted.pop(key, None)
    given = {member: value for member, value in parameters.items() if member in DESCRIBED}
    package.details |= {**given, **({"CustomerMetadataProperties": noted} if noted else {})}
    if not noted:
        package.details.pop("CustomerMetadataProperties", None)
    if "ApprovalDescription" in parameters:
        package.details["ApprovalDescription"] = parameters["ApprovalDescription"]
    package.modified = state.world.clock.now
    if approval and approval != package.approval:
        before, package.approval = package.approval, approval
        state.world.events.record(
            f"model package.{approval.lower()}", f"{CLOUD}/{_short(package)}", arn=package.arn, before=before
        )
    return {"ModelPackageArn": package.arn}


def delete_model_package(state: State, parameters: Parameters) -> dict[str, Any]:
    """Remove a package. Models made from it go on. Raises ValidationException for an unknown one."""
    package = find(state, parameters["ModelPackageName"])
    del state.model_packages[package.arn]
    state.tags.end(package.arn)
    return {}


def find(state: State, name_or_arn: str) -> ModelPackage:
    """The package of that ARN or name. Raises ValidationException."""
    arn = name_or_arn if name_or_arn.startswith("arn:") else account.arn("model-package", name_or_arn)
    if arn not in state.model_packages:
        raise ValidationException(f"ModelPackage {arn} does not exist.")
    return state.model_packages[arn]


def deployable(state: State, name_or_arn: str) -> list[dict[str, Any]]:
    """The containers of a package that may be deployed. Raises ValidationException if it is not approved."""
    package = find(state, name_or_arn)
    if package.group and package.approval != "Approved":
        raise ValidationException(
            f"ModelPackage {package.arn} is in {package.approval} status. Only approved model packages can be deployed."
        )
    containers: list[dict[str, Any]] = package.details.get("InferenceSpecification", {}).get("Containers", [])
    if not containers:
        raise ValidationException(f"ModelPackage {package.arn} has no InferenceSpecification to deploy.")
    return containers


def _check_specification(state: State, parameters: Parameters) -> None:
    for container in parameters.get("InferenceSpecification", {}).get("Containers", ()):
        if "Image" in container:
            images.find(state, container["Image"])


def _summary(state: State, package: ModelPackage) -> dict[str, Any]:
    """A version has no name of its own: the service leaves ModelPackageName out (AWS's notebook about the registry says
    so, and its SDK goes by the ARN then), although the model of DescribeModelPackage requires it."""
    versioned = {
        "ModelPackageGroupName": package.group,
        "ModelPackageVersion": package.version,
        "ModelApprovalStatus": package.approval,
    }
    return {
        "ModelPackageArn": package.arn,
        "CreationTime": state.epoch(package.created),
        "ModelPackageStatus": "Completed",
        **(versioned if package.group else {"ModelPackageName": package.name}),
    }


def _in_list(state: State, package: ModelPackage) -> dict[str, Any]:
    summary = _summary(state, package)
    if "ModelPackageDescription" in package.details:
        summary["ModelPackageDescription"] = package.details["ModelPackageDescription"]
    return summary


def _short(package: ModelPackage) -> str:
    return package.arn.partition("model-package/")[2]


OPERATIONS: Operations = {
    ("sagemaker", "CreateModelPackage"): Operation(create_model_package, "ModelBuilder.register()", took=CREATION),
    ("sagemaker", "DescribeModelPackage"): Operation(describe_model_package, "ModelPackage.get()"),
    ("sagemaker", "ListModelPackages"): Operation(list_model_packages, "ModelPackage.get_all()"),
    ("sagemaker", "UpdateModelPackage"): Operation(update_model_package, "v3-model-registry-example: approval"),
    ("sagemaker", "DeleteModelPackage"): Operation(delete_model_package, "ModelPackage.delete()"),
}
