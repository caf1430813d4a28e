"""Datastores of every kind through the real azure-ai-ml, and what reading through them comes to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.azure_lab import Session, data_input
from twoclouds.azure import account
from twoclouds.azure.storage import data_paths

DEFAULTS = ["workspaceblobstore", "workspaceartifactstore", "workspacefilestore", "workspaceworkingdirectory"]


def blob_store(name: str = "own", **settings: Any) -> Any:
    from azure.ai.ml.entities import AzureBlobDatastore

    place = {"account_name": account.STORAGE_ACCOUNT, "container_name": "raw"}
    return AzureBlobDatastore(name=name, **{**place, **settings})


def made(case: str) -> Any:
    from azure.ai.ml import entities

    key, token = entities.AccountKeyConfiguration(account_key="k"), entities.SasTokenConfiguration(sas_token="?sv=x")
    principal = entities.ServicePrincipalConfiguration(tenant_id="t", client_id="c", client_secret="s")
    return {
        "blob, key": lambda: blob_store(credentials=key),
        "blob, SAS": lambda: blob_store(credentials=token, protocol="wasbs", tags={"team": "a"}),
        "blob, identity": blob_store,
        "file": lambda: entities.AzureFileDatastore(
            name="own", account_name="a", file_share_name="s", credentials=key
        ),
        "data lake": lambda: entities.AzureDataLakeGen2Datastore(
            name="own", account_name="a", filesystem="f", credentials=principal
        ),
        "data lake 1": lambda: entities.AzureDataLakeGen1Datastore(
            name="own", store_name="a", credentials=principal
        ),
        "lakehouse": lambda: entities.OneLakeDatastore(
            name="own", one_lake_workspace_name="w", artifact={"type": "lake_house", "name": "l"}, endpoint="e",
            credentials=principal,
        ),
    }[case]()  # fmt: skip


@pytest.mark.parametrize("case", ["blob, key", "blob, SAS", "file", "data lake", "data lake 1", "lakehouse"])
def test_a_datastore_comes_back_as_it_was_made(azure: Session, case: str) -> None:
    wanted = made(case)
    azure.client.datastores.create_or_update(wanted)
    found = azure.client.datastores.get("own", include_secrets=True)
    assert (type(found), found.tags, found.description) == (type(wanted), wanted.tags or {}, wanted.description)
    if case not in ("blob, key", "file"):  # whose key is given out as a signature
        assert found.credentials == wanted.credentials
    assert [store.name for store in azure.client.datastores.list()] == [*DEFAULTS, "own"]


def test_an_account_key_is_given_out_as_a_signature_that_expires(azure: Session) -> None:
    azure.client.datastores.create_or_update(made("blob, key"))
    secrets = azure.client.datastores._list_secrets("own", expirable_secret=True)
    assert secrets.sas_token.startswith("sv=")
    assert azure.client.datastores._list_secrets("own").key == "k"


def test_one_without_credentials_has_no_secret(azure: Session) -> None:
    azure.client.datastores.create_or_update(made("blob, identity"))
    azure.refuses(
        lambda a: a.client.datastores._list_secrets("own"), "HttpResponseError", "UserError", "has no credentials"
    )


def test_uploading_and_reading_through_a_datastore_of_ones_own(azure: Session) -> None:
    from azure.ai.ml.entities import Data

    state = azure.lab.azure.state
    state.blobs.make("raw")
    state.blobs.put("raw", "july/sensors.csv", b"a,b\n")
    azure.client.datastores.create_or_update(made("blob, key"))
    path = "azureml://datastores/own/paths/july/"
    asset = azure.client.data.create_or_update(Data(name="july", path=path, type="uri_folder"))
    assert asset.path.endswith("/workspaces/two-clouds-ws/datastores/own/paths/july/")
    assert data_paths.read(state, asset.id) == {"sensors.csv": b"a,b\n"}
    for url in ("https://{account}.blob.core.windows.net/raw/july", "wasbs://raw@{account}.blob.core.windows.net/july"):
        found = data_paths.read(state, url.format(account=account.STORAGE_ACCOUNT))
        assert found == {"sensors.csv": b"a,b\n"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "StreamError(NotFound) The requested stream was not found."),
        ({"account_name": "elsewhere"}, "the storage account 'elsewhere' could not be reached"),
    ],
)
def test_what_is_wrong_with_a_datastore_shows_when_a_job_reads(
    azure: Session, settings: dict[str, str], message: str
) -> None:
    from azure.ai.ml.entities import AccountKeyConfiguration

    key = AccountKeyConfiguration(account_key="k")
    azure.client.datastores.create_or_update(blob_store(credentials=key, **settings))
    azure.cluster()
    job = azure.submit("python train.py ${{inputs.d}}", inputs={"d": data_input("azureml://datastores/own/paths/x")})
    azure.lab.skip(hours=1)
    error = azure.lab.azure.state.jobs[job.name].error
    assert error.startswith("Failed to mount input 'd': ")
    assert message in error


REFUSALS = [
    ("unknown", lambda a: a.client.datastores.get("nope"), "ResourceNotFoundError", "UserError",
     "Could not find datastore: nope"),
    ("the default one", lambda a: a.client.datastores.delete("workspaceblobstore"), "HttpResponseError", "UserError",
     "Cannot delete the default datastore"),
    ("no name", lambda a: a.client.datastores.create_or_update(blob_store("not a name")), "HttpResponseError",
     "BadRequest", "'not a name' is invalid"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "call", "kind", "code", "message"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_refusals(azure: Session, case: str, call: Any, kind: str, code: str, message: str) -> None:
    azure.refuses(call, kind, code, message)


def test_every_operation_is_called_by_the_sdk(azure: Session) -> None:
    client = azure.client.datastores
    client.create_or_update(made("blob, key"))
    assert client.get_default().name == "workspaceblobstore"
    assert client.get("own", include_secrets=True).container_name == "raw"
    client.delete("own")
    assert [store.name for store in client.list()] == DEFAULTS
    assert azure.uncalled("datastores") == set()
