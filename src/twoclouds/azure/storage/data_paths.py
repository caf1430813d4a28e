"""Where data is: what the URIs of inputs, outputs, data assets and models come to, and what is stored there.

https://learn.microsoft.com/azure/machine-learning/how-to-access-data-interactive (URIs of datastores), and
reference-yaml-job-command (of the outputs of jobs)
"""

from __future__ import annotations

import re

from twoclouds.azure.account import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE
from twoclouds.azure.errors import AzureError, user_error
from twoclouds.azure.identity import access
from twoclouds.azure.identity.principals import Principal
from twoclouds.azure.state import State
from twoclouds.azure.storage import datastores, public_data
from twoclouds.wire.errors import NotSimulated
from twoclouds.world.storage import ObjectNotFound

_JOB = re.compile(r"azureml://(?:.*/)?jobs/([^/]+)/outputs/([^/]+)(?:/paths)?/?(.*)")
_RUN = re.compile(r"runs:/([^/]+)/?(.*)")
_STORE = re.compile(r"azureml://(?:.*/)?datastores/([^/]+)(?:/paths)?/?(.*)")
_ASSET = re.compile(
    r"(?:azureml:)?/*(?:subscriptions|locations)/(?:(?!/datastores/).)*/(data|models)/([^/]+)/versions/([^/]+)/?"
)


def settle(state: State, uri: str) -> tuple[str, str]:
    """A URI in the form in which Azure keeps it (a datastore's in its long form; of another asset, that asset's), and
    the job whose output it is.

    Raises AzureError (404) for an asset, a job or a datastore that does not exist.
    """
    job = ""
    if uri.startswith("azureml://registries/"):
        raise NotSimulated(f"the assets of a registry ({uri})", "Those of the workspace are.")
    if found := _ASSET.fullmatch(uri):
        properties = (state.data if found[1] == "data" else state.models).get(found[2], found[3]).properties
        return str(properties["dataUri" if found[1] == "data" else "modelUri"]), job
    if found := _JOB.fullmatch(uri):
        job, root = found[1], _output(state, found[1], found[2])
        uri = f"{root.rstrip('/')}/{found[3]}"
    elif found := _RUN.fullmatch(uri):
        job, root = found[1], _output(state, found[1], "artifacts")
        uri = f"{root.rstrip('/')}/{found[2]}"
    if found := _STORE.fullmatch(uri):
        datastores.find(state, found[1])
        uri = (
            f"azureml://subscriptions/{SUBSCRIPTION}/resourcegroups/{RESOURCE_GROUP}/workspaces/{WORKSPACE}"
            f"/datastores/{found[1]}/paths/{found[2]}"
        )
    return uri, job


def resolve(state: State, uri: str) -> tuple[str, str]:
    """(container, path) of a URI in the workspace's storage.

    Raises AzureError for an asset, a job or a datastore that does not exist (404) or cannot be reached (400).
    """
    return datastores.locate(state, place(state, uri))


def place(state: State, uri: str) -> str:
    """The URI of the storage that a URI comes to: an asset's path, a job's output, or the URI itself.

    Raises AzureError (404) for an asset, a job or a datastore that does not exist.
    """
    return settle(state, uri)[0]


def check(state: State, uri: str) -> None:
    """Raise AzureError (404) if a job that names this URI is refused, NotSimulated if what is there cannot be told.
    What Azure does not look at before the job runs, such as a path at which there is nothing, is let pass."""
    uri = place(state, uri)
    if not _is_in_datastore(uri):
        public_data.files(state, uri)


def read(state: State, uri: str, who: Principal | None = None) -> dict[str, bytes]:
    """The content of an input: path under it → bytes; a file's own name if it is one. Empty if there is nothing.

    `who` reads, if it is not the service itself. Raises AzureError for what does not exist (404), cannot be reached
    (400) or may not be read (403).
    """
    uri = place(state, uri)
    _check_right(state, uri, who)
    if not _is_in_datastore(uri):
        return public_data.files(state, uri)
    container, path = datastores.locate(state, uri)
    if state.blobs.exists(container, path):
        return {path.rsplit("/", 1)[-1]: state.blobs.get(container, path).data}
    prefix = f"{path}/" if path else ""
    try:
        return {key.removeprefix(prefix): blob.data for key, blob in state.blobs.list(container, prefix).items()}
    except ObjectNotFound:
        return {}


def mount(state: State, uri: str, who: Principal | None = None) -> dict[str, bytes]:
    """What a job that acts as `who` finds of an input. Raises AzureError, in the words of the job's log, if there is
    nothing, or nothing that it may read."""
    found = read(state, uri, who)
    if not found:
        raise user_error(
            404,
            "StreamError(NotFound) The requested stream was not found. Please make sure the request uri is correct.",
        )
    return found


def _is_in_datastore(uri: str) -> bool:
    return uri.startswith("azureml://") or datastores.is_ours(uri)


def write(state: State, uri: str, files: dict[str, bytes], who: Principal | None = None) -> None:
    """Store an output's files (path under it → bytes). Raises AzureError (403) if `who` may not."""
    _check_right(state, place(state, uri), who, write=True)
    container, path = resolve(state, uri)
    for name, data in files.items():
        state.blobs.put(container, f"{path}/{name}", data)


def _check_right(state: State, uri: str, who: Principal | None, *, write: bool = False) -> None:
    """Whose credentials a datastore holds, reads and writes there; where it holds none, and at a blob's own URL, the
    identity does, which then needs a Storage Blob Data role."""
    if who is None or not _is_in_datastore(uri):
        return
    found = _STORE.fullmatch(uri)
    if found and datastores.find(state, found[1]).credentials != "None":
        return
    if not access.may_blobs(state, who, datastores.locate(state, uri)[0], "write" if write else "read"):
        raise AzureError(
            403,
            "ScriptExecution.StreamAccess.Authentication",
            "ScriptExecution.StreamAccess.Authentication: error in streaming from input data sources "
            "StreamError(PermissionDenied(Some(This request is not authorized to perform this operation using this "
            "permission.)))",
        )


def _output(state: State, job: str, output: str) -> str:
    """The URI of a job's output; `artifacts` and `default` are what it leaves in the artifact store."""
    if job not in state.jobs:
        raise user_error(404, f"Job {job} not found.")
    outputs = state.jobs[job].properties["outputs"]
    name = "default" if output == "artifacts" else output
    if name not in outputs:
        raise user_error(404, f"Output {output} of job {job} not found.")
    return str(outputs[name]["uri"])
