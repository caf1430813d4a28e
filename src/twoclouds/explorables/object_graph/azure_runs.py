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
    """A workspace with the data sensors:1 (a place in its storage), the environment training:1 and a cluster."""

    def __init__(self) -> None:
        from azure.ai.ml import MLClient
        from azure.identity import DefaultAzureCredential
        from azure.storage.blob import ContainerClient

        self.client = MLClient(DefaultAzureCredential(), SUBSCRIPTION, RESOURCE_GROUP, WORKSPACE)
        store = self.client.datastores.get_default()
        self.container = ContainerClient(
            f"https://{store.account_name}.blob.core.windows.net", store.container_name, DefaultAzureCredential()
        )
        self.refused: list[str] = []
        self._put("plant/", week=1)
        self._data("1", "plant/")
        self._environment("1")
        self._cluster("cpu-cluster", USUAL)

    def run(self, name: str, wish: Wish) -> Record:
        """Make what is missing, under the old name if that is allowed, and send a job that names it."""
        data, environment, compute = "1", "1", "cpu-cluster"
        if wish.in_place:
            self._put("plant/", week=wish.week)
        elif wish.week > 1:
            data, place = str(wish.week), f"plant-{wish.week}/"
            self._put(place, week=wish.week)
            self._attempt(lambda: self._data("1", place))
            self._data(data, place)
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

    def behind(self, names: dict[str, str]) -> dict[str, str]:
        """What is behind these names now."""
        place = self.client.data.get(*names["data"].split(":")).path.rpartition("/paths/")[2]
        environment = self.client.environments.get(*names["environment"].split(":"))
        return {
            "data": " ".join(blob.etag for blob in self.container.list_blobs(place)),
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

    def _put(self, place: str, *, week: int) -> None:
        self.container.upload_blob(f"{place}sensors.csv", Path(f"week{week}/sensors.csv").read_bytes(), overwrite=True)

    def _data(self, version: str, place: str) -> None:
        from azure.ai.ml.entities import Data

        path = f"azureml://datastores/workspaceblobstore/paths/{place}"
        self.client.data.create_or_update(Data(name="sensors", version=version, type="uri_folder", path=path))

    def _environment(self, version: str, *packages: str) -> None:
        from azure.ai.ml.entities import Environment

        conda = {"name": "training", "dependencies": ["python=3.11", "pip", {"pip": ["joblib", *packages]}]}
        made = Environment(name="training", version=version, image=BASE, conda_file=conda)
        self.client.environments.create_or_update(made)

    def _cluster(self, name: str, size: str) -> None:
        from azure.ai.ml.entities import AmlCompute

        self.client.compute.begin_create_or_update(AmlCompute(name=name, size=size)).result()
