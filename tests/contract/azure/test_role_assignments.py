"""Who may what on Azure: roles at scopes, by whom a request is sent."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.azure_lab import Session
from twoclouds.azure import account
from twoclouds.azure.identity import principals

BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
COMPUTE = f"{account.WORKSPACE_ID}/computes/gpu"


def arm(method: str, path: str, person: str = "", body: Any = None) -> tuple[int, Any]:
    """(status, answer) of a request to Azure Resource Manager as anybody would send it."""
    import requests

    token = credential(person).get_token("https://management.azure.com/.default").token
    url = f"https://{account.ARM}{path}{'&' if '?' in path else '?'}api-version=2022-04-01"
    answer = requests.request(method, url, headers={"Authorization": f"Bearer {token}"}, json=body)
    return answer.status_code, answer.json() if answer.content else {}


def credential(person: str = "") -> Any:
    """How a person signs in; without a name, whoever is at the lab."""
    from azure.identity import ClientSecretCredential, DefaultAzureCredential

    if not person:
        return DefaultAzureCredential()
    return ClientSecretCredential(account.TENANT, principals.PEOPLE[person][0].client_id, "secret")


def client(person: str) -> Any:
    """An MLClient of a person."""
    from azure.ai.ml import MLClient

    return MLClient(credential(person), account.SUBSCRIPTION, account.RESOURCE_GROUP, account.WORKSPACE)


def grant(principal: str, role: str, scope: str, person: str = "") -> tuple[int, Any]:
    """Assign a role (its id), as the REST reference shows it."""
    definition = f"/subscriptions/{account.SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    name = uuid.uuid5(uuid.NAMESPACE_URL, principal + role + scope)
    return arm(
        "PUT",
        f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        person,
        {"properties": {"roleDefinitionId": definition, "principalId": principal}},
    )


def make_cluster(found: Any) -> None:
    from azure.ai.ml.entities import AmlCompute

    found.compute.begin_create_or_update(AmlCompute(name="gpu", size="Standard_D4s_v5", max_instances=1)).result()


def make_job(found: Any) -> None:
    from azure.ai.ml import command

    environment = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"
    found.jobs.create_or_update(command(command="python -V", environment=environment, compute="gpu"))


def read(found: Any) -> None:
    assert [compute.name for compute in found.compute.list()] == ["gpu"]
    found.workspaces.get(account.WORKSPACE)


def raise_role(found: Any) -> None:
    status, answer = grant(principals.PEOPLE["reader"][0].object_id, BLOB_READER, principals.STORAGE_ID, found)
    if status != 201:
        raise RuntimeError(answer["error"]["code"])


@pytest.mark.parametrize(
    ("person", "may", "may_not"),
    [
        ("data-scientist", [read, make_job], [make_cluster]),
        ("compute-operator", [read, make_cluster], [make_job]),
        ("reader", [read], [make_cluster, make_job]),
    ],
)
def test_what_each_role_may(
    azure: Session, person: str, may: list[Callable[[Any], None]], may_not: list[Callable[[Any], None]]
) -> None:
    from azure.core.exceptions import HttpResponseError

    azure.cluster("gpu")
    found = client(person)
    for call in may:
        call(found)
    for call in may_not:
        with pytest.raises(HttpResponseError) as refusal:
            call(found)
        assert (refusal.value.status_code, refusal.value.error.code) == (403, "AuthorizationFailed")
    with pytest.raises(RuntimeError, match="AuthorizationFailed"):
        raise_role(person)


def test_the_words_of_a_refusal(azure: Session) -> None:
    status, answer = arm("PUT", COMPUTE, "reader", {})
    who = principals.PEOPLE["reader"][0]
    assert (status, answer["error"]) == (
        403,
        {
            "code": "AuthorizationFailed",
            "message": f"The client '{who.client_id}' with object id '{who.object_id}' does not have authorization to "
            "perform action 'Microsoft.MachineLearningServices/workspaces/computes/write' over scope "
            f"'{COMPUTE}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
        },
    )


def test_whoever_is_signed_in_is_who_the_labs_own_credentials_are(azure: Session) -> None:
    from azure.core.exceptions import HttpResponseError

    azure.lab.sign_in("reader")
    with pytest.raises(HttpResponseError, match=principals.PEOPLE["reader"][0].client_id):
        azure.cluster("gpu")
    azure.lab.sign_in("administrator")
    azure.cluster("gpu")


def test_an_upload_needs_the_right_to_the_datastores_secrets(azure: Session) -> None:
    from azure.core.exceptions import HttpResponseError

    path = f"{account.WORKSPACE_ID}/datastores/workspaceblobstore/listSecrets"
    assert arm("POST", path, "data-scientist", {})[0] == 200
    assert arm("POST", path, "reader", {})[1]["error"]["code"] == "AuthorizationFailed"
    with pytest.raises(HttpResponseError, match="listSecrets/action"):
        client("reader").datastores.get_default(include_secrets=True)


def test_blobs_need_a_role_with_data_actions(azure: Session) -> None:
    from azure.core.exceptions import HttpResponseError
    from azure.storage.blob import BlobServiceClient

    def blobs(person: str) -> Any:
        found = BlobServiceClient(f"https://{account.BLOB}", credential=credential(person), retry_total=0)
        return found.get_blob_client(account.BLOB_CONTAINER, "a.txt")

    blobs("administrator").upload_blob(b"hello")
    with pytest.raises(HttpResponseError) as refusal:
        blobs("data-scientist").download_blob()
    assert refusal.value.error_code == "AuthorizationPermissionMismatch"
    assert grant(principals.PEOPLE["data-scientist"][0].object_id, BLOB_READER, principals.STORAGE_ID)[0] == 201
    assert blobs("data-scientist").download_blob().readall() == b"hello"
    with pytest.raises(HttpResponseError, match="not authorized to perform this operation"):
        blobs("data-scientist").upload_blob(b"bye", overwrite=True)


def test_every_operation_and_a_role_that_is_given_listed_and_taken(azure: Session) -> None:
    who = principals.PEOPLE["reader"][0].object_id
    status, made = grant(who, BLOB_READER, principals.STORAGE_ID)
    assert (status, made["properties"]["scope"]) == (201, principals.STORAGE_ID)
    assert grant(who, BLOB_READER, principals.STORAGE_ID)[1]["error"]["code"] == "RoleAssignmentExists"
    assert arm("GET", made["id"]) == (200, made)
    listed = f"{principals.STORAGE_ID}/providers/Microsoft.Authorization/roleAssignments?$filter=principalId eq '{who}'"
    assert [held["name"] for held in arm("GET", listed)[1]["value"]] == [made["name"]]
    assert arm("DELETE", made["id"])[0] == 200
    assert arm("DELETE", made["id"])[0] == 204
    assert arm("GET", made["id"])[1]["error"]["code"] == "RoleAssignmentNotFound"
    test_role_definitions(azure)
    assert azure.uncalled("role_assignments") == set()


@pytest.mark.parametrize(
    ("principal", "role", "code"),
    [
        ("00000000-0000-0000-0000-000000000000", BLOB_READER, "PrincipalNotFound"),
        (principals.PEOPLE["reader"][0].object_id, "no-such-role", "RoleDefinitionDoesNotExist"),
    ],
)
def test_a_role_that_cannot_be_given(azure: Session, principal: str, role: str, code: str) -> None:
    before = dict(azure.lab.azure.state.assignments)
    assert grant(principal, role, principals.STORAGE_ID)[1]["error"]["code"] == code
    assert azure.lab.azure.state.assignments == before


def test_role_definitions(azure: Session) -> None:
    path = f"/subscriptions/{account.SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
    _, found = arm("GET", f"{path}?$filter=roleName eq 'Storage Blob Data Reader'")
    assert [role["name"] for role in found["value"]] == [BLOB_READER]
    assert arm("GET", f"{path}/{BLOB_READER}")[1] == found["value"][0]
