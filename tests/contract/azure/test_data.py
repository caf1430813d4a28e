"""Data assets, datastores and their blobs through the real azure-ai-ml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contract.azure_lab import Session, folder
from twoclouds.azure import account
from twoclouds.azure.storage import data_paths


def data(name: str = "d", path: str = "azureml://datastores/workspaceblobstore/paths/x", **settings: Any) -> Any:
    from azure.ai.ml.entities import Data

    return Data(name=name, path=path, **{"type": "uri_folder", **settings})


@pytest.mark.parametrize("kind", ["uri_file", "uri_folder", "mltable"])
def test_each_type_from_a_local_path_is_uploaded_once(azure: Session, tmp_path: Path, kind: str) -> None:
    path = folder(tmp_path / "data", sensors_csv="a,b\n", MLTable="paths: [{file: ./sensors.csv}]\n")
    path += "/sensors.csv" if kind == "uri_file" else ""
    first, second = (azure.client.data.create_or_update(data(path=path, type=kind, version=v)) for v in ("1", "2"))
    assert first.path == second.path  # the same content is in the same place
    assert (first.type, azure.client.data.get("d", label="latest").version) == (kind, "2")
    found = data_paths.read(azure.lab.azure.state, second.id)
    assert found["sensors.csv"] == b"a,b\n"
    if kind == "mltable":
        assert azure.lab.azure.state.data.get("d", "1").properties["referencedUris"] == ["./sensors.csv"]


@pytest.mark.parametrize(
    ("kind", "message"),
    [("uri_file", "does not match asset type uri_file"), ("mltable", "MLTable")],
)
def test_the_sdk_refuses_what_is_not_of_that_type(azure: Session, tmp_path: Path, kind: str, message: str) -> None:
    path = folder(tmp_path / "data", sensors_csv="a,b\n")
    with pytest.raises(Exception, match=message):
        azure.client.data.create_or_update(data(path=path, type=kind))


@pytest.mark.parametrize(
    "path",
    [
        "azureml://datastores/workspaceblobstore/paths/in/sensors.csv",
        "azureml://subscriptions/1/resourcegroups/r/workspaces/w/datastores/workspaceblobstore/paths/in/sensors.csv",
        f"https://{account.BLOB}/{account.BLOB_CONTAINER}/in/sensors.csv",
        f"wasbs://{account.BLOB_CONTAINER}@{account.BLOB}/in/sensors.csv",
        "azureml://jobs/first/outputs/trained/paths/sensors.csv",
        f"azureml://locations/eastus/workspaces/{account.WORKSPACE_GUID}/data/other/versions/1",
    ],
)
def test_all_the_ways_to_say_where_data_is(azure: Session, path: str) -> None:
    from azure.ai.ml import Output

    state = azure.lab.azure.state
    azure.cluster()
    place = "azureml://datastores/workspaceblobstore/paths/in"
    azure.submit(name="first", outputs={"trained": Output(type="uri_folder", path=place)})
    azure.lab.skip(hours=1)
    state.blobs.put(account.BLOB_CONTAINER, "in/sensors.csv", b"a,b\n")
    azure.client.data.create_or_update(data("other", f"{place}/sensors.csv", type="uri_file", version="1"))
    made = azure.client.data.create_or_update(data("d", path, type="uri_file", version="1"))
    assert data_paths.read(state, made.id) == {"sensors.csv": b"a,b\n"}


def test_what_may_change_and_what_may_not(azure: Session) -> None:
    client = azure.client.data
    client.create_or_update(data(version="1", description="first", tags={"a": "1"}))
    kept = client.get("d", "1")
    kept.description, kept.tags = "better", {"a": "2"}
    client.create_or_update(kept)
    azure.refuses(
        lambda a: client.create_or_update(data(version="1", path="azureml://datastores/workspaceblobstore/paths/y")),
        "ResourceExistsError", "UserError", "the existing asset's data uri cannot be changed. Only tags, description",
    )  # fmt: skip
    found = client.get("d", "1")
    assert (found.description, found.tags, found.path.rsplit("/", 1)[-1]) == ("better", {"a": "2"}, "x")


def test_archived_versions_are_out_of_sight_and_still_there(azure: Session) -> None:
    client = azure.client.data
    for version in ("1", "2", "3"):
        client.create_or_update(data(version=version))
    client.create_or_update(data("other", version="1"))
    client.archive("d", version="2")
    assert [found.version for found in client.list("d")] == ["3", "1"]
    assert [found.version for found in client.list("d", list_view_type="ArchivedOnly")] == ["2"]
    client.archive("d", label="latest")
    assert client.get("d", label="latest").version == "1"
    client.archive("d")
    assert [found.name for found in client.list()] == ["other"]
    assert [found.name for found in client.list(list_view_type="ArchivedOnly")] == ["d"]
    client.restore("d", version="2")
    assert list(client.list("d")) == []  # the asset as a whole is archived
    client.restore("d")
    assert [found.version for found in client.list("d")] == ["2", "1"]
    assert client.get("d", version="3").version == "3"


def test_labels_and_names_that_nobody_has_used(azure: Session) -> None:
    for operations in (azure.client.data, azure.client.models, azure.client.environments):
        assert list(operations.list("nobody")) == []
        with pytest.raises(Exception, match="Asset nobody does not exist in workspace"):
            operations.get("nobody", label="latest")


REFUSALS = [
    ("not a name", lambda a: a.client.data.create_or_update(data("a b")), "HttpResponseError", "BadRequest",
     "The provided asset name 'a b' is invalid"),
    ("no such datastore", lambda a: a.client.data.create_or_update(data(path="azureml://datastores/no/paths/x")),
     "ResourceNotFoundError", "UserError", "Could not find datastore: no in workspace."),
    ("no such job", lambda a: a.client.data.create_or_update(data(path="azureml://jobs/no/outputs/o")),
     "ResourceNotFoundError", "UserError", "Job no not found."),
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
