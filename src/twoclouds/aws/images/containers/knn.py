"""K nearest neighbours: a sample of the data, perhaps of fewer dimensions, and an exact search in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import places, tables
from .algorithm import CustomerError, check_dimension, labels, say

TOP = "predictions"


def train(parameters: Mapping[str, Any], data: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    """The sample that is searched, and its labels."""
    points, target = data["train"][0], labels(data, "train")
    check_dimension(points, parameters["feature_dim"])
    size, rng = min(parameters["sample_size"], len(points)), np.random.default_rng(0)
    if parameters["k"] > size:
        raise CustomerError(f"k ({parameters['k']}) must be at most sample_size ({size}).")
    chosen = np.sort(rng.choice(len(points), size, replace=False))
    projection = _projection(parameters, points.shape[1], rng)
    model = {
        "index": points[chosen] @ projection,
        "labels": target[chosen],
        "projection": projection,
        "meta": {
            "k": parameters["k"],
            "predictor_type": parameters["predictor_type"],
            "index_metric": parameters["index_metric"],
        },
    }
    if parameters["index_type"] != "faiss.Flat":
        say(f"Two Clouds: {parameters['index_type']} is searched exactly here, as faiss.Flat is.")
    with open(f"{places.MODEL}/model_algo-1.json", "w", encoding="utf-8") as file:
        json.dump({"k": parameters["k"], "predictor_type": parameters["predictor_type"], "version": "1.0"}, file)
    if "test" in data:
        _score(model, data["test"][0], labels(data, "test"))
    return model


def predict(model: Mapping[str, Any], points: Any, verbose: bool) -> tables.Rows:
    """The label of each point by its neighbours; `verbose`: their distances and labels too."""
    meta = model["meta"]
    rows = []
    for distances, found in _neighbours(model, points):
        row: dict[str, Any] = {"predicted_label": _vote(found, meta["predictor_type"])}
        if verbose:
            row["distances"] = [tables.number(value) for value in distances]
            row["labels"] = [tables.number(value) for value in found]
        rows.append(row)
    return rows


def _score(model: Mapping[str, Any], points: Any, target: Any) -> None:
    given = np.array([row["predicted_label"] for row in predict(model, points, False)])
    if model["meta"]["predictor_type"] == "classifier":
        say(f"#test_score (algo-1) : ('accuracy', {float((given == target).mean())})")
    else:
        say(f"#test_score (algo-1) : ('mse', {tables.number(((given - target) ** 2).mean())})")


def _projection(parameters: Mapping[str, Any], width: int, rng: Any) -> Any:
    kind, target = parameters.get("dimension_reduction_type"), parameters.get("dimension_reduction_target")
    if not kind:
        return np.eye(width)
    if not target or target >= width:
        raise CustomerError("dimension_reduction_target must be set, and be smaller than feature_dim.")
    return rng.choice([-1.0, 1.0], size=(width, target)) / np.sqrt(target)


def _neighbours(model: Mapping[str, Any], points: Any) -> Any:
    index, metric, k = model["index"], model["meta"]["index_metric"], model["meta"]["k"]
    for point in points @ model["projection"]:
        if metric == "L2":
            distances = ((index - point) ** 2).sum(axis=1)
        else:
            norms = np.linalg.norm(index, axis=1) * np.linalg.norm(point) if metric == "COSINE" else 1.0
            distances = -(index @ point) / norms
        nearest = np.argsort(distances, kind="stable")[:k]
        yield np.abs(distances[nearest]), model["labels"][nearest]


def _vote(found: Any, predictor_type: str) -> float:
    if predictor_type == "regressor":
        return tables.number(found.mean())
    values, counts = np.unique(found, return_counts=True)
    return tables.number(values[counts.argmax()])
