"""Tags: up to 50 keys with a value on any SageMaker resource, by its ARN."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from twoclouds.aws.errors import ValidationException
from twoclouds.aws.operations import Operation, Operations, Parameters

if TYPE_CHECKING:
    from twoclouds.aws.state import State

MOST = 50
RESERVED = "aws:"


class Tags:
    """The tags of every resource that there is, by ARN: nouns say when one comes and goes."""

    def __init__(self) -> None:
        self._tags: dict[str, dict[str, str]] = {}

    def begin(self, arn: str, given: Iterable[dict[str, str]] = ()) -> None:
        """A resource is there now, with the tags of its create request."""
        self._tags[arn] = {tag["Key"]: tag["Value"] for tag in given}

    def end(self, arn: str) -> None:
        """A resource is deleted, and its tags with it."""
        self._tags.pop(arn, None)

    def of(self, arn: str) -> dict[str, str]:
        """The tags of a resource, to be changed in place. Raises ValidationException if there is no such resource."""
        if arn not in self._tags:
            raise ValidationException(f"Could not find resource {arn}.")
        return self._tags[arn]

    def held(self, arn: str) -> dict[str, str]:
        """The tags of what may be a resource; none if it is not."""
        return self._tags.get(arn, {})

    def listed(self, arn: str) -> list[dict[str, str]]:
        """The same as answers show them, in order of their keys."""
        return [{"Key": key, "Value": value} for key, value in sorted(self.of(arn).items())]


def check(given: Iterable[dict[str, str]]) -> None:
    """Raise ValidationException for tags that no resource may have: a key twice, a reserved one, or too many."""
    keys = [tag["Key"] for tag in given]
    for key in keys:
        if key.lower().startswith(RESERVED):
            raise ValidationException("aws: prefixed tag key names are not allowed for external use.")
    if len(set(keys)) != len(keys):
        raise ValidationException("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if len(keys) > MOST:
        raise ValidationException(f"A resource can have at most {MOST} tags.")


def add_tags(state: State, parameters: Parameters) -> dict[str, Any]:
    """Add tags to a resource, or overwrite those whose keys it has, from now on."""
    arn, given = parameters["ResourceArn"], parameters["Tags"]
    check(given)
    held = state.tags.of(arn)
    merged = held | {tag["Key"]: tag["Value"] for tag in given}
    if len(merged) > MOST:
        raise ValidationException(f"A resource can have at most {MOST} tags.")
    held.update(merged)
    return {"Tags": state.tags.listed(arn)}


def list_tags(state: State, parameters: Parameters) -> dict[str, Any]:
    """All tags of a resource: 50 are one page at most."""
    return {"Tags": state.tags.listed(parameters["ResourceArn"])}


def delete_tags(state: State, parameters: Parameters) -> dict[str, Any]:
    """Take tags off a resource; a key that it lacks changes nothing."""
    held = state.tags.of(parameters["ResourceArn"])
    for key in parameters["TagKeys"]:
        held.pop(key, None)
    return {}


OPERATIONS: Operations = {
    ("sagemaker", "AddTags"): Operation(add_tags, "sagemaker_core_overview: resources and their tags"),
    ("sagemaker", "ListTags"): Operation(list_tags, "sagemaker.core: Tag.get_all"),
    ("sagemaker", "DeleteTags"): Operation(delete_tags, "sagemaker.core: Tag.delete_tags"),
}
