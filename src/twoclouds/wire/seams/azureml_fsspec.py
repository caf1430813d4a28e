"""`azureml://` in pandas and fsspec. The package azureml-fsspec brings an engine of its own, which nothing here can
answer; it is stood in for by the SDKs that can be: azure-ai-ml for the datastore, azure-storage-blob for what is in it.
"""

from __future__ import annotations

import io
import re
import sys
from types import ModuleType
from typing import Any

from twoclouds.wire.patches import Patches

MODULE = "fsspec"
PROTOCOL = "azureml"
_PLACE = re.compile(
    r"subscriptions/([^/]+)/resourcegroups/([^/]+)/(?:providers/[^/]+/)?workspaces/([^/]+)/datastores/([^/]+)/paths/(.*)",
    re.IGNORECASE,
)


def install(patches: Patches, module: ModuleType) -> None:
    """From here until `patches.undo()`, fsspec reads `azureml://subscriptions/…/datastores/…/paths/…`."""
    registry = sys.modules["fsspec.registry"]
    registry.register_implementation(PROTOCOL, _file_system(), clobber=True)
    patches.later(lambda: registry._registry.pop(PROTOCOL, None))


def _file_system() -> type:
    from fsspec.spec import AbstractFileSystem  # type: ignore[import-untyped]

    class AzureMachineLearningFileSystem(AbstractFileSystem):  # type: ignore[misc]
        """Files in the datastores of a workspace, to be read."""

        protocol = PROTOCOL
        cachable = False

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__()
            self._containers: dict[str, Any] = {}

        def info(self, path: str, **options: Any) -> dict[str, Any]:
            """Name, type and size of a file or folder. Raises FileNotFoundError."""
            path = self._strip_protocol(path)
            found = self.ls(path)
            return found[0] if found[0]["name"] == path else {"name": path, "type": "directory", "size": 0}

        def ls(self, path: str, detail: bool = True, **options: Any) -> list[Any]:
            """What is in a folder, or the file itself. Raises FileNotFoundError."""
            path = self._strip_protocol(path)
            container, root, name = self._at(path)
            found: dict[str, int | None] = {}
            for blob in container.list_blobs(name_starts_with=name):
                if blob.name == name:
                    found = {name: blob.size}
                    break
                head = f"{name}/" if name else ""
                if blob.name.startswith(head):
                    child, deeper, _ = blob.name[len(head) :].partition("/")
                    found[f"{head}{child}"] = None if deeper else blob.size
            if not found:
                raise FileNotFoundError(f"{PROTOCOL}://{path}")
            entries = [
                {"name": f"{root}{key}", "type": "directory" if size is None else "file", "size": size or 0}
                for key, size in found.items()
            ]
            return entries if detail else [entry["name"] for entry in entries]

        def _open(self, path: str, mode: str = "rb", *arguments: Any, **options: Any) -> io.BytesIO:
            if mode != "rb":
                raise NotImplementedError("Two Clouds: azureml:// is read-only here; upload with azure-ai-ml.")
            container, _, name = self._at(path)
            return io.BytesIO(container.download_blob(name).readall())

        def _at(self, path: str) -> tuple[Any, str, str]:
            """(container, what comes before a blob's name in a path, the blob's name)."""
            match = _PLACE.fullmatch(path)
            if not match:
                raise ValueError(f"'{PROTOCOL}://{path}' is not the URI of a path in a datastore.")
            root, name = path[: match.start(5)], match[5]
            if root not in self._containers:
                self._containers[root] = _container(*match.groups()[:4])
            return self._containers[root], root, name

    return AzureMachineLearningFileSystem


def _container(subscription: str, group: str, workspace: str, datastore: str) -> Any:
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential
    from azure.storage.blob import ContainerClient

    credential = DefaultAzureCredential()
    store = MLClient(credential, subscription, group, workspace).datastores.get(datastore, include_secrets=True)
    secret = getattr(store.credentials, "sas_token", None) or getattr(store.credentials, "account_key", None)
    url = f"{store.protocol}://{store.account_name}.blob.{store.endpoint}"
    return ContainerClient(url, store.container_name, credential=secret or credential)
