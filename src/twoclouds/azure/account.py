"""The account that a lab comes with: a subscription, a resource group, a workspace and its storage."""

from __future__ import annotations

import os

CLOUD = "azure"
"""The name of this cloud in the world: on bills, in events and quotas."""

TENANT = "33333333-3333-3333-3333-333333333333"
CLIENT = "44444444-4444-4444-4444-444444444444"
SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
RESOURCE_GROUP = "two-clouds"
WORKSPACE = "two-clouds-ws"
WORKSPACE_GUID = "22222222-2222-2222-2222-222222222222"
REGION = "eastus"
STORAGE_ACCOUNT = "twocloudsws0123456789"
BLOB_CONTAINER = f"azureml-blobstore-{WORKSPACE_GUID}"
ARTIFACT_CONTAINER = "azureml"

ARM = "management.azure.com"
LOGIN = "login.microsoftonline.com"
API = f"{REGION}.api.azureml.ms"
BLOB = f"{STORAGE_ACCOUNT}.blob.core.windows.net"
INFERENCE = f".{REGION}.inference.ml.azure.com"
"""Where every endpoint has a host of its own."""
HOSTS = frozenset({ARM, LOGIN, API, BLOB})

GROUP_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}"
PROVIDER = "Microsoft.MachineLearningServices"
WORKSPACE_ID = f"{GROUP_ID}/providers/{PROVIDER}/workspaces/{WORKSPACE}"

GROUP_PATH = "/subscriptions/{subscription}/resourceGroups/{group}"
WORKSPACE_PATH = GROUP_PATH + f"/providers/{PROVIDER}/workspaces/{{workspace}}"
HISTORY_PATH = "/history/v1.0" + WORKSPACE_PATH

ELSEWHERE = (
    "ARM_CLOUD_METADATA_URL",
    "AZURE_ADDITIONALLY_ALLOWED_TENANTS",
    "AZURE_AUTHORITY_HOST",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_HTTP_USER_AGENT",
    "AZURE_PASSWORD",
    "AZURE_REGIONAL_AUTHORITY_NAME",
    "AZURE_SUBSCRIPTION_ID",
    "AZURE_TOKEN_CREDENTIALS",
    "AZURE_USERNAME",
    "AZUREML_CURRENT_CLOUD",
    "AZUREML_REGISTRY_DISCOVERY_URL",
    "AZUREML_RUN_POLLING_INTERVAL_MAX",
    "AZUREML_RUN_POLLING_INTERVAL_MIN",
    "CI_NAME",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "MSI_ENDPOINT",
    "MSI_SECRET",
)
"""Variables through which the SDKs would find another account, or another cloud."""


def environment() -> dict[str, str | None]:
    """The environment variables of a learner who is signed in to this account, and nothing of the learner's own."""
    return {
        **dict.fromkeys(ELSEWHERE),
        "AZURE_TENANT_ID": TENANT,
        "AZURE_CLIENT_ID": CLIENT,
        "AZURE_CLIENT_SECRET": "two-clouds-is-not-a-secret",
        "AZURE_CONFIG_DIR": os.devnull,
        "AZURE_CORE_COLLECT_TELEMETRY": "false",
    }
