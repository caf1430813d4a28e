"""Runs as jobs of an Azure ML workspace, whose data, environments, code and clusters are objects with names."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twoclouds.azure.account import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE
from twoclouds.explorables.object_graph.runs import Record, Wish, seen

BASE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
USUAL, BIGGER = "Standard_D4s_v5", "Standard_D8s_v5"


class AzureRuns:
    """A workspace with the data sensors:1, the environment training:1 and a cluster."""

    def __init__(self) -> None:
        from azure.ai.ml import MLClient
        from azure.identity import DefaultAzureCredential

        self.client = MLClient(DefaultAzureCredential(), SUBSCRIPTION, RESOURCE_GROUP, WORKSPACE)
        self.refused: list[str] = []
        self._data("1", week=1)
        self._environment("1")
        self._cluster("cpu-cluster", USUAL)

    def run(self, name: str, wish: Wish) -> Record:
        """Make what is missing, under the old name if that is allowed, and send a job that names it."""
        data, environment, compute = "1", "1", "cpu-cluster"
        if wish.in_place:
            self._attempt(lambda: self._data("1", week=wish.week))
        if wish.week > 1:
            data = str(wish.week)
            self._data(data, week=wish.week)
        if wish.package:
            self._attempt(lambda: self._environment("1", "sensorscale"))
            environment = "2"
            self._environment(environment, "sensorscale")
        if wish.bigger:
            self._attempt(lambda: self._cluster("cpu-cluster", BIGGER))
            compute = "big-cluster"
            self._cluster(compute, BIGGER)
        return self._send(name, f"azureml:sensors:{data}", f"azureml:training:{environment}", compute)

    def again(self, last: Record, name: str) -> Record:
        """The same run once more: all that it named, word for word."""
        data, environment = f"azureml:{last.names['data']}", f"azureml:{last.names['environment']}"
        return self._send(name, data, environment, last.names["machine"])

    def beneath(self, last: Record) -> str:
        """What the same run sees when the file to which its data asset leads has been written over, in the storage."""
        from azure.identity import DefaultAzureCredential
        from azure.storage.blob import ContainerClient

        store = self.client.datastores.get_default()
        container = f"https://{store.account_name}.blob.core.windows.net/{store.container_name}"
        blob = last.behind["data"].rpartition("/paths/")[2].rstrip("/") + "/sensors.csv"
        new = Path("week2/sensors.csv").read_bytes()
        ContainerClient.from_container_url(container, DefaultAzureCredential()).upload_blob(blob, new, overwrite=True)
        return self.again(last, "last-week-once-more").saw

    def behind(self, names: dict[str, str]) -> dict[str, str]:
        """What is behind these names now."""
        data = self.client.data.get(*names["data"].split(":"))
        environment = self.client.environments.get(*names["environment"].split(":"))
        return {
            "data": data.path,
            "environment": str(environment.conda_file),
            "machine": self.client.compute.get(names["machine"]).size,
            "code": names["code"],
        }

    def _send(self, name: str, data: str, environment: str, compute: str) -> Record:
        from azure.ai.ml import Input, command

        job = command(
            name=name,
            code="src",
            command="python train.py ${{inputs.sensors}}",
            inputs={"sensors": Input(type="uri_folder", path=data)},
            environment=environment,
            compute=compute,
        )
        self.client.jobs.create_or_update(job)
        with contextlib.redirect_stdout(io.StringIO()) as log:
            self.client.jobs.stream(name)
        done = self.client.jobs.get(name)
        code, _, version = done.code.rpartition("/codes/")[2].partition("/versions/")
        names = {
            "data": done.inputs["sensors"].path,
            "environment": done.environment,
            "code": f"{code[:8]}…:{version}",
            "machine": done.compute,
        }
        return Record(name, names, self.behind(names), seen(log.getvalue()))

    def _attempt(self, make: Callable[[], Any]) -> None:
        """Try it, and note why it is refused."""
        from azure.core.exceptions import HttpResponseError

        try:
            make()
        except HttpResponseError as refused:
            self.refused.append(refused.message.splitlines()[0])

    def _data(self, version: str, *, week: int) -> None:
        from azure.ai.ml.entities import Data

        self.client.data.create_or_update(Data(name="sensors", version=version, type="uri_folder", path=f"week{week}"))

    def _environment(self, version: str, *packages: str) -> None:
        from azure.ai.ml.entities import Environment

        conda = {"name": "training", "dependencies": ["python=3.11", "pip", {"pip": ["joblib", *packages]}]}
        made = Environment(name="training", version=version, image=BASE, conda_file=conda)
        self.client.environments.create_or_update(made)

    def _cluster(self, name: str, size: str) -> None:
        from azure.ai.ml.entities import AmlCompute

        self.client.compute.begin_create_or_update(AmlCompute(name=name, size=size)).result()
