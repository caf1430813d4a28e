"""The environment variables of a job's processes: the platform's, and the job's own.

Those that azureml-mlflow 1.62 and the SDKs read are named in their code; see `shared/facts.md` 2.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from twoclouds.azure.account import (
    API,
    RESOURCE_GROUP,
    SUBSCRIPTION,
    WORKSPACE,
    WORKSPACE_GUID,
    WORKSPACE_ID,
)
from twoclouds.azure.identity import identity
from twoclouds.azure.jobs import job_identity
from twoclouds.azure.jobs.distribution import Process
from twoclouds.azure.state import State

if TYPE_CHECKING:
    from twoclouds.azure.jobs.jobs import Job

TRACKING_URI = f"azureml://{API}/mlflow/v1.0{WORKSPACE_ID}"
TOKEN_LIFETIME = 30 * 24 * 3600
"""Seconds for which a run's token is valid: as long as a job may at most run, and more (assumed)."""


def variables(state: State, job: Job, values: Mapping[str, str], process: Process) -> dict[str, str]:
    """The whole environment of one process; what the job asks for comes last."""
    run = job.run
    expires = int(state.world.clock.timestamp) + TOKEN_LIFETIME
    token = identity.run_token(state, run.name, expires=expires)
    paths = {
        f"AZURE_ML_{group[:-1].upper()}_{key}": value
        for group, _, key, value in ((*name.partition("."), value) for name, value in values.items())
    }
    return {
        "AZUREML_ARM_PROJECT_NAME": run.experiment.name,
        "AZUREML_ARM_RESOURCEGROUP": RESOURCE_GROUP,
        "AZUREML_ARM_SUBSCRIPTION": SUBSCRIPTION,
        "AZUREML_ARM_WORKSPACE_NAME": WORKSPACE,
        "AZUREML_DISCOVERY_SERVICE_ENDPOINT": f"https://{API}/discovery",
        "AZUREML_EXPERIMENT_ID": run.experiment.id,
        "AZUREML_EXPERIMENT_SCOPE": f"{WORKSPACE_ID}/experiments/{run.experiment.name}",
        "AZUREML_ROOT_RUN_ID": run.name,
        "AZUREML_RUN_ID": run.name,
        "AZUREML_RUN_TOKEN": token,
        "AZUREML_RUN_TOKEN_EXPIRY": str(expires),
        "AZUREML_SERVICE_ENDPOINT": f"https://{API}",
        "AZUREML_WORKSPACE_ID": WORKSPACE_GUID,
        "AZUREML_WORKSPACE_SCOPE": WORKSPACE_ID,
        "MLFLOW_EXPERIMENT_ID": run.experiment.id,
        "MLFLOW_EXPERIMENT_NAME": run.experiment.name,
        "MLFLOW_RUN_ID": run.name,
        "MLFLOW_TRACKING_TOKEN": token,
        "MLFLOW_TRACKING_URI": TRACKING_URI,
        **job_identity.variables(state, run.name, job.properties),
        **paths,
        **process.environment,
        **(job.properties.get("environmentVariables") or {}),
    }
