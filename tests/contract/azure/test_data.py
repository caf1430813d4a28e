"""Data assets, datastores and their blobs through the real azure-ai-ml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contract.azure_lab import Session, folder

REFUSALS = [
    ("unknown data", lambda a: a.client.data.get("d", version="1"), "ResourceNotFoundError", "UserError",
     "Could not find asset with ID: azureml:subscriptions/"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "call", "kind", "code", "message"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_refusals(azure: Session, case: str, call: Any, kind: str, code: str, message: str) -> None:
    azure.cluster()
    azure.refuses(call, kind, code, message)


def test_every_operation_is_called_by_the_sdk(azure: Session, tmp_path: Path) -> None:
    from azure.ai.ml.entities import Data

    client = azure.client
    path = folder(tmp_path / "data", sensors_csv="1")
    for _ in range(2):
        client.data.create_or_update(Data(name="d", path=path, type="uri_folder"))
    client.data.get("d", version="1")
    client.data.get("d", label="latest")
    assert [found.name for found in client.data.list()] == ["d"]
    assert [found.version for found in client.data.list("d")] == ["2", "1"]
    client.data.archive("d")
    client.data.restore("d")
    azure.cluster()
    job = azure.submit()
    azure.lab.skip(hours=1)
    client.jobs.download(job.name, download_path=tmp_path / "out")
    assert azure.uncalled("data") == set()
