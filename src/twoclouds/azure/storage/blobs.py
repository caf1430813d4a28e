"""The blobs of the workspace's storage account: read, written whole or in blocks, copied, deleted.

https://learn.microsoft.com/rest/api/storageservices/operations-on-blobs
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from twoclouds.azure.account import BLOB
from twoclouds.azure.state import State
from twoclouds.azure.storage import blob_service as service
from twoclouds.azure.storage.blob_service import BlobError, answers
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route
from twoclouds.world.storage import Blob, ObjectNotFound


def read(state: State, request: Request, container: str, name: str) -> Response:
    """A blob, or the range of it that the headers ask for."""
    if "comp" in request.query or "snapshot" in request.query:
        raise service.unknown(request, "a blob")
    blob = state.blobs.get(container, name)
    service.check_conditions(request, blob)
    wanted = request.headers.get("x-ms-range") or request.headers.get("range")
    if not wanted:
        return Response(200, service.properties(state, blob), blob.data)
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", wanted)
    first = int(match[1]) if match else 0
    if not match or first >= len(blob.data):
        raise BlobError("InvalidRange")
    last = min(int(match[2]) if match[2] else len(blob.data) - 1, len(blob.data) - 1)
    if last < first:
        raise BlobError("InvalidRange")
    extent = {"Content-Range": f"bytes {first}-{last}/{len(blob.data)}"}
    return Response(206, service.properties(state, blob) | extent, blob.data[first : last + 1])


def describe(state: State, request: Request, container: str, name: str) -> Response:
    """What is known of a blob, without its content."""
    blob = state.blobs.get(container, name)
    service.check_conditions(request, blob)
    return Response(200, {**service.properties(state, blob), "Content-Length": str(len(blob.data))})


def write(state: State, request: Request, container: str, name: str) -> Response:
    """Write a blob, one of its blocks, its list of blocks, what is noted about it, or a copy of another."""
    if not state.blobs.exists(container):
        raise ObjectNotFound(container)
    kept = state.blobs.get(container, name) if state.blobs.exists(container, name) else None
    service.check_conditions(request, kept)
    part = request.query.get("comp")
    if part == "metadata":
        return _noted(state, state.blobs.describe(container, name, service.metadata(request)))
    if part == "properties":
        kind = request.headers.get("x-ms-blob-content-type", "application/octet-stream")
        return _noted(state, state.blobs.describe(container, name, content_type=kind))
    if part == "block":
        if "blockid" not in request.query:
            raise BlobError("MissingRequiredQueryParameter")
        state.blocks.setdefault(f"{container}/{name}", {})[request.query["blockid"]] = request.body
        return Response(201, service.headers(state))
    if source := request.headers.get("x-ms-copy-source"):
        return _copy(state, request, container, name, source)
    data = request.body
    if part == "blocklist":
        data = _assembled(state, request, f"{container}/{name}")
    elif part is not None or request.headers.get("x-ms-blob-type", "BlockBlob") != "BlockBlob":
        raise service.unknown(request, f"a blob ({request.headers.get('x-ms-blob-type', 'BlockBlob')})")
    kind = request.headers.get("x-ms-blob-content-type") or "application/octet-stream"
    blob = state.blobs.put(container, name, data, metadata=service.metadata(request), content_type=kind)
    return Response(201, service.headers(state, service.version_of(state, blob)))


def delete(state: State, request: Request, container: str, name: str) -> Response:
    """Delete a blob."""
    service.check_conditions(request, state.blobs.get(container, name))
    state.blobs.delete(container, name)
    return Response(202, service.headers(state))


def _assembled(state: State, request: Request, place: str) -> bytes:
    """The blocks that a list names, in its order; others are forgotten."""
    held = state.blocks.get(place, {})
    wanted = re.findall(r"<(?:Latest|Uncommitted)>(.*?)</", request.body.decode(errors="replace"))
    if not all(block in held for block in wanted):
        raise BlobError("InvalidBlockList")
    state.blocks.pop(place, None)
    return b"".join(held[block] for block in wanted)


def _copy(state: State, request: Request, container: str, name: str, source: str) -> Response:
    """A copy of another blob of the account, done at once."""
    parts = urlsplit(source)
    if parts.hostname != BLOB:
        raise service.unknown(request, f"a blob from {parts.hostname}")
    origin, _, path = unquote(parts.path).lstrip("/").partition("/")
    if not state.blobs.exists(origin, path):
        raise BlobError("CannotVerifyCopySource")
    taken = state.blobs.get(origin, path)
    noted = service.metadata(request) or taken.metadata
    blob = state.blobs.put(container, name, taken.data, metadata=noted, content_type=taken.content_type)
    copy = {"x-ms-copy-id": state.world.ids.uuid("azure/copy", f"{container}/{name}"), "x-ms-copy-status": "success"}
    return Response(202, service.headers(state, service.version_of(state, blob) | copy))


def _noted(state: State, blob: Blob) -> Response:
    return Response(200, service.headers(state, service.version_of(state, blob)))


_UPLOAD, _DOWNLOAD = "lesson 1 (an upload)", "lesson 1 (jobs.download)"
_DELETE = "azureml-examples sdk/python/assets/data/versioning.ipynb"

ROUTES = (
    Route("GET", BLOB, "/{container}/{name:path}", answers(read), "Blob Storage - Get Blob", _DOWNLOAD),
    Route("HEAD", BLOB, "/{container}/{name:path}", answers(describe), "Blob Storage - Get Blob Properties", _UPLOAD),
    Route("PUT", BLOB, "/{container}/{name:path}", answers(write), "Blob Storage - Put Blob", _UPLOAD),
    Route("DELETE", BLOB, "/{container}/{name:path}", answers(delete), "Blob Storage - Delete Blob", _DELETE),
)
