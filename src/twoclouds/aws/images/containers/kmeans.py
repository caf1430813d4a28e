"""K-means: web-scale (mini-batches, more centres than asked for), then Lloyd's on the centres that it found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from . import tables
from .algorithm import check_dimension, quality, say

TOP = "predictions"


def train(parameters: Mapping[str, Any], data: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    """The centres of k clusters."""
    points, _ = data["train"]
    check_dimension(points, parameters["feature_dim"])
    k, rng = parameters["k"], np.random.default_rng(0)
    if k > len(points):
        say(f"The number of clusters ({k}) is larger than the number of records ({len(points)}).", "WARNING")
    many = min(k * parameters["extra_center_factor"], len(points))
    centres, weights = _webscale(points, many, parameters, rng)
    if many > k:
        say(f"shrinking {many} centers into {k}")
        centres = _shrink(centres, weights, k, parameters, rng)
    squared = _squared(points, centres).min(axis=1)
    quality("train msd", squared.mean(), "loss")
    if "test" in data:
        squared = _squared(data["test"][0], centres).min(axis=1)
        for metric in parameters["eval_metrics"]:
            quality(f"test {metric}", squared.mean() if metric == "msd" else squared.sum(), "loss")
    return {"centres": centres, "meta": {"k": k}}


def predict(model: Mapping[str, Any], points: Any, verbose: bool) -> tables.Rows:
    """The closest cluster of each point, and how far its centre is."""
    squared = _squared(points, model["centres"])
    closest = squared.argmin(axis=1)
    return [
        {
            "distance_to_cluster": tables.number(np.sqrt(row[cluster])),
            "closest_cluster": float(cluster),
        }
        for row, cluster in zip(squared, closest, strict=True)
    ]


def _webscale(points: Any, count: int, parameters: Mapping[str, Any], rng: Any) -> tuple[Any, Any]:
    batch, half_life = parameters["mini_batch_size"], parameters["half_life_time_size"]
    first = points[:batch]
    if len(first) < batch:
        say(
            f"Batch size {batch} is bigger than the first batch data. "
            f"Effective batch size used to initialize is {len(first)}",
            "WARNING",
        )
    centres = _initial(first if len(first) >= count else points, count, parameters["init_method"], rng)
    weights = np.zeros(len(centres))
    for epoch in range(parameters["epochs"]):
        for start in range(0, len(points), batch):
            part = points[start : start + batch]
            closest = _squared(part, centres).argmin(axis=1)
            counts = np.bincount(closest, minlength=len(centres)).astype(float)
            sums = np.zeros_like(centres)
            np.add.at(sums, closest, part)
            if half_life:
                weights *= 0.5 ** (len(part) / half_life)
            total = weights + counts
            seen = total > 0
            centres[seen] = (centres[seen] * weights[seen, None] + sums[seen]) / total[seen, None]
            weights = total
        say(f"processed a total of {len(points)} examples")
        say(f"#progress_metric: host=algo-1, completed {100.0 * (epoch + 1) / parameters['epochs']} % of epochs")
    return centres, weights


def _shrink(points: Any, weights: Any, k: int, parameters: Mapping[str, Any], rng: Any) -> Any:
    points, weights = points[weights > 0], weights[weights > 0]
    best, least = points[:k], np.inf
    for attempt in range(parameters["local_lloyd_num_trials"]):
        centres, loss = _lloyd(points, weights, k, parameters, rng)
        say(f"local kmeans attempt #{attempt}. Current mean square distance {loss:.6f}")
        if loss < least:
            best, least = centres, loss
    say("finished shrinking process. Mean Square Distance = 0")
    return best


def _lloyd(points: Any, weights: Any, k: int, parameters: Mapping[str, Any], rng: Any) -> tuple[Any, float]:
    centres = _initial(points, k, parameters["local_lloyd_init_method"], rng)
    loss = np.inf
    for _ in range(parameters["local_lloyd_max_iter"]):
        squared = _squared(points, centres)
        closest = squared.argmin(axis=1)
        now = float((squared.min(axis=1) * weights).sum() / weights.sum())
        for cluster in range(len(centres)):
            mine = closest == cluster
            if mine.any():
                centres[cluster] = np.average(points[mine], axis=0, weights=weights[mine])
        if loss - now <= parameters["local_lloyd_tol"] * now:
            break
        loss = now
    return centres, min(loss, now)


def _initial(points: Any, count: int, method: str, rng: Any) -> Any:
    count = min(count, len(points))
    if method == "random":
        return points[rng.choice(len(points), count, replace=False)].astype(float).copy()
    chosen = [int(rng.integers(len(points)))]
    nearest = _squared(points, points[chosen]).min(axis=1)
    while len(chosen) < count:
        total = nearest.sum()
        at = int(np.searchsorted(nearest.cumsum(), rng.random() * total)) if total > 0 else len(chosen)
        chosen.append(min(at, len(points) - 1))
        nearest = np.minimum(nearest, _squared(points, points[chosen[-1:]]).min(axis=1))
    return points[chosen].astype(float).copy()


def _squared(points: Any, centres: Any) -> Any:
    """Squared distances: a row for each point, a column for each centre."""
    if len(points) * len(centres) * points.shape[1] <= 50_000_000:
        return ((points[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
    return np.vstack([_squared(half, centres) for half in np.array_split(points, 2)])
