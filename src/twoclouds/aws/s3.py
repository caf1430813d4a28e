"""S3 on behalf of a role: what a job reads and writes, with that role's rights."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from twoclouds.aws import public_data
from twoclouds.aws.identity import iam, kms
from twoclouds.wire.http import Request, Response

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
    """The objects whose key begins with the prefix; not folder markers, nor what was deleted in a bucket that keeps
    versions. Needs s3:ListBucket; raises S3Error."""
    if not iam.permits(state, role_arn, "s3:ListBucket", f"arn:aws:s3:::{prefix.bucket}"):
        raise ACCESS_DENIED
    held = _bucket(state, prefix).keys
    keys = sorted(key for key in held if key.startswith(prefix.key) and not key.endswith("/"))
    return [Location(prefix.bucket, key) for key in keys if hasattr(held[key], "value")]


def read(state: State, role_arn: str, location: Location) -> bytes:
    """An object's bytes. Needs s3:GetObject, and of the key that it was encrypted with kms:Decrypt; raises S3Error."""
    _bucket(state, location)
    if not iam.permits(state, role_arn, "s3:GetObject", f"arn:aws:s3:::{location.bucket}/{location.key}"):
        raise ACCESS_DENIED
    found = state.others.s3.get_object(location.bucket, location.key)
    if found is None:
        raise S3Error("NoSuchKey", "The specified key does not exist.")
    _check_key(state, role_arn, getattr(found, "kms_key_id", "") or "", kms.DECRYPT)
    return bytes(found.value)


def write(state: State, role_arn: str, location: Location, data: bytes, *, key: str = "") -> None:
    """Put an object, encrypted with a KMS key if one is given. Needs s3:PutObject, and of the key kms:GenerateDataKey;
    raises S3Error."""
    is_ours = not public_data.is_public(location.bucket)
    if is_ours:
        _bucket(state, location)
    resource = f"arn:aws:s3:::{location.bucket}/{location.key}"
    if not is_ours or not iam.permits(state, role_arn, "s3:PutObject", resource):
        raise ACCESS_DENIED
    _check_key(state, role_arn, key, kms.DATA_KEY)
    encryption = {"encryption": "aws:kms", "kms_key_id": key} if key else {}
    state.others.s3.put_object(location.bucket, location.key, data, **encryption)


def _check_key(state: State, role_arn: str, key: str, action: str) -> None:
    if key:
        try:
            kms.check(state, role_arn, key, action)
        except kms.KmsError as error:
            raise S3Error("AccessDenied", str(error)) from None


def asked(request: Request) -> Location:
    """What an S3 request is about: its bucket is named in the host or in the path."""
    before, _, rest = request.host.partition(".s3")
    path = f"/{before}{request.path}" if rest and before else request.path
    bucket, _, key = path.lstrip("/").partition("/")
    return Location(bucket, key or request.query.get("prefix", ""))


def open_public(state: State, request: Request) -> Response | None:
    """Have a public sample bucket there before moto is asked for it; who would write to it is refused, as the bucket
    is AWS's own. Raises NotSimulated for an object that nothing stands in for."""
    location = asked(request)
    if not public_data.is_public(location.bucket):
        return None
    if request.method not in ("GET", "HEAD"):
        body = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        return Response(403, {"Content-Type": "application/xml"}, body.encode())
    public_data.open_bucket(state, location.bucket, location.key)
    return None


def name_below(prefix: Location, location: Location) -> str:
    """Where an object found under `prefix` lies in a channel's folder."""
    if location.key.startswith(prefix.key.rstrip("/") + "/") and prefix.key:
        return location.key[len(prefix.key.rstrip("/")) + 1 :]
    return location.key[prefix.key.rfind("/") + 1 :]


def _bucket(state: State, location: Location):  # type: ignore[no-untyped-def]
    buckets = state.others.s3.buckets
    if public_data.is_public(location.bucket):
        public_data.open_bucket(state, location.bucket, location.key)
    if location.bucket not in buckets:
        raise NO_SUCH_BUCKET
    return buckets[location.bucket]
