"""Azure Blob Storage, as far as the workspace's storage account is read and written.

https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
"""

from __future__ import annotations

import re
from hashlib import sha256
from xml.sax.saxutils import escape

from twoclouds.azure.account import BLOB
from twoclouds.azure.state import State
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route
from twoclouds.world.storage import Blob, ObjectNotFound

MESSAGES = {
    "BlobNotFound": "The specified blob does not exist.",
    "ContainerNotFound": "The specified container does not exist.",
    "InvalidRange": "The range specified is invalid for the current size of the resource.",
    "InvalidBlockList": "The specified block list is invalid.",
}
VERSION = "2025-01-05"


def list_blobs(state: State, request: Request, container: str) -> Response:
    """The blobs of a container whose names begin with a prefix, as XML."""
    prefix = request.query.get("prefix", "")
    try:
        blobs = state.blobs.list(container, prefix)
    except ObjectNotFound:
        return _error(state, 404, "ContainerNotFound")
    entries = "".join(_entry(state, name, blob) for name, blob in blobs.items())
    body = (
        f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="https://{BLOB}/" '
        f'ContainerName="{escape(container)}"><Prefix>{escape(prefix)}</Prefix><Blobs>{entries}</Blobs><NextMarker />'
        "</EnumerationResults>"
    )
    return Response(200, _headers(state, {"Content-Type": "application/xml"}), body.encode())


def read(state: State, request: Request, container: str, name: str) -> Response:
    """A blob, or the range of it that the headers ask for."""
    try:
        blob = state.blobs.get(container, name)
    except ObjectNotFound:
        return _error(state, 404, "BlobNotFound")
    wanted = request.headers.get("x-ms-range") or request.headers.get("range")
    if not wanted:
        return Response(200, _properties(state, blob), blob.data)
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted)
    first = int(match[1]) if match else 0
    if not match or first >= len(blob.data):
        return _error(state, 416, "InvalidRange")
    last = min(int(match[2]) if match[2] else len(blob.data) - 1, len(blob.data) - 1)
    extent = {"Content-Range": f"bytes {first}-{last}/{len(blob.data)}"}
    return Response(206, _properties(state, blob) | extent, blob.data[first : last + 1])


def describe(state: State, request: Request, container: str, name: str) -> Response:
    """What is known of a blob, without its content."""
    try:
        blob = state.blobs.get(container, name)
    except ObjectNotFound:
        return _error(state, 404, "BlobNotFound")
    return Response(200, {**_properties(state, blob), "Content-Length": str(len(blob.data))})


def write(state: State, request: Request, container: str, name: str) -> Response:
    """Write a blob, one of its blocks, its list of blocks, or its metadata."""
    if not state.blobs.exists(container):
        return _error(state, 404, "ContainerNotFound")
    part = request.query.get("comp")
    if part == "metadata":
        return _write_metadata(state, request, container, name)
    if part == "block":
        state.blocks.setdefault(f"{container}/{name}", {})[request.query["blockid"]] = request.body
        return Response(201, _headers(state))
    data = request.body
    if part == "blocklist":
        held = state.blocks.pop(f"{container}/{name}", {})
        wanted = re.findall(r"<(?:Latest|Uncommitted)>(.*?)</", request.body.decode())
        if not all(block in held for block in wanted):
            return _error(state, 400, "InvalidBlockList")
        data = b"".join(held[block] for block in wanted)
    kind = request.headers.get("x-ms-blob-content-type") or "application/octet-stream"
    blob = state.blobs.put(container, name, data, metadata=_metadata(request), content_type=kind)
    return Response(201, _headers(state, _version_of(state, blob)))


def _write_metadata(state: State, request: Request, container: str, name: str) -> Response:
    try:
        blob = state.blobs.describe(container, name, _metadata(request))
    except ObjectNotFound:
        return _error(state, 404, "BlobNotFound")
    return Response(200, _headers(state, _version_of(state, blob)))


def _metadata(request: Request) -> dict[str, str]:
    return {name[10:]: value for name, value in request.headers.items() if name.startswith("x-ms-meta-")}


def _properties(state: State, blob: Blob) -> dict[str, str]:
    return _headers(
        state,
        {
            **_version_of(state, blob),
            "Content-Type": blob.content_type,
            "Accept-Ranges": "bytes",
            "x-ms-blob-type": "BlockBlob",
            "x-ms-creation-time": _date(state, blob.modified),
            **{f"x-ms-meta-{name}": value for name, value in blob.metadata.items()},
        },
    )


def _version_of(state: State, blob: Blob) -> dict[str, str]:
    return {"ETag": f'"{_etag(blob)}"', "Last-Modified": _date(state, blob.modified)}


def _etag(blob: Blob) -> str:
    return "0x" + sha256(blob.data + str(blob.modified).encode()).hexdigest()[:15].upper()


def _entry(state: State, name: str, blob: Blob) -> str:
    metadata = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in blob.metadata.items())
    return (
        f"<Blob><Name>{escape(name)}</Name><Properties><Creation-Time>{_date(state, blob.modified)}</Creation-Time>"
        f"<Last-Modified>{_date(state, blob.modified)}</Last-Modified><Etag>{_etag(blob)}</Etag>"
        f"<Content-Length>{len(blob.data)}</Content-Length><Content-Type>{escape(blob.content_type)}</Content-Type>"
        f"<BlobType>BlockBlob</BlobType></Properties><Metadata>{metadata}</Metadata></Blob>"
    )


def _error(state: State, status: int, code: str) -> Response:
    error = f"<Error><Code>{code}</Code><Message>{MESSAGES[code]}</Message></Error>"
    headers = _headers(state, {"x-ms-error-code": code, "Content-Type": "application/xml"})
    return Response(status, headers, f'<?xml version="1.0" encoding="utf-8"?>{error}'.encode())


def _headers(state: State, more: dict[str, str] | None = None) -> dict[str, str]:
    return {"x-ms-version": VERSION, "Date": _date(state, state.world.clock.now), **(more or {})}


def _date(state: State, time: int) -> str:
    return f"{state.world.clock.at(time):%a, %d %b %Y %H:%M:%S} GMT"


_UPLOAD, _DOWNLOAD = "lesson 1 (an upload)", "lesson 1 (jobs.download)"

ROUTES = (
    Route("GET", BLOB, "/{container}", list_blobs, "Blob Storage - List Blobs", _DOWNLOAD),
    Route("GET", BLOB, "/{container}/{name:path}", read, "Blob Storage - Get Blob", _DOWNLOAD),
    Route("HEAD", BLOB, "/{container}/{name:path}", describe, "Blob Storage - Get Blob Properties", _UPLOAD),
    Route("PUT", BLOB, "/{container}/{name:path}", write, "Blob Storage - Put Blob", _UPLOAD),
)
