"""The workspace's storage account through the real azure-storage-blob."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.azure_lab import Session
from twoclouds.azure import account
from twoclouds.wire.errors import NotSimulated


@pytest.fixture
def service(azure: Session) -> Iterator[Any]:
    from azure.identity import DefaultAzureCredential
    from azure.storage.blob import BlobServiceClient

    with BlobServiceClient(f"https://{account.BLOB}", credential=DefaultAzureCredential()) as found:
        yield found


def test_containers_come_and_go(service: Any) -> None:
    from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

    service.create_container("raw")
    assert [found.name for found in service.list_containers()] == [
        "azureml", account.BLOB_CONTAINER, "raw",
    ]  # fmt: skip
    assert [found.name for found in service.list_containers(name_starts_with="ra", results_per_page=1)] == ["raw"]
    with pytest.raises(ResourceExistsError, match="The specified container already exists"):
        service.create_container("raw")
    with pytest.raises(HttpResponseError, match="invalid characters"):
        service.create_container("Not_A_Name")
    assert service.get_container_client("raw").exists()
    service.delete_container("raw")
    assert not service.get_container_client("raw").exists()
    with pytest.raises(ResourceNotFoundError, match="The specified container does not exist"):
        service.delete_container("raw")


def test_lists_by_prefix_by_folder_and_page_by_page(service: Any) -> None:
    raw = service.create_container("raw")
    for name in ("a/1.csv", "a/2.csv", "a/b/3.csv", "c.csv"):
        raw.upload_blob(name, name.encode())
    assert [blob.name for blob in raw.list_blobs(results_per_page=1)] == ["a/1.csv", "a/2.csv", "a/b/3.csv", "c.csv"]
    assert [blob.size for blob in raw.list_blobs(name_starts_with="a/b")] == [9]
    assert [found.name for found in raw.walk_blobs()] == ["a/", "c.csv"]
    assert [found.name for found in raw.walk_blobs(name_starts_with="a/")] == ["a/b/", "a/1.csv", "a/2.csv"]


def test_a_blob_is_not_overwritten_unasked(service: Any) -> None:
    from azure.core import MatchConditions
    from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError

    raw = service.create_container("raw")
    raw.upload_blob("a.txt", b"one", metadata={"by": "me"})
    with pytest.raises(ResourceExistsError, match="The specified blob already exists"):
        raw.upload_blob("a.txt", b"two")
    blob = raw.get_blob_client("a.txt")
    old = blob.get_blob_properties().etag
    raw.upload_blob("a.txt", b"two", overwrite=True)
    with pytest.raises(ResourceModifiedError):
        blob.upload_blob(b"three", overwrite=True, etag=old, match_condition=MatchConditions.IfNotModified)
    assert blob.download_blob().readall() == b"two"
    blob.delete_blob()
    assert not blob.exists()
    with pytest.raises(ResourceNotFoundError, match="The specified blob does not exist"):
        blob.download_blob()


def test_a_copy_and_what_is_noted(service: Any) -> None:
    from azure.core.exceptions import ResourceNotFoundError
    from azure.storage.blob import ContentSettings

    raw = service.create_container("raw")
    raw.upload_blob("a.txt", b"one", metadata={"by": "me"})
    copy = raw.get_blob_client("deep/b.txt")
    assert copy.start_copy_from_url(raw.get_blob_client("a.txt").url)["copy_status"] == "success"
    copy.set_http_headers(ContentSettings(content_type="text/plain"))
    found = copy.get_blob_properties()
    assert (found.metadata, found.content_settings.content_type, found.size) == ({"by": "me"}, "text/plain", 3)
    with pytest.raises(ResourceNotFoundError):
        copy.start_copy_from_url(raw.get_blob_client("nope").url)


def test_nobody_reads_without_showing_who_he_is(azure: Session) -> None:
    from azure.core.exceptions import HttpResponseError
    from azure.storage.blob import BlobClient

    blob = BlobClient(f"https://{account.BLOB}", account.BLOB_CONTAINER, "a.txt")
    with pytest.raises(HttpResponseError, match="Public access is not permitted on this storage account"):
        blob.download_blob()


def test_what_is_not_simulated_says_so(service: Any) -> None:
    raw = service.create_container("raw")
    raw.upload_blob("a.txt", b"one")
    for call in (lambda: raw.acquire_lease(), lambda: raw.upload_blob("b", b"x", blob_type="AppendBlob")):
        with pytest.raises(NotSimulated, match="Azure Blob Storage: PUT"):
            call()


def test_what_is_stored_is_billed_by_the_month(azure: Session, service: Any) -> None:
    raw = service.create_container("raw")
    raw.upload_blob("small", b"x" * 999_999)
    azure.lab.skip(hours=730)
    assert azure.lab.world.bill.total() == 0
    raw.upload_blob("large", b"x" * 2_000_001)
    azure.lab.skip(hours=730)
    line = azure.lab.world.bill.lines(resource=account.STORAGE_ACCOUNT)[-1]
    assert (line.item, line.count) == ("Blob Storage (hot LRS)", 3)
    assert float(azure.lab.world.bill.total()) == pytest.approx(0.018 * 3 / 1000)
    service.delete_container("raw")
    azure.lab.skip(hours=730)
    assert float(azure.lab.world.bill.total()) == pytest.approx(0.018 * 3 / 1000)


def test_every_operation_is_called_by_the_sdk(azure: Session, service: Any) -> None:
    raw = service.create_container("raw")
    raw.get_container_properties()
    assert [found.name for found in service.list_containers()][-1] == "raw"
    raw.upload_blob("a.txt", b"one")
    blob = raw.get_blob_client("a.txt")
    assert (blob.get_blob_properties().size, blob.download_blob().readall()) == (3, b"one")
    assert [found.name for found in raw.list_blobs()] == ["a.txt"]
    blob.delete_blob()
    raw.delete_container()
    raw.exists()
    assert azure.uncalled("blob_containers", "blobs") == set()
