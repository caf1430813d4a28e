"""How good a linear model is: the measures that the log names, and the threshold that is best by one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def regression(given: Any, truth: Any) -> dict[str, float]:
    """Measures of a regressor."""
    error = given - truth
    spread = ((truth - truth.mean()) ** 2).sum()
    mse = float((error**2).mean())
    return {
        "mse": mse,
        "absolute_loss": float(np.abs(error).mean()),
        "rmse": mse**0.5,
        "r2": float(1 - (error**2).sum() / spread) if spread else 0.0,
        "mae": float(np.abs(error).mean()),
    }


def binary(scores: Any, truth: Any, threshold: float, beta: float) -> dict[str, float]:
    """Measures of a classifier of two classes, at a threshold."""
    given, truth = scores >= threshold, truth > 0
    hits = float((given & truth).sum())
    precision = hits / given.sum() if given.any() else 0.0
    recall = hits / truth.sum() if truth.any() else 0.0
    specificity = float((~given & ~truth).sum()) / max(1, (~truth).sum())
    return {
        "binary_classification_accuracy": float((given == truth).mean()),
        f"binary_f_{beta:.3f}": f_score(precision, recall, beta),
        "precision": precision,
        "recall": recall,
        "roc_auc_score": area(scores, truth),
        "binary_balanced_accuracy": (recall + specificity) / 2,
    }


def multiclass(scores: Any, truth: Any, top_k: int, beta: float) -> dict[str, float]:
    """Measures of a classifier of several classes."""
    given, truth = scores.argmax(axis=1), truth.astype(int)
    ranked = np.argsort(-scores, axis=1, kind="stable")
    place = (ranked == truth[:, None]).argmax(axis=1)
    precisions, recalls = [], []
    for label in np.unique(truth):
        hits = float(((given == label) & (truth == label)).sum())
        precisions.append(hits / max(1, (given == label).sum()))
        recalls.append(hits / (truth == label).sum())
    return {
        "multiclass_accuracy": float((given == truth).mean()),
        f"multiclass_top_k_accuracy_{top_k}": float((place < top_k).mean()),
        "dcg": float((1 / np.log2(place + 2)).mean()),
        "macro_recall": float(np.mean(recalls)),
        "macro_precision": float(np.mean(precisions)),
        f"macro_f_{beta:.3f}": float(np.mean([f_score(p, r, beta) for p, r in zip(precisions, recalls, strict=True)])),
        "multiclass_balanced_accuracy": float(np.mean(recalls)),
    }


def f_score(precision: float, recall: float, beta: float) -> float:
    """The F score."""
    below = beta**2 * precision + recall
    return (1 + beta**2) * precision * recall / below if below else 0.0


def area(scores: Any, truth: Any) -> float:
    """The area under the receiver's curve."""
    positive = int(truth.sum())
    if positive in (0, len(truth)):
        return 0.0
    place = np.unique(scores, return_inverse=True)[1]
    counts = np.bincount(place)
    ranks = (counts.cumsum() - (counts - 1) / 2)[place]
    return float((ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * (len(truth) - positive)))


def threshold(scores: Any, truth: Any, parameters: Mapping[str, Any], default: float) -> float:
    """The threshold that is best by `binary_classifier_model_selection_criteria`."""
    criterion = parameters["binary_classifier_model_selection_criteria"]
    if criterion in ("loss_function", "cross_entropy_loss"):
        return default
    values = np.unique(scores)
    tried = np.concatenate([[default], (values[1:] + values[:-1]) / 2]) if len(values) > 1 else np.array([default])
    if len(tried) > 500:
        tried = np.concatenate([[default], np.quantile(scores, np.linspace(0, 1, 500))])
    order = np.argsort(-scores, kind="stable")
    cumulative = np.concatenate([[0], (truth[order] > 0).cumsum()])
    above = np.searchsorted(-scores[order], -tried, side="right")
    hits, positive = cumulative[above].astype(float), float((truth > 0).sum())
    precision = np.divide(hits, above, out=np.zeros(len(tried)), where=above > 0)
    recall = hits / positive if positive else np.zeros(len(tried))
    if criterion == "precision_at_target_recall":
        worth = np.where(recall >= parameters["target_recall"], precision, recall - 2)
    elif criterion == "recall_at_target_precision":
        worth = np.where(precision >= parameters["target_precision"], recall, precision - 2)
    elif criterion in ("f_beta", "f1"):
        beta = parameters["f_beta"] if criterion == "f_beta" else 1.0
        worth = np.array([f_score(p, r, beta) for p, r in zip(precision, recall, strict=True)])
    else:
        worth = (len(truth) - positive - (above - hits) + hits) / len(truth)
    return float(tried[int(worth.argmax())])
