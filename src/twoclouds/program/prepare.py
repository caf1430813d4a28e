"""What public programs take for granted: a notebook's role on AWS; a cluster and a `config.json` on Azure."""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twoclouds.aws import account as aws
from twoclouds.azure import account
from twoclouds.program.cells import Cell

if TYPE_CHECKING:
    from twoclouds.lab import Lab

CLUSTERS = {"cpu-cluster": "Standard_DS3_v2"}
"""Clusters that azureml-examples expects to be there (its set-up makes them), and their size."""


def prepare(lab: Lab, cells: list[Cell]) -> list[str]:
    """Prepare what the program's text asks for; answers what was done, in words."""
    text = "\n".join(cell.source for cell in cells)
    done = [_role(lab)] if re.search(r"\b(boto3|sagemaker)\b", text) else []
    done += [_cluster(lab, name, size) for name, size in CLUSTERS.items() if name in text and _azure(text)]
    if "from_config" in text:
        done.append(_workspace_file())
    return done


def _role(lab: Lab) -> str:
    """Sign in as a notebook in Studio is: with a session of the execution role."""
    os.environ.update(lab.aws.studio())
    return f"a session of the role {aws.ROLE_NAME}, as a notebook in Studio has one"


def _azure(text: str) -> bool:
    return "azure.ai.ml" in text


def _cluster(lab: Lab, name: str, size: str) -> str:
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import AmlCompute
    from azure.identity import DefaultAzureCredential

    client = MLClient(DefaultAzureCredential(), account.SUBSCRIPTION, account.RESOURCE_GROUP, account.WORKSPACE)
    client.compute.begin_create_or_update(AmlCompute(name=name, size=size, min_instances=0, max_instances=4)).result()
    return f"a compute cluster {name} ({size}, 0 to 4 nodes), which the program expects to find"


def _workspace_file() -> str:
    """Let `MLClient.from_config` find a file as on a compute instance, where the program's folder has none."""
    from azure.ai.ml import MLClient
    from azure.ai.ml.exceptions import ValidationException

    folder = Path(tempfile.mkdtemp())
    names = ("subscription_id", "resource_group", "workspace_name")
    values = (account.SUBSCRIPTION, account.RESOURCE_GROUP, account.WORKSPACE)
    (folder / "config.json").write_text(json.dumps(dict(zip(names, values, strict=True))))
    real = MLClient.from_config.__func__  # type: ignore[attr-defined]

    def from_config(cls: Any, credential: Any, **options: Any) -> Any:
        try:
            return real(cls, credential, **options)
        except ValidationException:
            return real(cls, credential, **{**options, "path": folder})

    MLClient.from_config = classmethod(from_config)  # type: ignore[method-assign,assignment]
    return "a config.json that names the lab's workspace, as every compute instance has one"
