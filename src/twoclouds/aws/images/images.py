"""Images that jobs and models run: from an ECR URI to what the container finds in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account
from twoclouds.aws.errors import ValidationException
from twoclouds.aws.identity import iam
from twoclouds.aws.images import published
from twoclouds.wire.errors import NotSimulated
from twoclouds.world.images import ImageDefinition

if TYPE_CHECKING:
    from twoclouds.aws.state import State

URI = re.compile(
    r"(?P<registry>\d{12})\.dkr\.ecr\.(?P<region>[\w-]+)\.amazonaws\.com/"
    r"(?P<name>[^:@]+)(?P<tag>:[^@]+)?(?P<digest>@.+)?"
)
PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
"""What a role needs on the repository of an image; and ecr:GetAuthorizationToken, on everything."""


@dataclass(frozen=True)
class Pulled:
    """An image that a job may use: what it holds, how large it is (compressed, in bytes), and what kind it is:
    "algorithm" or "framework" of AWS's, "plain", or "own". `program` is the algorithm or framework."""

    uri: str
    definition: ImageDefinition
    size: int
    kind: str
    program: str = ""
    digest: str = ""

    @property
    def pinned(self) -> str:
        """Its URI by digest, whatever its tag comes to mean; "" for AWS's own images, whose digests are not known."""
        return f"{re.split('[:@]', self.uri)[0]}@{self.digest}" if self.digest else ""

    def command(self, word: str) -> tuple[str, ...]:
        """`docker run IMAGE train`: the image's entry point, with the word as its argument."""
        return (*self.definition.entrypoint, word)

    @property
    def metrics(self) -> list[dict[str, str]]:
        """The metric definitions that come with an algorithm of AWS's; XGBoost's image is one, script mode or not."""
        return [{"Name": name, "Regex": regex} for name, regex in published.metrics(self.program)]


def find(state: State, uri: str, role: str = "") -> Pulled:
    """The image at `uri`, which the role has to be allowed to pull from the account's own registry.

    Raises ValidationException for one that is not there or not the role's to pull, and NotSimulated for one of AWS's
    that this lab knows by its name only, and for another account's.
    """
    match = URI.fullmatch(uri)
    if match is None:
        raise ValidationException(
            f"Invalid image URI {uri}. Please provide a valid Amazon Elastic Container Registry path."
        )
    if match["registry"] == account.ACCOUNT:
        return _own(state, uri, match, role)
    return _published(state, uri, match, role)


def _published(state: State, uri: str, match: re.Match[str], role: str) -> Pulled:
    repository = published.repositories().get(match["name"])
    if repository is None:
        raise NotSimulated(f"the image {uri}", "The SDK's image_uris lists no such repository of AWS's.")
    if match["region"] != account.REGION or match["registry"] not in repository.registries.get(account.REGION, ()):
        raise _denied(match, role)
    tag = (match["tag"] or ":latest")[1:]
    version = repository.version(tag)
    if not version or match["digest"]:
        raise ValidationException(f"Requested image {uri} not found.")
    facts = published.row(match["name"], tag)
    if facts is None:
        raise NotSimulated(f"the image {uri}", "This lab knows that it exists, and not what it holds.")
    definition = published.definition(state.world.images, uri, facts, version)
    return Pulled(uri, definition, round(float(facts["compressed_gb"]) * 1e9), facts["kind"], facts["program"])


def _own(state: State, uri: str, match: re.Match[str], role: str) -> Pulled:
    repository = state.others.ecr.repositories.get(match["name"])
    if repository is None or match["region"] != account.REGION or not _may_pull(state, repository, role):
        raise _denied(match, role)
    tag, digest = (match["tag"] or "")[1:], (match["digest"] or "")[1:]
    for image in repository.images:
        held = image.get_image_digest()
        if digest == held or (not digest and (tag or "latest") in image.image_tags):
            definition = state.images.get(held) or ImageDefinition(base=uri, origin=uri)
            return Pulled(uri, definition, image.image_size_in_bytes or 0, "own", digest=held)
    raise ValidationException(f"Requested image {uri} not found.")


def _may_pull(state: State, repository: Any, role: str) -> bool:
    if not role:
        return True
    own = getattr(repository, "policy", None)
    return iam.permits(state, role, "ecr:GetAuthorizationToken", "*") and all(
        iam.permits(state, role, action, repository.arn, policy=own) for action in PULL
    )


def _denied(match: re.Match[str], role: str) -> ValidationException:
    return ValidationException(
        f"Access denied for repository: {match['name']} in registry ID: {match['registry']}. "
        f"Please check if your ECR repository and image exist and role {role or 'of the model'} has proper pull "
        "permissions for SageMaker: ecr:BatchCheckLayerAvailability, ecr:BatchGetImage, ecr:GetDownloadUrlForLayer"
    )
