"""Random cut forest: how easily a point is cut off from a sample (Guha, Mishra, Roy, Schrijvers 2016).

A point's score in a tree is the expected 1/(depth + 1) at which random cuts would part it from the sample, times the
depth that a tree of that size has: about 1 is ordinary. Amazon's open-source Random Cut Forest scores in this way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from . import tables
from .algorithm import check_dimension, quality

TOP = "scores"
LEAF = -1


def train(parameters: Mapping[str, Any], data: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    """A forest: each tree cuts a random sample until every point is alone."""
    points, _ = data["train"]
    check_dimension(points, parameters["feature_dim"])
    rng = np.random.default_rng(0)
    size = min(parameters["num_samples_per_tree"], len(points))
    nodes: list[list[float]] = []
    boxes: list[Any] = []
    roots = []
    for _ in range(parameters["num_trees"]):
        sample = points[rng.choice(len(points), size, replace=False)]
        roots.append(_grow(sample, rng, nodes, boxes))
    model = {"nodes": np.array(nodes), "boxes": np.array(boxes), "roots": np.array(roots), "meta": {"sample": size}}
    if "test" in data and data["test"][1] is not None:
        _score(model, data["test"], parameters)
    return model


def predict(model: Mapping[str, Any], points: Any, verbose: bool) -> tables.Rows:
    """The anomaly score of each point: low is ordinary."""
    return [{"score": tables.number(score)} for score in _scores(model, points)]


def _grow(sample: Any, rng: Any, nodes: list[list[float]], boxes: list[Any]) -> int:
    """Add a tree to `nodes` (dimension or LEAF, cut, left, right, points below) and `boxes`; its root's number."""
    low, high = sample.min(axis=0), sample.max(axis=0)
    here, span = len(nodes), high - low
    nodes.append([LEAF, 0.0, 0, 0, len(sample)])
    boxes.append(np.concatenate([low, high]))
    if span.sum() == 0:
        return here
    at = int(np.searchsorted(span.cumsum(), rng.random() * span.sum(), side="right"))
    dimension = min(at, int(np.flatnonzero(span)[-1]))
    cut = low[dimension] + rng.random() * span[dimension]
    left = sample[:, dimension] <= cut
    if left.all():  # the cut was rounded up to the end
        cut = sample[:, dimension][sample[:, dimension] < high[dimension]].max()
        left = sample[:, dimension] <= cut
    nodes[here][0], nodes[here][1] = dimension, cut
    nodes[here][2] = _grow(sample[left], rng, nodes, boxes)
    nodes[here][3] = _grow(sample[~left], rng, nodes, boxes)
    return here


def _scores(model: Mapping[str, Any], points: Any) -> Any:
    total = np.zeros(len(points))
    everyone = np.arange(len(points))
    for root in model["roots"]:
        _descend(int(root), 0, everyone, np.ones(len(points)), points, model, total)
    return total / len(model["roots"]) * np.log2(1 + model["meta"]["sample"])


def _descend(node: int, depth: int, who: Any, chance: Any, points: Any, model: Mapping[str, Any], total: Any) -> None:
    """Add to `total` what the points `who` get at a node and below it; `chance` is that they come so far."""
    dimension, cut, left, right, below = model["nodes"][node]
    width = points.shape[1]
    low, high = model["boxes"][node][:width], model["boxes"][node][width:]
    here = points[who]
    grown = (np.maximum(high, here) - np.minimum(low, here)).sum(axis=1)
    outside = grown - (high - low).sum()
    cut_off = np.divide(outside, grown, out=np.zeros(len(who)), where=grown > 0)
    total[who] += chance * cut_off / (depth + 1)
    chance = chance * (1 - cut_off)
    if dimension == LEAF:
        total[who] += chance / (depth + np.log2(1 + below))
        return
    goes_left = here[:, int(dimension)] <= cut
    for child, going in ((left, goes_left), (right, ~goes_left)):
        if going.any():
            _descend(int(child), depth + 1, who[going], chance[going], points, model, total)


def _score(model: Mapping[str, Any], test: tuple[Any, Any], parameters: Mapping[str, Any]) -> None:
    """Accuracy, precision, recall and F1: a point is called an anomaly beyond three standard deviations."""
    scores = _scores(model, test[0])
    given, truth = scores > scores.mean() + 3 * scores.std(), np.asarray(test[1]) > 0
    if "accuracy" in parameters["eval_metrics"]:
        quality("test accuracy", float((given == truth).mean()), "score")
    if "precision_recall_fscore" in parameters["eval_metrics"]:
        hits = float((given & truth).sum())
        precision = hits / given.sum() if given.any() else 0.0
        recall = hits / truth.sum() if truth.any() else 0.0
        both = precision + recall
        quality("test precision", precision, "score")
        quality("test recall", recall, "score")
        quality("test f1", 2 * precision * recall / both if both else 0.0, "score")
