"""What the first-party algorithms have in common: how they begin, what they log, and how they fail."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np

from . import hyperparameters, places, tables

MODULES = {
    "linear-learner": "linear_learner",
    "kmeans": "kmeans",
    "knn": "knn",
    "pca": "pca",
    "randomcutforest": "randomcutforest",
}
CHANNELS = ("train", "validation", "test")
CUSTOMER_ERROR = 2
"""The exit code that tells SageMaker whose error it is."""
THREAD = 1


class CustomerError(Exception):
    """What the caller gave cannot be: the job fails with this text as a ClientError."""


def say(message: str, level: str = "INFO") -> None:
    """A line of the log."""
    stamp = time.strftime("%m/%d/%Y %H:%M:%S", time.gmtime())
    print(f"[{stamp} {level} {THREAD}] {message}", flush=True)


def quality(metric: str, value: float, kind: str, *, epoch: int | None = None) -> None:
    """The value of a metric, in the form that SageMaker reads metrics from."""
    where = "host=" + host() + ("" if epoch is None else f", epoch={epoch}")
    say(f"#quality_metric: {where}, {metric} <{kind}>={tables.number(value)}")


def host() -> str:
    """This container's name."""
    return str(places.config("resourceconfig").get("current_host", "algo-1"))


def train() -> None:
    """Train the algorithm that this image holds, on the channels that there are."""
    print("Docker entrypoint called with argument(s): train", flush=True)
    print("Running default environment configuration script", flush=True)
    image = places.image()
    try:
        final = _configuration(image["hyperparameters"])
        data = _channels()
        if len(places.config("resourceconfig").get("hosts", [])) > 1:
            say(f"Two Clouds: {host()} trains on all that it was given; the hosts do not exchange anything here.")
        model = import_module(f".{MODULES[image['algorithm']]}", __package__).train(final, data)
    except CustomerError as error:
        say(f"Customer Error: {error}", "ERROR")
        places.write_failure(str(error))
        sys.exit(CUSTOMER_ERROR)
    if host() == _hosts()[0]:
        save(model)
    if "test" not in data:
        say("Test data is not provided.")


def save(model: Mapping[str, Any]) -> None:
    """Write the model: arrays as they are, everything else in `meta`."""
    arrays = {name: np.asarray(value, dtype=np.float32) for name, value in model.items() if name != "meta"}
    with open(f"{places.MODEL}/model_algo-1", "wb") as file:
        np.savez(file, meta=np.array(json.dumps(model["meta"])), **arrays)


def load() -> dict[str, Any]:
    """Read what `save` wrote."""
    with np.load(f"{places.MODEL}/model_algo-1") as archive:
        model = {name: archive[name].astype(float) for name in archive.files if name != "meta"}
        return {**model, "meta": json.loads(str(archive["meta"]))}


def _hosts() -> list[str]:
    return list(places.config("resourceconfig").get("hosts", ["algo-1"]))


def _configuration(rules: list[dict[str, Any]]) -> dict[str, Any]:
    given = places.config("hyperparameters")
    defaults = {rule["name"]: rule["default"] for rule in rules if rule["default"]}
    resources = "/opt/amazon/lib/python3.8/site-packages/algorithm/resources/default-input.json"
    say(f"Reading default configuration from {resources}: {defaults}")
    say(f"Merging with provided configuration from {places.CONFIG}/hyperparameters.json: {given}")
    say(f"Final configuration: { {**defaults, **given} }")
    try:
        return hyperparameters.check(given, rules)
    except hyperparameters.Invalid as error:
        raise CustomerError(
            "Unable to initialize the algorithm. Failed to validate hyperparameters. (caused by ValidationError)\n\n"
            f"Caused by: {error}"
        ) from None


def _channels() -> dict[str, tuple[Any, Any]]:
    given = places.config("inputdataconfig")
    wrong = [
        f"Additional properties are not allowed ('{name}' was unexpected)" for name in given if name not in CHANNELS
    ]
    if "train" not in given:
        wrong.append("'train' is a required property")
    if wrong:
        raise CustomerError(
            "Unable to initialize the algorithm. Failed to validate input data configuration. "
            f"(caused by ValidationError)\n\nCaused by: {wrong[0]}"
        )
    return {name: _channel(name, given[name].get("ContentType", "")) for name in CHANNELS if name in given}


def _channel(name: str, content_type: str) -> tuple[Any, Any]:
    kind = content_type or tables.RECORDIO
    try:
        return tables.channel(name, kind)
    except tables.Unsupported:
        known = f"{tables.CSV}, {tables.RECORDIO}"
        raise CustomerError(
            f"No iterator has been registered for ContentType '{kind}'. Supported content types are: {known}."
        ) from None
    except tables.Unreadable as error:
        raise CustomerError(
            f"Unable to read data channel '{name}'. Requested content-type is '{kind}'. "
            f"Please verify the data matches the requested content-type. (caused by MXNetError)\n\nCaused by: {error}"
        ) from None


def check_dimension(features: Any, feature_dim: Any) -> None:
    """The data have to be as wide as the caller said. Raises CustomerError."""
    if feature_dim != "auto" and features.shape[1] != feature_dim:
        raise CustomerError(
            f"cannot copy sequence with size {features.shape[1]} to array axis with dimension {feature_dim}"
        )


def labels(data: Mapping[str, tuple[Any, Any]], name: str) -> Any:
    """The labels of a channel. Raises CustomerError where there are none."""
    found = data[name][1]
    if found is None:
        raise CustomerError(f"The data of the channel '{name}' have no labels.")
    return found
