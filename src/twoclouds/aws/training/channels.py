"""Channels: objects in S3 as a container finds them, as files, or as streams in Pipe mode.

As the documentation of `Channel` and `S3DataSource` tells it: all objects on every host, or shared out among them;
by prefix or by manifest; shuffled, unpacked and wrapped in RecordIO where that is asked for.
"""

from __future__ import annotations

import gzip
import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account, s3
from twoclouds.aws.errors import ValidationException
from twoclouds.aws.s3 import Location

if TYPE_CHECKING:
    from twoclouds.aws.state import State

RECORD = 0xCED7230A
"""What a RecordIO record begins with."""


class DownloadFailed(Exception):
    """An object that the job's role cannot read, and why."""


@dataclass(frozen=True)
class Fetched:
    """A channel's objects by their name in it, in order; `size` is what had to be downloaded before the start."""

    objects: dict[str, bytes]
    size: int


def find(state: State, role_arn: str, source: Mapping[str, Any]) -> dict[str, Location]:
    """The objects of an S3DataSource by the name that each has in its channel, in order. Raises S3Error, and
    DownloadFailed for a manifest that cannot be read."""
    prefix = Location.of(source["S3Uri"])
    if source["S3DataType"] == "S3Prefix":
        return {s3.name_below(prefix, location): location for location in s3.objects(state, role_arn, prefix)}
    try:
        first, *names = json.loads(s3.read(state, role_arn, prefix))
        below = Location.of(first["prefix"])
        return {name: Location(below.bucket, below.key + name) for name in names}
    except (ValueError, TypeError, KeyError) as error:
        raise DownloadFailed(f"{prefix} is not a manifest: {error!r}") from None


def check(state: State, role_arn: str, source: Mapping[str, Any]) -> None:
    """Raise ValidationException, in SageMaker's words, if there is nothing to be found for a job."""
    uri = source["S3Uri"]
    bucket = Location.of(uri).bucket
    try:
        found, cause = bool(s3.objects(state, role_arn, Location.of(uri))), ""
    except s3.S3Error as error:
        found, cause = False, f" Error message from S3: {error}"
    if not found:
        raise ValidationException(
            f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
            f"exists in the selected region ({account.REGION}), that objects exist under that S3 prefix, and that the "
            f'role "{role_arn}" has "s3:ListBucket" permissions on bucket "{bucket}".{cause}'
        )


def fetch(state: State, role_arn: str, source: Mapping[str, Any]) -> dict[str, bytes]:
    """All objects of a source, read with the role's rights. Raises DownloadFailed."""
    try:
        found = find(state, role_arn, source)
    except s3.S3Error as error:
        raise DownloadFailed(f"Unable to list {source['S3Uri']} ({error.code}: {error})") from None
    objects = {}
    for name, location in found.items():
        try:
            objects[name] = s3.read(state, role_arn, location)
        except s3.S3Error as error:
            raise DownloadFailed(f"Unable to download object {location} ({error.code}: {error})") from None
    return objects


def share(objects: Mapping[str, bytes], distribution: str, *, host: int, hosts: int) -> dict[str, bytes]:
    """What host number `host` (0, 1, …) of `hosts` gets: all of it, or with ShardedByS3Key every so manieth object."""
    chosen = list(objects)[host::hosts] if distribution == "ShardedByS3Key" else objects
    return {name: objects[name] for name in chosen}


def shuffled(names: Sequence[str], seed: int | None, *, epoch: int = 0) -> list[str]:
    """The order of the objects in an epoch: as they are listed, or drawn from ShuffleConfig's seed."""
    order = list(names)
    if seed is not None:
        Random(f"{seed}/{epoch}").shuffle(order)
    return order


def stream(objects: Mapping[str, bytes], channel: Mapping[str, Any]) -> Callable[[int], bytes]:
    """What Pipe mode sends in an epoch: all objects one after the other, unpacked or wrapped as the channel says."""
    seed = channel.get("ShuffleConfig", {}).get("Seed")
    packed, wrapped = channel.get("CompressionType") == "Gzip", channel.get("RecordWrapperType") == "RecordIO"

    def epoch(number: int) -> bytes:
        parts = (objects[name] for name in shuffled(list(objects), seed, epoch=number))
        parts = (gzip.decompress(part) if packed else part for part in parts)
        return b"".join(_record(part) if wrapped else part for part in parts)

    return epoch


def _record(data: bytes) -> bytes:
    """One object as one RecordIO record: magic number, length, content, zeros up to a multiple of four bytes."""
    return struct.pack("<II", RECORD, len(data)) + data + bytes(-len(data) % 4)
