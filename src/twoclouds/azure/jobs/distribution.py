"""Distribution: which processes of a job run on which node, and what each is told of the others.

https://learn.microsoft.com/azure/machine-learning/how-to-train-distributed-gpu. The processes really run, each in a
container of its own and one after another: they know of each other, and cannot talk to each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from twoclouds.azure.catalog import read
from twoclouds.azure.errors import bad_request
from twoclouds.wire.errors import NotSimulated


@dataclass(frozen=True)
class Process:
    """A process of a job: the node that it runs on, its place there, its place among all, and its name in logs."""

    node: int
    local_rank: int
    rank: int
    log: str
    environment: dict[str, str]


def check(asked: dict[str, Any]) -> None:
    """Raise AzureError for a distribution that no job can have, NotSimulated for one that this lab lacks."""
    wanted = asked.get("distribution") or {}
    if wanted.get("distributionType") == "Ray":
        raise NotSimulated("Azure ML jobs distributed with Ray", "This lab does not have ray.")
    for key in ("processCountPerInstance", "workerCount"):
        if (wanted.get(key) or 1) < 1:
            raise bad_request(f"{key} is 1 or more, not {wanted[key]}.")
    if nodes(asked) < 1:
        raise bad_request(f"instanceCount is 1 or more, not {nodes(asked)}.")


def nodes(job: dict[str, Any]) -> int:
    """How many nodes the job runs on."""
    count = (job.get("resources") or {}).get("instanceCount")
    return 1 if count is None else int(count)


def processes(job: dict[str, Any]) -> list[Process]:
    """The processes of a job, in the order of their ranks. Without a distribution its command runs once on each node
    (assumed: no document says what several nodes without a distribution do)."""
    wanted = job.get("distribution") or {}
    kind = wanted.get("distributionType")
    if kind == "TensorFlow":
        return list(_tensorflow(job, wanted))
    each = wanted.get("processCountPerInstance") or 1
    total = nodes(job) * each
    alone = kind is None and total == 1
    found = []
    for rank in range(total):
        node, local = divmod(rank, each)
        found.append(
            Process(
                node,
                local,
                rank,
                "user_logs/std_log.txt" if alone else f"user_logs/std_log_process_{_padded(rank, total)}.txt",
                {**_addresses(job, node), **(_RANKS[kind](rank, local, node, each, total) if kind else {})},
            )
        )
    return found


def _pytorch(rank: int, local: int, node: int, each: int, total: int) -> dict[str, str]:
    return {
        "MASTER_ADDR": _address(0),
        "MASTER_PORT": _port("pytorch"),
        "NODE_RANK": str(node),
        "WORLD_SIZE": str(total),
        "RANK": str(rank),
        "LOCAL_RANK": str(local),
    }


def _mpi(rank: int, local: int, node: int, each: int, total: int) -> dict[str, str]:
    return {
        "OMPI_COMM_WORLD_RANK": str(rank),
        "OMPI_COMM_WORLD_SIZE": str(total),
        "OMPI_COMM_WORLD_LOCAL_RANK": str(local),
        "OMPI_COMM_WORLD_LOCAL_SIZE": str(each),
        "OMPI_COMM_WORLD_NODE_RANK": str(local),
        "AZ_BATCHAI_MPI_MASTER_NODE": _address(0),
    }


_RANKS = {"PyTorch": _pytorch, "Mpi": _mpi}


def _tensorflow(job: dict[str, Any], wanted: dict[str, Any]) -> Iterator[Process]:
    """Workers and parameter servers, dealt out to the nodes in turn; each reads TF_CONFIG."""
    count = nodes(job)
    workers, servers = wanted.get("workerCount") or count, wanted.get("parameterServerCount") or 0
    port = int(_port("tensorflow"))
    tasks = [("ps", n) for n in range(servers)] + [("worker", n) for n in range(workers)]
    places = [(number % count, number // count) for number in range(len(tasks))]
    hosts = [f"{_address(node)}:{port + local}" for node, local in places]
    cluster = {
        "ps": [host for (kind, _), host in zip(tasks, hosts, strict=True) if kind == "ps"],
        "worker": [host for (kind, _), host in zip(tasks, hosts, strict=True) if kind == "worker"],
    }
    for rank, ((kind, index), (node, local)) in enumerate(zip(tasks, places, strict=True)):
        config = {"cluster": cluster, "task": {"type": kind, "index": index}, "environment": "cloud"}
        ending = f"{_padded(index, workers)}" if kind == "worker" else f"{_padded(index, servers)}_ps"
        yield Process(
            node,
            local,
            rank,
            f"user_logs/std_log_process_{ending}.txt",
            {**_addresses(job, node), "TF_CONFIG": json.dumps(config)},
        )


def _addresses(job: dict[str, Any], node: int) -> dict[str, str]:
    count = nodes(job)
    return {
        "AZUREML_CR_NODE_RANK": str(node),
        "AZUREML_NODE_COUNT": str(count),
        "AZ_BATCH_HOST_LIST": ",".join(_address(n) for n in range(count)),
        "AZ_BATCH_MASTER_NODE": f"{_address(0)}:{_port('batch')}",
        "AZ_BATCHAI_JOB_MASTER_NODE_IP": _address(0),
    }


def _address(node: int) -> str:
    """The address of a node in the job's network."""
    head, _, last = read("network")["first_node"]["value"].rpartition(".")
    return f"{head}.{int(last) + node}"


def _port(name: str) -> str:
    return read("network")[f"{name}_port"]["value"]


def _padded(number: int, count: int) -> str:
    return str(number).zfill(len(str(count - 1)))
