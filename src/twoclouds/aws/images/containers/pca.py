"""Principal component analysis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from . import tables
from .algorithm import CustomerError, check_dimension, say

TOP = "projections"


def train(parameters: Mapping[str, Any], data: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    """The first components, the largest last, as the real algorithm orders them."""
    points, _ = data["train"]
    width, wanted = parameters["feature_dim"], parameters["num_components"]
    check_dimension(points, width)
    if wanted > width:
        raise CustomerError(f"num_components ({wanted}) must be at most feature_dim ({width}).")
    mean = points.mean(axis=0) if parameters["subtract_mean"] == "true" else np.zeros(width)
    centred = points - mean
    if parameters["algorithm_mode"] == "randomized":
        extra = parameters["extra_components"]
        vectors, singular = _randomised(centred, wanted, max(10, wanted) if extra == -1 else extra)
    else:
        _, singular, vectors = np.linalg.svd(centred, full_matrices=False)
    vectors, singular = _enough(vectors, singular, wanted)
    signs = np.sign(vectors[np.arange(wanted), np.abs(vectors).argmax(axis=1)])
    vectors = vectors * np.where(signs == 0, 1, signs)[:, None]
    say(f"#progress_metric: host=algo-1, completed 100 % of {len(points)} records")
    return {"mean": mean, "s": singular[::-1], "v": vectors[::-1].T, "meta": {"num_components": wanted}}


def predict(model: Mapping[str, Any], points: Any, verbose: bool) -> tables.Rows:
    """Each point in the space of the components."""
    return [{"projection": [tables.number(value) for value in row]} for row in (points - model["mean"]) @ model["v"]]


def _randomised(points: Any, wanted: int, extra: int) -> tuple[Any, Any]:
    """Halko, Martinsson and Tropp (2011): the range found by a random projection."""
    width = points.shape[1]
    size = min(wanted + extra, width, len(points))
    sketch = points @ np.random.default_rng(0).standard_normal((width, size))
    basis, _ = np.linalg.qr(points @ (points.T @ sketch))
    _, singular, vectors = np.linalg.svd(basis.T @ points, full_matrices=False)
    return vectors, singular


def _enough(vectors: Any, singular: Any, wanted: int) -> tuple[Any, Any]:
    """As many components as were asked for, where there are fewer records than that."""
    missing = wanted - len(vectors)
    if missing <= 0:
        return vectors[:wanted], singular[:wanted]
    return np.pad(vectors, ((0, missing), (0, 0))), np.pad(singular, (0, missing))
