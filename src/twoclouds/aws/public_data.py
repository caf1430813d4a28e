"""AWS's public sample buckets, which notebooks read from: here they hold small made-up tables with the same columns."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from twoclouds.aws import account, catalog
from twoclouds.wire.errors import NotSimulated
from twoclouds.world import samples

if TYPE_CHECKING:
    from twoclouds.aws.state import State

PUBLIC = ("sagemaker-sample-", "sagemaker-example-files-", "jumpstart-cache-", "jumpstart-private-cache-")
"""What the names of AWS's public buckets begin with."""


def is_public(bucket: str) -> bool:
    """Whether a bucket is one of AWS's."""
    return bucket.startswith(PUBLIC)


def open_bucket(state: State, bucket: str, key: str = "") -> None:
    """Have a public bucket there, with what stands in for its objects; the lab's events say that it does.

    Raises NotSimulated if nothing in it begins with `key`: nothing is downloaded.
    """
    held = {name: sample for name, sample in _objects().get(bucket, {}).items() if name.startswith(key)}
    if not held:
        known = ", ".join(f"s3://{name}" for name in catalog.table("public_data"))
        raise NotSimulated(f"a download of s3://{bucket}/{key}", f"These objects are stood in for: {known}.")
    s3 = state.others.s3
    if bucket not in s3.buckets:
        s3.create_bucket(bucket, "us-east-1")
        for name, sample in _objects()[bucket].items():
            s3.put_object(bucket, name, samples.make(sample))
    subject = f"s3://{bucket}/{next(iter(held))}"
    if not state.world.events.of("stand-in", subject):
        by = f'a made-up table with the columns of "{held[subject.removeprefix(f"s3://{bucket}/")]}"'
        state.world.events.record("stand-in", subject, by=by, account=account.CLOUD)


@cache
def _objects() -> dict[str, dict[str, str]]:
    """Bucket → object → sample."""
    found: dict[str, dict[str, str]] = {}
    table = catalog.table("public_data")
    for name in table:
        bucket, _, key = name.partition("/")
        found.setdefault(bucket, {})[key] = table[name]["sample"]
    return found
