"""What a request to S3 needs: its action and resource, as its method, path and subresource say.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.sax.saxutils import unescape

from twoclouds.aws.identity.access import Need
from twoclouds.wire.http import Request

if TYPE_CHECKING:
    from twoclouds.aws.state import State

VERBS = {"GET": "Get", "HEAD": "Get", "PUT": "Put", "DELETE": "Put"}
BUCKET = {
    "policy": "BucketPolicy",
    "policyStatus": "BucketPolicyStatus",
    "location": "BucketLocation",
    "versioning": "BucketVersioning",
    "tagging": "BucketTagging",
    "acl": "BucketAcl",
    "cors": "BucketCORS",
    "encryption": "EncryptionConfiguration",
    "lifecycle": "LifecycleConfiguration",
    "logging": "BucketLogging",
    "notification": "BucketNotification",
    "ownershipControls": "BucketOwnershipControls",
    "publicAccessBlock": "BucketPublicAccessBlock",
    "website": "BucketWebsite",
}
"""A bucket's subresources: what follows Get or Put in the name of the action."""
OBJECT = {
    "tagging": "ObjectTagging",
    "acl": "ObjectAcl",
    "retention": "ObjectRetention",
    "legal-hold": "ObjectLegalHold",
}
"""An object's."""


def of(state: State, request: Request) -> list[Need]:
    """What a request needs. A key that is not there shows itself only to who may list its bucket."""
    bucket, key = place(request)
    if not bucket:
        return [_need("s3:ListAllMyBuckets", "*")]
    policy = _bucket_policy(state, bucket)
    if not key:
        return _on_bucket(request, bucket, policy)
    needs = [_need(_on_object(request), _arn(bucket, key), policy)]
    source = request.headers.get("x-amz-copy-source")
    if source:
        from_bucket, _, from_key = unquote(source).lstrip("/").partition("?")[0].partition("/")
        needs.append(_need("s3:GetObject", _arn(from_bucket, from_key), _bucket_policy(state, from_bucket)))
    if request.method in ("GET", "HEAD") and not _exists(state, bucket, key):
        needs.append(_need("s3:ListBucket", _arn(bucket), policy))
    return needs


def place(request: Request) -> tuple[str, str]:
    """(bucket, key) of a request, its bucket named in the host or in the path."""
    before, _, rest = request.host.partition(".s3.")
    path = f"/{before}{request.path}" if rest else request.path
    bucket, _, key = path.lstrip("/").partition("/")
    return bucket, key


def _on_bucket(request: Request, bucket: str, policy: str | None) -> list[Need]:
    query, method, arn = request.query, request.method, _arn(bucket)
    if method == "POST" and "delete" in query:
        keys = [unescape(key) for key in re.findall(r"<Key>(.*?)</Key>", request.body.decode(), re.DOTALL)]
        return [_need("s3:DeleteObject", _arn(bucket, key), policy) for key in keys]
    for subresource, name in BUCKET.items():
        if subresource in query:
            verb = "Delete" if method == "DELETE" and subresource == "policy" else VERBS.get(method, "Put")
            return [_need(f"s3:{verb}{name}", arn, policy)]
    if method in ("PUT", "DELETE"):
        return [_need("s3:CreateBucket" if method == "PUT" else "s3:DeleteBucket", arn, policy)]
    listing = {"versions": "s3:ListBucketVersions", "uploads": "s3:ListBucketMultipartUploads"}
    action = next((action for name, action in listing.items() if name in query), "s3:ListBucket")
    context = {f"s3:{name}": (query[name],) for name in ("prefix", "delimiter", "max-keys") if name in query}
    return [Need(action, arn, context, policy, quoted=True)]


def _on_object(request: Request) -> str:
    query, method = request.query, request.method
    if "uploadId" in query and method in ("GET", "DELETE"):
        return "s3:ListMultipartUploadParts" if method == "GET" else "s3:AbortMultipartUpload"
    for subresource, name in OBJECT.items():
        if subresource in query:
            return f"s3:{'Delete' if method == 'DELETE' else VERBS.get(method, 'Put')}{name}"
    if "attributes" in query:
        return "s3:GetObjectAttributes"
    of_version = "Version" if "versionId" in query and method != "PUT" else ""
    return {"GET": "s3:GetObject", "HEAD": "s3:GetObject", "DELETE": "s3:DeleteObject"}.get(
        method, "s3:PutObject"
    ) + of_version


def _need(action: str, resource: str, policy: str | None = None) -> Need:
    return Need(action, resource, {}, policy, quoted=True)


def _arn(bucket: str, key: str = "") -> str:
    return f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"


def _bucket_policy(state: State, bucket: str) -> str | None:
    found: Any = state.others.s3.buckets.get(bucket)
    policy = found.policy if found is not None else None
    return (policy.decode() if isinstance(policy, bytes) else policy) or None


def _exists(state: State, bucket: str, key: str) -> bool:
    found: Any = state.others.s3.buckets.get(bucket)
    return found is None or key in found.keys
