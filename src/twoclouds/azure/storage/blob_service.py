"""What the answers of Azure Blob Storage have in common: headers, properties of a blob, errors, conditions.

https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from hashlib import sha256

from twoclouds.azure.errors import AzureError
from twoclouds.azure.identity import access, principals
from twoclouds.azure.state import State
from twoclouds.wire.errors import NotSimulated
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Handler
from twoclouds.world.storage import Blob, ObjectNotFound

MESSAGES = {
    "BlobAlreadyExists": (409, "The specified blob already exists."),
    "AuthorizationPermissionMismatch": (
        403,
        "This request is not authorized to perform this operation using this permission.",
    ),
    "BlobNotFound": (404, "The specified blob does not exist."),
    "CannotVerifyCopySource": (404, "The specified resource does not exist."),
    "ConditionNotMet": (412, "The condition specified using HTTP conditional header(s) is not met."),
    "ContainerAlreadyExists": (409, "The specified container already exists."),
    "ContainerNotFound": (404, "The specified container does not exist."),
    "InvalidBlockList": (400, "The specified block list is invalid."),
    "InvalidRange": (416, "The range specified is invalid for the current size of the resource."),
    "InvalidResourceName": (400, "The specified resource name contains invalid characters."),
    "InvalidAuthenticationInfo": (401, "Server failed to authenticate the request."),
    "MissingRequiredQueryParameter": (400, "A query parameter that's mandatory for this request is not specified."),
    "PublicAccessNotPermitted": (409, "Public access is not permitted on this storage account."),
}
"""Code → status and message (rest/api/storageservices/blob-service-error-codes)."""

VERSION = "2025-01-05"


class BlobError(Exception):
    """What the storage refuses; `code` is one of `MESSAGES`."""

    def __init__(self, code: str) -> None:
        super().__init__(MESSAGES[code][1])
        self.code = code


def answers(handler: Callable[..., Response]) -> Handler:
    """A handler whose errors go out as the storage's, and that answers only callers who show a key, a signature or a
    token."""

    @wraps(handler)
    def handle(state: State, request: Request, **place: str) -> Response:
        try:
            _check_caller(state, request, **place)
            return handler(state, request, **place)
        except BlobError as refused:
            return error(state, request, refused.code)
        except ObjectNotFound:
            container = place.get("container", "")
            missing = "BlobNotFound" if state.blobs.exists(container) else "ContainerNotFound"
            return error(state, request, missing)

    return handle


def _check_caller(state: State, request: Request, container: str = "", name: str = "") -> None:
    """Raise BlobError unless the request shows a key or a signature, or a token of somebody whose roles allow it."""
    if "sig" in request.query or request.headers.get("authorization", "").startswith("SharedKey"):
        return
    if not request.headers.get("authorization"):
        raise BlobError("PublicAccessNotPermitted")
    try:
        who = principals.calling(state, request)
    except AzureError:
        raise BlobError("InvalidAuthenticationInfo") from None
    verb = {"GET": "read", "HEAD": "read", "DELETE": "delete"}.get(request.method, "write")
    if container and (name or verb == "read"):
        allowed = access.may_blobs(state, who, container, verb)
    else:
        allowed = access.may_containers(state, who, verb)
    if not allowed:
        raise BlobError("AuthorizationPermissionMismatch")


def check_conditions(request: Request, kept: Blob | None) -> None:
    """Raise BlobError if the request asks for a state of the blob that is not so."""
    wanted, unwanted = request.headers.get("if-match"), request.headers.get("if-none-match")
    tag = f'"{etag(kept)}"' if kept else None
    if unwanted == "*" and kept:
        raise BlobError("BlobAlreadyExists")
    if (wanted and (tag is None or wanted not in (tag, "*"))) or (unwanted and tag == unwanted):
        raise BlobError("ConditionNotMet")


def unknown(request: Request, what: str) -> NotSimulated:
    """What to raise for an operation of the storage that nothing here answers."""
    asked = "&".join(f"{key}={request.query[key]}" for key in ("restype", "comp") if key in request.query)
    return NotSimulated(f"Azure Blob Storage: {request.method} of {what}{'?' if asked else ''}{asked}")


def headers(state: State, more: dict[str, str] | None = None) -> dict[str, str]:
    """The headers of every answer, and more."""
    return {"x-ms-version": VERSION, "Date": date(state, state.world.clock.now), **(more or {})}


def version_of(state: State, blob: Blob) -> dict[str, str]:
    """What tells one state of a blob from another."""
    return {"ETag": f'"{etag(blob)}"', "Last-Modified": date(state, blob.modified)}


def properties(state: State, blob: Blob) -> dict[str, str]:
    """What is known of a blob, as headers."""
    return headers(
        state,
        {
            **version_of(state, blob),
            "Content-Type": blob.content_type,
            "Accept-Ranges": "bytes",
            "x-ms-blob-type": "BlockBlob",
            "x-ms-creation-time": date(state, blob.modified),
            "x-ms-access-tier": "Hot",
            "x-ms-lease-state": "available",
            "x-ms-lease-status": "unlocked",
            **{f"x-ms-meta-{name}": value for name, value in blob.metadata.items()},
        },
    )


def metadata(request: Request) -> dict[str, str]:
    """What a request notes about a blob."""
    return {name[10:]: value for name, value in request.headers.items() if name.startswith("x-ms-meta-")}


def etag(blob: Blob) -> str:
    """What changes whenever a blob does."""
    noted = f"{blob.modified}{sorted(blob.metadata.items())}{blob.content_type}"
    return "0x" + sha256(blob.data + noted.encode()).hexdigest()[:15].upper()


def error(state: State, request: Request, code: str) -> Response:
    """An error as the storage sends it."""
    status, message = MESSAGES[code]
    xml = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    body = b"" if request.method == "HEAD" else xml.encode()
    return Response(status, headers(state, {"x-ms-error-code": code, "Content-Type": "application/xml"}), body)


def date(state: State, time: int) -> str:
    """A virtual time (ms) as HTTP writes it."""
    return f"{state.world.clock.at(time):%a, %d %b %Y %H:%M:%S} GMT"
