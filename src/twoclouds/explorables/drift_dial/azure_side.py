"""Azure ML in the four weeks of `drift_dial`: environments with a label, command jobs, managed online deployments."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from twoclouds.explorables.drift_dial.story import LISTED, Broken, Choice, requirement
from twoclouds.lab import Lab

BASE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
MORE = {"sensors": ((), ("pandas",), ("pandas", "scipy")), "sensors-serving": ((), ("scipy",))}
"""What each edition of an environment holds besides: whoever keeps it needs another package. (Two that list the same
are one image, whatever they are called: the hash of the definition counts.)"""


class AzureSide:
    """An endpoint for each choice, with one deployment."""

    def __init__(self, lab: Lab) -> None:
        from azure.ai.ml import MLClient
        from azure.identity import DefaultAzureCredential

        from twoclouds.azure import account

        for name in list(lab.world.quotas):
            if name.startswith(f"{account.CLOUD}/"):
                lab.world.quotas.set(name, 1000)
        self.lab = lab
        self.client = MLClient(
            DefaultAzureCredential(), account.SUBSCRIPTION, account.RESOURCE_GROUP, account.WORKSPACE
        )
        self.models: dict[Choice, int] = {}

    def keep(self, name: str, *, edition: int) -> None:
        """Register the next version of an environment; its label moves to it."""
        from azure.ai.ml.entities import Environment

        more = MORE[name.removesuffix(LISTED)][edition - 1]
        packages = ["azureml-inference-server-http", requirement(name), *more]
        conda = {"dependencies": ["python=3.11", {"pip": packages}]}
        recipe = Environment(name=name, version=str(edition), image=BASE, conda_file=conda)
        self.client.environments.create_or_update(recipe)

    def train(self, choice: Choice, day: int) -> str:
        """A command job, and its model as the next version of one."""
        from azure.ai.ml import Input, command
        from azure.ai.ml.entities import Model

        name = f"{choice.key}-{day}"
        job = command(
            name=name,
            code="sensors/drift/train",
            command="python train.py --data ${{inputs.sensors}} --out outputs",
            inputs={"sensors": Input(type="uri_folder", path="sensors/data")},
            environment=self._environment(choice, choice.image("training")),
        )
        self.client.jobs.create_or_update(job)
        self.lab.settle()
        self.client.jobs.download(name, download_path=name)
        stored = f"azureml://jobs/{name}/outputs/artifacts/paths/outputs/model.pkl"
        self.models[choice] = self.models.get(choice, 0) + 1
        self.client.models.create_or_update(
            Model(name=choice.key, version=str(self.models[choice]), path=stored, type="custom_model")
        )
        log = Path(name, "artifacts/user_logs/std_log.txt").read_text(encoding="utf-8")
        return re.findall(r"sensorscale (\S+)", log)[-1]

    def serve(self, choice: Choice, day: int) -> None:
        """The deployment is deleted, and made anew."""
        from azure.ai.ml.entities import CodeConfiguration, ManagedOnlineDeployment, ManagedOnlineEndpoint
        from azure.core.exceptions import HttpResponseError

        if day == 1:
            self.client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=choice.key)).result()
        else:
            self.client.online_deployments.begin_delete("only", choice.key).result()
        deployment = ManagedOnlineDeployment(
            name="only",
            endpoint_name=choice.key,
            model=f"azureml:{choice.key}:{self.models[choice]}",
            environment=self._environment(choice, choice.image("serving")),
            code_configuration=CodeConfiguration(code="sensors/drift/serve", scoring_script="score.py"),
            instance_type="Standard_DS3_v2",
            instance_count=1,
        )
        try:
            self.client.online_deployments.begin_create_or_update(deployment).result()
        except HttpResponseError as error:
            log = self.client.online_deployments.get_logs("only", choice.key, lines=60)
            raise Broken(last_error(log) or str(error)) from None

    def ask(self, choice: Choice) -> dict[str, Any]:
        """What it answers for every machine."""
        answer = self.client.online_endpoints.invoke(choice.key, deployment_name="only", request_file="every.json")
        found: dict[str, Any] = json.loads(answer)
        return found

    def _environment(self, choice: Choice, name: str) -> str:
        return f"azureml:{name}:1" if choice.pin == "image" else f"azureml:{name}@latest"


def last_error(log: str) -> str:
    """The error that a log ends with; "" if there is none."""
    found = re.findall(r"\b([A-Z]\w*Error: .*)", log)
    return re.sub(r" from '[^']*'", "", found[-1].strip()) if found else ""
