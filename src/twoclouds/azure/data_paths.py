"""What a job's input names: a data asset, or a path in a datastore."""

from __future__ import annotations

import re

from twoclouds.azure import datastores
from twoclouds.azure.state import State
from twoclouds.wire.errors import NotSimulated


def resolve(state: State, uri: str) -> tuple[str, str]:
    """(container, path) of an input's URI. Raises AzureError (404) for an asset that does not exist."""
    asset = re.search(r"/data/([^/]+)/versions/([^/]+)$", uri)
    if asset:
        uri = state.data.get(asset[1], asset[2]).properties["dataUri"]
    elif "://" in uri and not uri.startswith("azureml://") and ".blob.core.windows.net/" not in uri:
        raise NotSimulated(f"the input {uri}", "Data in the workspace's datastores are.")
    return datastores.locate(uri)


def read(state: State, uri: str) -> dict[str, bytes]:
    """The content of an input: path under it → bytes; a file's own name if it is one. Empty if there is nothing."""
    container, path = resolve(state, uri)
    if state.blobs.exists(container, path):
        return {path.rsplit("/", 1)[-1]: state.blobs.get(container, path).data}
    prefix = f"{path}/" if path else ""
    return {key.removeprefix(prefix): blob.data for key, blob in state.blobs.list(container, prefix).items()}


def write(state: State, uri: str, files: dict[str, bytes]) -> None:
    """Store an output's files (path under it → bytes)."""
    container, path = datastores.locate(uri)
    for name, data in files.items():
        state.blobs.put(container, f"{path}/{name}", data)
