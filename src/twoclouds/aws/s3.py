"""S3 on behalf of a role: what a job reads and writes, with that role's rights."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from twoclouds.aws import iam

if TYPE_CHECKING:
    from twoclouds.aws.state import State


class S3Error(Exception):
    """S3 refuses: `code` and message as S3 gives them."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


ACCESS_DENIED = S3Error("AccessDenied", "Access Denied")
HOST = re.compile(r"(?:(?P<bucket>[a-z0-9.-]+)\.)?s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com")
NO_SUCH_BUCKET = S3Error("NoSuchBucket", "The specified bucket does not exist")


@dataclass(frozen=True)
class Location:
    """An S3 URI, taken apart."""

    bucket: str
    key: str

    @classmethod
    def of(cls, uri: str) -> Location:
        """The location of an `s3://` URI, or of an `https://` URL with the bucket in its host or in its path."""
        parts = urlsplit(uri)
        if parts.scheme == "https" and (host := HOST.fullmatch(parts.netloc)):
            bucket, _, key = f"{host['bucket'] or ''}{parts.path}".lstrip("/").partition("/")
            return cls(bucket, key)
        return cls(parts.netloc, parts.path.lstrip("/"))

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def below(self, *names: str) -> Location:
        """The location of `names` under this prefix."""
        return Location(self.bucket, "/".join(part for part in (self.key.rstrip("/"), *names) if part))


def objects(state: State, role_arn: str, prefix: Location) -> list[Location]:
    """The objects whose key begins with the prefix, folder markers aside. Needs s3:ListBucket; raises S3Error."""
    if not iam.permits(state, role_arn, "s3:ListBucket", f"arn:aws:s3:::{prefix.bucket}"):
        raise ACCESS_DENIED
    keys = sorted(_bucket(state, prefix.bucket).keys)
    return [Location(prefix.bucket, key) for key in keys if key.startswith(prefix.key) and not key.endswith("/")]


def read(state: State, role_arn: str, location: Location) -> bytes:
    """An object's bytes. Needs s3:GetObject; raises S3Error."""
    _bucket(state, location.bucket)
    if not iam.permits(state, role_arn, "s3:GetObject", f"arn:aws:s3:::{location.bucket}/{location.key}"):
        raise ACCESS_DENIED
    found = state.others.s3.get_object(location.bucket, location.key)
    if found is None:
        raise S3Error("NoSuchKey", "The specified key does not exist.")
    return bytes(found.value)


def write(state: State, role_arn: str, location: Location, data: bytes) -> None:
    """Put an object. Needs s3:PutObject; raises S3Error."""
    _bucket(state, location.bucket)
    if not iam.permits(state, role_arn, "s3:PutObject", f"arn:aws:s3:::{location.bucket}/{location.key}"):
        raise ACCESS_DENIED
    state.others.s3.put_object(location.bucket, location.key, data)


def name_below(prefix: Location, location: Location) -> str:
    """Where an object found under `prefix` lies in a channel's folder."""
    if location.key.startswith(prefix.key.rstrip("/") + "/") and prefix.key:
        return location.key[len(prefix.key.rstrip("/")) + 1 :]
    return location.key[prefix.key.rfind("/") + 1 :]


def _bucket(state: State, name: str):  # type: ignore[no-untyped-def]
    buckets = state.others.s3.buckets
    if name not in buckets:
        raise NO_SUCH_BUCKET
    return buckets[name]
