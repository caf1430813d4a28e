"""Identities of computes and of their own, and what jobs that act as them may read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contract.azure.test_role_assignments import BLOB_READER, arm, client, grant
from tests.contract.azure_lab import Session, folder
from twoclouds.azure import account
from twoclouds.azure.identity import principals

IDENTITY = f"{account.GROUP_ID}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/reads-data"
MOUNT = (
    "Failed to mount input 'data': ScriptExecution.StreamAccess.Authentication: error in streaming from input data "
    "sources StreamError(PermissionDenied(Some(This request is not authorized to perform this operation using this "
    "permission.)))"
)


def without_credentials(azure: Session, name: str = "closed") -> None:
    """A datastore of the same container as the default one, without its key."""
    from azure.ai.ml.entities import AzureBlobDatastore

    azure.client.datastores.create_or_update(
        AzureBlobDatastore(
            name=name, account_name=account.STORAGE_ACCOUNT, container_name=account.BLOB_CONTAINER, protocol="https"
        )
    )
    azure.lab.azure.state.blobs.put(account.BLOB_CONTAINER, "d/a.csv", b"1,2\n")


def run(azure: Session, found: Any, datastore: str = "closed", **settings: Any) -> tuple[str, str]:
    """(status, error) of a job that reads a file in a datastore, submitted by somebody."""
    from azure.ai.ml import Input, command

    job = command(
        command="python -c 'print(1)' ${{inputs.data}}",
        environment="azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
        inputs={"data": Input(type="uri_file", path=f"azureml://datastores/{datastore}/paths/d/a.csv")},
        **{"compute": "cpu", **settings},
    )
    name = found.jobs.create_or_update(job).name
    azure.lab.skip(minutes=30)
    job = azure.lab.azure.state.jobs[name]
    return job.status, job.error


def test_with_credentials_in_the_datastore_whoever_may_submit_reads(azure: Session) -> None:
    without_credentials(azure)
    azure.cluster()
    assert run(azure, client("data-scientist"), "workspaceblobstore") == ("Completed", "")


def test_without_them_the_computes_identity_counts(azure: Session) -> None:
    without_credentials(azure)
    azure.cluster()
    assert run(azure, azure.client) == ("Failed", MOUNT)


def test_a_job_with_its_users_identity_reads_what_its_user_may(azure: Session) -> None:
    from azure.ai.ml import UserIdentityConfiguration

    without_credentials(azure)
    azure.cluster()
    mine = {"identity": UserIdentityConfiguration()}
    assert run(azure, azure.client, **mine) == ("Completed", "")
    assert run(azure, client("data-scientist"), **mine) == ("Failed", MOUNT)
    grant(principals.PEOPLE["data-scientist"][0].object_id, BLOB_READER, principals.STORAGE_ID)
    assert run(azure, client("data-scientist"), **mine) == ("Completed", "")


def test_on_serverless_compute_it_is_the_users(azure: Session) -> None:
    without_credentials(azure)
    assert run(azure, azure.client, compute=None) == ("Completed", "")
    assert run(azure, client("data-scientist"), compute=None) == ("Failed", MOUNT)


def test_every_operation_and_an_identity_of_its_own(azure: Session) -> None:
    status, made = arm("PUT", IDENTITY, body={"location": account.REGION, "tags": {"for": "jobs"}})
    assert (status, made["name"], made["tags"]) == (201, "reads-data", {"for": "jobs"})
    assert arm("GET", IDENTITY) == (200, made)
    listed = arm("GET", IDENTITY.rpartition("/")[0])[1]["value"]
    assert [found["id"] for found in listed] == [IDENTITY]
    assert grant(made["properties"]["principalId"], BLOB_READER, principals.STORAGE_ID)[0] == 201
    assert arm("PUT", IDENTITY.replace("reads-data", "x"), body={})[1]["error"]["code"] == "BadRequest"
    assert (arm("DELETE", IDENTITY)[0], arm("DELETE", IDENTITY)[0]) == (200, 204)
    assert arm("GET", IDENTITY)[1]["error"]["code"] == "ResourceNotFound"
    assert azure.uncalled("managed_identities") == {"Managed Identity - Get Token", "On Behalf Of - Get Token"}


@pytest.fixture
def tokens(tmp_path: Path) -> str:
    """A script that asks for a token and reads a blob with it."""
    return folder(
        tmp_path / "src",
        train_py=f"""
import sys
from azure.identity import ManagedIdentityCredential
from azure.ai.ml.identity import AzureMLOnBehalfOfCredential
from azure.storage.blob import BlobClient
kind = AzureMLOnBehalfOfCredential if sys.argv[1] == "user" else ManagedIdentityCredential
blob = BlobClient("https://{account.BLOB}", "{account.BLOB_CONTAINER}", "d/a.csv", credential=kind())
print(blob.download_blob().readall())
""",
    )


def identified(azure: Session, *users: str, **settings: Any) -> Any:
    """A cluster with a system-assigned identity, or with user-assigned ones."""
    from azure.ai.ml.entities import IdentityConfiguration, ManagedIdentityConfiguration

    named = [ManagedIdentityConfiguration(resource_id=user) for user in users]
    kind = {"type": "UserAssigned", "user_assigned_identities": named} if users else {"type": "SystemAssigned"}
    return azure.cluster(identity=IdentityConfiguration(**kind), **settings)


def test_a_computes_own_identity(azure: Session) -> None:
    without_credentials(azure)
    cluster = identified(azure)
    assert run(azure, client("data-scientist")) == ("Failed", MOUNT)
    assert grant(cluster.identity.principal_id, BLOB_READER, principals.STORAGE_ID)[0] == 201
    assert run(azure, client("data-scientist")) == ("Completed", "")
    assert azure.client.compute.get("cpu").identity.principal_id == cluster.identity.principal_id
    azure.client.compute.begin_delete("cpu").result()
    assert (
        grant(cluster.identity.principal_id, BLOB_READER, account.GROUP_ID)[1]["error"]["code"] == "PrincipalNotFound"
    )


def test_a_job_may_name_which_of_the_identities_of_its_compute(azure: Session) -> None:
    from azure.ai.ml import ManagedIdentityConfiguration
    from azure.core.exceptions import HttpResponseError

    with pytest.raises(HttpResponseError, match="the identity does not exist"):
        identified(azure, IDENTITY)
    without_credentials(azure)
    made = arm("PUT", IDENTITY, body={"location": account.REGION})[1]["properties"]
    identified(azure, IDENTITY)
    grant(made["principalId"], BLOB_READER, principals.STORAGE_ID)
    named = ManagedIdentityConfiguration(client_id=made["clientId"])
    assert run(azure, azure.client, identity=named) == ("Completed", "")
    other = ManagedIdentityConfiguration(client_id="00000000-0000-0000-0000-000000000000")
    assert "is not assigned to the job's compute" in run(azure, azure.client, identity=other)[1]
