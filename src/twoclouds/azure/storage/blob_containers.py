"""The containers of the workspace's storage account: made, listed, deleted; and what is in one."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from twoclouds.azure.account import BLOB
from twoclouds.azure.catalog import read
from twoclouds.azure.state import State
from twoclouds.azure.storage import blob_service as service
from twoclouds.azure.storage.blob_service import BlobError, answers
from twoclouds.wire.http import Request, Response
from twoclouds.wire.routing import Route
from twoclouds.world.storage import Blob, ObjectNotFound

NAME = re.compile(r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]|\$root|\$web|\$logs")
"""rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata"""


def list_containers(state: State, request: Request) -> Response:
    """The containers of the account."""
    if request.query.get("comp") != "list":
        raise service.unknown(request, "the account")
    prefix = request.query.get("prefix", "")
    found = {name: _container(state, name, made) for name, made in state.blobs.containers().items()}
    shown, marker = _page(request, {name: xml for name, xml in found.items() if name.startswith(prefix)})
    body = f"<Prefix>{escape(prefix)}</Prefix><Containers>{''.join(shown)}</Containers>{_next(marker)}"
    return _xml(state, f'ServiceEndpoint="https://{BLOB}/"', body)


def get(state: State, request: Request, container: str) -> Response:
    """What is in a container, or what is known of it."""
    made = state.blobs.containers().get(container)
    if made is None:
        raise ObjectNotFound(container)
    if request.query.get("comp") == "list":
        return _list_blobs(state, request, container)
    if "comp" in request.query:
        raise service.unknown(request, "a container")
    return Response(200, service.headers(state, _version(state, container, made) | {"x-ms-lease-state": "available"}))


def make(state: State, request: Request, container: str) -> Response:
    """Make a container."""
    if "comp" in request.query or request.query.get("restype") != "container":
        raise service.unknown(request, "a container")
    if not NAME.fullmatch(container):
        raise BlobError("InvalidResourceName")
    if state.blobs.exists(container):
        raise BlobError("ContainerAlreadyExists")
    state.blobs.make(container)
    return Response(201, service.headers(state, _version(state, container, state.world.clock.now)))


def delete(state: State, request: Request, container: str) -> Response:
    """Delete a container and all that is in it."""
    state.blobs.remove(container)
    return Response(202, service.headers(state))


def _list_blobs(state: State, request: Request, container: str) -> Response:
    """The blobs whose names begin with a prefix, a page at a time; with a delimiter, what lies deeper as one prefix."""
    prefix, delimiter = request.query.get("prefix", ""), request.query.get("delimiter", "")
    found: dict[str, str] = {}
    for name, blob in state.blobs.list(container, prefix).items():
        head, deeper, _ = name[len(prefix) :].partition(delimiter) if delimiter else ("", "", "")
        if deeper:
            folder = f"{prefix}{head}{delimiter}"
            found[folder] = f"<BlobPrefix><Name>{escape(folder)}</Name></BlobPrefix>"
        else:
            found[name] = _blob(state, name, blob)
    shown, marker = _page(request, found)
    body = f"<Prefix>{escape(prefix)}</Prefix><Blobs>{''.join(shown)}</Blobs>{_next(marker)}"
    if delimiter:
        body = f"<Delimiter>{escape(delimiter)}</Delimiter>{body}"
    return _xml(state, f'ServiceEndpoint="https://{BLOB}/" ContainerName="{escape(container)}"', body)


def _page(request: Request, entries: dict[str, str]) -> tuple[list[str], str]:
    """The entries from the marker on, as many as are asked for, and the marker of the next page."""
    marker, most = request.query.get("marker", ""), request.query.get("maxresults", "")
    names = [name for name in sorted(entries) if name >= marker]
    page = read("storage")["list_page"].integer("value")
    size = min(int(most), page) if most.isdecimal() and int(most) else page
    return [entries[name] for name in names[:size]], names[size] if len(names) > size else ""


def _next(marker: str) -> str:
    return f"<NextMarker>{escape(marker)}</NextMarker>" if marker else "<NextMarker />"


def _container(state: State, name: str, made: int) -> str:
    version = _version(state, name, made)
    return (
        f"<Container><Name>{escape(name)}</Name><Properties><Last-Modified>{version['Last-Modified']}</Last-Modified>"
        f"<Etag>{escape(version['ETag'])}</Etag><LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>"
        "</Properties></Container>"
    )


def _version(state: State, name: str, made: int) -> dict[str, str]:
    return service.version_of(state, Blob(name.encode(), made))


def _blob(state: State, name: str, blob: Blob) -> str:
    noted = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in blob.metadata.items())
    when = service.date(state, blob.modified)
    return (
        f"<Blob><Name>{escape(name)}</Name><Properties><Creation-Time>{when}</Creation-Time>"
        f"<Last-Modified>{when}</Last-Modified><Etag>{service.etag(blob)}</Etag>"
        f"<Content-Length>{len(blob.data)}</Content-Length><Content-Type>{escape(blob.content_type)}</Content-Type>"
        "<BlobType>BlockBlob</BlobType><AccessTier>Hot</AccessTier><LeaseStatus>unlocked</LeaseStatus>"
        f"<LeaseState>available</LeaseState></Properties><Metadata>{noted}</Metadata></Blob>"
    )


def _xml(state: State, attributes: str, body: str) -> Response:
    text = f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults {attributes}>{body}</EnumerationResults>'
    return Response(200, service.headers(state, {"Content-Type": "application/xml"}), text.encode())


_DOWNLOAD, _UPLOAD = "lesson 1 (jobs.download)", "azureml-examples sdk/python/assets/data/versioning.ipynb"

ROUTES = (
    Route("GET", BLOB, "/", answers(list_containers), "Blob Storage - List Containers", _UPLOAD),
    Route("GET", BLOB, "/{container}", answers(get), "Blob Storage - List Blobs", _DOWNLOAD),
    Route("PUT", BLOB, "/{container}", answers(make), "Blob Storage - Create Container", _UPLOAD),
    Route("DELETE", BLOB, "/{container}", answers(delete), "Blob Storage - Delete Container", _UPLOAD),
)
