"""Model package groups: the versions of one model, by the group's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, listing, members, tags
from twoclouds.aws.errors import ConflictException, ValidationException
from twoclouds.aws.operations import CREATION, Operation, Operations, Parameters

if TYPE_CHECKING:
    from twoclouds.aws.state import State

SIMULATED: members.Simulated = {"ModelPackageGroupName": {}, "ModelPackageGroupDescription": {}, "Tags": {}}


@dataclass
class ModelPackageGroup:
    """A group; `last` is the number of its newest version, which a deleted version keeps taken."""

    name: str
    arn: str
    description: str
    created: int
    last: int = 0
    status = "Completed"

    @property
    def modified(self) -> int:
        """A group never changes."""
        return self.created


def create_model_package_group(state: State, parameters: Parameters) -> dict[str, Any]:
    """Make a group. Raises ValidationException if there is one of that name."""
    members.check("sagemaker:CreateModelPackageGroup", parameters, SIMULATED)
    tags.check(parameters.get("Tags", []))
    name = parameters["ModelPackageGroupName"]
    arn = account.arn("model-package-group", name)
    if name in state.model_package_groups:
        raise ValidationException(f"Model Package Group already exists: {arn}")
    description = parameters.get("ModelPackageGroupDescription", "")
    group = ModelPackageGroup(name, arn, description, state.world.clock.now)
    state.model_package_groups[name] = group
    state.tags.begin(arn, parameters.get("Tags", []))
    return {"ModelPackageGroupArn": arn}


def describe_model_package_group(state: State, parameters: Parameters) -> dict[str, Any]:
    """A group, by its name or ARN. Raises ValidationException for an unknown one."""
    return {**_summary(state, find(state, parameters["ModelPackageGroupName"])), "CreatedBy": {}}


def list_model_package_groups(state: State, parameters: Parameters) -> dict[str, Any]:
    """The groups of the account, oldest first."""
    return listing.page(
        state,
        parameters,
        state.model_package_groups.values(),
        member="ModelPackageGroupSummaryList",
        summary=lambda group: _summary(state, group),
        order="Ascending",
    )


def delete_model_package_group(state: State, parameters: Parameters) -> dict[str, Any]:
    """Remove an empty group. Raises ConflictException while it holds versions, ValidationException if unknown."""
    group = find(state, parameters["ModelPackageGroupName"])
    if any(package.group == group.name for package in state.model_packages.values()):
        raise ConflictException(f"Model Package Group {group.arn} cannot be deleted while it contains Model Packages.")
    del state.model_package_groups[group.name]
    state.tags.end(group.arn)
    return {}


def find(state: State, name_or_arn: str) -> ModelPackageGroup:
    """The group of that name or ARN. Raises ValidationException."""
    name = name_or_arn.rpartition("/")[2]
    if name not in state.model_package_groups:
        raise ValidationException(f"ModelPackageGroup {account.arn('model-package-group', name)} does not exist.")
    return state.model_package_groups[name]


def _summary(state: State, group: ModelPackageGroup) -> dict[str, Any]:
    return {
        "ModelPackageGroupName": group.name,
        "ModelPackageGroupArn": group.arn,
        **({"ModelPackageGroupDescription": group.description} if group.description else {}),
        "CreationTime": state.epoch(group.created),
        "ModelPackageGroupStatus": "Completed",
    }


OPERATIONS: Operations = {
    ("sagemaker", "CreateModelPackageGroup"): Operation(
        create_model_package_group, "ModelBuilder.register()", took=CREATION
    ),
    ("sagemaker", "DescribeModelPackageGroup"): Operation(describe_model_package_group, "ModelPackageGroup.get()"),
    ("sagemaker", "ListModelPackageGroups"): Operation(list_model_package_groups, "ModelBuilder.register()"),
    ("sagemaker", "DeleteModelPackageGroup"): Operation(delete_model_package_group, "ModelPackageGroup.delete()"),
}
