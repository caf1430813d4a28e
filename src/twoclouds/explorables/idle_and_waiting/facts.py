"""What `idle_and_waiting` computes with: rows of the two clouds' tables, with what is assumed and why."""

from __future__ import annotations

from typing import Any

from twoclouds.aws import catalog as aws
from twoclouds.aws.images import published
from twoclouds.aws.notebooks.volumes import HOURS
from twoclouds.azure import catalog as azure
from twoclouds.world.catalog import Row

SIZE, INSTANCE, VOLUME = "Standard_D4s_v5", "ml.m5.xlarge", 30
AZURE_IMAGE, AWS_IMAGE = "sklearn-1.5", ("sagemaker-scikit-learn", "1.4-2")

DURATIONS = {
    "azure": ("job_start", "node_boot", "node_leave", "job_prepare", "job_finalize"),
    "aws": ("start", "warm_start", "download", "upload"),
}


def facts() -> dict[str, Any]:
    """Prices in dollars an hour, durations in seconds; each that is assumed says why, and when that was looked up."""
    quota = aws.table("quotas")["CPU for training warm pool usage"]
    billing = azure.read("billing")["preparing"]
    return {
        "azure": {
            "machine": SIZE,
            "hourly": float(azure.machine_type(SIZE).hourly),
            "balancer": _hourly("load_balancer"),
            "disk": _hourly("os_disk"),
        },
        "aws": {
            "machine": INSTANCE,
            "hourly": float(aws.machine_type(INSTANCE).hourly),
            "volume": float(aws.table("rates")["training_volume"].decimal("value") * VOLUME / HOURS),
            "quota": quota.integer("limit"),
        },
        "seconds": _seconds(),
        "billed": {"azure/preparing_billed": {"value": billing["billed"] == "yes", **_why(billing)}},
    }


def _hourly(fee: str) -> float:
    row = azure.read("fees")[fee]
    return float(row.decimal("usd") / row.decimal("hours"))


def _seconds() -> dict[str, Any]:
    tables = {"azure": azure.read("durations"), "aws": aws.table("durations")}
    rows = {f"{cloud}/{name}": tables[cloud][name] for cloud, names in DURATIONS.items() for name in names}
    found = {name: {"value": row.integer("seconds"), **_why(row)} for name, row in rows.items()}
    rate = tables["azure"]["image_pull_per_gib"]
    pull = float(azure.images()[AZURE_IMAGE]["size_gib"]) * rate.integer("seconds")
    found["azure/image"] = {"value": round(pull), **_why(rate)}
    fetch, facts = tables["aws"]["image"], published.row(*AWS_IMAGE)
    assert facts is not None
    rest = float(facts["compressed_gb"]) * 1000 / float(fetch["megabytes_per_second"])
    found["aws/image"] = {"value": fetch.integer("seconds") + round(rest), **_why(fetch)}
    return found


def _why(row: Row) -> dict[str, Any]:
    return {"assumed": row.assumed, "why": row.source, "date": row.date}
