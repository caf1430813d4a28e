"""Training images: from an ECR URI to what the container finds installed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twoclouds.aws import account, catalog
from twoclouds.aws.errors import ValidationException
from twoclouds.wire.errors import NotSimulated
from twoclouds.world.images import ImageDefinition

if TYPE_CHECKING:
    from twoclouds.aws.state import State

URI = re.compile(r"(?P<registry>\d{12})\.dkr\.ecr\.(?P<region>[\w-]+)\.amazonaws\.com/(?P<name>[^:@]+)(?P<tag>[:@].+)?")


@dataclass(frozen=True)
class Pulled:
    """An image that a job may use: what it holds, and how large it is (compressed, in bytes)."""

    uri: str
    definition: ImageDefinition
    size: int
    framework: bool


def find(state: State, uri: str) -> Pulled:
    """The image at `uri`.

    Raises ValidationException if the account's own registry has no such image, and NotSimulated for an image of
    somebody else that this lab has no row for.
    """
    match = URI.fullmatch(uri)
    if match and match["registry"] == account.ACCOUNT:
        return _own(state, uri, match["name"], match["tag"] or ":latest")
    path = f"{match['registry']}/{match['name']}{match['tag'] or ':latest'}" if match else uri
    if not match or match["region"] != account.REGION or path not in catalog.table("images"):
        known = ", ".join(row.partition("/")[2] for row in catalog.table("images"))
        raise NotSimulated(f"the training image {uri}", f"In {account.REGION} this lab has {known}.")
    image = catalog.training_image(path)
    definition = ImageDefinition(base=uri, packages=image.packages, absent=image.absent, origin=uri)
    return Pulled(uri, definition, round(image.gigabytes * 1e9), framework=True)


def _own(state: State, uri: str, name: str, tag: str) -> Pulled:
    repository = state.others.ecr.repositories.get(name)
    for image in repository.images if repository else ():
        if tag[1:] in image.image_tags or tag[1:] == image.get_image_digest():
            return Pulled(uri, ImageDefinition(base=uri, origin=uri), image.image_size_in_bytes or 0, framework=False)
    raise ValidationException(f"Requested image {uri} not found.")
