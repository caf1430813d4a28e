"""Signing in to Azure."""

from __future__ import annotations

import time

import pytest

from tests.contract.azure_lab import Session, session
from twoclouds.azure import account


def test_the_default_credential_signs_in_with_the_environment_and_says_nothing(
    azure: Session, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    from azure.identity import DefaultAzureCredential

    credential = DefaultAzureCredential()
    first = credential.get_token("https://management.azure.com/.default")
    again = credential.get_token("https://management.azure.com/.default")
    azure.lab.skip(hours=2)
    later = credential.get_token("https://management.azure.com/.default")
    assert type(credential._successful_credential).__name__ == "EnvironmentCredential"
    assert (first.token == again.token, first.token == later.token) == (True, False)
    assert later.expires_on - time.time() == pytest.approx(3599, abs=2)
    assert (capsys.readouterr(), [r for r in caplog.records if r.levelname != "INFO"]) == (("", ""), [])


def test_nothing_of_the_learners_own_account_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    own = {"AZURE_CLIENT_ID": "mine", "AZURE_USERNAME": "me", "AZURE_AUTHORITY_HOST": "here", "IDENTITY_ENDPOINT": "x"}
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    with session():
        inside = {name: os.environ.get(name) for name in own}
    assert inside == {**dict.fromkeys(own), "AZURE_CLIENT_ID": account.CLIENT}
    assert {name: os.environ.get(name) for name in own} == own


def test_a_request_without_a_token_is_refused(azure: Session) -> None:
    import requests

    answer = requests.get(f"https://{account.ARM}{account.WORKSPACE_ID}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "AuthenticationFailed")


def test_every_operation_is_called_by_the_sdk(azure: Session) -> None:
    azure.client.workspaces.get(account.WORKSPACE)
    assert azure.uncalled("identity") == set()
